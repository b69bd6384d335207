"""Singing on frames: the melody is kept, the level is given back, and a voice may be a mixture."""

import pytest
import torch

from tinyaudio.models.mel_singing import MelSinging, MelSingingConfig, pitch_basis
from tinyaudio.represent.prosody import mean_voice, voice_sums

SMALL = MelSingingConfig(latent_channels=8, channels=16, n_singers=3, singer_channels=4)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return MelSinging(SMALL)


@pytest.fixture
def frames():
    made = torch.rand(1, 82, 30, generator=torch.Generator().manual_seed(1))
    made[:, 81] = 0.9
    return made


def mean_of(frames):
    return mean_voice(voice_sums(frames[0]))[None]


def test_a_config_survives_json():
    from dataclasses import asdict

    assert MelSingingConfig(**asdict(SMALL)) == SMALL


def test_the_melody_is_the_source_s_in_every_voice(net, frames):
    for singer in range(3):
        made = net.convert(frames, mean_of(frames), torch.tensor([singer]))
        assert torch.equal(made[:, 80:], frames[:, 80:])
        assert not torch.equal(made[:, :80], frames[:, :80])


def test_another_pitch_or_voicing_is_another_spectrum(net, frames):
    mean, voice = mean_of(frames), net.singers.weight[:1]
    latents = net.encode(frames, mean)
    spectra = [net.decode(latents, frames, mean, voice)[:, :80]]
    for channel in (80, 81):
        other = frames.clone()
        other[:, channel] -= 0.5
        assert torch.equal(net.encode(other, mean), latents)  # the latents are not told
        spectra.append(net.decode(latents, other, mean, voice)[:, :80])
    assert not torch.equal(spectra[0], spectra[1]) and not torch.equal(spectra[0], spectra[2])


def test_a_louder_recording_has_the_same_latents_and_comes_out_louder(net, frames):
    louder = frames + torch.cat([torch.full((80, 1), 0.25), torch.zeros(2, 1)])
    means = mean_of(frames), mean_of(louder)
    assert torch.allclose(net.encode(frames, means[0]), net.encode(louder, means[1]), atol=1e-5)
    singer = torch.tensor([1])
    one, two = net.convert(frames, means[0], singer), net.convert(louder, means[1], singer)
    assert torch.allclose(two[:, :80] - one[:, :80], torch.tensor(0.25), atol=1e-5)


def test_a_voice_may_be_a_mixture_and_its_gradient_reaches_both_singers(net, frames):
    half = net.singers.weight[[0, 2]].mean(0, keepdim=True)
    made, latents = net(frames, mean_of(frames), half)
    assert made.shape == frames.shape and latents.shape == (1, 8, 10)
    made[:, :80].square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    gradient = net.singers.weight.grad
    assert torch.equal(gradient[0], gradient[2]) and gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0


@pytest.mark.parametrize("n_frames", [1, 2, 29, 30])
def test_frames_of_any_length_are_converted(net, frames, n_frames):
    part = frames[:, :, :n_frames]
    one, two = (net.convert(part, mean_of(frames), torch.tensor([i])) for i in (0, 1))
    assert one.shape == part.shape and not torch.equal(one, two)


def test_a_pitch_is_between_two_of_the_basis():
    octaves = torch.linspace(-1.3, 1.9, 101)[None]
    weights = pitch_basis(octaves)
    assert torch.allclose(weights.sum(1), torch.ones(1, 101), atol=1e-5)
    places = (weights * torch.arange(48)[:, None]).sum(1)
    steps = places.diff(dim=1)
    assert torch.allclose(steps, steps.mean(), atol=1e-3)  # linear in octaves
    outside = pitch_basis(torch.tensor([[-9.0, 9.0]]))
    assert outside[0, 0, 0] == outside[0, -1, 1] == 1

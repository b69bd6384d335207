"""A VAE of frames: a draw of its latents, the pitch that goes around them, frames alone, and its critic."""

from dataclasses import asdict, replace

import pytest
import torch

from tinyaudio.models.vae_wgan import MelCritic, MelVAE, VAEWGANConfig
from tinyaudio.represent.prosody import mean_voice, voice_sums

SMALL = VAEWGANConfig(
    latent_channels=4, channels=12, critic_channels=8, n_speakers=3, speaker_channels=4
)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return MelVAE(SMALL)


@pytest.fixture
def frames():
    made = torch.rand(2, 82, 30, generator=torch.Generator().manual_seed(1))
    made[:, 81] = 0.9
    return made


def mean_of(frames):
    return torch.stack([mean_voice(voice_sums(one)) for one in frames])


def test_a_config_survives_json_and_the_papers_looks_at_each_frame_alone():
    assert VAEWGANConfig(**asdict(SMALL)) == SMALL
    paper = VAEWGANConfig.paper()
    assert (paper.latent_channels, paper.n_speakers, paper.kernel_size) == (64, 10, 1)


@pytest.mark.parametrize(("kernel_size", "reach"), [(1, 0), (3, 6)])
def test_how_far_a_frame_reaches(kernel_size, reach, frames):
    """Three blocks with kernels of 3 and dilations of 1, 2 and 1 reach 4 frames, input and output one each."""
    torch.manual_seed(0)
    net = MelVAE(replace(SMALL, kernel_size=kernel_size, encoder_dilations=()))
    mean, speaker = mean_of(frames), torch.tensor([0, 1])
    latents = torch.randn(2, 4, 30)
    before = net.decode(latents, frames, mean, speaker)
    latents[:, :, 15] += 1
    moved = (net.decode(latents, frames, mean, speaker) != before).any(1).any(0).nonzero()
    assert moved.min() == 15 - reach and moved.max() == 15 + reach


def test_noise_is_scaled_by_what_the_encoder_says(net, frames):
    mean, speaker = mean_of(frames), torch.tensor([2, 0])
    noise = torch.randn(2, 4, 30)
    made, (mu, log_variance) = net(frames, mean, speaker, noise)
    expected = net.decode(mu + (log_variance / 2).exp() * noise, frames, mean, speaker)
    torch.testing.assert_close(made, expected)
    assert torch.equal(net.convert(frames, mean, speaker), net.decode(mu, frames, mean, speaker))


def test_the_pitch_moves_from_one_mean_to_the_other_and_voicing_stays(net, frames):
    """log F0 of the conversion has the target's mean, whatever the source's, and the source's course."""
    higher = frames.clone()
    higher[:, 80] += 0.7
    made = [net.convert(one, mean_of(one), torch.tensor([1, 1])) for one in (frames, higher)]
    assert torch.equal(made[0][:, 81], frames[:, 81])
    torch.testing.assert_close(made[0], made[1])
    octaves = made[0][:, 80]
    torch.testing.assert_close(octaves.diff(), frames[:, 80].diff())
    wanted = net.mean_pitch(net.speakers.weight[1])
    torch.testing.assert_close(octaves.mean(1), wanted.expand(2).detach())


def test_the_encoder_is_told_neither_pitch_nor_level_nor_mean_spectrum(net, frames):
    other = frames + torch.cat([torch.rand(80, 1), torch.full((1, 1), 0.5), torch.zeros(1, 1)])
    for one, two in zip(
        net.encode(frames, mean_of(frames)), net.encode(other, mean_of(other)), strict=True
    ):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


def test_another_pitch_or_speaker_is_another_spectrum(net, frames):
    mean, speaker = mean_of(frames), torch.tensor([0, 0])
    latents = net.encode(frames, mean)[0]
    higher = frames.clone()
    higher[:, 80] += 0.3
    spectra = [
        net.decode(latents, frames, mean, speaker)[:, :80],
        net.decode(latents, higher, mean, speaker)[:, :80],
        net.decode(latents, frames, mean, speaker + 1)[:, :80],
    ]
    assert not torch.equal(spectra[0], spectra[1]) and not torch.equal(spectra[0], spectra[2])


@pytest.mark.parametrize("n_frames", [1, 2, 33])
def test_clips_of_any_length(net, n_frames):
    frames = torch.rand(1, 82, n_frames)
    assert net.convert(frames, mean_of(frames), torch.tensor([0])).shape == frames.shape


def test_silence_is_finite(net):
    frames = torch.zeros(1, 82, 9)
    frames[:, :80] = -1
    assert net.convert(frames, mean_of(frames), torch.tensor([0])).isfinite().all()


def test_the_critic_scores_every_clip_alone_and_knows_who_should_speak(frames):
    torch.manual_seed(0)
    critic = MelCritic(SMALL)
    scores = critic(frames, torch.tensor([0, 1]))
    torch.testing.assert_close(critic(frames[1:], torch.tensor([1])), scores[1:])
    assert not torch.equal(critic(frames, torch.tensor([2, 1])), scores)

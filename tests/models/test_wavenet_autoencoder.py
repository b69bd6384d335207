"""The WaveNet autoencoder: size, what may look ahead and what may not, latents that matter."""

from dataclasses import asdict, replace

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import AudioError, UserError
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder, WaveNetAutoencoderConfig
from tinyaudio.represent import mulaw

SMALL = WaveNetAutoencoderConfig(
    DilatedEncoderConfig(8, 4, (1, 2, 4), hop_length=16),
    WaveNetConfig(stacks=1, layers=4, residual_channels=8, gate_channels=8, skip_channels=8),
)


@pytest.fixture
def net():
    torch.manual_seed(0)
    made = WaveNetAutoencoder(SMALL)
    torch.nn.init.normal_(made.decoder.logits.weight, std=0.3)
    return made


def test_parameters_of_the_paper_s_size():
    """Counted layer by layer from the widths that the authors' code has."""
    config = WaveNetAutoencoderConfig.paper()
    with torch.device("meta"):
        net = WaveNetAutoencoder(config)

    def count(module):
        return sum(p.numel() for p in module.parameters())

    R, S, Z, hop = 512, 256, 16, 512
    gated = 30 * (3 * R * 2 * R + 2 * R) + 29 * (R * R + R)  # the last has no residual
    skips = 30 * R * S + S
    head = (S * S + S) + (S * 256 + 256)
    # Latents to both gates of 30 layers, by way of as many channels; three taps for each sample of a hop.
    latents = Z * Z + Z * 30 * 2 * R + 3 * hop
    assert count(net.encoder) == 1_976_336
    assert count(net.decoder) == 256 * R + gated + skips + head + latents
    assert 16_000 / config.hop_length == 31.25
    assert net.decoder.receptive_field == 1 + 2 * 3 * 1_023


def test_a_config_survives_json():
    assert WaveNetAutoencoderConfig(**asdict(SMALL)) == SMALL


def test_the_latents_see_the_future_and_the_decoder_does_not(net):
    """The gradient of one prediction: by way of the latents to later samples, too; by the codes to none."""
    net = net.double()
    T, t = 16 * 8, 50
    audio = (0.3 * torch.randn(1, 1, T).double()).requires_grad_()
    codes = mulaw.encode(audio.detach().squeeze(1))
    latents = net.encode(audio)
    embedded = []
    net.decoder.embed.register_forward_hook(lambda *given: embedded.append(given[2]))
    score = net.decoder(codes, net.condition(latents))[0, :, t].square().sum()
    to_audio, to_codes = torch.autograd.grad(score, [audio, embedded[0]])
    # Row i of the embedded codes is that of sample i - 1, since the decoder shifts its own input.
    assert (to_codes[0, t + 1 :] == 0).all() and (to_codes[0, t] != 0).any()
    assert to_audio[0, 0, t + 1 :].abs().sum() > 0
    # Linear interpolation of latents n and n + 1, each as far as the encoder reaches.
    last = (t // 16 + 2) * 16 + SMALL.encoder.reach
    assert to_audio[0, 0, last - 1] != 0 and (to_audio[0, 0, last:] == 0).all()


def test_other_latents_give_another_prediction_of_the_same_samples(net):
    audio = 0.3 * torch.randn(2, 1, 64)
    logits, latents = net(audio)
    assert logits.shape == (2, 256, 64) and latents.shape == (2, 4, 4)
    codes = mulaw.encode(audio.squeeze(1))
    torch.testing.assert_close(net.decoder(codes, net.condition(latents)), logits)
    swapped = net.decoder(codes, net.condition(latents.flip(0)))
    assert (swapped - logits).abs().max() > 1e-3


@torch.no_grad()
def test_a_pitch_stands_beside_the_latents_if_the_decoder_takes_one():
    torch.manual_seed(0)
    net = WaveNetAutoencoder(replace(SMALL, n_pitches=128)).eval()
    torch.nn.init.normal_(net.decoder.logits.weight)
    audio = torch.rand(2, 1, 4 * net.config.hop_length) - 0.5
    one, other = (net(audio, torch.tensor([60, n]))[0] for n in (60, 61))
    torch.testing.assert_close(one[0], other[0])
    assert (one[1] - other[1]).abs().max() > 1e-3
    with pytest.raises(UserError, match="conditioned on classes"):
        net(audio)


def test_every_parameter_is_trained(net):
    audio = 0.3 * torch.randn(2, 1, 64)
    logits, _ = net(audio)
    F.cross_entropy(logits, mulaw.encode(audio.squeeze(1))).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_a_length_that_hops_do_not_fill_is_refused(net):
    with pytest.raises(AudioError, match="50 samples are no multiple"):
        net(torch.zeros(1, 1, 50))

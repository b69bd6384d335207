"""The two VQ-VAEs: sizes, what reaches what, and decoding by another speaker."""

import pytest
import torch

from tinyaudio.errors import ConfigError
from tinyaudio.models.mel_vqvae import MelVQVAE, MelVQVAEConfig
from tinyaudio.models.vqvae import VQVAE, StridedEncoder, VQVAEConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.represent.prosody import mean_voice, voice_sums

SMALL = VQVAEConfig(
    n_codes=16,
    latent_channels=8,
    channels=8,
    n_speakers=3,
    decoder=WaveNetConfig(stacks=1, layers=3),
)
SMALL_MEL = MelVQVAEConfig(n_codes=16, latent_channels=8, channels=16, n_speakers=3)


@pytest.fixture
def net():
    torch.manual_seed(0)
    made = VQVAE(SMALL)
    torch.nn.init.normal_(made.decoder.logits.weight, std=0.1)
    torch.nn.init.normal_(made.quantizer.codebook)
    return made


@pytest.fixture
def mel_net():
    torch.manual_seed(0)
    made = MelVQVAE(SMALL_MEL)
    torch.nn.init.normal_(made.quantizer.codebook)
    return made


def test_the_paper_s_size():
    config = VQVAEConfig.paper()
    assert config.hop_length == 64 and config.n_codes == 512 and config.n_speakers == 109
    assert config.decoder.condition.n_classes == (109,)
    assert config.decoder.condition.hop_length == 64
    encoder = StridedEncoder(6, config.channels, config.latent_channels)
    c, d = config.channels, config.latent_channels
    by_hand = (4 * c + c) + 5 * (4 * c * c + c) + (c * d + d)
    assert sum(p.numel() for p in encoder.parameters()) == by_hand
    # 9 bits, 250 times a second at 16 kHz: 57 times fewer than 8 bits a sample.
    assert 8 * 16_000 / (9 * 16_000 / config.hop_length) == pytest.approx(56.9, abs=0.1)


def test_a_config_survives_json():
    from dataclasses import asdict

    assert VQVAEConfig(**asdict(SMALL)) == SMALL
    assert MelVQVAEConfig(**asdict(SMALL_MEL)) == SMALL_MEL


def test_the_encoder_looks_ahead_and_the_decoder_s_own_input_does_not(net):
    audio = 0.1 * torch.randn(1, 1, 640)
    speaker = torch.tensor([1])
    logits, latents, codes = net(audio, speaker)
    assert logits.shape == (1, 256, 640) and latents.shape == (1, 8, 10) and codes.shape == (1, 10)
    # The same codes, another waveform from sample 300 on: nothing before it changes.
    quantized = net.quantizer(latents)
    condition = net.condition(quantized.latents, speaker)
    samples = torch.randint(256, (1, 640))
    other = samples.clone()
    other[:, 300:] = 255 - other[:, 300:]
    one, two = net.decoder(samples, condition), net.decoder(other, condition)
    assert torch.equal(one[:, :, :301], two[:, :, :301]) and not torch.equal(one, two)


def test_speaker_and_codes_reach_the_prediction_and_the_encoder_gets_a_gradient(net):
    audio, speaker = 0.1 * torch.randn(1, 1, 640), torch.tensor([1])
    logits, _, _ = net(audio, speaker)
    assert not torch.equal(net(audio, torch.tensor([2]))[0], logits)
    logits.square().mean().backward()
    first = net.encoder[0].weight.grad
    assert first is not None and first.abs().sum() > 0
    assert net.quantizer.codebook.grad is None  # it follows a running average


def test_the_mel_net_s_gradients_go_straight_through(mel_net):
    frames, mean = torch.randn(2, 82, 20), torch.zeros(2, 82)
    made, latents, codes = mel_net(frames, mean, torch.tensor([0, 2]))
    assert made.shape == (2, 82, 20) and latents.shape == (2, 8, 10) and codes.shape == (2, 10)
    made.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in mel_net.parameters())
    assert mel_net.encoder[0].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("n_frames", [1, 2, 19, 40])
def test_frames_of_any_length_are_converted(mel_net, n_frames):
    frames, mean = torch.randn(1, 82, n_frames), torch.zeros(1, 82)
    one, two = (mel_net.convert(frames, mean, torch.tensor([i])) for i in (0, 1))
    assert one.shape == frames.shape and not torch.equal(one, two)


def test_level_and_voice_of_the_source_do_not_reach_the_codes(mel_net):
    """A constant on all frames, such as a gain or another microphone, is in their mean."""
    frames = torch.randn(1, 82, 40)
    frames[:, 81] = 0.9
    shift = torch.cat([torch.randn(1, 81), torch.zeros(1, 1)], dim=1)
    moved = frames + shift[:, :, None]
    codes = [mel_net.encode(f, mean_voice(voice_sums(f[0]))[None]).codes for f in (frames, moved)]
    assert torch.equal(*codes)


@pytest.mark.parametrize("stride", [0, 1, 3])
def test_a_stride_that_frames_do_not_fit_is_refused(stride):
    with pytest.raises(ConfigError, match="even number of frames"):
        MelVQVAEConfig(stride=stride)

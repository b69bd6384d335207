"""The paper's network for singing: sizes, causality, and a voice as a vector."""

from dataclasses import asdict

import pytest
import torch

from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.singing import SingingConversion, SingingConversionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig

SMALL = SingingConversionConfig(
    encoder=DilatedEncoderConfig(channels=8, latent_channels=6, dilations=(1, 2), hop_length=40),
    n_singers=3,
    singer_channels=5,
    decoder=WaveNetConfig(stacks=1, layers=3),
)


@pytest.fixture
def net():
    torch.manual_seed(0)
    made = SingingConversion(SMALL)
    torch.nn.init.normal_(made.decoder.logits.weight, std=0.1)
    return made


def test_the_paper_s_size():
    config = SingingConversionConfig.paper()
    assert config.hop_length == 16_000 // 20  # 50 ms
    assert config.encoder.latent_channels == 64 and len(config.encoder.dilations) == 30
    assert config.decoder.condition.n_vector == config.singer_channels
    with torch.device("meta"):
        assert WaveNet(config.decoder).receptive_field == 4_093


def test_a_config_survives_json():
    assert SingingConversionConfig(**asdict(SMALL)) == SMALL


def test_the_decoder_s_own_input_is_causal(net):
    audio, voice = 0.1 * torch.randn(1, 1, 400), net.singers.weight[:1]
    logits, latents = net(audio, voice)
    assert logits.shape == (1, 256, 400) and latents.shape == (1, 6, 10)
    condition = net.condition(latents, voice)
    samples = torch.randint(256, (1, 400))
    other = samples.clone()
    other[:, 300:] = 255 - other[:, 300:]
    one, two = net.decoder(samples, condition), net.decoder(other, condition)
    assert torch.equal(one[:, :, :301], two[:, :, :301]) and not torch.equal(one, two)


def test_voice_and_latents_reach_the_prediction_and_all_gets_a_gradient(net):
    audio = 0.1 * torch.randn(1, 1, 400)
    mixed = net.singers.weight[:2].mean(0, keepdim=True)
    logits, _ = net(audio, mixed)
    assert not torch.equal(net(audio, net.singers.weight[2:])[0], logits)
    logits.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    assert net.singers.weight.grad[0].abs().sum() > 0 == net.singers.weight.grad[2].abs().sum()
    assert next(net.encoder.parameters()).grad.abs().sum() > 0

"""The encoder of WaveNet autoencoders: size, reach to both sides, hops, bad input."""

from dataclasses import asdict

import pytest
import torch

from tinyaudio.errors import AudioError, ConfigError
from tinyaudio.models.dilated_encoder import DilatedEncoder, DilatedEncoderConfig
from tinyaudio.represent import mulaw

SMALL = DilatedEncoderConfig(8, 4, (1, 2, 4), kernel_size=3, hop_length=16)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return DilatedEncoder(SMALL)


def test_parameters_of_the_paper_s_encoder():
    """Thirty blocks of a convolution of three taps and one of one tap, 128 wide; 3 taps in, 16 out."""
    config = DilatedEncoderConfig.paper()
    blocks = 30 * ((3 * 128 * 128 + 128) + (128 * 128 + 128))
    by_hand = (3 * 128 + 128) + blocks + (128 * 16 + 16)
    assert sum(p.numel() for p in DilatedEncoder(config).parameters()) == by_hand == 1_976_336
    assert 16_000 / config.hop_length == 31.25 and config.reach == 3_070


def test_a_config_survives_json():
    as_json = {**asdict(SMALL), "dilations": list(SMALL.dilations)}
    assert DilatedEncoderConfig(**as_json) == SMALL


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_a_latent_depends_on_its_hop_and_exactly_its_reach_to_either_side(kernel_size):
    torch.manual_seed(0)
    config = DilatedEncoderConfig(8, 4, (1, 2, 4), kernel_size, hop_length=16)
    net = DilatedEncoder(config).double()
    for weight in net.parameters():
        weight.data.abs_()  # no ReLU is closed, and nothing cancels
    audio = torch.rand(1, 1, 16 * 9).double().requires_grad_()
    latents = net(audio)
    (gradient,) = torch.autograd.grad(latents[:, :, 4].sum(), audio)
    touched = gradient[0, 0].nonzero().flatten()
    assert config.reach == kernel_size // 2 * 8
    assert touched[0] == 4 * 16 - config.reach and touched[-1] == 5 * 16 - 1 + config.reach


def test_the_mean_is_over_a_hop_of_what_one_hop_a_sample_would_give(net):
    audio = 0.3 * torch.randn(2, 1, 64)
    fine = DilatedEncoder(DilatedEncoderConfig(8, 4, (1, 2, 4), hop_length=1))
    fine.load_state_dict(net.state_dict())
    expected = fine(audio).unflatten(2, (4, 16)).mean(dim=3)
    torch.testing.assert_close(net(audio), expected)


def test_without_blocks_that_add_anything_it_is_a_linear_map_of_the_companded_waveform(net):
    for block in net.blocks:
        torch.nn.init.zeros_(block.B.weight)
        torch.nn.init.zeros_(block.B.bias)
    audio = 0.3 * torch.randn(1, 1, 48)
    h = torch.nn.functional.conv1d(
        mulaw.compress(audio), net.input.weight, net.input.bias, padding=1
    )
    pooled = torch.stack([h[:, :, 16 * n : 16 * n + 16].mean(dim=2) for n in range(3)], dim=2)
    expected = torch.einsum("dc,bcn->bdn", net.latents.weight[:, :, 0], pooled)
    torch.testing.assert_close(net(audio), expected + net.latents.bias[:, None])


@torch.no_grad()
def test_untrained_latents_of_different_sounds_are_as_different_as_a_decoder_needs():
    """With PyTorch's own weights those of notes differ by 0.02."""
    torch.manual_seed(0)
    net, t = DilatedEncoder(DilatedEncoderConfig.tiny()), torch.arange(2_560)
    tones = torch.stack(
        [0.5 * torch.sin(2 * torch.pi * hz / 8_000 * t) for hz in (200, 300, 450, 700)]
    )
    latents = net(tones[:, None])[:, :, 4:-4].mean(dim=2)
    assert 0.1 < latents.std(dim=0).mean() < 2 and latents.abs().mean() < 5


def test_all_parameters_are_registered_and_get_a_gradient(net):
    net(0.1 * torch.randn(2, 1, 64)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("n_samples", [0, 15, 40])
def test_a_length_that_hops_do_not_fill_is_refused(net, n_samples):
    with pytest.raises(AudioError, match=f"^{n_samples} samples are no multiple .* hop of 16"):
        net(torch.zeros(1, 1, n_samples))


@pytest.mark.parametrize(
    ("setting", "match"),
    [
        ({"kernel_size": 2}, "kernel_size 2: must be an odd number"),
        ({"dilations": ()}, "dilations"),
        ({"dilations": (1, 0)}, "dilations"),
        ({"hop_length": 0}, "hop_length 0"),
        ({"channels": 0}, "channels 0"),
    ],
)
def test_sizes_that_make_no_network_are_refused(setting, match):
    with pytest.raises(ConfigError, match=match):
        DilatedEncoderConfig(**setting)

"""WaveGrad: the public package's size block by block, noise levels for each clip, cheaper orders that change nothing."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.wavegrad import WaveGrad, WaveGradConfig
from tinyaudio.models.wavegrad_blocks import DBlock, UBlock, encode_level, upsampled

SMALL = WaveGradConfig(5, 6, (3, 2), (6, 4), (4, 8), n_short=1)


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_the_paper_s_size_block_by_block():
    """The 15,920,993 of the package wavegrad 0.1.5, counted from channels and kernels."""
    with torch.device("meta"):
        net = WaveGrad(WaveGradConfig.paper())
        x, mel = torch.empty(2, 1, 600), torch.empty(2, 128, 2)
        assert net(x, torch.empty(2), mel).shape == (2, 1, 600)

    def conv(c, d, k=3):
        return c * d * k + d

    def down(c, d):
        return conv(c, d, 1) + conv(c, d) + 2 * conv(d, d)

    def up(c, d):
        return conv(c, d, 1) + conv(c, d) + 3 * conv(d, d)

    def film(c, d):
        return conv(c, c) + conv(c, 2 * d)

    going_down = [(32, 128), (128, 128), (128, 256), (256, 512)]
    films = [(32, 128), (128, 128), (128, 256), (256, 512), (512, 512)]
    going_up = [(768, 512), (512, 512), (512, 256), (256, 128), (128, 128)]
    assert count(net.down) == conv(1, 32, 5) + sum(down(*one) for one in going_down)
    assert count(net.film) == sum(film(*one) for one in films)
    assert count(net.up) == sum(up(*one) for one in going_up)
    assert count(net.frames) == conv(128, 768) and count(net.output) == conv(128, 1)
    assert count(net) == 15_920_993 and net.config.hop_length == 300
    dilations = [[layer.dilation[0] for layer in block.layers] for block in net.up]
    assert dilations == 2 * [[1, 2, 1, 2]] + 3 * [[1, 2, 4, 8]]


def test_each_clip_has_its_own_level():
    torch.manual_seed(0)
    net = WaveGrad(SMALL)
    x, mel, level = torch.randn(2, 1, 24), torch.randn(2, 5, 4), torch.tensor([0.1, 0.8])
    both = net(x, level, mel)
    for i in range(2):
        torch.testing.assert_close(
            both[i : i + 1], net(x[i : i + 1], level[i : i + 1], mel[i : i + 1])
        )
    assert not torch.allclose(both, net(x, level.flip(0), mel))


def test_an_encoding_is_of_the_scaled_level():
    """Without a scale, as in the public package, 0.9 and 1.0 are hardly two levels; with 5,000 they are."""
    nine, ten = (encode_level(torch.tensor([level]), 128) for level in (0.9, 1.0))
    assert ten.norm() == pytest.approx(8.0, abs=1e-5)
    assert (nine - ten).norm() == pytest.approx(0.20, abs=0.02)
    nine, ten = (encode_level(5_000 * torch.tensor([level]), 128) for level in (0.9, 1.0))
    assert (nine - ten).norm() > 5
    j = torch.arange(64)
    torch.testing.assert_close(
        encode_level(torch.tensor([2.0]), 128)[0, :64], (2 * 1e-4 ** (j / 64)).sin()
    )


def test_a_shortcut_may_change_places_with_the_rate():
    """The blocks as the paper draws them: resample first, then the 1x1 convolution."""
    torch.manual_seed(0)
    block, x = UBlock(3, 4, 5, (1, 2, 4, 8)), torch.randn(2, 3, 6)
    zero = torch.zeros(2, 4, 30)
    for layer in block.layers:
        torch.nn.init.zeros_(layer.weight)
    drawn = block.shortcut(F.interpolate(x, scale_factor=5))
    torch.testing.assert_close(block(x, zero, zero), drawn)
    down, x = DBlock(3, 4, 3), torch.randn(2, 3, 12)
    h = F.interpolate(x, size=4)
    for layer in down.layers:
        h = layer(F.leaky_relu(h, 0.2))
    torch.testing.assert_close(down(x), h + F.interpolate(down.shortcut(x), size=4))
    torch.testing.assert_close(upsampled(x, 4), F.interpolate(x, scale_factor=4))


def test_modulation_is_scale_times_and_shift_plus():
    """With convolutions that pass their input on, the block is a sum that can be written down."""
    block = UBlock(1, 1, 2, (1, 1, 1, 1))
    for layer in [block.shortcut, *block.layers]:
        torch.nn.init.zeros_(layer.weight)
        layer.weight.data[..., layer.weight.shape[2] // 2] = 1.0
    x, shift, scale = (
        torch.tensor([[[1.0]]]),
        torch.tensor([[[1.0, 0.5]]]),
        torch.tensor([[[2.0, 1]]]),
    )
    first = 1 + (shift + scale * 1)  # shortcut and branch
    second = shift + scale * (shift + scale * first)
    torch.testing.assert_close(block(x, shift, scale), first + second)


def test_every_parameter_has_a_gradient():
    torch.manual_seed(0)
    net = WaveGrad(SMALL)
    net(torch.randn(2, 1, 24), torch.rand(2), torch.randn(2, 5, 4)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().sum() > 0 and parameter.grad.isfinite().all(), name


def test_wrong_sizes_are_refused():
    net, level = WaveGrad(SMALL), torch.rand(1)
    for call, message in [
        (
            lambda: net(torch.zeros(1, 1, 24), level, torch.zeros(1, 4, 4)),
            "4 bands: this network takes 5",
        ),
        (lambda: net(torch.zeros(1, 1, 20), level, torch.zeros(1, 5, 4)), "4 frames of 6 samples"),
        (lambda: replace(SMALL, factors=(3, 2, 2)), "give as many of each"),
        (lambda: replace(SMALL, down_channels=(3, 8)), "must be even"),
    ]:
        with pytest.raises(UserError, match=message):
            call()

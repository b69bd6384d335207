"""HiFi-GAN's generator: the paper's sizes layer by layer, frames in their places, blocks that can be written down."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.hifigan import MRF, SLOPE, HiFiGAN, HiFiGANConfig, ResBlock
from tinyaudio.models.weight_norm import count_folded

SMALL = HiFiGANConfig(5, 8, (3, 2), (5, 4), (3, 5), ((1, 2), (1, 3)), pairs=True)


@pytest.mark.parametrize(
    ("config", "millions", "exact"),
    [
        (HiFiGANConfig.v1(), 13.92, 13_926_017),
        (HiFiGANConfig.v2(), 0.92, 925_985),
        (HiFiGANConfig.v3(), 1.46, 1_462_273),
    ],
)
def test_the_paper_s_sizes(config, millions, exact):
    """Table 1 of Kong et al. cuts the millions after two digits; the sums are of channels and kernels."""
    with torch.device("meta"):
        net = HiFiGAN(config)
        assert net(torch.empty(2, 80, 3)).shape == (2, 1, 3 * 256)

    def conv(c, d, k):
        return c * d * k + d

    channels, total = config.channels, conv(80, config.channels, 7)
    for kernel in config.kernels:
        total += conv(channels, channels // 2, kernel)
        channels //= 2
        for k, dilations in zip(config.block_kernels, config.block_dilations, strict=True):
            total += (2 if config.pairs else 1) * len(dilations) * conv(channels, channels, k)
    total += conv(channels, 1, 7)
    assert count_folded(net) == total == exact
    assert int(exact / 1e4) / 100 == millions


def test_dilations_and_kernels_are_the_config_s():
    net = HiFiGAN(HiFiGANConfig.v3())
    found = [
        [(layer[1].kernel_size[0], layer[1].dilation[0]) for layer in block.layers]
        for block in net.mrf[0].blocks
    ]
    assert found == [[(3, 1), (3, 2)], [(5, 2), (5, 6)], [(7, 3), (7, 12)]]
    pair = HiFiGAN(HiFiGANConfig.v2()).mrf[0].blocks[0].layers[2]
    assert [layer.dilation[0] for layer in (pair[1], pair[3])] == [5, 1]


@pytest.mark.parametrize("pairs", [False, True])
def test_a_block_adds_what_its_layers_find(pairs):
    torch.manual_seed(0)
    block, x = ResBlock(2, 3, (1, 2), pairs), torch.randn(1, 2, 9)
    expected = x
    for layer, dilation in zip(block.layers, (1, 2), strict=True):
        convs = [(layer[1], dilation), (layer[3], 1)] if pairs else [(layer[1], dilation)]
        h = expected
        for conv, d in convs:
            h = F.conv1d(F.leaky_relu(h, SLOPE), conv.weight, conv.bias, padding=d, dilation=d)
        expected = expected + h
    torch.testing.assert_close(block(x), expected)


def test_fusion_is_the_mean_of_blocks_that_see_the_same():
    torch.manual_seed(0)
    mrf, x = MRF(4, SMALL), torch.randn(2, 4, 9)
    torch.testing.assert_close(mrf(x), torch.stack([block(x) for block in mrf.blocks]).mean(0))


def test_a_frame_acts_on_its_own_samples_and_a_little_around():
    """Frame 10 of 20 changes as much before its six samples as after, and nothing far away."""
    torch.manual_seed(0)
    net, mel = HiFiGAN(SMALL).double(), torch.randn(1, 5, 20).double()
    other = mel.clone()
    other[:, :, 10] += 1
    changed = (net(mel) - net(other)).abs()[0, 0] > 0
    at = changed.nonzero().flatten()
    assert changed[60:66].all() and (at.min() + at.max()).item() / 2 == pytest.approx(62.5, abs=3)
    assert 8 < at.min() and at.max() < 117


def test_output_is_within_full_scale_and_every_parameter_has_a_gradient():
    torch.manual_seed(0)
    net = HiFiGAN(SMALL)
    made = net(1e4 * torch.randn(2, 5, 4))
    assert made.shape == (2, 1, 24) and made.abs().max() <= 1
    net(torch.randn(2, 5, 4)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().sum() > 0 and parameter.grad.isfinite().all(), name


def test_wrong_sizes_are_refused():
    net = HiFiGAN(SMALL)
    for call, message in [
        (lambda: net(torch.zeros(1, 4, 4)), "4 bands: this network takes 5"),
        (lambda: net(torch.zeros(1, 5, 0)), "without a frame"),
        (lambda: replace(SMALL, kernels=(5,)), "factors and kernels"),
        (lambda: replace(SMALL, kernels=(4, 4)), "kernel 4 of a step up by 3"),
        (lambda: replace(SMALL, kernels=(5, 0)), "kernel 0 of a step up by 2"),
        (lambda: replace(SMALL, block_kernels=(3,)), "block_kernels and block_dilations"),
        (lambda: replace(SMALL, channels=6), "must be a multiple of 4"),
    ]:
        with pytest.raises(UserError, match=message):
            call()
    assert net(torch.zeros(1, 5, 1)).shape == (1, 1, 6)  # a single frame is enough

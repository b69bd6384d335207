"""HiFi-GAN's discriminators: the public code's sizes; a period's columns do not mix; three rates."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.hifigan_discriminators import (
    HiFiGANDiscriminators,
    HiFiGANDiscriminatorsConfig,
)
from tinyaudio.models.period_discriminator import PeriodDiscriminator
from tinyaudio.models.weight_norm import count_folded

TINY = HiFiGANDiscriminatorsConfig.tiny()


def test_the_public_code_s_sizes():
    """41,092,165 parameters by period, 29,610,627 by scale, counted from channels, kernels and groups."""
    with torch.device("meta"):
        net = HiFiGANDiscriminators(HiFiGANDiscriminatorsConfig.paper())
    widths = [1, 32, 128, 512, 1024, 1024]
    layers = zip(widths, widths[1:], strict=False)
    period = sum(5 * c * d + d for c, d in layers) + 3 * 1024 + 1
    assert count_folded(net.period) == 5 * period == 41_092_165
    widths = [1, 128, 128, 256, 512, 1024, 1024, 1024]
    kernels, groups = (15, 41, 41, 41, 41, 41, 5), (1, 4, 16, 16, 16, 16, 1)
    layers = zip(widths, widths[1:], kernels, groups, strict=False)
    scale = sum(c // g * d * k + d for c, d, k, g in layers) + 3 * 1024 + 1
    assert count_folded(net.scale) == 3 * scale == 29_610_627
    assert [one.period for one in net.period.discriminators] == [2, 3, 5, 7, 11]


def test_a_column_holds_every_pth_sample_and_no_other():
    torch.manual_seed(0)
    net, audio = PeriodDiscriminator(3, (4, 4), slope=0.1), torch.randn(1, 1, 60)
    other = audio.clone()
    other[..., 31] += 1  # 31 = 10 * 3 + 1: column 1
    for a, b in zip(net(audio), net(other), strict=True):
        columns = (a - b).abs().sum(dim=(0, 1, 2)) > 0
        assert columns.tolist() == [False, True, False]


def test_a_length_that_is_no_multiple_is_reflected():
    net, audio = PeriodDiscriminator(7, (4,), slope=0.1), torch.randn(1, 1, 40)
    whole = torch.cat([audio, audio[..., [38, 37]]], dim=2)
    for a, b in zip(net(audio), net(whole), strict=True):
        torch.testing.assert_close(a, b)


def test_each_scale_sees_the_one_before_averaged():
    torch.manual_seed(0)
    net = HiFiGANDiscriminators(TINY).eval()
    maps = net(torch.ones(2, 1, 640))
    assert len(maps) == len(TINY.periods) + TINY.n_scales
    assert [len(one) for one in maps] == [5, 5, 5, 8, 8]
    assert [one[0].shape[2] for one in maps[3:]] == [640, 321]
    assert all(one[-1].shape[1] == 1 for one in maps)
    fast = torch.tensor([1.0, -1.0]).repeat(320)[None, None]  # at the Nyquist frequency
    seen, silent = net(fast)[4], net(torch.zeros(1, 1, 640))[4]
    torch.testing.assert_close(seen[0][..., 8:-8], silent[0][..., 8:-8])  # averaged away


def test_spectral_normalization_is_at_the_full_rate_only():
    torch.manual_seed(0)
    net = HiFiGANDiscriminators(TINY)
    for _ in range(50):  # power iterations, one a call in training
        net(torch.zeros(1, 1, 640))
    for layer in net.scale[0].layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(
            1, abs=0.05
        )
    assert hasattr(net.scale[1].layers[0].parametrizations.weight, "original1")


def test_layers_must_be_seven():
    with pytest.raises(UserError, match="give 7 of each"):
        replace(TINY, scale_channels=(4, 4))

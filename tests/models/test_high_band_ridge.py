"""The predicted level of the high band: levels of noise, a linear law found again, mean power not mean logarithm."""

import math

import pytest
import torch

from tinyaudio.models.high_band_ridge import (
    HOP_LENGTH,
    LEAST,
    MARGIN,
    N_FFT,
    N_HIGH,
    HighBandRidge,
    band_levels,
)
from tinyaudio.represent.band_split import band

RATE = 48_000


def noise(seed, n, gain=1.0):
    return gain * torch.randn(1, 1, n, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("gain", [0.3, 1e-3])
def test_levels_are_those_of_white_noise(gain):
    levels = band_levels(noise(0, 96_000, gain), N_FFT, HOP_LENGTH, 24)
    power = (2 * levels[:, :, 4:-4]).exp().mean(dim=2)
    torch.testing.assert_close(power, torch.full_like(power, gain**2), rtol=0.1, atol=0)
    assert levels.shape == (1, 24, 96_000 // HOP_LENGTH + 1)


def test_levels_of_a_high_band_leave_out_what_is_below():
    low = band(noise(1, 48_000), RATE, 0, 7_900)
    levels = band_levels(low, 3 * N_FFT, 3 * HOP_LENGTH, N_HIGH, 1 / 3)[:, 1:, 4:-4]
    assert levels.max() < math.log(1e-2)


def test_silence_is_at_the_floor_and_stays_silent():
    ridge = HighBandRidge(3)
    assert torch.allclose(band_levels(torch.zeros(1, 1, 2_560), 512, 128, 3), torch.tensor(LEAST))
    scale = ridge.scale(ridge(torch.zeros(1, 1, 2_560)))
    assert scale.max() < 2e-5  # -94 dBFS: 20 dB over the floor


@pytest.mark.parametrize("ratio", [2, 3])
def test_a_high_band_that_follows_the_low_one_is_predicted(ratio):
    """Noise whose level moves slowly; its high band is 20 dB softer.  The mean of its power is found, not
    the logarithm's, which is 2.5 dB lower for a level of few bins."""
    ridge = HighBandRidge(ratio)
    n = 96_000 // (HOP_LENGTH * ratio) * HOP_LENGTH * ratio
    for step in range(20):
        level = torch.sin(torch.arange(n) / 9_000 + step).exp() / 30
        full = noise(step, n) * level
        low = level[::ratio] * noise(100 + step, n // ratio)
        high = 0.1 * band(full, RATE, RATE / 2 / ratio, RATE)
        ridge.update(low, high, step)
    measured = (2 * band_levels(high, N_FFT * ratio, HOP_LENGTH * ratio, N_HIGH, 1 / ratio)).exp()
    predicted = (2 * ridge(low)).exp()
    inner = slice(MARGIN, -MARGIN)
    for first in range(0, predicted.shape[2] - 60, 60):  # wherever one looks
        part = slice(inner.start + first, inner.start + first + 60)
        ratio_db = 10 * (predicted[:, :, part].mean() / measured[:, :, part].mean()).log10()
        assert abs(float(ratio_db)) < 1.5
    rms = high.square().mean().sqrt()
    assert float(ridge.scale(ridge(low)).square().mean().sqrt() / rms) == pytest.approx(1, abs=0.1)


def test_means_do_not_depend_on_how_batches_are_cut():
    one, other = HighBandRidge(2), HighBandRidge(2)
    low, high = (
        torch.cat([noise(i, 2_560) for i in range(4)]),
        torch.cat([noise(9 + i, 5_120) for i in range(4)]),
    )
    one.update(low, high, 0)
    for i in range(2):
        other.update(low[2 * i : 2 * i + 2], high[2 * i : 2 * i + 2], i)
    for name in ("inner", "cross", "squares"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name))
    torch.testing.assert_close(one(low), other(low), atol=1e-2, rtol=0)  # 0.09 dB


def test_it_is_the_ridge_regression_in_closed_form():
    ridge = HighBandRidge(3)
    low, high = noise(1, 12_800, 0.1), noise(2, 38_400, 0.01)
    ridge.update(low, high, 0)
    x = ridge.inputs(low)[0, MARGIN:-MARGIN].double()
    L = band_levels(high, 3 * N_FFT, 3 * HOP_LENGTH, N_HIGH, 1 / 3)[0, :, MARGIN:-MARGIN].T.double()
    y = (L + 7) / 2
    penalty = 1e-3 * x.square().mean(dim=0).mean() * len(x)
    stacked = torch.cat([x, penalty.sqrt() * torch.eye(25).double()])
    W = torch.linalg.lstsq(stacked, torch.cat([y, torch.zeros(25, N_HIGH).double()])).solution
    torch.testing.assert_close(ridge.weights.double(), W, rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(
        ridge.variance.double(), 4 * (y - x @ W).square().mean(dim=0), rtol=1e-2, atol=1e-4
    )

"""Upsampling without a network: no delay, the old samples kept, and images of the known strength."""

import math

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline

from tinyaudio.audio.interpolation import (
    upsample_linear,
    upsample_nearest,
    upsample_sinc,
    upsample_spline,
)
from tinyaudio.errors import AudioError

ALL = [upsample_nearest, upsample_linear, upsample_spline, upsample_sinc]


def noise(n=2_048, seed=0):
    """Fades in and out, so that nothing happens at the ends."""
    window = torch.hann_window(n, dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.pad(
        window * torch.randn(n, dtype=torch.float64, generator=generator), (256, 256)
    )


def delay(upsample, ratio):
    """Slope of the phase of the cross spectrum, in samples of the new rate, over the lower half of the old band."""
    x = noise()
    y = upsample(x, ratio)
    n = len(x) // 4
    cross = (torch.fft.rfft(y)[1:n] * torch.fft.rfft(x)[1:n].conj())[:, None]
    omega = 2 * torch.pi * torch.arange(1, n)[:, None] / len(y)
    weight = cross.abs()
    return -float((weight * omega * cross.angle()).sum() / (weight * omega.square()).sum())


@pytest.mark.parametrize("ratio", [2, 3, 4])
@pytest.mark.parametrize("upsample", ALL)
def test_nothing_is_delayed(upsample, ratio):
    assert abs(delay(upsample, ratio)) < 1e-9


@pytest.mark.parametrize("ratio", [2, 3, 4])
def test_the_measure_of_delay_finds_the_half_sample_of_the_public_code(ratio):
    def public(x, ratio):
        return torch.nn.functional.interpolate(
            x[None, None], scale_factor=ratio, mode="linear", align_corners=False
        )[0, 0]

    assert delay(public, ratio) == pytest.approx((ratio - 1) / 2, abs=1e-3)


@pytest.mark.parametrize("upsample", ALL[:3])
def test_the_old_samples_are_kept(upsample):
    x = noise().float().reshape(2, 1, -1)
    y = upsample(x, 3)
    assert y.shape == (2, 1, 3 * x.shape[2]) and y.dtype == torch.float32
    assert torch.allclose(y[..., ::3], x, atol=1e-6)


def test_the_spline_is_the_interpolating_one():
    """Away from the ends, where the two differ in what they put there, the same to the last digits."""
    x = torch.randn(300, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    wanted = CubicSpline(np.arange(300), x.numpy())(np.arange(900) / 3)
    error = upsample_spline(x, 3) - torch.from_numpy(wanted)
    assert error[150:-150].abs().max() < 1e-11


def level_db(audio, frequency, rate):
    """Of one tone in a sound, its ends left out."""
    t = torch.arange(len(audio), dtype=torch.float64) / rate
    basis = torch.polar(
        torch.hann_window(len(audio), dtype=torch.float64), 2 * torch.pi * frequency * t
    )
    return 20 * math.log10(4 / len(audio) * (basis.conj() @ audio.to(basis)).abs() + 1e-12)


@pytest.mark.parametrize("frequency", [1_000, 3_000, 3_500])
def test_images_are_as_strong_as_the_kernel_s_transform_says(frequency):
    """8 to 16 kHz: the image of f lies at 8,000 - f; three taps, 1/2, 1 and 1/2, let 2 cos^2(pi f / 16,000) pass."""
    tone = torch.sin(2 * torch.pi * frequency * torch.arange(8_000, dtype=torch.float64) / 8_000)
    line, spline, sinc = (f(tone, 2) for f in (upsample_linear, upsample_spline, upsample_sinc))
    for hz in (frequency, 8_000 - frequency):
        exact = 40 * math.log10(math.cos(math.pi * hz / 16_000))
        assert level_db(line, hz, 16_000) == pytest.approx(exact, abs=0.01)
    image = 8_000 - frequency
    assert level_db(sinc, image, 16_000) < -100
    assert level_db(line, image, 16_000) > level_db(spline, image, 16_000) > -100


def test_at_ratio_3_the_box_leaves_more_than_the_line_and_the_line_more_than_the_spline():
    tone = torch.sin(2 * torch.pi * 3_000 * torch.arange(8_000, dtype=torch.float64) / 8_000)
    images = [level_db(upsample(tone, 3), 5_000, 24_000) for upsample in ALL]
    assert images == sorted(images, reverse=True)


@pytest.mark.parametrize("upsample", ALL)
def test_ends_and_bad_input(upsample):
    assert upsample(torch.zeros(2, 0), 3).shape == (2, 0)
    assert upsample(torch.ones(1), 3).shape == (3,)
    assert torch.equal(upsample(torch.zeros(5), 2), torch.zeros(10))
    assert torch.allclose(upsample(noise(), 1)[100:-100], noise()[100:-100], atol=1e-9)
    with pytest.raises(AudioError, match="whole number from 1"):
        upsample(torch.zeros(5), 0)


def test_gradients_pass():
    x = noise().requires_grad_()
    upsample_spline(x, 2).square().sum().backward()
    assert x.grad.abs().sum() > 0

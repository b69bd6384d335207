r"""Upsampling without a network: four ways to read a sound between its samples.

    y[n] = \sum_m x[m]\, \varphi(n / r - m)

The kernel is 1 within half a sample for the nearest sample, 1 - |t| within one sample for a straight line, and
a sinc under a window for band-limited interpolation.  For the cubic spline it follows from the B-spline:

    \varphi(t) = \sqrt{3} \sum_k (\sqrt{3} - 2)^{|k|} \beta(t - k)

Every kernel is even, and so nothing is delayed.  Its Fourier transform says what is left of the images, the
copies of the low band around the multiples of the old sample rate: only the sinc leaves none.

Paper:      de Boor, "A practical guide to splines", 1978, for the cubic B-spline.
            Kuleshov, Enam & Ermon, 2017 (arXiv:1708.00853), and Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321),
            for splines and lines as baselines of upsampling.
Implements: `upsample_nearest`, `upsample_linear`, `upsample_spline`, `upsample_sinc`.
Differs:    torch.nn.functional.interpolate with ``align_corners=False``, which NU-Wave's public code calls,
            delays by (r - 1) / 2 samples of the new rate.
See:        chapter 20, "What fills the top band".
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.audio.resampling import MAX_RATIO, resample
from tinyaudio.errors import AudioError

SPLINE_REACH = 32  # samples to either side; the kernel is below 1e-18 there


def upsample_nearest(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """The nearest sample; the mean of two that are equally near, for either alone would be a delay.

    Halfway points occur at even ratios.  At ratio 2 this is `upsample_linear`.

    Args:
        audio: The sound, in floating point.
        ratio: New rate over old, a whole number.

    Returns:
        T * ratio samples, the old ones among them.

    Raises:
        AudioError: The ratio is not from 1 to 256, or the sound not in floating point.

    Example:
        >>> upsample_nearest(torch.tensor([0.0, 6.0, 3.0]), 3).tolist()
        [0.0, 0.0, 6.0, 6.0, 6.0, 3.0, 3.0, 3.0, 0.0]
    """
    return _interpolate(audio, ratio, _box, reach=1)


def upsample_linear(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """The straight line through the two neighbours.

    Args:
        audio: The sound, in floating point; silence is around it.
        ratio: New rate over old, a whole number.

    Returns:
        T * ratio samples, the old ones among them.

    Raises:
        AudioError: As `upsample_nearest`.

    Example:
        >>> upsample_linear(torch.tensor([0.0, 6.0]), 3).tolist()
        [0.0, 2.0, 4.0, 6.0, 4.0, 2.0]
    """
    return _interpolate(audio, ratio, _triangle, reach=1)


def upsample_spline(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """The cubic spline: the smoothest curve through all samples.

    Args:
        audio: The sound, in floating point; silence is around it.
        ratio: New rate over old, a whole number.

    Returns:
        T * ratio samples, the old ones among them.

    Raises:
        AudioError: As `upsample_nearest`.

    Example:
        >>> square = torch.arange(100.0).square()
        >>> upsample_spline(square, 2)[101]  # of a parabola, exactly 50.5 squared
        tensor(2550.2500)
    """
    return _interpolate(audio, ratio, _cardinal_spline, SPLINE_REACH)


def upsample_sinc(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """Band-limited interpolation, `tinyaudio.audio.resampling.resample`: the top of the spectrum stays empty.

    Args:
        audio: The sound, in floating point; silence is around it.
        ratio: New rate over old, a whole number.

    Returns:
        T * ratio samples.

    Raises:
        AudioError: As `upsample_nearest`.

    Example:
        >>> upsample_sinc(torch.zeros(1, 16_000), 3).shape
        torch.Size([1, 48000])
    """
    _check_ratio(ratio)
    return resample(audio, 1, ratio)


def _interpolate(
    audio: Float[Tensor, "*batch T"],
    ratio: int,
    kernel: Callable[[Tensor], Tensor],
    reach: int,
) -> Float[Tensor, "*batch t"]:
    """The module's first formula, one filter for each place between two samples."""
    check_waveform(audio)
    _check_ratio(ratio)
    if audio.numel() == 0:
        return audio.new_zeros(*audio.shape[:-1], audio.shape[-1] * ratio)
    p = torch.arange(ratio, dtype=torch.float64)[:, None] / ratio
    m = torch.arange(-reach, reach + 1)
    filters = kernel(p - m).to(audio)  # (ratio, taps)
    padded = F.pad(audio.reshape(-1, 1, audio.shape[-1]), (reach, reach))
    out = F.conv1d(padded, filters[:, None])  # (batch, ratio, T)
    return out.transpose(1, 2).reshape(*audio.shape[:-1], -1)


def _box(t: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """1 within half a sample, 1/2 at its ends."""
    return (0.5 * ((t.abs() <= 0.5).to(t) + (t.abs() < 0.5).to(t))).to(t)


def _triangle(t: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """1 - |t| within a sample."""
    return (1 - t.abs()).clamp(min=0)


def _cardinal_spline(t: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """1 at 0, 0 at all other whole numbers, and a cubic polynomial between."""
    k = torch.arange(-SPLINE_REACH - 2, SPLINE_REACH + 3, dtype=t.dtype)
    weights = math.sqrt(3) * (math.sqrt(3) - 2) ** k.abs()
    return _b_spline(t[..., None] - k) @ weights


def _b_spline(t: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The cubic B-spline: 2/3 at 0, 1/6 at 1, 0 from 2 on."""
    distance = t.abs()
    outer = (2 - distance).clamp(min=0) ** 3 / 6
    return outer - 4 * (1 - distance).clamp(min=0) ** 3 / 6


def _check_ratio(ratio: int) -> None:
    if not 1 <= ratio <= MAX_RATIO:
        raise AudioError(
            f"cannot upsample {ratio} times; give a whole number from 1 to {MAX_RATIO}"
        )

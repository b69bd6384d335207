r"""The mel scale: fewer bands, spaced as pitch is perceived, and its approximate inverse.

    mel(f) = 2595 \log_{10}(1 + f / 700)

That is HTK's formula. Slaney's scale, librosa's and most vocoders' default, is linear to 1000 Hz
and logarithmic above. Each filter is a triangle from one mel point over the next to the one after.

Paper:      Stevens, Volkmann & Newman (1937) for the scale; Slaney, Auditory Toolbox (1998).
Implements: `hz_to_mel`, `mel_to_hz`, `mel_filterbank`, `mel`, `mel_to_linear`.
Differs:    nothing; the filters are librosa's, to rounding (tested).
See:        chapter 1, "Sound into numbers".
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError

LINEAR_HZ = 200 / 3  # Slaney: Hz in a mel, up to 1000 Hz
BREAK_HZ = 1000.0
BREAK_MEL = 15.0
LOG_STEP = math.log(6.4) / 27  # Slaney: 27 mels from 1000 to 6400 Hz


def hz_to_mel(hz: Float[Tensor, "*shape"], htk: bool = False) -> Float[Tensor, "*shape"]:
    """Frequency in Hz to mel, by Slaney's scale or HTK's.

    Example:
        >>> hz_to_mel(torch.tensor([0.0, 500.0, 1000.0, 6400.0]))
        tensor([ 0.0000,  7.5000, 15.0000, 42.0000])
        >>> hz_to_mel(torch.tensor([700.0]), htk=True)
        tensor([781.17...])
    """
    if htk:
        return 2595 * torch.log10(1 + hz / 700)
    above = BREAK_MEL + torch.log(hz.clamp(min=BREAK_HZ) / BREAK_HZ) / LOG_STEP
    return torch.where(hz < BREAK_HZ, hz / LINEAR_HZ, above)


def mel_to_hz(mels: Float[Tensor, "*shape"], htk: bool = False) -> Float[Tensor, "*shape"]:
    """Undo `hz_to_mel`.

    Example:
        >>> mel_to_hz(torch.tensor([7.5, 15.0, 42.0])).round()
        tensor([ 500., 1000., 6400.])
    """
    if htk:
        return 700 * (10 ** (mels / 2595) - 1)
    above = BREAK_HZ * torch.exp(LOG_STEP * (mels - BREAK_MEL).clamp(min=0))
    return torch.where(mels < BREAK_MEL, LINEAR_HZ * mels, above)


def mel_filterbank(
    sample_rate: int,
    n_fft: int,
    n_mels: int = 80,
    f_min: float = 0.0,
    f_max: float | None = None,
    htk: bool = False,
) -> Float[Tensor, "M F"]:
    """Triangles, one a row, that gather the bins of a spectrum into mel bands.

    Args:
        sample_rate: In Hz.
        n_fft: Samples in a frame; there are F = n_fft / 2 + 1 bins.
        n_mels: Number of bands M.
        f_min: Lower edge of the first band, in Hz.
        f_max: Upper edge of the last band, in Hz; `None` is the Nyquist frequency.
        htk: HTK's scale and triangles of height 1, instead of Slaney's of area 1 (over Hz).

    Returns:
        The filters.

    Raises:
        AudioError: The band edges are out of order, or a band is so narrow that no bin falls in it.

    Example:
        >>> mel_filterbank(16_000, 1024).shape
        torch.Size([80, 513])
    """
    f_max = sample_rate / 2 if f_max is None else f_max
    if not 0 <= f_min < f_max <= sample_rate / 2:
        raise AudioError(
            f"mel bands from {f_min} to {f_max} Hz do not lie within 0 to {sample_rate / 2} Hz,"
            " half the sample rate"
        )
    edges = hz_to_mel(torch.tensor([f_min, f_max], dtype=torch.float64), htk)
    shares = torch.arange(n_mels + 2, dtype=torch.float64) / (n_mels + 1)
    corners = mel_to_hz(torch.lerp(edges[0], edges[1], shares), htk)[:, None]
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]  # (M, 1)
    bins = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    filters = torch.minimum(rising, falling).clamp(min=0)
    if not htk:
        filters = filters * 2 / (right - left)
    empty = int((filters.amax(dim=1) == 0).sum())
    if empty:
        raise AudioError(
            f"{empty} of {n_mels} mel bands hold no bin of n_fft {n_fft};"
            " use fewer bands or longer frames"
        )
    return filters.float()


def mel(
    magnitude: Float[Tensor, "*batch F N"], filterbank: Float[Tensor, "M F"]
) -> Float[Tensor, "*batch M N"]:
    """Gather the bins of a magnitude spectrogram into mel bands.

    Args:
        magnitude: |X|, not its square; vocoders are trained on this.
        filterbank: From `mel_filterbank`.

    Returns:
        The mel spectrogram, not yet in dB: `log_magnitude` does that.

    Example:
        >>> mel(torch.ones(513, 10), mel_filterbank(16_000, 1024)).shape
        torch.Size([80, 10])
    """
    check_waveform(magnitude, "a magnitude")
    # Not rounded in mixed precision: a logarithm shows what is lost of quiet bands.
    with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
        return filterbank.to(magnitude) @ magnitude


def mel_to_linear(
    mels: Float[Tensor, "*batch M N"], filterbank: Float[Tensor, "M F"], n_iter: int = 100
) -> Float[Tensor, "*batch F N"]:
    r"""Spread mel bands over the bins again: the smallest error without a negative magnitude.

    min_{X >= 0} ||A X - mel||^2, from the clipped pseudo-inverse on, by gradient steps with Nesterov's
    momentum [Beck & Teboulle 2009].  The detail inside a band is lost: many X explain the same mel.

    Args:
        mels: From `mel`.
        filterbank: The one that made it.
        n_iter: Rounds of improvement.

    Returns:
        A magnitude spectrogram for `griffin_lim`, say.

    Example:
        >>> filters = mel_filterbank(16_000, 1024)
        >>> mels = mel(torch.rand(513, 10), filters)
        >>> again = mel(mel_to_linear(mels, filters), filters)
        >>> (again - mels).norm() < 1e-3 * mels.norm()
        tensor(True)
    """
    check_waveform(mels, "a mel spectrogram")
    a = filterbank.to(mels)
    a = a / a.norm(dim=1, keepdim=True)  # narrow, low bands weigh as much as broad, high ones
    target = mels / filterbank.to(mels).norm(dim=1, keepdim=True)
    step = 1 / torch.linalg.matrix_norm(a, 2) ** 2
    x: Tensor = (torch.linalg.pinv(a) @ target).clamp(min=0)
    ahead: Tensor = x
    t = 1.0
    for _ in range(n_iter):
        new = (ahead - step * (a.T @ (a @ ahead - target))).clamp(min=0)
        t_new = (1 + math.sqrt(1 + 4 * t**2)) / 2
        ahead = new + (t - 1) / t_new * (new - x)
        x, t = new, t_new
    return x

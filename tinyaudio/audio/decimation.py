"""Decimation: a lower sample rate by a filter and every r-th sample, with the filters that papers use.

    x[n] = (h * y)[r n]

A tone above half the new rate is not lost: without a filter it folds to |f - k f_s|, f_s the new rate and
k the whole number that brings it below f_s / 2.  For r = 3, the level of what a tone 2 % above half the new
rate leaves behind, and of a tone 10 % below it (the tests hold these):

    function               above       below        used by
    decimate_sinc          -149 dB     -0.02 dB     this package
    decimate_stft          -64 dB      0 dB         NU-Wave
    decimate_chebyshev     -59 dB      -24 dB       scipy.signal.decimate; UDM+
    decimate_butterworth   -40 dB      -20 dB       augmentation with several filters
    decimate_unfiltered    0 dB        0 dB         mistake: no filter at all

A network that was trained with one of them meets another in use.

Paper:      Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321), who train with one filter; Sulun & Davies, "On filter
            generalization for music bandwidth extension using deep neural networks", 2021 (arXiv:2011.07274),
            who train with several.
Implements: the five functions above; `decimator`, one by name.
Differs:    the two recursive filters run forwards and backwards, so that nothing is delayed; both begin to fall
            at 0.8 of half the new rate, where scipy.signal.decimate lets its Chebyshev filter begin.
See:        chapter 20, "What fills the top band".
"""

from collections.abc import Callable

import numpy as np
import scipy
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.audio.resampling import MAX_RATIO, resample
from tinyaudio.errors import AudioError

ORDER = 8  # of the recursive filters, before they run backwards, too
CUTOFF = 0.8  # as a share of half the new rate
RIPPLE_DB = 0.05  # of the Chebyshev filter
N_FFT, HOP_LENGTH = 1_024, 256  # of the filter over a spectrogram


def decimate_sinc(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """By the windowed sinc of `tinyaudio.audio.resampling.resample`.

    Args:
        audio: The sound, in floating point.
        ratio: Old rate over new, a whole number.

    Returns:
        ceil(T / ratio) samples; the first is at the time of the first.

    Raises:
        AudioError: The ratio is not from 1 to 256, or the sound not in floating point.

    Example:
        >>> decimate_sinc(torch.zeros(1, 48_000), 3).shape
        torch.Size([1, 16000])
    """
    _check(audio, ratio)
    return resample(audio, ratio, 1)


def decimate_stft(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """By setting the upper bins of a spectrogram to zero, as NU-Wave does.

    Frames of 1,024 samples every 256; of the 513 bins, the first 513 // ratio stay.

    Args:
        audio: The sound, in floating point.
        ratio: Old rate over new, a whole number.

    Returns:
        ceil(T / ratio) samples.

    Raises:
        AudioError: As `decimate_sinc`.

    Example:
        >>> decimate_stft(torch.zeros(1, 48_000), 2).shape
        torch.Size([1, 24000])
    """
    _check(audio, ratio)
    T = audio.shape[-1]
    if audio.numel() == 0:
        return audio[..., ::ratio]
    window = torch.hann_window(N_FFT, dtype=audio.dtype, device=audio.device)
    # silence to a whole hop behind the sound, so that its end lies within full frames
    padded = F.pad(audio.reshape(-1, T), (0, HOP_LENGTH + -T % HOP_LENGTH))
    spectrum = torch.stft(
        padded, N_FFT, HOP_LENGTH, window=window, pad_mode="constant", return_complex=True
    )
    spectrum[:, spectrum.shape[1] // ratio :] = 0
    filtered = torch.istft(spectrum, N_FFT, HOP_LENGTH, window=window, length=T)
    return filtered.reshape(audio.shape)[..., ::ratio]


def decimate_chebyshev(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """By a Chebyshev filter of type I and order 8: steep, with ripples in the band that it keeps.

    Args:
        audio: The sound, in floating point.
        ratio: Old rate over new, a whole number.

    Returns:
        ceil(T / ratio) samples, without a gradient.

    Raises:
        AudioError: As `decimate_sinc`.

    Example:
        >>> decimate_chebyshev(torch.zeros(1, 48_000), 3).shape
        torch.Size([1, 16000])
    """
    _check(audio, ratio)
    if ratio == 1:
        return audio
    sections = scipy.signal.cheby1(ORDER, RIPPLE_DB, CUTOFF / ratio, output="sos")
    return _both_ways(audio, ratio, sections)


def decimate_butterworth(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """By a Butterworth filter of order 8: flat in the band that it keeps, and slow to fall.

    Args:
        audio: The sound, in floating point.
        ratio: Old rate over new, a whole number.

    Returns:
        ceil(T / ratio) samples, without a gradient.

    Raises:
        AudioError: As `decimate_sinc`.

    Example:
        >>> decimate_butterworth(torch.zeros(1, 48_000), 3).shape
        torch.Size([1, 16000])
    """
    _check(audio, ratio)
    if ratio == 1:
        return audio
    return _both_ways(audio, ratio, scipy.signal.butter(ORDER, CUTOFF / ratio, output="sos"))


def decimate_unfiltered(audio: Float[Tensor, "*batch T"], ratio: int) -> Float[Tensor, "*batch t"]:
    """Every r-th sample as it is: what lay above half the new rate folds into what lay below.

    Args:
        audio: The sound, in floating point.
        ratio: Old rate over new, a whole number.

    Returns:
        ceil(T / ratio) samples.

    Raises:
        AudioError: As `decimate_sinc`.

    Example:
        >>> decimate_unfiltered(torch.arange(5.0), 2)
        tensor([0., 2., 4.])
    """
    _check(audio, ratio)
    return audio[..., ::ratio]


DECIMATORS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "sinc": decimate_sinc,
    "stft": decimate_stft,
    "chebyshev": decimate_chebyshev,
    "butterworth": decimate_butterworth,
    "unfiltered": decimate_unfiltered,
}


def decimator(name: str) -> Callable[[Tensor, int], Tensor]:
    """A way to decimate by its name, as commands have it.

    Raises:
        AudioError: There is none of that name.

    Example:
        >>> decimator("stft") is decimate_stft
        True
    """
    if name not in DECIMATORS:
        raise AudioError(f"no decimation filter {name!r}; choose one of: {', '.join(DECIMATORS)}")
    return DECIMATORS[name]


def _both_ways(
    audio: Float[Tensor, "*batch T"], ratio: int, sections: np.ndarray
) -> Float[Tensor, "*batch t"]:
    """A recursive filter forwards and backwards over the sound and silence around it; every r-th sample."""
    rest = 100 * ratio  # samples in which the filters die away
    if audio.numel() == 0:
        return audio[..., ::ratio]
    samples = F.pad(audio.detach().cpu().double(), (rest, rest)).numpy()
    filtered = scipy.signal.sosfiltfilt(sections, samples, padlen=0)
    wanted = filtered[..., rest : rest + audio.shape[-1] : ratio]
    return torch.from_numpy(np.ascontiguousarray(wanted)).to(audio)


def _check(audio: Tensor, ratio: int) -> None:
    check_waveform(audio)
    if not 1 <= ratio <= MAX_RATIO:
        raise AudioError(f"cannot decimate by {ratio}; give a whole number from 1 to {MAX_RATIO}")

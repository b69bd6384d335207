r"""Signal-to-noise ratio and log-spectral distance, in every definition that papers on upsampling use.

    SNR = 20 \log_{10} \frac{||y||}{||y - \hat y||}

    LSD = \frac{1}{N} \sum_n \sqrt{\frac{1}{F} \sum_f (\log |Y_{fn}|^2 - \log |\hat Y_{fn}|^2)^2}

Numbers of two definitions cannot be compared, so that none is the default.  SNR:

    SNR              as above
    SNR_PRINTED      10 for 20: half of it; what table 2 of NU-Wave prints, as its authors' errata say
    SNR_KULESHOV     1e-6 is added to the mean squared error: a limit for quiet sounds

LSD, with frames under a Hann window and the clip reflected at its ends:

    LSD_NUWAVE       2,048 every 512, log10, powers not below 1e-8
    LSD_KULESHOV     2,048 every 512, natural log, 1e-8 added; root mean square over time, then the mean over
                     frequencies; at most 10
    LSD_NVSR         2,048 every 441 (at 44.1 kHz), log10 of the ratio of powers, 1e-12 added

The floor decides what an empty band costs: by NU-Wave's a sinc, which leaves it empty, is worse than a line,
whose images fill it.  The SNR says the opposite, and beside an empty band a high band of the right power and a
phase of its own costs up to 3 dB:

    10 \log_{10} \frac{||y_{high} - \hat y_{high}||^2}{||y_{high}||^2} = 10 \log_{10} 2 = 3.01

Paper:      Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321), its public code and errata; Kuleshov, Enam &
            Ermon, 2017 (arXiv:1708.00853), public code; Liu et al., "Neural vocoder is all you need for speech
            super-resolution", 2022 (arXiv:2203.14941), public code.
Implements: `signal_to_noise_db`, `log_spectral_distance`.
Differs:    the other terms of 1e-8 in Kuleshov's code, which change nothing that is printed, are left out.
            Frames reflect the ends, as librosa's did when those two programs were written.
See:        `tinyaudio.metrics.high_band` for what these two do not say; `tinyaudio.metrics.spectral` for
            distances in dB.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.metrics.spectral import check_pair
from tinyaudio.represent.band_split import band

Band = tuple[float | int, float | int]


@dataclass(frozen=True)
class SnrDefinition:
    """A ratio of signal to noise.

    Attributes:
        factor: Of the logarithm of the ratio of norms: 20.
        floor: Added to the mean squared error.
    """

    factor: float | int = 20
    floor: float | int = 0


SNR = SnrDefinition()
SNR_PRINTED = SnrDefinition(factor=10)
SNR_KULESHOV = SnrDefinition(floor=1e-6)


@dataclass(frozen=True)
class LsdDefinition:
    """A log-spectral distance.

    Attributes:
        n_fft: Samples in a frame.
        hop_length: From frame to frame.
        base: Of the logarithm.
        smallest: Powers count as at least that; 0 for no limit.
        added: To powers, before the logarithm.
        ratio: Take the logarithm of the ratio of powers, and add to the ratio, too.
        over_time_first: Take the root mean square over frames and the mean over frequencies, not the reverse.
        largest: The distance counts as at most that.
    """

    n_fft: int
    hop_length: int
    base: float | int
    smallest: float | int = 0
    added: float | int = 0
    ratio: bool = False
    over_time_first: bool = False
    largest: float | int = math.inf


LSD_NUWAVE = LsdDefinition(2_048, 512, 10, smallest=1e-8)
LSD_KULESHOV = LsdDefinition(2_048, 512, math.e, added=1e-8, over_time_first=True, largest=10)
LSD_NVSR = LsdDefinition(2_048, 441, 10, added=1e-12, ratio=True)


def signal_to_noise_db(
    audio: Float[Tensor, "*one T"],
    reference: Float[Tensor, "*other S"],
    definition: SnrDefinition,
    *,
    sample_rate: int | None = None,
    band_hz: Band | None = None,
) -> float:
    """The power of a sound over that of what is wrong in its estimate.

    Args:
        audio: An estimate; one channel.
        reference: The sound, y, equally long.
        definition: Such as `SNR`.
        sample_rate: In Hz; needed for a band.
        band_hz: Compare only what lies in it, from its lower end to below its upper one.

    Returns:
        dB (but see `SNR_PRINTED`); 0 for an estimate of silence, infinite for the sound itself.

    Raises:
        AudioError: The clips differ in length, are empty or have several channels, or the reference is silent
            in the band; or a band is given without a rate.

    Example:
        >>> tone = torch.sin(torch.arange(48_000.0))
        >>> round(signal_to_noise_db(1.1 * tone, tone, SNR), 2)
        20.0
    """
    check_pair(audio, reference)
    y_hat, y = (in_band(one, sample_rate, band_hz) for one in (audio, reference))
    if not bool(y.any()):
        raise AudioError("the reference is silent there: it has no ratio of signal to noise")
    error = ((y - y_hat).square().mean() + definition.floor).sqrt()
    return float(definition.factor * (y.square().mean().sqrt() / error).log10())


def log_spectral_distance(
    audio: Float[Tensor, "*one T"],
    reference: Float[Tensor, "*other S"],
    definition: LsdDefinition,
    *,
    sample_rate: int | None = None,
    band_hz: Band | None = None,
) -> float:
    """How far the logarithms of two power spectrograms are from each other.

    Args:
        audio: An estimate; one channel.
        reference: The sound, equally long, of more samples than half a frame.
        definition: Such as `LSD_NUWAVE`.
        sample_rate: In Hz; needed for a band.
        band_hz: Compare only bins in it, from its lower end to below its upper one.

    Returns:
        In powers of the definition's base; 0 for the same sound, and lower is better.

    Raises:
        AudioError: The clips differ in length, are too short or have several channels; no bin lies in the
            band, or a band is given without a rate.

    Example:
        >>> noise = torch.randn(48_000, generator=torch.Generator().manual_seed(0))
        >>> [round(log_spectral_distance(10 * noise, noise, d), 3) for d in (LSD_NUWAVE, LSD_NVSR)]
        [2.0, 2.0]
    """
    check_pair(audio, reference)
    d = definition
    if reference.shape[-1] <= d.n_fft // 2:
        raise AudioError(
            f"a clip of {reference.shape[-1]} samples; this distance needs more than {d.n_fft // 2}"
        )
    powers = [power(one, d, sample_rate, band_hz) for one in (audio, reference)]
    if d.ratio:
        small = d.added
        logs = (powers[1] / (powers[0].sqrt() + small).square() + small).log()
    else:
        y_hat, y = ((one + d.added).clamp(min=d.smallest).log() for one in powers)
        logs = y - y_hat
    axis = 1 if d.over_time_first else 0  # of (F, N)
    root = (logs / math.log(d.base)).square().mean(axis).sqrt()
    return min(float(root.mean()), float(d.largest))


def power(
    audio: Tensor, definition: LsdDefinition, sample_rate: int | None, band_hz: Band | None
) -> Float[Tensor, "F N"]:
    """The power spectrogram in the bins that count."""
    n_fft = definition.n_fft
    spectrum = torch.stft(
        audio.detach().flatten().cpu().double(),
        n_fft,
        definition.hop_length,
        window=torch.hann_window(n_fft, dtype=torch.float64),
        pad_mode="reflect",
        return_complex=True,
    )
    squared = spectrum.abs().square()
    if band_hz is None:
        return squared
    hz = torch.arange(len(squared)) * given_rate(sample_rate) / n_fft
    inside = (hz >= band_hz[0]) & (hz < band_hz[1])
    if not bool(inside.any()):
        raise AudioError(f"no bin of {n_fft} lies from {band_hz[0]} to {band_hz[1]} Hz")
    return squared[inside]


def in_band(audio: Tensor, sample_rate: int | None, band_hz: Band | None) -> Float[Tensor, " T"]:
    """One channel in double precision, or what of it lies in a band."""
    samples = audio.detach().flatten().cpu().double()
    return samples if band_hz is None else band(samples, given_rate(sample_rate), *band_hz)


def given_rate(sample_rate: int | None) -> int:
    """The rate, which a band needs."""
    if sample_rate is None:
        raise AudioError("a band in Hz needs the sample rate; give sample_rate")
    return sample_rate

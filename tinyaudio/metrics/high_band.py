r"""What an upsampler put above the band that it was given: level, envelope, noise in silence, harmonics.

    energy error = 10 \log_{10} \frac{||\hat y_{high}||^2}{||y_{high}||^2}

    envelope error = \frac{1}{N} \sum_n \sqrt{\frac{1}{12} \sum_b (L_{bn} - \hat L_{bn})^2}

L is the level in dB of one of twelve bands of equal width between the cutoff and half the sample rate, in a
frame of 2,048 samples every 512 under a Hann window, not below 60 dB under the reference's loudest.  Only
frames count in which the reference's high band is above that floor.

    HNR = 10 \log_{10} \frac{r}{1 - r}

r is the autocorrelation of the high band at the pitch's period, over that of the window, as a share of the
power; its maximum within 48 cents of the pitch.

Each is fooled by something: the energy by noise of the right power anywhere, the envelope by noise of the
right envelope, the harmonics-to-noise ratio by a buzz of any level.

Paper:      Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
            ratio of a sampled sound", 1993, for the autocorrelation and its window.  The measures are ours.
Implements: `high_band_envelope_db`, `high_band_energy_db`, `noise_in_silence_db`, `high_band_hnr_error_db`.
Differs:    `tinyaudio.metrics.harmonicity` interpolates between lags of whole samples by a cubic, too coarse
            for frequencies near half the sample rate; here the interpolation is band-limited.
See:        `tinyaudio.metrics.upsampling` for SNR and LSD.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.errors import AudioError
from tinyaudio.metrics.spectral import check_pair
from tinyaudio.represent.band_split import split_bands
from tinyaudio.represent.spectrum import log_magnitude, stft

N_FFT, HOP_LENGTH = 2_048, 512
N_BANDS = 12
RANGE_DB = 60.0  # what is quieter is masked by the rest
LEAST_DB = -120.0  # an empty band counts as that
SILENCE_DBFS = -60.0  # what is quieter, root mean square of a frame, counts as silence
PITCH_HOP = 256  # of `tinyaudio.metrics.pitch.f0_track`
NEAR_OCTAVES = 0.04  # 48 cents
OVERSAMPLING = 8  # of lags
LEAST, MOST = 0.01, 0.9999  # of r: -20 and 40 dB


def high_band_energy_db(
    audio: Float[Tensor, "*one T"],
    reference: Float[Tensor, "*other S"],
    sample_rate: int,
    cutoff_hz: float | int,
) -> float:
    """The power of the high band over the reference's.

    Args:
        audio: What an upsampler returned; one channel.
        reference: The original, equally long.
        sample_rate: In Hz.
        cutoff_hz: Where the high band begins.

    Returns:
        dB; 0 is right, and an empty band counts as -120.

    Raises:
        AudioError: The clips differ in length, are empty or have several channels, or the reference has
            nothing above the cutoff.

    Example:
        >>> noise = torch.randn(48_000, generator=torch.Generator().manual_seed(0))
        >>> round(high_band_energy_db(noise / 10, noise, 48_000, 8_000), 2)
        -20.0
    """
    high, wanted = high_bands(audio, reference, sample_rate, cutoff_hz)
    ratio = float(high.square().sum() / wanted.square().sum())
    return max(LEAST_DB, 10 * math.log10(ratio)) if ratio else LEAST_DB


def high_band_envelope_db(
    audio: Float[Tensor, "*one T"],
    reference: Float[Tensor, "*other S"],
    sample_rate: int,
    cutoff_hz: float | int,
) -> float:
    """The distance of the high band's envelope from the reference's, over time and frequency.

    Args:
        audio: What an upsampler returned; one channel.
        reference: The original, equally long.
        sample_rate: In Hz.
        cutoff_hz: Where the high band begins.

    Returns:
        dB; 0 is right, and at most 60 for an empty band.

    Raises:
        AudioError: As `high_band_energy_db`, or the high band is narrower than twelve bins.

    Example:
        >>> noise = torch.randn(48_000, generator=torch.Generator().manual_seed(0))
        >>> round(high_band_envelope_db(noise / 2, noise, 48_000, 8_000), 2)
        6.02
    """
    high, wanted = high_bands(audio, reference, sample_rate, cutoff_hz)
    levels, wanted_levels = (band_levels(one, sample_rate, cutoff_hz) for one in (high, wanted))
    loudest = float(wanted_levels.max())
    db, wanted_db = (
        log_magnitude(one, -RANGE_DB, reference=loudest) for one in (levels, wanted_levels)
    )
    counts = (wanted_db > -RANGE_DB).any(dim=0)
    return float((db - wanted_db)[:, counts].square().mean(dim=0).sqrt().mean())


def band_levels(
    high: Float[Tensor, " T"], sample_rate: int, cutoff_hz: float | int
) -> Float[Tensor, "12 N"]:
    """Root mean square magnitudes of the twelve bands, in each frame."""
    power = stft(high, N_FFT, HOP_LENGTH).abs().square()
    hz = torch.arange(len(power)) * sample_rate / N_FFT
    edges = torch.linspace(float(cutoff_hz), sample_rate / 2, N_BANDS + 1, dtype=torch.float64)
    bands = torch.bucketize(hz.double(), edges, right=True) - 1  # -1 is below; the last bin is 12
    counts = torch.bincount(bands[bands >= 0].clamp(max=N_BANDS - 1), minlength=N_BANDS)
    if int(counts.min()) == 0:
        raise AudioError(
            f"from {cutoff_hz} to {sample_rate / 2:g} Hz there are fewer than {N_BANDS} bins; lower the cutoff"
        )
    inside = power[bands >= 0]
    sums = inside.new_zeros(N_BANDS, inside.shape[1])
    sums.index_add_(0, bands[bands >= 0].clamp(max=N_BANDS - 1), inside)
    return (sums / counts[:, None]).sqrt()


def noise_in_silence_db(
    audio: Float[Tensor, "*one T"], reference: Float[Tensor, "*other S"]
) -> float:
    """The level of a sound where its reference is silent: noise that a model leaves between words.

    Silent are frames of 512 samples of the reference below -60 dBFS, without those beside a louder one.

    Args:
        audio: What an upsampler returned; one channel.
        reference: The original, equally long.

    Returns:
        dBFS, root mean square (a square wave of amplitude 1 has 0), at least -120; NaN if nothing is silent.

    Raises:
        AudioError: The clips differ in length, are empty or have several channels.

    Example:
        >>> reference = torch.cat([torch.sin(torch.arange(48_000.0)), torch.zeros(48_000)])
        >>> round(noise_in_silence_db(reference + 0.001, reference), 1)
        -60.0
    """
    check_pair(audio, reference)
    powers = [
        F.pad(one.detach().flatten().cpu().double(), (0, -one.shape[-1] % HOP_LENGTH))
        .unflatten(0, (-1, HOP_LENGTH))
        .square()
        .mean(dim=1)
        for one in (audio, reference)
    ]
    loud = (powers[1] >= 10 ** (SILENCE_DBFS / 10)).double()
    beside = F.max_pool1d(loud[None, None], 3, stride=1, padding=1)[0, 0] > 0
    if bool(beside.all()):
        return math.nan
    power = float(powers[0][~beside].mean())
    return max(LEAST_DB, 10 * math.log10(power)) if power else LEAST_DB


def high_band_hnr_error_db(
    audio: Float[Tensor, "*one T"],
    reference: Float[Tensor, "*other S"],
    f0_hz: Float[Tensor, " N"],
    sample_rate: int,
    cutoff_hz: float | int,
) -> float:
    """How much the harmonics-to-noise ratio of the high band differs from the reference's, where voiced.

    Args:
        audio: What an upsampler returned; one channel.
        reference: The original, equally long.
        f0_hz: The reference's pitch, from `tinyaudio.metrics.pitch.f0_track`: one value every 256 samples,
            NaN where nothing is voiced.
        sample_rate: In Hz.
        cutoff_hz: Where the high band begins.

    Returns:
        The mean absolute difference over the frames whose pitch has two periods or more in 2,048 samples and
        whose high band is not silent in the reference, in dB; NaN if there are none.

    Raises:
        AudioError: As `high_band_energy_db`, or the track has another length.

    Example:
        >>> t = torch.arange(24_000, dtype=torch.float64) / 48_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 200 * k * t) for k in range(1, 100)) / 100
        >>> high_band_hnr_error_db(buzz / 2, buzz, torch.full((94,), 200.0), 48_000, 8_000) < 0.01
        True
    """
    high, wanted = high_bands(audio, reference, sample_rate, cutoff_hz)
    if len(f0_hz) != 1 + len(wanted) // PITCH_HOP:
        raise AudioError(
            f"a clip of {len(wanted)} samples and a track of {len(f0_hz)} frames; there must be 1 + T // 256"
        )
    values, wanted_values = (
        harmonics_to_noise_db(one, f0_hz, sample_rate) for one in (high, wanted)
    )
    # an empty band, which has no ratio, counts as noise
    difference = (values.nan_to_num(10 * math.log10(LEAST / (1 - LEAST))) - wanted_values).abs()
    return float(difference[wanted_values.isfinite()].mean())


def harmonics_to_noise_db(
    high: Float[Tensor, " T"], f0_hz: Float[Tensor, " N"], sample_rate: int
) -> Float[Tensor, " N"]:
    """The ratio of each frame around sample 256 n; NaN without a pitch, below two periods, or in silence."""
    window = torch.hann_window(N_FFT, dtype=torch.float64)
    frames = F.pad(high, (N_FFT // 2, N_FFT // 2)).unfold(0, N_FFT, PITCH_HOP)[: len(f0_hz)]
    found = torch.full((len(f0_hz),), torch.nan, dtype=torch.float64)
    pitched = f0_hz > 0  # False where it is NaN
    if not bool(pitched.any()):
        return found
    correlation, of_window = (
        autocorrelation(one) for one in (frames[pitched] * window, window[None])
    )
    # lags near the pitch's period, in units of 1 / 8 sample, and only as many as any frame has
    period = OVERSAMPLING * sample_rate / f0_hz[pitched].double()[:, None]
    first, last = (2**octaves * period for octaves in (-NEAR_OCTAVES, NEAR_OCTAVES))
    start = min(int(first.min()), correlation.shape[1] - 1)
    inside = slice(start, max(start + 1, int(last.max()) + 1))
    lags = torch.arange(correlation.shape[1])[inside]
    near = (lags >= first) & (lags <= last)
    r = correlation[:, inside] / correlation[:, :1] / (of_window[:, inside] / of_window[:, :1])
    share = r.masked_fill(~near, -1).amax(dim=1).clamp(LEAST, MOST)
    found[pitched] = torch.where(
        near.any(dim=1) & (correlation[:, 0] > 0), 10 * torch.log10(share / (1 - share)), torch.nan
    )
    return found


def autocorrelation(frames: Float[Tensor, "N K"]) -> Float[Tensor, "N L"]:
    """At lags up to half a frame, an eighth of a sample apart, by zeros above the power spectrum."""
    n = 2 * N_FFT
    power = torch.fft.rfft(frames, n).abs().square()
    return torch.fft.irfft(power, OVERSAMPLING * n)[:, : OVERSAMPLING * N_FFT // 2]


def high_bands(
    audio: Tensor, reference: Tensor, sample_rate: int, cutoff_hz: float | int
) -> tuple[Float[Tensor, " T"], Float[Tensor, " T"]]:
    """Both high bands, of one channel, in double precision."""
    check_pair(audio, reference)
    high, wanted = (
        split_bands(one.detach().flatten().cpu().double(), sample_rate, cutoff_hz)[1]
        for one in (audio, reference)
    )
    if wanted.norm() <= 1e-9 * reference.double().norm():
        raise AudioError(f"the reference has nothing above {cutoff_hz} Hz to compare with")
    return high, wanted

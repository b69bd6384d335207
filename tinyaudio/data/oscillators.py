"""Four ways to make a tone from numbers: modes, wavetables, frequency modulation, filtered noise.

All are NumPy in float64: after rounding to 16 bits the samples are then the same whatever number of
threads or matrix kernel computed them.

Paper:      Chowning 1973, "The synthesis of complex audio spectra by means of frequency modulation";
            Karplus & Strong 1983 is the recursive relative of `modes`.
Implements: `modes`, `wavetable`, `lookup`, `fm`, `band_noise`, `slow`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
import scipy.fft
from jaxtyping import Float
from numpy import ndarray

BLOCK = 256  # about the square root of 64 000, which makes both factors of `modes` small
POINTS_PER_PERIOD = 64  # of the highest harmonic: straight lines between them miss it by 0.12 %


def modes(
    frequencies_hz: Float[ndarray, " k"],
    decays: Float[ndarray, " k"],
    amplitudes: Float[ndarray, " k"],
    phases: Float[ndarray, " k"],
    n: int,
    sample_rate: int,
) -> Float[ndarray, " n"]:
    """A sum of decaying sinusoids, what anything struck or plucked does, as one matrix product.

    x(t) = sum_k A_k exp(-a_k t) cos(2 pi f_k t + phi_k) is the real part of sum_k c_k exp(s_k t).
    Sample t = 256 a + b splits exp(s t) into exp(s 256 a) exp(s b), so that only n/256 + 256
    exponentials a mode are needed instead of n.

    Args:
        frequencies_hz: f_k.
        decays: a_k, in 1/s; 6.91 / a_k is the time in which a mode falls by 60 dB.
        amplitudes: A_k.
        phases: phi_k, in radians.
        n: Number of samples.
        sample_rate: In Hz.

    Returns:
        The sum.

    Example:
        >>> one = np.ones(1)
        >>> modes(2 * one, 0 * one, one, 0 * one, 5, 8).round(6) + 0.0  # a quarter period a sample
        array([ 1.,  0., -1.,  0.,  1.])
    """
    per_sample = (-decays + 2j * np.pi * frequencies_hz) / sample_rate
    n_blocks = -(-n // BLOCK)
    starts = np.exp(np.outer(np.arange(n_blocks) * BLOCK, per_sample)) * (
        amplitudes * np.exp(1j * phases)
    )
    within = np.exp(np.outer(per_sample, np.arange(BLOCK)))
    # Re(u v) = Re u Re v - Im u Im v: a product of real matrices is half the work of a complex one.
    left = np.concatenate([starts.real, -starts.imag], axis=1)
    right = np.concatenate([within.real, within.imag], axis=0)
    return (left @ right).reshape(-1)[:n]


def wavetable(
    amplitudes: Float[ndarray, " k"], phases: Float[ndarray, " k"]
) -> Float[ndarray, " size"]:
    """One period of a periodic sound with the given harmonics and none above them.

    Args:
        amplitudes: Of harmonics 1, 2, ... k.
        phases: In radians; 0 is a sine.

    Returns:
        The period, with its first sample repeated at the end.

    Example:
        >>> wavetable(np.ones(1), np.zeros(1))[[0, 16, 32, 48, 64]].round(6) + 0.0
        array([ 0.,  1.,  0., -1.,  0.])
    """
    size = 1 << (POINTS_PER_PERIOD * len(amplitudes) - 1).bit_length()
    spectrum = np.zeros(size // 2 + 1, dtype=complex)
    spectrum[1 : len(amplitudes) + 1] = -0.5j * size * amplitudes * np.exp(1j * phases)
    period = np.fft.irfft(spectrum, size)
    return np.append(period, period[0])


def lookup(table: Float[ndarray, " size"], cycles: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    """Read a wavetable, joining its points by straight lines.

    Args:
        table: From `wavetable`.
        cycles: Where to read, in periods since the beginning, >= 0.

    Returns:
        The values there.

    Example:
        >>> lookup(wavetable(np.ones(1), np.zeros(1)), np.array([0.0, 0.25, 1.25])).round(6)
        array([0., 1., 1.])
    """
    place = (cycles - np.floor(cycles)) * (len(table) - 1)
    index = place.astype(np.int64)
    here = table[index]
    return here + (place - index) * (table[1:] - table[:-1])[index]


def fm(
    frequency_hz: float, ratio: float, index: Float[ndarray, " n"], sample_rate: int
) -> Float[ndarray, " n"]:
    """A sine whose phase another sine shakes: sin(2 pi f t + I(t) sin(2 pi r f t)).

    It has partials at f |1 + m r| for whole m, as strong as the Bessel function J_m(I).

    Args:
        frequency_hz: f, of the carrier.
        ratio: r, of the modulator's frequency to the carrier's.
        index: I, a number a sample; about I + 1 partials on each side are audible (Carson's rule).
        sample_rate: In Hz.

    Returns:
        The tone, in [-1, 1].

    Example:
        >>> fm(2.0, 1.0, np.zeros(5), 8).round(6) + 0.0
        array([ 0.,  1.,  0., -1.,  0.])
    """
    radians = 2 * np.pi * frequency_hz / sample_rate * np.arange(len(index))
    return np.sin(radians + index * np.sin(ratio * radians))


def band_noise(
    draws: np.random.Generator, n: int, low_hz: float, high_hz: float, sample_rate: int
) -> Float[ndarray, " n"]:
    """Noise of RMS 1 between two frequencies, falling by 12 dB an octave on both sides.

    Args:
        draws: Where the randomness comes from.
        n: Number of samples.
        low_hz: Lower edge.
        high_hz: Upper edge.
        sample_rate: In Hz.

    Returns:
        The noise, made in the spectrum: there, filtering is a product.

    Example:
        >>> noise = band_noise(np.random.default_rng(0), 8000, 500.0, 1000.0, 8000)
        >>> bool(abs(np.sqrt(np.mean(noise**2)) - 1) < 0.1)
        True
    """
    size = scipy.fft.next_fast_len(max(n, 2), real=True)
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    rise, fall = (frequencies / low_hz) ** 2, (frequencies / high_hz) ** 2
    gain = rise / (1 + rise) / (1 + fall)
    # Each bin is complex with E|X|^2 = 2 gain^2; by Parseval the RMS is sqrt(2 sum E|X|^2) / size.
    gain *= size / np.sqrt(4 * np.sum(gain**2))
    parts = draws.standard_normal((len(gain), 2))
    return scipy.fft.irfft(gain * parts.view(complex)[:, 0], size)[:n]


def slow(values: Float[ndarray, " m"], step: int, n: int) -> Float[ndarray, " n"]:
    """Bring something computed every `step` samples to every sample, by straight lines.

    Args:
        values: At samples 0, step, 2 step, ...; at least n / step + 1 of them.
        step: Samples between two values.
        n: Number of samples wanted.

    Returns:
        The values in between.

    Example:
        >>> slow(np.array([0.0, 4.0, 2.0]), 4, 6)
        array([0. , 1. , 2. , 3. , 4. , 3.5])
    """
    rising = np.arange(step) / step
    lines = values[:-1, None] + np.diff(values)[:, None] * rising
    return lines.reshape(-1)[:n]

"""Four ways to synthesize: modes, wavetables, frequency modulation, filtered noise.

All are NumPy in float64, so that after rounding to 16 bits the samples do not depend on the number of
threads or on the kernel of the matrix library.

Paper:      Chowning 1973, "The synthesis of complex audio spectra by means of frequency modulation";
            Karplus & Strong 1983 is the recursive relative of `modes`.
Implements: `modes`, `wavetable`, `lookup`, `fm`, `band_noise`, `to_audio_rate`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
import scipy
from jaxtyping import Float
from numpy import ndarray

BLOCK = 256  # about the square root of 64 000, which makes both factors of `modes` small
POINTS_PER_PERIOD = 64  # of the highest harmonic: linear interpolation then errs by 0.12 %


def modes(
    frequencies_hz: Float[ndarray, " k"],
    decays: Float[ndarray, " k"],
    amplitudes: Float[ndarray, " k"],
    phases: Float[ndarray, " k"],
    n: int,
    sample_rate: int,
) -> Float[ndarray, " n"]:
    """A sum of decaying sinusoids, the modes of a struck or plucked body, as one matrix product.

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
    inside_block = np.exp(np.outer(per_sample, np.arange(BLOCK)))
    # Re(u v) = Re u Re v - Im u Im v: a product of real matrices is half the work of a complex one.
    left = np.concatenate([starts.real, -starts.imag], axis=1)
    right = np.concatenate([inside_block.real, inside_block.imag], axis=0)
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
    """Read a wavetable with linear interpolation.

    Args:
        table: From `wavetable`.
        cycles: The phase in periods, >= 0; its whole part does not matter.

    Returns:
        The values at these phases.

    Example:
        >>> lookup(wavetable(np.ones(1), np.zeros(1)), np.array([0.0, 0.25, 1.25])).round(6)
        array([0., 1., 1.])
    """
    size = len(table) - 1
    values = cycles * size
    index = values.astype(np.int64)
    values -= index  # how far between two points, 0 to 1
    index &= size - 1  # modulo, since the size is a power of two
    # In place from here: at this size, allocating memory takes longer than the arithmetic.
    values *= np.diff(table)[index]
    values += table[index]
    return values


def fm(
    frequency_hz: float, ratio: float, index: Float[ndarray, " n"], sample_rate: int
) -> Float[ndarray, " n"]:
    """Frequency modulation of a sine by another: sin(2 pi f t + I(t) sin(2 pi r f t)).

    It has partials at f |1 + m r| for whole m, with the Bessel functions J_m(I) as amplitudes.

    Args:
        frequency_hz: f, of the carrier.
        ratio: r, of the modulator's frequency to the carrier's.
        index: I at every sample; about I + 1 partials on each side are audible (Carson's rule).
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
    """Noise of RMS 1 between two frequencies, falling by 6 dB an octave on both sides.

    Args:
        draws: Decides the noise.
        n: Number of samples.
        low_hz: Lower edge.
        high_hz: Upper edge.
        sample_rate: In Hz.

    Returns:
        The noise.

    Example:
        >>> noise = band_noise(np.random.default_rng(0), 8000, 500.0, 1000.0, 8000)
        >>> float(np.sqrt(np.mean(noise**2)).round(3))
        1.0
    """
    low, high = np.exp(-2 * np.pi * np.array([low_hz, high_hz]) / sample_rate)
    # Uniform numbers are drawn four times as fast as normal ones, and filtering makes them nearly
    # normal: each output is a sum of many.
    white = draws.random(n)
    white -= 0.5
    # One zero at 0 Hz and a pole for each edge: (1 - 1/z) / ((1 - low/z) (1 - high/z)).
    noise = scipy.signal.lfilter([1, -1], [1, -low - high, low * high], white)
    noise /= np.sqrt(np.dot(noise, noise) / n + 1e-30)
    return noise


def to_audio_rate(values: Float[ndarray, " m"], step: int, n: int) -> Float[ndarray, " n"]:
    """Interpolate a control signal, which has a value every `step` samples, linearly to every sample.

    Args:
        values: At samples 0, step, 2 step, ...; at least n / step + 1 of them.
        step: Samples between two values.
        n: Number of samples of the result.

    Returns:
        The signal at every sample.

    Example:
        >>> to_audio_rate(np.array([0.0, 4.0, 2.0]), 4, 6)
        array([0. , 1. , 2. , 3. , 4. , 3.5])
    """
    rising = np.arange(step) / step
    lines = np.diff(values)[:, None] * rising
    lines += values[:-1, None]
    return lines.reshape(-1)[:n]

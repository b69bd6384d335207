"""The source of a voice: the pulses of the glottis, and aspiration noise.

Paper:      Klatt & Klatt 1990, "Analysis, synthesis, and perception of voice quality variations among
            female and male talkers" (the pulse, eq. 1); Välimäki et al. 2007, "Oscillator and filter
            algorithms for virtual analog synthesis" (band-limited steps).
Implements: `glottal_cycles`, `glottal_pulses`, `aspiration_noise`, `one_pole`.
Differs:    the step at which the glottis closes is band-limited (a polynomial two samples long), so
            that the harmonics above half the sample rate do not alias.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float, Int

NOISE_RATE_HZ = 48_000  # noise has the same power per Hz at every rate as white noise here


@dataclass(frozen=True)
class GlottalCycles:
    """The glottal cycle and the phase of each sample.

    Attributes:
        number: Number of the cycle, from 0.
        position: Phase in the cycle, from 0 (opening) to 1.
        step: Increment of the phase from one sample to the next.
    """

    number: Int[np.ndarray, " time"]
    position: Float[np.ndarray, " time"]
    step: Float[np.ndarray, " time"]


def glottal_cycles(
    f0_hz: Float[np.ndarray, " time"], sample_rate: int, jitter: float, draws: np.random.Generator
) -> GlottalCycles:
    """The cycles of a given pitch, with jitter.

    Args:
        f0_hz: The pitch.
        sample_rate: In Hz.
        jitter: Standard deviation of a cycle's length, as a fraction of it; 0 to 0.05.
        draws: Decides the jitter.

    Returns:
        Number, position and step for each sample.

    Example:
        >>> cycles = glottal_cycles(np.full(8, 2000.0), 8000, 0.0, np.random.default_rng(0))
        >>> cycles.number.tolist()
        [0, 0, 0, 0, 1, 1, 1, 1]
    """
    step = f0_hz / sample_rate
    phase = np.cumsum(step) - step[0]
    n_cycles = int(phase[-1]) + 2
    # The boundaries are displaced independently: a length, the difference of two, then deviates by
    # `jitter`, and the phase does not drift from the pitch.
    boundary = np.arange(n_cycles + 1) + jitter / np.sqrt(2) * draws.standard_normal(n_cycles + 1)
    boundary[0] = 0.0
    jittered = np.interp(phase, boundary, np.arange(n_cycles + 1.0))
    number = jittered.astype(np.int64)
    return GlottalCycles(number, jittered - number, step)


def glottal_pulses(
    cycles: GlottalCycles, open_quotient: float, shimmer: float, draws: np.random.Generator
) -> Float[np.ndarray, " time"]:
    """Derivative of the flow through the glottis: the pulse KLGLOTT88.

    With x the position in the cycle and O the open quotient, the flow is (x/O)² − (x/O)³ while the
    glottis is open; its derivative 2(x/O) − 3(x/O)² falls to −1 and jumps back to 0 at x = O.

    Args:
        cycles: See `glottal_cycles`.
        open_quotient: Fraction of a cycle in which the glottis is open, 0.3 to 0.9.
        shimmer: Standard deviation of a cycle's amplitude, as a fraction of it.
        draws: Decides the shimmer.

    Returns:
        The derivative, from −1 to 1/3 but for the shimmer.

    Example:
        >>> cycles = glottal_cycles(np.full(8000, 100.0), 8000, 0.0, np.random.default_rng(0))
        >>> pulses = glottal_pulses(cycles, 0.6, 0.0, np.random.default_rng(0))
        >>> round(float(pulses.max()), 2), round(float(pulses.min()), 2), abs(float(pulses.mean())) < 0.01
        (0.33, -0.92, True)
    """
    opened = cycles.position / open_quotient
    pulse = np.where(opened < 1, opened * (2 - 3 * opened), 0.0)
    # polyBLEP: the difference of a step and a band-limited step, one sample to either side.
    distance = (cycles.position - open_quotient) / cycles.step
    near = np.flatnonzero(np.abs(distance) < 1)
    offset = distance[near]
    pulse[near] += np.where(offset < 0, 0.5, -0.5) * (1 - np.abs(offset)) ** 2
    loudness = 1 + shimmer * draws.standard_normal(int(cycles.number[-1]) + 1)
    return pulse * loudness[cycles.number]


def one_pole(
    signal: Float[np.ndarray, " time"], cutoff_hz: float, sample_rate: int
) -> Float[np.ndarray, " time"]:
    """Low-pass of 6 dB per octave with gain 1 at 0 Hz.

    Args:
        signal: The input.
        cutoff_hz: Frequency at which the gain is -3 dB.
        sample_rate: In Hz.

    Returns:
        The filtered signal.

    Example:
        >>> bool(np.isclose(one_pole(np.ones(1000), 1000.0, 8000)[-1], 1.0))
        True
    """
    pole = float(np.exp(-2 * np.pi * cutoff_hz / sample_rate))
    return np.asarray(scipy.signal.lfilter([1 - pole], [1.0, -pole], signal))


def white_noise(
    n_samples: int, sample_rate: int, draws: np.random.Generator
) -> Float[np.ndarray, " time"]:
    """White noise with the same power per Hz at every sample rate.

    Args:
        n_samples: Length of the noise.
        sample_rate: In Hz.
        draws: Decides the noise.

    Returns:
        The noise, of standard deviation 1 at 48 kHz.

    Example:
        >>> round(float(white_noise(100_000, 12_000, np.random.default_rng(0)).std()), 1)
        0.5
    """
    return draws.standard_normal(n_samples) * np.sqrt(sample_rate / NOISE_RATE_HZ)


def aspiration_noise(
    noise: Float[np.ndarray, " time"], sample_rate: int
) -> Float[np.ndarray, " time"]:
    """White noise with the spectrum of turbulence at the glottis: mostly from 4 to 9 kHz.

    Args:
        noise: White noise, see `white_noise`.
        sample_rate: In Hz.

    Returns:
        The coloured noise.

    Example:
        >>> aspiration_noise(np.zeros(4), 16_000).tolist()
        [0.0, 0.0, 0.0, 0.0]
    """
    high = noise - 0.85 * one_pole(noise, min(4000.0, 0.4 * sample_rate), sample_rate)
    return one_pole(high, min(9000.0, 0.45 * sample_rate), sample_rate)


def openness(cycles: GlottalCycles, open_quotient: float) -> Float[np.ndarray, " time"]:
    """Amplitude of the aspiration noise over a glottal cycle.

    Args:
        cycles: See `glottal_cycles`.
        open_quotient: Fraction of a cycle in which the glottis is open.

    Returns:
        A factor from 0.35, while the glottis is closed, to 1.

    Example:
        >>> cycles = glottal_cycles(np.full(8, 1000.0), 8000, 0.0, np.random.default_rng(0))
        >>> float(openness(cycles, 0.5).round(2)[2])
        1.0
    """
    opened = np.minimum(cycles.position / open_quotient, 1.0)
    return 0.35 + 0.65 * np.sin(np.pi * opened) ** 2

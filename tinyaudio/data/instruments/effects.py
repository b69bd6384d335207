"""Effects on a tone: an overdriven amplifier, a room.

Implements: `overdrive`, `reverberate`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
import scipy
from jaxtyping import Float
from numpy import ndarray

# Sixteen weights that interpolate halfway between two samples, from eight on either side.
_OFFSETS = np.arange(16) - 7.5
HALFWAY = np.sinc(_OFFSETS) * np.kaiser(16, 4)
HALFWAY /= HALFWAY.sum()


def _halfway(x: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    """The values half a sample after each sample."""
    return np.convolve(x, HALFWAY)[8 : 8 + len(x)]


def overdrive(x: Float[ndarray, " n"], drive: float) -> Float[ndarray, " n"]:
    """An overdriven amplifier: the soft clipping tanh(drive x), at twice the sample rate.

    A nonlinearity adds overtones; those above half the sample rate would alias.

    Args:
        x: The sound.
        drive: Gain before clipping, relative to the sound's peak; below 1 there is hardly any clipping.

    Returns:
        The distorted sound, in about [-1, 1].

    Example:
        >>> distorted = overdrive(np.sin(np.arange(800) / 8), 10.0)
        >>> bool(np.mean(np.abs(distorted) > 0.9) > 0.7)  # nearly a square wave
        True
    """
    x = x * (drive / np.max(np.abs(x), initial=1e-9))
    on, between = np.tanh(x), np.tanh(_halfway(x))
    # Back to the sample rate: the mean of each sample and of its value interpolated from those between.
    before = np.append(0.0, between[:-1])
    return 0.5 * (on + _halfway(before))


def reverberate(
    x: Float[ndarray, " n"],
    t60_s: float,
    wet: float,
    sample_rate: int,
    draws: np.random.Generator,
) -> Float[ndarray, " n"]:
    """A room, whose impulse response is exponentially decaying noise.

    Args:
        x: The sound.
        t60_s: Time in which the reverberation falls by 60 dB, in seconds.
        wet: Fraction of the reverberation in the result, 0 to 1.
        sample_rate: In Hz.
        draws: Decides the room.

    Returns:
        The sound in the room, of the same length.

    Example:
        >>> click = np.eye(1, 800)[0]
        >>> wet = reverberate(click, 0.05, 0.5, 8000, np.random.default_rng(0))
        >>> bool(np.abs(wet[1:300]).max() > 0.01)
        True
    """
    n = max(1, round(t60_s * sample_rate))
    echoes = draws.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    echoes /= np.sqrt(np.sum(echoes**2))
    return (1 - wet) * x + wet * scipy.signal.fftconvolve(x, echoes)[: len(x)]

"""The frequencies of a note's partials.

Paper:      Fletcher 1964, "Normal vibration frequencies of a stiff piano string".
Implements: `partials_hz`, `modulator_ratio`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.data.instruments.instrument import Instrument

USABLE = 0.47  # fraction of the sample rate below which partials are synthesized
MAX_MODES = 90  # a low string's partials above are inaudible
STOPS = np.array([1, 2, 3, 4, 6, 8, 10, 12, 16])  # an organ's nine, in multiples of half the pitch


def modulator_ratio(instrument: Instrument, f0_hz: float, sample_rate: int) -> float:
    """The modulator's frequency relative to the carrier's, or 1 where the first sideband would alias.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> modulator_ratio(draw_instrument("flute", 0), 440.0, 16_000)  # without FM
        0.0
    """
    fits = f0_hz * (1 + instrument.fm_ratio) < USABLE * sample_rate
    return instrument.fm_ratio if fits else 1.0


def partials_hz(instrument: Instrument, pitch: int, sample_rate: int) -> Float[ndarray, " k"]:
    """The frequencies of an instrument's note below the limit that the sample rate sets.

    They do not include a piano's second string, a multiphonic's second tone, and the overtones of an
    overdriven amplifier.

    Args:
        instrument: See `draw_instrument`.
        pitch: MIDI pitch.
        sample_rate: In Hz.

    Returns:
        Partials in rising order.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> partials = partials_hz(draw_instrument("flute", 0), 69, 16_000)
        >>> (partials[:3] / partials[0]).round(3)
        array([1., 2., 3.])
    """
    f0 = midi_to_hz(pitch + instrument.tuning_cents / 100)
    limit = USABLE * sample_rate
    found: Float[ndarray, " partials"]
    harmonics = np.arange(1, max(1, int(limit / f0)) + 1)
    if instrument.fm_ratio:
        sides = modulator_ratio(instrument, f0, sample_rate) * np.arange(-20, 21)
        found = f0 * np.unique(np.abs(1 + sides))
    elif instrument.bar:
        found = f0 * np.array(instrument.bar)
    elif instrument.drawbars:
        found = f0 * STOPS / 2
    elif instrument.struck:
        k = harmonics[:MAX_MODES]
        stiffness = instrument.stretch * (f0 / 130) ** 0.7  # shorter strings are stiffer
        # f_k = k f sqrt(1 + B k^2), over its value at k = 1: the first partial is the pitch.
        found = f0 * k * np.sqrt((1 + stiffness * k**2) / (1 + stiffness))
    else:
        found = f0 * harmonics
    return found[(found > 0) & (found < limit)]

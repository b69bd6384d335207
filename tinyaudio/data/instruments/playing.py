"""A note's sound from an instrument, a pitch and a velocity.

Implements: `play`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tinyaudio.data.instruments.effects import overdrive, reverberate
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.instruments.instrument import Instrument
from tinyaudio.data.instruments.partials import USABLE
from tinyaudio.data.instruments.press import Press
from tinyaudio.data.instruments.struck import struck
from tinyaudio.data.instruments.sustained import sustained
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

FADE_S = 0.01
WET = 0.3


def play(
    instrument: Instrument,
    pitch: int,
    velocity: int,
    *,
    n: int,
    held_s: float,
    sample_rate: int,
    seed: int = 0,
) -> Float[ndarray, " n"]:
    """Play one note.

    Args:
        instrument: See `draw_instrument`.
        pitch: MIDI pitch.
        velocity: How hard the key is struck, 1 to 127; harder is louder and brighter.
        n: Number of samples.
        held_s: Time until the key is released, in seconds.
        sample_rate: In Hz.
        seed: Decides phases and noise, together with family, index, pitch and velocity.

    Returns:
        The note in [-1, 1], its peak set by the velocity, its last 10 ms faded out.

    Raises:
        DataError: The pitch is too high for the sample rate.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> x = play(draw_instrument("reed", 0), 60, 100, n=8000, held_s=0.4, sample_rate=16_000)
        >>> x.shape, float(abs(x[-1]))
        ((8000,), 0.0)
    """
    family = FAMILIES.index(instrument.family)
    draws = generator(seed, Purpose.NOTE, family, instrument.index, pitch, velocity)
    press = Press(instrument, pitch, velocity / 127, held_s, n, sample_rate, draws)
    if press.f0 > press.limit_hz:
        raise DataError(
            f"pitch {pitch} ({press.f0:.0f} Hz) is too high for a sample rate of {sample_rate} Hz;"
            f" it needs {press.f0 / USABLE:.0f} or more"
        )
    x = struck(press) if instrument.struck else sustained(press)
    if instrument.drive:
        x = overdrive(x, instrument.drive * press.loudness)
    if instrument.reverb_s:
        room = generator(seed, Purpose.ROOM, family, instrument.index)
        x = reverberate(x, instrument.reverb_s, WET, sample_rate, room)
    x *= (0.15 + 0.8 * press.loudness**1.3) / np.max(np.abs(x), initial=1e-9)
    fade = min(n, round(FADE_S * sample_rate))
    x[n - fade :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / fade)
    return x

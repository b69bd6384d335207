"""One press of a key, which is all that decides a note.

Implements: `Press`.
See:        chapter 1, "Sound into numbers".
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.data.instruments.instrument import Instrument
from tinyaudio.data.instruments.oscillators import slow
from tinyaudio.data.instruments.partials import USABLE

CONTROL_HZ = 1000  # how often anything slow (an envelope, vibrato) is computed
SOFTER = 0.9  # added to the slope at velocity 0: up to 5.4 dB an octave darker


@dataclass(frozen=True)
class Press:
    """What an instrument is asked to play.

    Attributes:
        instrument: Which.
        pitch: MIDI pitch.
        loudness: Velocity from 0 to 1.
        held_s: Time until the key is let go, in seconds.
        n: Number of samples.
        sample_rate: In Hz.
        draws: For phases and noise.
    """

    instrument: Instrument
    pitch: int
    loudness: float
    held_s: float
    n: int
    sample_rate: int
    draws: np.random.Generator

    @property
    def f0(self) -> float:
        """The frequency, in Hz, before vibrato."""
        return midi_to_hz(self.pitch + self.instrument.tuning_cents / 100)

    @property
    def step(self) -> int:
        """Samples between two values of anything slow."""
        return max(1, self.sample_rate // CONTROL_HZ)

    @property
    def times(self) -> Float[ndarray, " m"]:
        """The times of anything slow, in seconds."""
        return np.arange(-(-self.n // self.step) + 1) * self.step / self.sample_rate

    @property
    def released(self) -> Float[ndarray, " m"]:
        """The factor that lets the sound die away once the key is let go."""
        return np.exp(-np.maximum(self.times - self.held_s, 0) / self.instrument.release_s)

    def sampled(self, values: Float[ndarray, " m"]) -> Float[ndarray, " n"]:
        """Something slow, at every sample."""
        return slow(values, self.step, self.n)

    @property
    def limit_hz(self) -> float:
        """The frequency above which nothing is made."""
        return USABLE * self.sample_rate

    @property
    def slope(self) -> float:
        """The exponent s of the k-th partial's amplitude k^-s: what is played softly is darker."""
        return self.instrument.slope + SOFTER * (1 - self.loudness)

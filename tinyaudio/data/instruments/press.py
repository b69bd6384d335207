"""One press of a key: everything that decides a note, and the control signals that follow from it.

Implements: `Press`.
See:        chapter 1, "Sound into numbers".
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.data.instruments.instrument import Instrument
from tinyaudio.data.instruments.oscillators import to_audio_rate
from tinyaudio.data.instruments.partials import USABLE

CONTROL_HZ = 1000  # rate of control signals: envelopes, vibrato
SOFTER = 0.9  # added to the slope at velocity 0: up to 5.4 dB an octave darker


@dataclass(frozen=True)
class Press:
    """One note to be played.

    Attributes:
        instrument: See `draw_instrument`.
        pitch: MIDI pitch.
        loudness: Velocity, from 0 to 1.
        held_s: Time until the key is released, in seconds.
        n: Number of samples.
        sample_rate: In Hz.
        draws: Decides phases and noise.
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
        """The fundamental frequency without vibrato, in Hz."""
        return midi_to_hz(self.pitch + self.instrument.tuning_cents / 100)

    @property
    def step(self) -> int:
        """Samples between two values of a control signal."""
        return max(1, self.sample_rate // CONTROL_HZ)

    @property
    def times(self) -> Float[ndarray, " m"]:
        """The times of a control signal's values, in seconds."""
        return np.arange(-(-self.n // self.step) + 1) * self.step / self.sample_rate

    @property
    def release(self) -> Float[ndarray, " m"]:
        """The release: a factor that decays once the key is released."""
        return np.exp(-np.maximum(self.times - self.held_s, 0) / self.instrument.release_s)

    def to_audio_rate(self, values: Float[ndarray, " m"]) -> Float[ndarray, " n"]:
        """A control signal at every sample."""
        return to_audio_rate(values, self.step, self.n)

    @property
    def limit_hz(self) -> float:
        """The frequency above which no partial is synthesized."""
        return USABLE * self.sample_rate

    @property
    def slope(self) -> float:
        """The exponent s of the k-th partial's amplitude k^-s; larger, so darker, in soft notes."""
        return self.instrument.slope + SOFTER * (1 - self.loudness)

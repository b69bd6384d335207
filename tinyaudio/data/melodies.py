"""The same short melody played by several instruments, aligned sample by sample.

A recording translated from one instrument to another has no reference to compare with: no two
performances are the same.  Here every instrument plays one score exactly, so that there is a reference.

Paper:      Mor et al. 2018, "A universal music translation network" (arXiv:1805.07848), for the task.
Implements: `Melodies`, `Tone`, `melody`, `perform`.
See:        chapter 1, "Sound into numbers".
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.instruments.families import RANGES
from tinyaudio.data.instruments.instrument import Instrument, draw_instrument
from tinyaudio.data.instruments.playing import play
from tinyaudio.data.item import Item
from tinyaudio.data.notes import SPLITS, check_length, check_pitch, check_split
from tinyaudio.data.nsynth import SOURCES, VELOCITIES
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 4, 7, 9),
)  # major, minor, pentatonic
STEPS = (-3, -2, -1, -1, 1, 1, 2, 3)  # from note to note, in notes of the scale
BEATS = (0.5, 0.5, 1.0, 1.0, 1.5)
BEGINNING_S = 0.05  # of silence before the first onset
LEGATO_S = 0.03  # for which a note is held into the next
RELEASE_S = 0.5  # for which a note sounds after its key is released
PITCH_RANGE = (52, 79)  # of melodies, as far as all instruments can play it
LEVEL = 0.5  # the loudest note, so that notes ringing into each other do not clip


@dataclass(frozen=True)
class Tone:
    """One note of a score.

    Attributes:
        onset_s: When the key goes down, in seconds.
        held_s: Time until it is released, in seconds.
        pitch: MIDI pitch.
        velocity: How hard the key is struck, 1 to 127.
    """

    onset_s: float
    held_s: float
    pitch: int
    velocity: int


def melody(
    draws: np.random.Generator, seconds: float | int = 4.0, pitches: tuple[int, int] = PITCH_RANGE
) -> list[Tone]:
    """Draw a melody: a random walk on a scale in one tempo, with occasional rests.

    Args:
        draws: Decides the melody.
        seconds: Its length, in seconds.
        pitches: Lowest and highest MIDI pitch.

    Returns:
        Its notes in order, none of which overlap except for legato.

    Example:
        >>> score = melody(np.random.default_rng(0))
        >>> 3 <= len(score) <= 24
        True
    """
    beat_s = 60 / draws.uniform(90, 140)
    scale = SCALES[int(draws.integers(len(SCALES)))]
    key = int(draws.integers(12))
    notes = [p for p in range(pitches[0], pitches[1] + 1) if (p - key) % 12 in scale]
    notes = notes or [pitches[0]]  # a range of a note or two may have none of the scale
    place, now = len(notes) // 2, BEGINNING_S
    legato = bool(draws.random() < 0.5)
    score: list[Tone] = []
    while now < seconds - 0.1:
        length = float(draws.choice(BEATS)) * beat_s
        if not score or draws.random() > 0.12:  # else it is a rest
            held = length + LEGATO_S if legato else 0.8 * length
            velocity = int(draws.choice(VELOCITIES[1:]))
            score.append(Tone(now, min(held, seconds - now), notes[place], velocity))
            place = int(np.clip(place + draws.choice(STEPS), 0, len(notes) - 1))
        now += length
    return score


def perform(
    instrument: Instrument, score: Sequence[Tone], *, n: int, sample_rate: int, seed: int = 0
) -> Float[Tensor, "1 time"]:
    """Play a score on one instrument.

    Args:
        instrument: See `draw_instrument`.
        score: The notes.
        n: Length of the result, in samples.
        sample_rate: In Hz.
        seed: Decides phases and noise.

    Returns:
        The music. A note begins at the sample nearest its onset, whatever the instrument.

    Example:
        >>> score = [Tone(0.0, 0.2, 60, 100), Tone(0.2, 0.2, 64, 100)]
        >>> perform(draw_instrument("reed", 0), score, n=8000, sample_rate=16_000).shape
        torch.Size([1, 8000])
    """
    music = np.zeros(n)
    for tone in score:
        start = round(tone.onset_s * sample_rate)
        length = min(n - start, round((tone.held_s + RELEASE_S) * sample_rate))
        if length > 0:
            music[start : start + length] += LEVEL * play(
                instrument,
                tone.pitch,
                tone.velocity,
                n=length,
                held_s=tone.held_s,
                sample_rate=sample_rate,
                seed=seed,
            )
    # More than two loud notes at once are rare, but must not exceed full scale.
    music /= max(1.0, float(np.max(np.abs(music), initial=0.0)))
    return torch.from_numpy(music).float()[None]


@dataclass(frozen=True)
class Melodies(Dataset):
    """Each melody on several instruments, in parallel; item i is a function of (seed, split, i).

    The instruments are the same in every split: what is held out are the melodies.

    Attributes:
        n: Number of melodies.
        sample_rate: In Hz.
        seconds: Length of each, in seconds.
        instruments: Family and number of each instrument.
        split: "train", "valid" or "test".
        seed: Decides the melodies, and the instruments of all families.

    Raises:
        DataError: A number is out of range, or an instrument or split does not exist.

    Example:
        >>> item = Melodies(10, seconds=1.0)[0]
        >>> item["audio"].shape, item["instrument_strs"]
        (torch.Size([3, 16000]), ['keyboard_acoustic_000', 'string_acoustic_000', 'reed_acoustic_000'])
    """

    n: int
    sample_rate: int = 16_000
    seconds: float | int = 4.0
    instruments: Sequence[tuple[str, int]] = (("keyboard", 0), ("string", 0), ("reed", 0))
    split: str = "train"
    seed: int = 0

    def __post_init__(self) -> None:
        check_length(self.n, self.sample_rate, self.seconds)
        check_split(self.split)
        if not self.instruments:
            raise DataError("name at least one instrument, such as ('flute', 0)")
        for family, index in self.instruments:
            draw_instrument(family, index, self.seed)
        lowest, highest = self.pitches
        if lowest > highest:
            names = ", ".join(family for family, _ in self.instruments)
            raise DataError(
                f"no pitch from {PITCH_RANGE[0]} to {PITCH_RANGE[1]} can be played by all of {names}"
            )
        check_pitch(highest, self.sample_rate)

    @property
    def pitches(self) -> tuple[int, int]:
        """Lowest and highest pitch that all the instruments can play."""
        ranges = [PITCH_RANGE, *(RANGES[family].pitches for family, _ in self.instruments)]
        return max(low for low, _ in ranges), min(high for _, high in ranges)

    def __len__(self) -> int:
        return self.n

    def score(self, i: int) -> list[Tone]:
        """The notes of melody i."""
        if not 0 <= i < self.n:
            raise IndexError(f"melody {i} of {self.n}")
        draws = generator(self.seed, Purpose.MELODY, list(SPLITS).index(self.split), i)
        return melody(draws, self.seconds, self.pitches)

    def __getitem__(self, i: int) -> Item:
        """Melody i: ``audio`` (instruments, T), its score, and the instruments in the rows' order."""
        score = self.score(i)
        n = round(self.seconds * self.sample_rate)
        instruments = [draw_instrument(*one, self.seed) for one in self.instruments]
        clips = [
            perform(instrument, score, n=n, sample_rate=self.sample_rate, seed=self.seed)
            for instrument in instruments
        ]
        return {
            "audio": torch.cat(clips),
            "melody": i,
            "melody_str": f"{self.split}-{i:05d}",
            "sample_rate": self.sample_rate,
            "score": [list(astuple(tone)) for tone in score],  # onset_s, held_s, pitch, velocity
            "instrument_strs": [instrument.name for instrument in instruments],
            "instrument_family_strs": [instrument.family for instrument in instruments],
            "instrument_source_strs": [SOURCES[instrument.source] for instrument in instruments],
        }

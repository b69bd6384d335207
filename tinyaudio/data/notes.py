"""Procedural instrument notes with NSynth's labels: exact, endless, and nothing to download.

Item i is a function of (seed, split, i) alone: it does not depend on the order in which items are made,
on the worker that makes it, or on the number of items.

Paper:      Engel et al. 2017, "Neural audio synthesis of musical notes with WaveNet autoencoders"
            (arXiv:1704.01279): the families, labels, velocities and the key held for 3 of 4 seconds.
Implements: `Notes`, `note`.
Differs:    from NSynth in that the instruments are synthetic, and the qualities are settings of the
            synthesis rather than opinions of listeners.
See:        chapter 1, "Sound into numbers".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.data.instruments.instrument import PER_FAMILY, draw_instrument
from tinyaudio.data.instruments.partials import USABLE
from tinyaudio.data.instruments.playing import play
from tinyaudio.data.item import Item
from tinyaudio.data.nsynth import HOLD, VELOCITIES, note_labels
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

PITCHES = (24, 84)  # lowest and highest MIDI pitch of all families
# Whole instruments are held out, so that evaluation is on instruments that training did not use.
SPLITS = {"train": range(32), "valid": range(32, 36), "test": range(36, PER_FAMILY)}


def check_split(split: str) -> None:
    """Raise a `DataError` unless there is such a split.

    Example:
        >>> check_split("valid")
    """
    if split not in SPLITS:
        raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}")


def check_length(n: int, sample_rate: int, seconds: float | int) -> None:
    """Raise a `DataError` unless so many items of that length can be made.

    Example:
        >>> check_length(10, 16_000, 4.0)
    """
    if n < 0:
        raise DataError(f"cannot make {n} items; the number must be 0 or more")
    if sample_rate <= 0:
        raise DataError(f"sample rate {sample_rate} Hz: must be above 0")
    if not 0 < seconds < 3600 or round(seconds * sample_rate) < 1:
        raise DataError(
            f"{seconds} s at {sample_rate} Hz: must be at least a sample and under an hour"
        )


def check_pitch(pitch: int, sample_rate: int) -> None:
    """Raise a `DataError` unless the first partial of a note lies below what the sample rate allows.

    Example:
        >>> check_pitch(84, 16_000)
    """
    needed = midi_to_hz(pitch + 0.1) / USABLE  # 0.1: an instrument may be out of tune
    if sample_rate < needed:
        raise DataError(
            f"sample rate {sample_rate} Hz is too low for pitch {pitch};"
            f" it must be {needed:.0f} or more, or the pitches lower"
        )


def note(
    family: str,
    index: int,
    pitch: int,
    velocity: int = 100,
    *,
    sample_rate: int = 16_000,
    seconds: float | int = 4.0,
    seed: int = 0,
) -> Float[Tensor, "1 time"]:
    """Play one note: key down for three quarters of the time, then released.

    Args:
        family: One of `FAMILIES`.
        index: The instrument's number in its family, from 0.
        pitch: MIDI pitch within the family's range; 69 is A4, 440 Hz.
        velocity: How hard the key is struck, 1 to 127; harder is louder and brighter.
        sample_rate: In Hz.
        seconds: Length, in seconds.
        seed: Decides all instruments, and phases and noise.

    Returns:
        The note, in [-1, 1]; the same arguments give the same one.

    Raises:
        DataError: The instrument does not exist or cannot play the pitch, or a number is out of range.

    Example:
        >>> note("flute", 3, 69, seconds=0.5).shape
        torch.Size([1, 8000])
    """
    check_length(1, sample_rate, seconds)
    instrument = draw_instrument(family, index, seed)
    low, high = RANGES[family].pitches
    if not low <= pitch <= high:
        raise DataError(f"pitch {pitch}: a {family} plays {low} to {high}")
    if not 1 <= velocity <= 127:
        raise DataError(f"velocity {velocity}: must be from 1 to 127")
    samples = play(
        instrument,
        pitch,
        velocity,
        n=round(seconds * sample_rate),
        held_s=HOLD * seconds,
        sample_rate=sample_rate,
        seed=seed,
    )
    return torch.from_numpy(samples).float()[None]


@dataclass(frozen=True)
class Notes(Dataset):
    """Notes of procedural instruments; item i is a function of (seed, split, i).

    Attributes:
        n: Number of notes.
        sample_rate: In Hz.
        seconds: Length of each, in seconds.
        split: "train", "valid" or "test", which share no instrument.
        seed: Decides the instruments and what they play.
        families: Some of `FAMILIES`; all by default.
        pitches: Lowest and highest MIDI pitch, within what each family can play.
        velocities: How hard the keys are struck, from 1 to 127.

    Raises:
        DataError: A number is out of range, or a family or split does not exist.

    Example:
        >>> item = Notes(10, seconds=0.5, families=("flute",))[3]
        >>> item["audio"].shape, item["instrument_family_str"]
        (torch.Size([1, 8000]), 'flute')
    """

    n: int
    sample_rate: int = 16_000
    seconds: float | int = 4.0
    split: str = "train"
    seed: int = 0
    families: Sequence[str] = FAMILIES
    pitches: tuple[int, int] = PITCHES
    velocities: Sequence[int] = VELOCITIES

    def __post_init__(self) -> None:
        check_length(self.n, self.sample_rate, self.seconds)
        check_split(self.split)
        generator(self.seed)  # raises if the seed is negative
        if not self.families:
            raise DataError(f"name at least one family of: {', '.join(FAMILIES)}")
        for family in self.families:
            self.pitch_range(family)

    def pitch_range(self, family: str) -> tuple[int, int]:
        """The lowest and highest pitch of a family in this data set.

        Raises:
            DataError: The family does not exist, or none of `pitches` lies in its range.
        """
        if family not in RANGES:
            raise DataError(f"no family {family!r}; choose some of: {', '.join(FAMILIES)}")
        low, high = RANGES[family].pitches
        lowest, highest = max(low, self.pitches[0]), min(high, self.pitches[1])
        if lowest > highest:
            raise DataError(
                f"a {family} plays the pitches {low} to {high}, none of {self.pitches[0]} to {self.pitches[1]}"
            )
        check_pitch(highest, self.sample_rate)
        return lowest, highest

    def __len__(self) -> int:
        return self.n

    def labels(self, i: int) -> Item:
        """The labels of item i, without its sound; see `note_labels`."""
        if not 0 <= i < self.n:
            raise IndexError(f"note {i} of {self.n}")
        draws = generator(self.seed, Purpose.NOTE_ITEM, list(SPLITS).index(self.split), i)
        family = self.families[int(draws.integers(len(self.families)))]
        index = int(draws.choice(SPLITS[self.split]))
        lowest, highest = self.pitch_range(family)
        pitch = int(draws.integers(lowest, highest + 1))
        velocity = int(draws.choice(self.velocities))
        instrument = draw_instrument(family, index, self.seed)
        return note_labels(
            i,
            instrument=FAMILIES.index(family) * PER_FAMILY + index,
            name=instrument.name,
            family=family,
            source=instrument.source,
            qualities=instrument.qualities,
            pitch=pitch,
            velocity=velocity,
            sample_rate=self.sample_rate,
        )

    def __getitem__(self, i: int) -> Item:
        """Note i: ``audio`` (1, T) and its `labels`."""
        labels = self.labels(i)
        audio = note(
            labels["instrument_family_str"],
            labels["instrument"] % PER_FAMILY,
            labels["pitch"],
            labels["velocity"],
            sample_rate=self.sample_rate,
            seconds=self.seconds,
            seed=self.seed,
        )
        return {"audio": audio, **labels}

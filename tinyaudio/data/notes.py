"""Procedural instrument notes with NSynth's labels: exact, endless, and nothing to download.

Item i is a function of (seed, split, i) alone: it can be made in any order, by any worker, and stays
the same when more items are asked for.

Paper:      Engel et al. 2017, "Neural audio synthesis of musical notes with WaveNet autoencoders"
            (arXiv:1704.01279): the families, fields, velocities and the key held for 3 of 4 seconds.
Implements: `Notes`, `note`.
Differs:    from NSynth in that the instruments are synthetic, and the qualities are settings of the
            synthesis rather than opinions of listeners.
See:        chapter 1, "Sound into numbers".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.data.instruments.instrument import (
    ITEM,
    PER_FAMILY,
    QUALITIES,
    SOURCES,
    Instrument,
    instrument,
)
from tinyaudio.data.instruments.partials import USABLE, hertz
from tinyaudio.data.instruments.playing import play
from tinyaudio.data.rng import generator
from tinyaudio.errors import DataError

VELOCITIES = (25, 50, 75, 100, 127)  # NSynth's
HOLD = 0.75  # share of a note's length for which the key is down, as in NSynth
# Whole instruments are held out, so that a test asks about ones never heard.
SPLITS = {"train": range(32), "valid": range(32, 36), "test": range(36, PER_FAMILY)}


def check_split(split: str) -> None:
    """Raise a `DataError` unless there is such a split.

    Example:
        >>> check_split("valid")
    """
    if split not in SPLITS:
        raise DataError(f"no split {split!r}; there are: {', '.join(SPLITS)}")


def check_length(n: int, sample_rate: int, seconds: float) -> None:
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


def note(
    family: str,
    index: int,
    pitch: int,
    velocity: int = 100,
    *,
    sample_rate: int = 16_000,
    seconds: float = 4.0,
    seed: int = 0,
) -> Float[Tensor, "1 time"]:
    """Play one note: key down for three quarters of the time, then let go.

    Args:
        family: One of `FAMILIES`.
        index: The instrument's number in its family, from 0.
        pitch: MIDI pitch within the family's range; 69 is A4, 440 Hz.
        velocity: How hard, 1 to 127; harder is louder and brighter.
        sample_rate: In Hz.
        seconds: Length, in seconds.
        seed: Another seed is another orchestra.

    Returns:
        The note, in [-1, 1]; the same arguments give the same one.

    Raises:
        DataError: There is no such instrument, or it cannot play that.

    Example:
        >>> note("flute", 3, 69, seconds=0.5).shape
        torch.Size([1, 8000])
    """
    check_length(1, sample_rate, seconds)
    player = instrument(family, index, seed)
    low, high = RANGES[family].pitches
    if not low <= pitch <= high:
        raise DataError(f"pitch {pitch}: a {family} plays {low} to {high}")
    if not 1 <= velocity <= 127:
        raise DataError(f"velocity {velocity}: must be from 1 to 127")
    samples = play(
        player,
        pitch,
        velocity,
        n=round(seconds * sample_rate),
        held_s=HOLD * seconds,
        sample_rate=sample_rate,
        seed=seed,
    )
    return torch.from_numpy(samples).float()[None]


def instrument_fields(player: Instrument) -> dict[str, Any]:
    """What NSynth's examples.json says of an instrument.

    Example:
        >>> instrument_fields(instrument("organ", 2))["instrument_str"]
        'organ_electronic_002'
    """
    family = FAMILIES.index(player.family)
    return {
        "instrument": family * PER_FAMILY + player.index,
        "instrument_str": player.name,
        "instrument_family": family,
        "instrument_family_str": player.family,
        "instrument_source": player.source,
        "instrument_source_str": SOURCES[player.source],
        "qualities": player.qualities,
        "qualities_str": [
            name for name, has in zip(QUALITIES, player.qualities, strict=True) if has
        ],
    }


@dataclass(frozen=True)
class Notes(Dataset):
    """Notes of procedural instruments; item i is a function of (seed, split, i).

    Attributes:
        n: How many.
        sample_rate: In Hz.
        seconds: Length of each.
        split: "train", "valid" or "test", which share no instrument.
        seed: Decides the instruments and what they play.
        families: Some of `FAMILIES`; all by default.
        pitches: Lowest and highest MIDI pitch, within what each family can play.

    Example:
        >>> notes = Notes(10, seconds=0.5, families=("flute",))
        >>> clip, fields = notes[3]
        >>> clip.shape, fields["instrument_family_str"]
        (torch.Size([1, 8000]), 'flute')
    """

    n: int
    sample_rate: int = 16_000
    seconds: float = 4.0
    split: str = "train"
    seed: int = 0
    families: Sequence[str] = FAMILIES
    pitches: tuple[int, int] = (24, 84)

    def __post_init__(self) -> None:
        check_length(self.n, self.sample_rate, self.seconds)
        check_split(self.split)
        generator(self.seed)  # complains of a negative seed
        if not self.families:
            raise DataError(f"no family was named; there are: {', '.join(FAMILIES)}")
        for family in self.families:
            self.pitch_range(family)

    def pitch_range(self, family: str) -> tuple[int, int]:
        """The lowest and highest pitch of a family in this data set.

        Raises:
            DataError: No such family, or it can play none of the pitches asked for.
        """
        if family not in RANGES:
            raise DataError(f"no family {family!r}; there are: {', '.join(FAMILIES)}")
        low, high = RANGES[family].pitches
        lowest, highest = max(low, self.pitches[0]), min(high, self.pitches[1])
        if lowest > highest:
            raise DataError(
                f"a {family} plays the pitches {low} to {high}, none of {self.pitches[0]} to {self.pitches[1]}"
            )
        needed = hertz(highest + 0.1) / USABLE
        if self.sample_rate < needed:
            raise DataError(
                f"sample rate {self.sample_rate} Hz cannot carry pitch {highest};"
                f" it must be {needed:.0f} or more, or the pitches lower"
            )
        return lowest, highest

    def __len__(self) -> int:
        return self.n

    def fields(self, i: int) -> dict[str, Any]:
        """The labels of item i, without its sound."""
        if not 0 <= i < self.n:
            raise IndexError(f"note {i} of {self.n}")
        draws = generator(self.seed, ITEM, list(SPLITS).index(self.split), i)
        family = self.families[int(draws.integers(len(self.families)))]
        index = int(draws.choice(SPLITS[self.split]))
        lowest, highest = self.pitch_range(family)
        pitch = int(draws.integers(lowest, highest + 1))
        velocity = int(draws.choice(VELOCITIES))
        player = instrument(family, index, self.seed)
        return {
            "note": i,
            "note_str": f"{player.name}-{pitch:03d}-{velocity:03d}",
            "pitch": pitch,
            "velocity": velocity,
            "sample_rate": self.sample_rate,
            **instrument_fields(player),
        }

    def __getitem__(self, i: int) -> tuple[Float[Tensor, "1 time"], dict[str, Any]]:
        fields = self.fields(i)
        clip = note(
            fields["instrument_family_str"],
            fields["instrument"] % PER_FAMILY,
            fields["pitch"],
            fields["velocity"],
            sample_rate=self.sample_rate,
            seconds=self.seconds,
            seed=self.seed,
        )
        return clip, fields

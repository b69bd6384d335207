"""Random crops of single notes to train on: procedural ones, and a fraction of recorded ones.

Procedural notes have exact labels and need no download, but are less natural.  Recorded notes, with the
same labels, are rendered from the soundfont that is installed.

Implements: `NoteCrops`, `NoteSelection`, `folder_or_notes`.
See:        chapter 5, "WaveNet".
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import crop
from tinyaudio.data.clips import Clips
from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.data.item import Item, check_fraction, is_recorded
from tinyaudio.data.notes import PITCHES, SPLITS, Notes
from tinyaudio.data.nsynth import VELOCITIES
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.soundfont import find_soundfont
from tinyaudio.data.soundfont_notes import SoundfontNotes
from tinyaudio.errors import DataError

N_TRAINING, N_HELD_OUT = 100_000, 256  # crops before they come again


@dataclass(frozen=True)
class NoteSelection:
    """Which notes; by default all that the families can play.

    Attributes:
        families: Some of `FAMILIES`.
        pitches: Lowest and highest MIDI pitch, within what each family can play.
        velocities: How hard the keys are struck, from 1 to 127.
    """

    families: Sequence[str] = FAMILIES
    pitches: Sequence[int] = PITCHES
    velocities: Sequence[int] = VELOCITIES

    def __post_init__(self) -> None:
        for one in fields(self):  # JSON has only lists
            object.__setattr__(self, one.name, tuple(getattr(self, one.name)))

    def classes(self, family: str, pitch: int) -> Int[Tensor, "1 2"]:
        """Family and pitch of one of these notes as `NoteCrops` numbers them.

        Raises:
            DataError: It is none of them.

        Example:
            >>> NoteSelection().classes("flute", 72)
            tensor([[ 2, 72]])
        """
        if family not in self.families:
            raise DataError(f"no family {family!r}; there are: {', '.join(self.families)}")
        low, high = RANGES[family].pitches
        low, high = max(low, self.pitches[0]), min(high, self.pitches[1])
        if not low <= pitch <= high:
            raise DataError(f"pitch {pitch}: a {family} plays {low} to {high}")
        return torch.tensor([[FAMILIES.index(family), pitch]])


class NoteCrops(Dataset):
    """A random crop of one note an item; item i is a function of (seed, split, i).

    Args:
        sample_rate: In Hz.
        n_samples: Length of a crop, in samples.
        split: "train" (`N_TRAINING` crops), "valid" or "test" (`N_HELD_OUT` each), which share no
            instrument.
        seed: Decides instruments, notes and crops.
        recorded_fraction: Of the items, in [0, 1]; the others are procedural.
        selection: Which notes.
        onset_fraction: Of the crops, in [0, 1], that begin with the note, beside those that do by chance.

    Raises:
        DataError: A number is out of range, a family or split does not exist, or recorded notes are
            wanted and no soundfont is installed.

    Example:
        >>> middle_c = NoteSelection(families=["flute"], pitches=(60, 60))
        >>> item = NoteCrops(16_000, 1_000, "valid", seed=0, selection=middle_c)[0]
        >>> item["audio"].shape, item["classes"]  # family and pitch
        (torch.Size([1, 1000]), tensor([ 2, 60]))
    """

    def __init__(
        self,
        sample_rate: int,
        n_samples: int,
        split: str,
        seed: int,
        recorded_fraction: float | int = 0.0,
        selection: NoteSelection = NoteSelection(),
        onset_fraction: float | int = 0.0,
    ) -> None:
        check_fraction(recorded_fraction)
        if n_samples < 1 or sample_rate < 1:
            raise DataError(f"{n_samples} samples at {sample_rate} Hz: both must be 1 or more")
        n = N_TRAINING if split == "train" else N_HELD_OUT
        seconds = max(1.0, n_samples / sample_rate)
        pitches = (selection.pitches[0], selection.pitches[1])
        played = (selection.families, pitches, selection.velocities)
        settings = (n, sample_rate, seconds, split, seed, *played)
        self.notes = Notes(*settings)
        self.recorded_fraction = recorded_fraction
        if recorded_fraction:
            find_soundfont()
            self.recorded_notes = SoundfontNotes(*settings)
        self.n_samples, self.onset_fraction = n_samples, onset_fraction

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples), its ``start`` (), and ``classes`` (2,), family and pitch."""
        recorded = is_recorded(i, self.recorded_fraction)
        note = (self.recorded_notes if recorded else self.notes)[i]
        split = list(SPLITS).index(self.notes.split)
        draws = generator(self.notes.seed, Purpose.NOTE_CROP, split, i)
        n_starts = max(1, note["audio"].shape[1] - self.n_samples + 1)
        start = int(draws.integers(n_starts))
        if draws.random() < self.onset_fraction:
            start = 0
        return {
            "audio": crop(note["audio"], self.n_samples, start=start),
            "start": torch.tensor(start),
            "classes": torch.tensor([note["instrument_family"], note["pitch"]]),
        }


def folder_or_notes(
    folder: Path | None,
    sample_rate: int,
    n_samples: int,
    split: str,
    seed: int,
    recorded_fraction: float | int = 0.0,
) -> Dataset:
    """Crops of the user's recordings, or of notes when there are none.

    Args:
        folder: Any folder of audio files, or None for notes.
        sample_rate: Rate to bring everything to, in Hz.
        n_samples: Length of a crop, in samples.
        split: "train" or "valid"; of notes also "test", of a folder also "all".
        seed: Decides which crops.
        recorded_fraction: See `NoteCrops`; a folder has no use for it.

    Returns:
        A data set of items with ``audio``, float (1, n_samples); notes also have ``classes`` and ``start``.

    Example:
        >>> folder_or_notes(None, 16_000, 1_000, "valid", seed=0)[0].keys()
        dict_keys(['audio', 'start', 'classes'])
    """
    if folder is not None:
        return Clips(folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed)
    return NoteCrops(sample_rate, n_samples, split, seed, recorded_fraction)

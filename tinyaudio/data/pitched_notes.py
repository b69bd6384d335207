"""Whole notes with their pitch, for a model that makes a note at once: procedural ones, or NSynth's.

GANSynth's code was once trained on electronic instruments where acoustic ones were meant (magenta, issue 1607):
the filter of the data had the wrong number, and nothing said so.  A run here records what it learned from.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), which learns
            from pitches 24 to 84 of acoustic instruments.
Implements: `PitchedNotes`; `folder_or_pitched_notes`.
See:        `tinyaudio.data.notes` and `tinyaudio.data.nsynth_folder`, which it reads from.
"""

from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from tinyaudio.data.decoded import MEMORY_NUMBERS
from tinyaudio.data.item import Item
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.notes import Notes
from tinyaudio.data.nsynth import SOURCES
from tinyaudio.data.nsynth_folder import NSynthFolder

N_HELD_OUT = 256  # procedural notes for evaluation


class PitchedNotes(Dataset):
    """Some notes of a data set, spread evenly over it, kept in memory if they fit there.

    NSynth's are in the order of their names: the first few would all be of one family.

    Args:
        notes: Procedural notes, or a folder's.
        n: How many at most.

    Example:
        >>> notes = PitchedNotes(Notes(10, seconds=0.5), 3)
        >>> notes[2]["audio"].shape, notes[2]["pitch"].item(), len(notes)
        (torch.Size([1, 8000]), 75, 3)
    """

    def __init__(self, notes: Notes | NSynthFolder, n: int) -> None:
        self.notes, self.n = notes, min(n, len(notes))
        self._kept: dict[int, Item] = {}

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Item:
        """Note i: ``audio`` (1, T), and ``pitch`` (), a MIDI number."""
        if not 0 <= i < self.n:
            raise IndexError(f"note {i} of {self.n}")
        if i in self._kept:
            return self._kept[i]
        audio = self.notes[self._place(i)]["audio"]
        item = {"audio": audio, "pitch": torch.tensor(self.labels(i)["pitch"])}
        if self.n * audio.numel() <= MEMORY_NUMBERS:
            self._kept[i] = item
        return item

    def labels(self, i: int) -> dict[str, Any]:
        """NSynth's labels of note i."""
        place = self._place(i)
        if isinstance(self.notes, NSynthFolder):
            return self.notes.notes[place][1]
        return self.notes.labels(place)

    def _place(self, i: int) -> int:
        """Where note i is in the data set."""
        return i * len(self.notes) // self.n

    def summary(self) -> dict[str, Any]:
        """What is learned from: the numbers of notes, and of instruments of every source and family.

        Example:
            >>> PitchedNotes(Notes(9, split="valid", families=["flute"]), 9).summary()
            {'notes': 9, 'pitches': [50, 84], 'instruments': {'acoustic': {'flute': 4}}}
        """
        seen: dict[str, dict[str, set[str]]] = {}
        pitches = set()
        for labels in map(self.labels, range(self.n)):
            pitches.add(labels["pitch"])
            families = seen.setdefault(labels["instrument_source_str"], {})
            families.setdefault(labels["instrument_family_str"], set()).add(
                labels["instrument_str"]
            )
        return {
            "notes": self.n,
            "pitches": [min(pitches), max(pitches)],
            "instruments": {
                source: {family: len(names) for family, names in sorted(families.items())}
                for source, families in sorted(seen.items())
            },
        }


def folder_or_pitched_notes(
    folder: Path | None,
    sample_rate: int,
    n_samples: int,
    n: int,
    split: str,
    seed: int,
    selection: NoteSelection,
) -> PitchedNotes:
    """Notes of NSynth in a folder, or procedural notes when there is none.

    Args:
        folder: NSynth as it is distributed, or None.
        sample_rate: In Hz.
        n_samples: Of a note.  The key of a procedural one is down for three quarters of them, as in NSynth.
        n: How many at most; of procedural notes, for training.  `N_HELD_OUT` are for evaluation.
        split: "train", "valid" or "test", which share no instrument; of a folder also "all".
        seed: Decides the procedural notes.
        selection: Which notes; of a folder, which pitches of its acoustic instruments.

    Raises:
        DataError: The folder is not NSynth's, or no note is left.

    Example:
        >>> octave = NoteSelection(families=["brass", "reed"], pitches=(60, 72))
        >>> folder_or_pitched_notes(None, 16_000, 4_000, 20, "train", 0, octave).summary()["pitches"]
        [60, 72]
    """
    low, high = selection.pitches
    if folder:
        found = NSynthFolder(folder, sample_rate, n_samples, split, (low, high), SOURCES[:1])
        return PitchedNotes(found, n)
    played = (selection.families, (low, high), selection.velocities)
    n = n if split == "train" else N_HELD_OUT
    return PitchedNotes(Notes(n, sample_rate, n_samples / sample_rate, split, seed, *played), n)

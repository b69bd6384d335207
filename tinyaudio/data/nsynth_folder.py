"""NSynth as it is distributed: ``examples.json`` with the labels, and ``audio`` with a WAV file a note.

The user downloads and unpacks it; nothing here does.  Three folders whose names end in train, valid and test,
as the archives make them, are the splits; one folder alone is divided by instruments.

Paper:      Engel et al. 2017, "Neural audio synthesis of musical notes with WaveNet autoencoders"
            (arXiv:1704.01279); GANSynth's subset (arXiv:1902.08710): acoustic instruments, pitches 24 to 84.
Implements: `NSynthFolder`.
See:        `tinyaudio.data.nsynth` for the labels; `tinyaudio.data.notes` for procedural notes that have them.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from tinyaudio.audio import crop, load
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.item import Item
from tinyaudio.data.notes import PITCHES
from tinyaudio.data.nsynth import SOURCES
from tinyaudio.errors import DataError

SPLITS = ("train", "valid", "test")
HELD_OUT = 10  # one instrument in ten a held-out split, where the folder has no splits


class NSynthFolder(Dataset):
    """The notes of a folder from their onset, each of a length.

    Args:
        folder: With ``examples.json``, or with folders that have one and end in train, valid and test.
        sample_rate: To resample to, in Hz.
        n_samples: Of a note; a shorter one is padded with zeros.
        split: "train", "valid", "test", which share no instrument, or "all".
        pitches: Lowest and highest MIDI pitch.
        sources: Some of `tinyaudio.data.nsynth.SOURCES`, such as acoustic alone; all by default.

    Raises:
        DataError: There is no such split, no labels, they cannot be read, or no note is left.
    """

    def __init__(
        self,
        folder: Path,
        sample_rate: int,
        n_samples: int,
        split: str = "train",
        pitches: tuple[int, int] = PITCHES,
        sources: Sequence[str] = SOURCES,
    ) -> None:
        if split not in (*SPLITS, "all"):
            raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}, all")
        self.sample_rate, self.n_samples = sample_rate, n_samples
        self.notes = [
            (path, labels)
            for path, labels in notes_of(folder, split)
            if pitches[0] <= labels["pitch"] <= pitches[1]
            and labels["instrument_source_str"] in sources
        ]
        if not self.notes:
            raise DataError(
                f"{folder}: the {split} split has no note of pitches {pitches[0]} to {pitches[1]} and"
                f" of {', '.join(sources)} instruments"
            )

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> Item:
        """Note i: ``audio`` (1, n_samples), and ``classes`` (2,), family and pitch."""
        path, labels = self.notes[i]
        audio, _ = load(path, self.sample_rate, mono=True)
        family = FAMILIES.index(labels["instrument_family_str"])
        return {
            "audio": crop(audio, self.n_samples, start=0),
            "classes": torch.tensor([family, labels["pitch"]]),
        }


def notes_of(folder: Path, split: str) -> list[tuple[Path, dict[str, Any]]]:
    """The file and labels of every note of a split, in the order of their names.

    Raises:
        DataError: There are no labels, or they cannot be read.
    """
    if (folder / "examples.json").is_file():
        notes = read_labels(folder)
        if split == "all":
            return notes
        return [one for one in notes if split_of(one[1]["instrument_str"]) == split]
    parts = {
        name: [f for f in folder.glob(f"*{name}") if (f / "examples.json").is_file()]
        for name in SPLITS
    }
    wanted = SPLITS if split == "all" else (split,)
    found = [part for name in wanted for part in parts[name]]
    if not found:
        raise DataError(
            f"{folder}: no examples.json, and no folder *{split} with one; give NSynth as its archives unpack"
        )
    return [note for part in found for note in read_labels(part)]


def read_labels(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """What ``examples.json`` says.

    Raises:
        DataError: It is not JSON, or not NSynth's.
    """
    try:
        labels = json.loads((folder / "examples.json").read_bytes())
        notes = [(folder / "audio" / f"{name}.wav", labels[name]) for name in sorted(labels)]
        for _, one in notes:
            one["pitch"] + 0, one["instrument_str"] + one["instrument_source_str"]
            FAMILIES.index(one["instrument_family_str"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"{folder}/examples.json: not NSynth's labels ({error!r})") from None
    return notes


def split_of(instrument: str) -> str:
    """The split of an instrument by a hash of its name, where a folder has none.

    Example:
        >>> split_of("organ_electronic_007")
        'train'
    """
    digest = hashlib.sha256(instrument.encode()).digest()
    return {0: "valid", 1: "test"}.get(int.from_bytes(digest[:8]) % HELD_OUT, "train")

"""Whole sounds with their spectrograms, kept in memory: making a note takes longer than a step of training.

Implements: `KeptFrames`; `sounds_with_frames`, of notes or of the user's recordings.
See:        `tinyaudio.recipes.autoencoder`, which learns from them.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.clips import Clips
from tinyaudio.data.item import Item
from tinyaudio.data.note_crops import NoteCrops, NoteSelection
from tinyaudio.errors import DataError
from tinyaudio.represent.logbins import log_bands


class KeptFrames(Dataset):
    """The first items of a data set of sounds, with their frames.

    Args:
        sounds: Items with ``audio`` (1, T), and ``classes`` (family and pitch) if they are notes.
        represent: Audio (B, 1, T) to frames (B, F, N), such as `tinyaudio.represent.logmel.log_mel`.
        n_sounds: How many to keep at most.

    Raises:
        DataError: There are none.

    Example:
        >>> import torch
        >>> from tinyaudio.data.note_crops import NoteCrops
        >>> from tinyaudio.represent.logbins import log_bins
        >>> item = KeptFrames(NoteCrops(16_000, 2_048, "valid", seed=0), log_bins, n_sounds=3)[1]
        >>> item["frames"].shape, item["pitch"].shape
        (torch.Size([512, 9]), torch.Size([]))
    """

    def __init__(
        self, sounds: Dataset, represent: Callable[[Tensor], Tensor], n_sounds: int
    ) -> None:
        self.sounds, self.represent = sounds, represent
        self.n_sounds = min(n_sounds, len(sounds))  # type: ignore[arg-type]
        if self.n_sounds < 1:
            raise DataError("no sound to learn from: the recordings are too short; add some")
        self._kept: dict[int, Item] = {}

    def __len__(self) -> int:
        return self.n_sounds

    def __getitem__(self, i: int) -> Item:
        """Sound i: ``audio`` (1, T), ``frames`` (F, N), and of a note also ``family`` and ``pitch`` ()."""
        if not 0 <= i < len(self):
            raise IndexError(f"sound {i} of {len(self)}")
        if i not in self._kept:
            sound = self.sounds[i]
            item = {"audio": sound["audio"], "frames": self.represent(sound["audio"][None])[0]}
            if "classes" in sound:
                item["family"], item["pitch"] = sound["classes"]
            self._kept[i] = item
        return self._kept[i]


def sounds_with_frames(
    folder: Path | None,
    sample_rate: int,
    n_samples: int,
    split: str,
    seed: int,
    n_sounds: int,
    n_bands: int,
    selection: NoteSelection,
) -> KeptFrames:
    """Procedural notes from their onset, or crops of the user's recordings.

    Args:
        folder: Any folder of audio files, or None for notes.
        sample_rate: In Hz.
        n_samples: Of a sound.
        split: "train" or "valid"; of a folder also "all".
        seed: Decides the sounds.
        n_sounds: How many to keep at most.
        n_bands: Height of the frames; see `tinyaudio.represent.logbins.log_bands`.
        selection: Which notes.

    Raises:
        DataError: A number is out of range, or the folder holds no usable sound.

    Example:
        >>> flutes = NoteSelection(("flute",))
        >>> sounds_with_frames(None, 16_000, 16_128, "valid", 0, 10, 80, flutes)[3]["frames"].shape
        torch.Size([80, 64])
    """
    if folder:
        sounds: Dataset = Clips(
            folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed
        )
    else:
        sounds = NoteCrops(
            sample_rate, n_samples, split, seed, selection=selection, onset_fraction=1.0
        )
    return KeptFrames(
        sounds, partial(log_bands, sample_rate=sample_rate, n_bands=n_bands), n_sounds
    )

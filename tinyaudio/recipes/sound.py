"""Where a recipe's sound comes from: a folder of one's own, or procedural notes."""

from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import crop
from tinyaudio.data.clips import Clips
from tinyaudio.data.notes import Notes


def folder_or_notes(
    folder: Path | None, sample_rate: int, n_samples: int, split: str, seed: int
) -> Dataset:
    """Crops of the user's recordings, or of procedural instrument notes when there are none.

    Args:
        folder: Any folder of audio files, or None.
        sample_rate: Rate to bring everything to, in Hz.
        n_samples: Length of a crop, in samples.
        split: "train" or "valid".
        seed: Decides which crops, and in which order.

    Returns:
        A dataset of dicts with a key ``audio``, float (1, n_samples); notes also have ``classes``, the
        numbers of their family and pitch.
    """
    if folder is not None:
        return Clips(folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed)
    return NoteCrops(sample_rate, n_samples, split, seed)


class NoteCrops(Dataset):
    """A random crop of one procedural note an item.

    The sound is synthetic: it has exact labels and needs no download, but nobody played it.
    """

    def __init__(self, sample_rate: int, n_samples: int, split: str, seed: int) -> None:
        n = 100_000 if split == "train" else 64
        seconds = max(1.0, n_samples / sample_rate)
        self.notes = Notes(n, sample_rate=sample_rate, seconds=seconds, split=split, seed=seed)
        self.n_samples = n_samples
        self.seed = seed

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        clip, fields = self.notes[i]
        place = torch.Generator().manual_seed(self.seed * 1_000_003 + i)
        classes = torch.tensor([fields["instrument_family"], fields["pitch"]])
        return {"audio": crop(clip, self.n_samples, start=place), "classes": classes}

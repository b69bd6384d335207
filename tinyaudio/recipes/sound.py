"""Where a recipe's sound comes from: a folder of one's own, or procedural notes."""

from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import crop
from tinyaudio.data.clips import Clips
from tinyaudio.data.notes import Notes
from tinyaudio.data.soundfont import SoundfontNotes, find_soundfont
from tinyaudio.errors import UserError


def folder_or_notes(
    folder: Path | None, sample_rate: int, n_samples: int, split: str, seed: int, real: float = 0.0
) -> Dataset:
    """Crops of the user's recordings, or of procedural instrument notes when there are none.

    Args:
        folder: Any folder of audio files, or None.
        sample_rate: Rate to bring everything to, in Hz.
        n_samples: Length of a crop, in samples.
        split: "train" or "valid".
        seed: Decides which crops, and in which order.
        real: Share of the notes that are of real instruments, from the soundfont that is installed.

    Returns:
        A dataset of dicts with a key ``audio``, float (1, n_samples); notes also have ``classes``, the
        numbers of their family and pitch.
    """
    if folder is not None:
        return Clips(folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed)
    return NoteCrops(sample_rate, n_samples, split, seed, real)


class NoteCrops(Dataset):
    """A random crop of one note an item.

    Procedural notes have exact labels and need no download, but nobody played them. A share of the
    items can be real instruments' instead, with the same labels.

    Raises:
        UserError: The share is not one.
        DataError: Real notes are asked for and there is no soundfont.
    """

    def __init__(
        self, sample_rate: int, n_samples: int, split: str, seed: int, real: float = 0.0
    ) -> None:
        if not 0 <= real <= 1:
            raise UserError(f"a share of {real} real notes; it must be from 0 to 1")
        n = 100_000 if split == "train" else 64
        seconds = max(1.0, n_samples / sample_rate)
        self.notes = Notes(n, sample_rate=sample_rate, seconds=seconds, split=split, seed=seed)
        self.real = real
        if real:
            find_soundfont()
            self.real_notes = SoundfontNotes(n, split, seed, sample_rate, seconds)
        self.n_samples = n_samples
        self.seed = seed

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        is_real = int((i + 1) * self.real) > int(i * self.real)  # evenly spread over the items
        clip, fields = (self.real_notes if is_real else self.notes)[i]
        place = torch.Generator().manual_seed(self.seed * 1_000_003 + i)
        classes = torch.tensor([fields["instrument_family"], fields["pitch"]])
        return {"audio": crop(clip, self.n_samples, start=place), "classes": classes}

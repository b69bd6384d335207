"""One-shot samples, as samplers play them: drum hits, or notes, each from its onset and kept in memory.

A GAN sees each sound many times, and making one takes longer than its share of a step of training.

Implements: `OneShots`; `folder_or_one_shots`, of these or of the user's recordings.
See:        `tinyaudio.recipes.wavegan`, which learns from them.
"""

from pathlib import Path

from torch.utils.data import Dataset

from tinyaudio.audio import crop
from tinyaudio.data.clips import Clips
from tinyaudio.data.drums import Drums
from tinyaudio.data.item import Item
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.notes import Notes
from tinyaudio.errors import DataError

MATERIALS = ("drums", "notes")
ALL_NOTES = NoteSelection()
N_HELD_OUT = 1_000  # sounds for evaluation, enough for a covariance


class OneShots(Dataset):
    """Drum hits or notes; item i is a function of (material, seed, split, i).

    Args:
        material: "drums", of all kinds in turn, or "notes", of which instrument, pitch and velocity are drawn.
        n: Number of sounds.
        n_samples: Length of each; what of a note lasts longer is cut off.
        sample_rate: In Hz; drums need 16,000 or more.
        split: "train", "valid" or "test"; notes of different splits share no instrument.
        seed: Decides the sounds.
        selection: Which notes.

    Raises:
        DataError: There is no such material or split, or a number is out of range.

    Example:
        >>> OneShots("drums", 12, 4_096)[11].keys(), OneShots("notes", 1, 4_096)[0]["audio"].shape
        (dict_keys(['audio']), torch.Size([1, 4096]))
    """

    def __init__(
        self,
        material: str,
        n: int,
        n_samples: int,
        sample_rate: int = 16_000,
        split: str = "train",
        seed: int = 0,
        selection: NoteSelection = ALL_NOTES,
    ) -> None:
        if material not in MATERIALS:
            raise DataError(f"no material {material!r}; choose {' or '.join(MATERIALS)}")
        self.sounds: Drums | Notes
        if material == "drums":
            self.sounds = Drums(n, n_samples, sample_rate, split, seed)
        else:
            # a key is held for three quarters of a second, unless the network hears longer than one
            seconds = max(1.0, n_samples / sample_rate)
            self.sounds = Notes(n, sample_rate, seconds, split, seed, **vars(selection))
        self.n_samples = n_samples
        self._kept: dict[int, Item] = {}

    def __len__(self) -> int:
        return len(self.sounds)

    def __getitem__(self, i: int) -> Item:
        """Sound i: ``audio`` (1, n_samples)."""
        if i not in self._kept:
            audio = self.sounds[i]["audio"]
            self._kept[i] = {"audio": crop(audio, self.n_samples, start=0).clone()}
        return self._kept[i]


def folder_or_one_shots(
    folder: Path | None,
    material: str,
    n: int,
    n_samples: int,
    sample_rate: int,
    split: str,
    seed: int,
    selection: NoteSelection = ALL_NOTES,
) -> Dataset:
    """Random crops of the user's recordings, or one-shots when there are none.

    Args:
        folder: Any folder of audio files, or None for one-shots.
        material: See `OneShots`; a folder has no use for it.
        n: One-shots to train on; held out are `N_HELD_OUT`.
        n_samples: Length of each, in samples.
        sample_rate: Rate to bring everything to, in Hz.
        split: "train" or "valid"; of one-shots also "test", of a folder also "all".
        seed: Decides crops and sounds.
        selection: Which notes, if the material is notes.

    Example:
        >>> len(folder_or_one_shots(None, "drums", 30, 4_096, 16_000, "valid", seed=0))
        1000
    """
    if folder is not None:
        return Clips(folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed)
    n = n if split == "train" else N_HELD_OUT
    return OneShots(material, n, n_samples, sample_rate, split, seed, selection)

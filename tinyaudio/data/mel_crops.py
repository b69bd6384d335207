"""Random crops of sounds with their mel frames, and of voices also the harmonics at their pitch.

What a crop needs is computed once for a whole sound of two seconds and kept: following a pitch takes
longer than a step of training.

Implements: `MelCrops`, `sounds_of`.
See:        `tinyaudio.models.istft_vocoder`, which learns from them.
"""

import math
from pathlib import Path

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.data.item import Item
from tinyaudio.data.note_crops import folder_or_notes
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.speech_crops import SpeechCrops
from tinyaudio.errors import DataError
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, RANGE_DB, log_mel
from tinyaudio.represent.source_filter import aligned_harmonics

SECONDS = 2.0  # of a sound that crops are taken from, at least
MARGIN = N_FFT // 2 // HOP_LENGTH  # frames at either end of a crop that a loss leaves out
SOFTEST_DB = -15.0  # training crops are softer by a random amount, down to this
N_TRAINING, N_HELD_OUT = 100_000, 256  # crops before they come again
MATERIALS = ("speech", "notes")
SPLITS = ("train", "valid", "all")


def sounds_of(
    material: str,
    folder: Path | None,
    sample_rate: int,
    n_samples: int,
    split: str,
    seed: int,
    recorded_fraction: float | int,
) -> Dataset:
    """Sounds long enough for crops of ``n_samples``: `SpeechCrops`, or notes or any recordings.

    Args:
        material: "speech", one voice at a time, or "notes".
        folder: The user's recordings, or None for the package's and procedural ones.
        sample_rate: In Hz.
        n_samples: Length of a crop without its margins, in samples.
        split: See `SpeechCrops` and `folder_or_notes`.
        seed: Decides the sounds.
        recorded_fraction: Of the sounds; a folder of notes has no use for it.

    Raises:
        DataError: There is no such material or folder, or no soundfont for recorded notes.

    Example:
        >>> sounds_of("notes", None, 16_000, 8_192, "valid", 0, 0.0)[3]["audio"].shape
        torch.Size([1, 32000])
    """
    shortest = n_samples + (2 * MARGIN + 1) * HOP_LENGTH
    length = max(math.ceil(SECONDS * sample_rate / HOP_LENGTH) * HOP_LENGTH, shortest)
    if material not in MATERIALS:
        raise DataError(f"no material {material!r}; choose {' or '.join(MATERIALS)}")
    make = SpeechCrops if material == "speech" else folder_or_notes
    return make(folder, sample_rate, length, split, seed, recorded_fraction)


class MelCrops(Dataset):
    """Crops of a data set of sounds; item i is a function of (seed, split, i).

    Args:
        sounds: Items with ``audio`` (1, T); see `sounds_of`.
        sample_rate: In Hz.
        n_samples: Length of a crop without its margins, in samples; a multiple of 256.
        split: "train" (`N_TRAINING` crops), or one that is for evaluation.
        seed: Decides the crops and their levels.
        n_sounds: Crops are taken from the first ones only, which are kept in memory.
        harmonic: Whether items have ``harmonics``; of sounds of one voice only.

    Raises:
        DataError: There are no sounds, or a crop is no whole number of frames.

    Example:
        >>> from tinyaudio.data.voices import Voices
        >>> item = MelCrops(Voices(9), 16_000, 4_096, "train", seed=0, n_sounds=3, harmonic=True)[5]
        >>> {name: tuple(value.shape) for name, value in item.items()}  # 16 frames, 2 on either side
        {'audio': (1, 5120), 'harmonics': (1, 5120), 'frames': (80, 21)}
    """

    def __init__(
        self,
        sounds: Dataset,
        sample_rate: int,
        n_samples: int,
        split: str,
        seed: int,
        n_sounds: int,
        harmonic: bool,
    ) -> None:
        self.n_sounds = min(n_sounds, len(sounds))  # type: ignore[arg-type]
        if self.n_sounds < 1:
            raise DataError("no sound to take crops from: the recordings are too short; add some")
        if n_samples < 1 or n_samples % HOP_LENGTH:
            raise DataError(f"a crop of {n_samples} samples: must be a multiple of {HOP_LENGTH}")
        self.sounds, self.sample_rate, self.split, self.seed = sounds, sample_rate, split, seed
        self.n_frames = n_samples // HOP_LENGTH + 2 * MARGIN
        self.harmonic = harmonic
        self._kept: dict[int, Item] = {}

    def __len__(self) -> int:
        return {"train": N_TRAINING, "all": self.n_sounds}.get(self.split, N_HELD_OUT)

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, T), ``frames`` (80, N), N = T / 256 + 1, and ``harmonics`` (1, T)."""
        if not 0 <= i < len(self):
            raise IndexError(f"crop {i} of {len(self)}")
        sound = self.sound(i % self.n_sounds)
        draws = generator(self.seed, Purpose.MEL_CROP, SPLITS.index(self.split), i)
        first = int(draws.integers(sound["frames"].shape[1] - self.n_frames))
        gain_db = float(draws.uniform(SOFTEST_DB, 0)) if self.split == "train" else 0.0
        inside = slice(first * HOP_LENGTH, (first + self.n_frames) * HOP_LENGTH)
        item = {n: 10 ** (gain_db / 20) * sound[n][:, inside] for n in sound if n != "frames"}
        frames = sound["frames"][:, first : first + self.n_frames + 1] + gain_db / RANGE_DB
        return item | {"frames": frames.clamp(min=-1)}  # the floor of `log_mel`

    def sound(self, i: int) -> Item:
        """Sound i, whole: ``audio``, ``frames`` and ``harmonics``."""
        if i not in self._kept:
            audio: Float[Tensor, "1 T"] = self.sounds[i]["audio"]
            shortest = (self.n_frames + 1) * HOP_LENGTH
            audio = F.pad(audio, (0, max(0, shortest - audio.shape[1])))
            audio = audio[:, : audio.shape[1] // HOP_LENGTH * HOP_LENGTH]
            found = {"audio": audio, "frames": log_mel(audio[None], self.sample_rate)[0]}
            if self.harmonic:
                made = aligned_harmonics(audio[0], found["frames"], self.sample_rate)
                found["harmonics"] = made[None]
            self._kept[i] = found
        return self._kept[i]

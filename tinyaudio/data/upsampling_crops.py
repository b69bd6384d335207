"""Crops of sound with themselves at a lower sample rate, to learn upsampling from.

The lower rate comes from one filter or, drawn anew for each crop, from one of several: what was trained with a
single filter meets another in use.  The filter sees the sound around a crop, so that a crop has no edges.

Paper:      Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321), and its public code, for crops at random gains; Sulun
            & Davies, "On filter generalization for music bandwidth extension using deep neural networks", 2021
            (arXiv:2011.07274), for several filters.
Implements: `UpsamplingCrops`, `low_rate`.
Differs:    voices are procedural unless there is a folder, and noise is added far below them, as every
            microphone adds it: without it a high band is empty to the last bit between words.
See:        `tinyaudio.audio.decimation` for the filters; chapter 20, "What fills the top band".
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.audio.decimation import decimator
from tinyaudio.data.clips import Clips
from tinyaudio.data.item import Item
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.voices import Voices
from tinyaudio.errors import DataError

MARGIN = 1_536  # samples to either side of a crop that the filter sees; a multiple of 2, 3, 4 and 6
SOFTEST_DB = -15.0  # training crops are softer by a random amount, down to this
NOISE_FLOOR_DBFS = -75.0
N_TRAINING, N_HELD_OUT = 100_000, 256  # crops before they come again
SPLITS = ("train", "valid", "test", "all")


class UpsamplingCrops(Dataset):
    """Crops at the high and at the low rate; item i is a function of (seed, split, i).

    Args:
        folder: Recordings whose own rate is the high one, or None for procedural voices.
        ratio: The high rate over the low one.
        n_samples: Length of a crop at the high rate; a multiple of the ratio.
        split: "train" (`N_TRAINING` crops), "valid" or "test" (`N_HELD_OUT` each, of speakers that the other
            splits do not have), or "all", which is all of the folder.  A folder has no "test".
        seed: Decides sentences, speakers, crops, gains, filters and noise.
        sample_rate: The high one, in Hz.
        filters: Names of `tinyaudio.audio.decimation.decimator`, of which each crop gets one: training crops by
            chance, the others in turn.
        noise_floor_dbfs: Level of white noise that is added at the high rate, root mean square; None for none.
        n_sounds: Sentences or recordings that crops are taken from; sentences are kept in memory.

    Raises:
        DataError: The split or folder does not exist, a number is out of range, or the crop is no multiple of
            the ratio.
        AudioError: A filter is unknown.

    Example:
        >>> crops = UpsamplingCrops(None, 3, 4_800, "valid", seed=0, n_sounds=2)
        >>> {name: tuple(value.shape) for name, value in crops[1].items()}
        {'audio': (1, 4800), 'low': (1, 1600)}
    """

    def __init__(
        self,
        folder: Path | None,
        ratio: int,
        n_samples: int,
        split: str,
        seed: int,
        *,
        sample_rate: int = 48_000,
        filters: Sequence[str] = ("sinc",),
        noise_floor_dbfs: float | int | None = NOISE_FLOOR_DBFS,
        n_sounds: int = 240,
    ) -> None:
        if split not in SPLITS:
            raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}")
        if ratio < 2 or MARGIN % ratio:
            raise DataError(f"a ratio of {ratio}: must be 2, 3, 4 or 6")
        if n_samples < 1 or n_samples % ratio:
            raise DataError(
                f"a crop of {n_samples} samples: must be a multiple of the ratio, {ratio}"
            )
        if not filters or n_sounds < 1:
            raise DataError("upsampling crops need at least one filter and one sound")
        for name in filters:
            decimator(name)  # a wrong name is said before the first crop
        self.ratio, self.n_samples, self.split, self.seed = ratio, n_samples, split, seed
        self.filters, self.noise_floor_dbfs = filters, noise_floor_dbfs
        length = n_samples + 2 * MARGIN
        self.sounds: Dataset = (
            Clips(folder, sample_rate=sample_rate, n_samples=length, split=split, seed=seed)
            if folder
            else Voices(n_sounds, sample_rate, "valid" if split == "all" else split, seed)
        )
        self.procedural = folder is None
        self._kept: dict[int, Float[Tensor, "1 _"]] = {}

    def __len__(self) -> int:
        if self.split == "all":
            return len(self.sounds)  # type: ignore[arg-type]
        return N_TRAINING if self.split == "train" else N_HELD_OUT

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples) and ``low`` (1, n_samples / ratio), whose first samples coincide."""
        if not 0 <= i < len(self):
            raise IndexError(f"crop {i} of {len(self)}")
        draws = generator(self.seed, Purpose.UPSAMPLING_CROP, SPLITS.index(self.split), i)
        sound = self.sound(i % len(self.sounds))  # type: ignore[arg-type]
        start = int(draws.integers(sound.shape[1] - self.n_samples - 2 * MARGIN + 1))
        around = sound[:, start : start + self.n_samples + 2 * MARGIN]
        name = self.filters[i % len(self.filters)]
        if self.split == "train":
            name = str(draws.choice(self.filters))
            around = 10 ** (float(draws.uniform(SOFTEST_DB, 0)) / 20) * around
        if self.noise_floor_dbfs is not None:
            noise = torch.from_numpy(draws.standard_normal(around.shape[1], dtype="float32"))
            around = around + 10 ** (self.noise_floor_dbfs / 20) * noise
        low = low_rate(around, self.ratio, name)
        margin = MARGIN // self.ratio
        return {
            "audio": around[:, MARGIN : MARGIN + self.n_samples],
            "low": low[:, margin : margin + self.n_samples // self.ratio],
        }

    def sound(self, i: int) -> Float[Tensor, "1 _"]:
        """Sound i, at least a crop long; of voices whole, with silence of the margin's length around it."""
        if not self.procedural:
            audio: Tensor = self.sounds[i]["audio"]
            return audio
        if i not in self._kept:
            audio = self.sounds[i]["audio"]
            missing = max(0, self.n_samples - audio.shape[1])
            self._kept[i] = F.pad(audio, (MARGIN, MARGIN + missing))
        return self._kept[i]


def low_rate(
    audio: Float[Tensor, "*batch T"], ratio: int, filter_name: str
) -> Float[Tensor, "*batch t"]:
    """A sound at its rate over the ratio, through a filter of that name.

    Raises:
        AudioError: The filter is unknown, or the ratio impossible.

    Example:
        >>> low_rate(torch.zeros(1, 48_000), 3, "butterworth").shape
        torch.Size([1, 16000])
    """
    return decimator(filter_name)(audio, ratio)

"""Random crops of several musical domains: melodies by instruments, or folders of recordings.

An item has a crop of every domain.  They are of different melodies: nothing in training is parallel.  What
the encoder gets while it trains is a little out of tune; what is to be reconstructed is not.

Implements: `DomainCrops`, `domain_folders`.
See:        `tinyaudio.data.melodies` and `tinyaudio.data.detune`.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import crop
from tinyaudio.data.clips import Clips
from tinyaudio.data.detune import detune
from tinyaudio.data.item import Item
from tinyaudio.data.melodies import Melodies
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

DOMAINS = ("flute", "organ", "brass", "guitar")  # families, of whose instruments the first plays
SECONDS = 4.0  # of a melody
N_TRAINING, N_HELD_OUT = 100_000, 64  # items before they come again
SPLITS = ("train", "valid", "all")


def domain_folders(folder: Path) -> tuple[str, ...]:
    """The domains of a folder: the names of its folders, in alphabetical order.

    Raises:
        DataError: There are fewer than two.
    """
    try:
        names = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[:1] != ".")
    except OSError as error:
        raise DataError(
            f"{folder}: {error.strerror}; give a folder with a folder a domain"
        ) from None
    if len(names) < 2:
        raise DataError(
            f"{folder}: {len(names)} folders; translation needs two domains or more, each with a folder"
            f" of recordings, such as {folder / 'piano'} and {folder / 'choir'}"
        )
    return tuple(names)


class MelodyCrops(Dataset):
    """Crops of the melodies that one instrument plays; melodies are kept in memory.

    Args:
        melodies: With one instrument.
        numbers: Those to take, in turn.
        n_samples: Length of a crop.
    """

    def __init__(self, melodies: Melodies, numbers: range, n_samples: int) -> None:
        self.melodies, self.numbers, self.n_samples = melodies, numbers, n_samples
        self._kept: dict[int, Float[Tensor, "1 T"]] = {}

    def __len__(self) -> int:
        return N_TRAINING if self.melodies.split == "train" else N_HELD_OUT

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples)."""
        number = self.numbers[i % len(self.numbers)]
        if number not in self._kept:
            self._kept[number] = self.melodies[number]["audio"]
        audio, split = self._kept[number], SPLITS.index(self.melodies.split)
        draws = generator(self.melodies.seed, Purpose.DOMAIN_CROP, split, number, i)
        start = int(draws.integers(max(1, audio.shape[1] - self.n_samples + 1)))
        return {"audio": crop(audio, self.n_samples, start=start)}


class DomainCrops(Dataset):
    """A crop of every domain an item; item i is a function of (seed, split, i).

    Args:
        folder: With a folder of recordings for each domain, or None for melodies by instruments.
        domains: Their folders' names, or families of instruments, in the order in which they are counted.
        sample_rate: In Hz.
        n_samples: Length of a crop.
        split: "train", "valid" (of other melodies or recordings), or "all", which is all of the folder.
        seed: Decides instruments, melodies and crops.
        n_sounds: Melodies a domain.

    Raises:
        DataError: The split, a folder or a family does not exist, a folder has too little sound, or a number
            is out of range.

    Example:
        >>> crops = DomainCrops(None, ("flute", "organ"), 16_000, 4_096, "train", seed=0, n_sounds=2)
        >>> {name: tuple(value.shape) for name, value in crops[1].items()}
        {'audio': (2, 4096), 'detuned': (2, 4096)}
    """

    def __init__(
        self,
        folder: Path | None,
        domains: Sequence[str],
        sample_rate: int,
        n_samples: int,
        split: str,
        seed: int,
        n_sounds: int,
    ) -> None:
        if split not in SPLITS:
            raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}")
        if n_samples < 1:
            raise DataError(f"a crop of {n_samples} samples: must be 1 or more")
        self.sample_rate, self.split, self.seed = sample_rate, split, seed
        self.sounds: list[Dataset] = []
        for k, name in enumerate(domains):
            if folder:
                sizes = {"sample_rate": sample_rate, "n_samples": n_samples}
                self.sounds.append(Clips(folder / name, split=split, seed=seed, **sizes))
            else:
                K, kind = len(domains), "train" if split == "train" else "valid"
                seconds = max(SECONDS, n_samples / sample_rate)
                played = Melodies(K * n_sounds, sample_rate, seconds, ((name, 0),), kind, seed)
                # Instrument k plays the k-th melody, then every K-th after it.
                self.sounds.append(MelodyCrops(played, range(k, K * n_sounds, K), n_samples))

    def __len__(self) -> int:
        return max(len(one) for one in self.sounds)  # type: ignore[arg-type]

    def __getitem__(self, i: int) -> Item:
        """Item i: ``audio`` (domains, n_samples), and to train on also ``detuned``, of the same shape."""
        if not 0 <= i < len(self):
            raise IndexError(f"item {i} of {len(self)}")
        crops = [one[i % len(one)]["audio"] for one in self.sounds]  # type: ignore[arg-type]
        item = {"audio": torch.cat(crops)}
        if self.split == "train":
            draws = generator(self.seed, Purpose.DETUNE, i)
            item["detuned"] = torch.cat([detune(one, self.sample_rate, draws) for one in crops])
        return item

"""Random crops of several musical domains: melodies by instruments, or folders of recordings.

An item has a crop of every domain.  They are of different melodies: nothing in training is parallel.  What
the encoder gets while it trains is a little out of tune, once in every second; what is to be reconstructed
is not.  Sounds, and a few versions of each out of tune, are made once and kept.

Implements: `DomainCrops`, `domain_folders`.
See:        `tinyaudio.data.melodies` and `tinyaudio.data.detune`.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset, Subset

from tinyaudio.data.clips import Clips
from tinyaudio.data.detune import detune
from tinyaudio.data.item import Item
from tinyaudio.data.melodies import Melodies
from tinyaudio.data.named_folders import named_folders
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError
from tinyaudio.represent.logmel import HOP_LENGTH, log_mel

DOMAINS = ("flute", "organ", "brass", "guitar")  # families, of whose instruments the first plays
SECONDS = 4.0  # of a melody
N_VERSIONS = 4  # of a sound out of tune
N_TRAINING, N_HELD_OUT = 100_000, 64  # items before they come again
SPLITS = ("train", "valid", "all")


def domain_folders(folder: Path) -> tuple[str, ...]:
    """The domains of a folder: the names of its folders, in alphabetical order.

    Raises:
        DataError: There are fewer than two.
    """
    return named_folders(folder, "domain", "translation", ("piano", "choir"))


class DomainCrops(Dataset):
    """A crop of every domain an item; item i is a function of (seed, split, i).

    Args:
        folder: With a folder of recordings for each domain, or None for melodies by instruments.
        domains: Their folders' names, or families of instruments, in the order in which they are counted.
        sample_rate: In Hz.
        n_samples: Length of a crop; with frames, a multiple of 256.
        split: "train", "valid" (of other melodies or recordings), or "all", which is all of the folder.
        seed: Decides instruments, melodies, crops and what is out of tune.
        n_sounds: Melodies a domain that crops are taken from, or as much sound of recordings; kept in memory.
        framed: Whether items have mel frames, too.

    Raises:
        DataError: The split, a folder or a family does not exist, a folder has too little sound, or a number
            is out of range.

    Example:
        >>> crops = DomainCrops(None, ("flute", "organ"), 16_000, 4_096, "train", 0, n_sounds=2)
        >>> {name: tuple(value.shape) for name, value in crops[1].items()}
        {'audio': (2, 1, 4096), 'detuned_audio': (2, 1, 4096)}
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
        framed: bool = False,
    ) -> None:
        if split not in SPLITS:
            raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}")
        if n_samples < 1 or (framed and n_samples % HOP_LENGTH):
            raise DataError(f"a crop of {n_samples} samples: must be a multiple of {HOP_LENGTH}")
        self.sample_rate, self.n_samples, self.split, self.seed = (
            sample_rate,
            n_samples,
            split,
            seed,
        )
        self.framed = framed
        K, kind = len(domains), "train" if split == "train" else "valid"
        seconds = max(SECONDS, n_samples / sample_rate)
        # Recordings may be short: of these, crops are kept, as many as melodies would have.
        self.n_sounds = round(n_sounds * seconds * sample_rate / n_samples) if folder else n_sounds
        self.sounds: list[Dataset] = []
        for k, name in enumerate(domains):
            if folder:
                sizes = {"sample_rate": sample_rate, "n_samples": n_samples}
                self.sounds.append(Clips(folder / name, split=split, seed=seed, **sizes))
            else:  # instrument k plays the k-th melody, then every K-th after it
                played = Melodies(K * n_sounds, sample_rate, seconds, ((name, 0),), kind, seed)
                self.sounds.append(Subset(played, range(k, K * n_sounds, K)))
        self._kept: dict[tuple[int, ...], Item] = {}

    def __len__(self) -> int:
        if self.split == "all":
            return max(len(one) for one in self.sounds)  # type: ignore[arg-type]
        return N_TRAINING if self.split == "train" else N_HELD_OUT

    def __getitem__(self, i: int) -> Item:
        """Item i: ``audio`` (domains, 1, n_samples), and mel ``frames`` (domains, 80, n_samples / 256).

        In training, there are also ``detuned_audio`` and ``detuned_frames`` of these shapes.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"item {i} of {len(self)}")
        crops = [self.crop(k, i) for k in range(len(self.sounds))]
        return {name: torch.stack([one[name] for one in crops]) for name in crops[0]}

    def crop(self, k: int, i: int) -> Item:
        """The part of item i that is of domain k."""
        n_sounds = len(self.sounds[k])  # type: ignore[arg-type]
        j = i % (n_sounds if self.split == "all" else min(self.n_sounds, n_sounds))
        draws = generator(self.seed, Purpose.DOMAIN_CROP, SPLITS.index(self.split), k, i)
        versions = {"": self.sound(k, j)}
        if self.split == "train":
            versions["detuned_"] = self.detuned(k, j, int(draws.integers(N_VERSIONS)))
        n_frames = -(-self.n_samples // HOP_LENGTH)
        last = versions[""]["audio"].shape[1] // HOP_LENGTH - n_frames
        first = int(draws.integers(1 + max(0, last)))
        item = {}
        for prefix, sound in versions.items():
            begin = first * HOP_LENGTH
            item[f"{prefix}audio"] = sound["audio"][:, begin : begin + self.n_samples]
            if self.framed:
                item[f"{prefix}frames"] = sound["frames"][:, first : first + n_frames]
        return item

    def sound(self, k: int, j: int) -> Item:
        """Sound j of domain k, whole: ``audio`` and ``frames``."""
        if (k, j) not in self._kept:
            self._kept[k, j] = self.represented(self.sounds[k][j]["audio"])
        return self._kept[k, j]

    def detuned(self, k: int, j: int, version: int) -> Item:
        """The same with a segment out of tune in every second."""
        if (k, j, version) not in self._kept:
            draws = generator(self.seed, Purpose.DETUNE, k, j, version)
            parts = self.sound(k, j)["audio"].split(self.sample_rate, dim=1)
            audio = torch.cat([detune(part, self.sample_rate, draws) for part in parts], dim=1)
            self._kept[k, j, version] = self.represented(audio)
        return self._kept[k, j, version]

    def represented(self, audio: Float[Tensor, "1 T"]) -> Item:
        """Audio and its frames."""
        if not self.framed:
            return {"audio": audio}
        return {"audio": audio, "frames": log_mel(audio[None], self.sample_rate)[0]}

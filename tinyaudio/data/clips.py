"""Any folder of audio files as training data.

Crop i is a function of (seed, i), whatever was requested before and whichever worker reads it.

Implements: `Clips`.
See:        chapter 1, "Sound into numbers"; chapter 2 for training on your own sound;
            `tinyaudio.data.folder` for which files are used, `tinyaudio.data.batches` for batches.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from tinyaudio.audio import crop
from tinyaudio.audio.resampling import check_rate
from tinyaudio.data.decoded import decoded
from tinyaudio.data.folder import audio_files
from tinyaudio.data.item import Item
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

FEW_FILES = 10  # with fewer, a tenth of the files would be none
HELD_OUT = 10  # one part in ten
TRAIN_CROPS = 1_000_000  # random crops before they come again in another order


@dataclass(frozen=True)
class Segment:
    """A part of one file that crops are taken from, in samples at the data set's rate."""

    file: int  # index into `Clips.files`
    start: int
    length: int


class Clips(Dataset):
    """Crops of the recordings in a folder, mixed to one channel and resampled to one rate.

    A tenth is held out from training. With ten usable files or more it is whole files, chosen by a
    hash of their names, so that a file stays in its split when others are added. With fewer it is
    the last tenth of each file, at least the length of a crop; a file shorter than two crops is not
    divided. If all are so short, one whole file is held out.

    The files are decoded and resampled once, at the start. The first 2 GiB of samples, 9 hours at
    16 kHz, stay in memory, where worker processes share them. The rest lies in a file of the temporary
    folder (``TMPDIR``; one for each process that trains) and goes with the program, however it ends.

    Args:
        folder: Where the audio files are, at any depth; see
            `tinyaudio.data.folder.audio_files`.
        sample_rate: Rate to resample everything to, in Hz.
        n_samples: Length of a crop, in samples; a shorter file is padded with zeros.
        split: "train": `TRAIN_CROPS` random crops, any moment of any file equally likely.
            "valid": fixed crops, evenly over the held-out part, in an order that mixes the files.
            "all": as "valid", over everything.
        seed: Decides the training crops, and nothing else.

    Attributes:
        files: The usable files.
        segments: The parts of them that crops are taken from.

    Raises:
        DataError: The folder is missing or holds no usable sound, or a number is out of range.
        AudioError: The sample rate is impossible.

    Warns:
        UserWarning: For each file that is left out, with the reason; for files that are shorter than a
            crop.

    Example:
        >>> import tempfile; from tinyaudio.audio import save
        >>> with tempfile.TemporaryDirectory() as place:
        ...     save(f"{place}/a.wav", torch.rand(2, 32_000), sample_rate=32_000)
        ...     clips = Clips(place, sample_rate=16_000, n_samples=1_000)
        >>> clips[7]["audio"].shape
        torch.Size([1, 1000])
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        sample_rate: int,
        n_samples: int,
        split: str = "train",
        seed: int = 0,
    ) -> None:
        if split not in ("train", "valid", "all"):
            raise DataError(f"no split {split!r}; choose one of: train, valid, all")
        if n_samples < 1 or seed < 0:
            raise DataError(f"n_samples {n_samples} must be at least 1, and seed {seed} at least 0")
        check_rate(sample_rate)
        paths = audio_files(folder)
        self.sounds = decoded(paths, sample_rate)
        self.files = [sound.path for sound in self.sounds]
        if not self.sounds:
            raise DataError(
                f"no usable audio in {folder}: all {len(paths)} files were left out;"
                f" see why with: tinyaudio data check {folder} --sample-rate {sample_rate}"
            )
        if split != "valid" and (
            remark := shorter_than_a_crop([s.length for s in self.sounds], n_samples, sample_rate)
        ):
            warnings.warn(f"{folder}: {remark}", stacklevel=2)
        self.folder = Path(folder)
        self.sample_rate = sample_rate
        self.n_samples = n_samples
        self.split = split
        self.seed = seed
        self.segments = self._segments()
        self._ends = np.cumsum([segment.length for segment in self.segments])
        self._fixed = [] if split == "train" else self._evenly()

    def __len__(self) -> int:
        return TRAIN_CROPS if self.split == "train" else len(self._fixed)

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples), and its origin: index of the ``file``, ``start`` in samples."""
        if not 0 <= i < len(self):
            raise IndexError(f"crop {i} of {len(self)}")
        segment, offset = self._random(i) if self.split == "train" else self._fixed[i]
        n = min(self.n_samples, segment.length - offset)
        part = self.sounds[segment.file].read(segment.start + offset, n)
        return {
            "audio": crop(part, self.n_samples),
            "file": torch.tensor(segment.file),
            "start": torch.tensor(segment.start + offset),
        }

    def _segments(self) -> list[Segment]:
        """This split's part of every file."""
        wholes = [Segment(f, 0, sound.length) for f, sound in enumerate(self.sounds)]
        if self.split == "all":
            return wholes
        train, valid = [], []
        if len(wholes) < FEW_FILES and any(w.length >= 2 * self.n_samples for w in wholes):
            for whole in wholes:
                n_held_out = max(whole.length // HELD_OUT, self.n_samples)
                if whole.length < 2 * self.n_samples:
                    n_held_out = 0
                n_train = whole.length - n_held_out
                train.append(Segment(whole.file, 0, n_train))
                if n_held_out:
                    valid.append(Segment(whole.file, n_train, n_held_out))
        else:
            hashes = [_hash(path.relative_to(self.folder)) for path in self.files]
            tenth = 2**64 // HELD_OUT if len(wholes) >= FEW_FILES else 0
            for whole, h in zip(wholes, hashes, strict=True):
                held_out = h <= max(tenth, min(hashes))  # at least one
                (valid if held_out else train).append(whole)
        segments = train if self.split == "train" else valid
        if not segments or not train:
            raise DataError(
                f"{self.folder}: too little sound to hold some out for validation; it needs two files,"
                f" or one of {2 * self.n_samples / self.sample_rate:.2f} s"
            )
        return segments

    def _random(self, i: int) -> tuple[Segment, int]:
        """A segment, with probability in proportion to its length, and the first sample of a crop in it."""
        draws = generator(self.seed, Purpose.FOLDER_CROP, i)
        moment = int(draws.integers(self._ends[-1]))
        segment = self.segments[int(np.searchsorted(self._ends, moment, side="right"))]
        return segment, int(draws.integers(max(1, segment.length - self.n_samples + 1)))

    def _evenly(self) -> list[tuple[Segment, int]]:
        """As many crops as fit side by side, from each segment's start to its end."""
        places = []
        for segment in self.segments:
            n = max(1, segment.length // self.n_samples)
            last = max(0, segment.length - self.n_samples)
            places += [(segment, int(s)) for s in np.linspace(0, last, n).round()]
        # In one fixed random order, so that the first few come from all files.
        order = generator(0, Purpose.HELD_OUT_ORDER).permutation(len(places))
        return [places[p] for p in order]


def _hash(path: Path) -> int:
    """A number below 2^64 that depends on the name alone, on every system."""
    name = path.as_posix().encode(errors="surrogateescape")  # as the disk has it, UTF-8 or not
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big")


def shorter_than_a_crop(lengths: list[int], n_samples: int, sample_rate: int) -> str:
    """A remark if files are shorter than a crop, of which zeros make up the rest; else "".

    Example:
        >>> shorter_than_a_crop([96_000, 90_000], 200_000, 16_000)
        '2 of 2 files are shorter than a crop of 12.50 s (200000 samples); zeros fill it up; ...'
    """
    n_short = sum(length < n_samples for length in lengths)
    if not n_short:
        return ""
    return (
        f"{n_short} of {len(lengths)} files are shorter than a crop of {n_samples / sample_rate:.2f} s"
        f" ({n_samples} samples); zeros fill it up; the longest has {max(lengths)} samples"
    )

"""The recordings of a folder, decoded once: in memory while they fit, and behind that in a temporary file.

A crop of an hour-long recording is then read alone, whatever the format that it came in.

Implements: `decoded`, `Sound`.
See:        `tinyaudio.data.clips`, which takes crops of them.
"""

import os
import tempfile
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

from tinyaudio.data.folder import read_recording
from tinyaudio.errors import AudioError, DataError

MEMORY_NUMBERS = 2**29  # float32 samples kept in memory: 2 GiB, 9 hours at 16 kHz
NUMBER_BYTES = 4


class Spill:
    """Samples in a file of the system's temporary folder, which goes with the process, however it ends.

    Raises:
        DataError: There is no temporary folder to write to.
    """

    def __init__(self) -> None:
        try:
            self.file = tempfile.TemporaryFile()
        except OSError as problem:
            raise no_room(problem) from None

    def append(self, audio: Float[Tensor, "1 T"]) -> int:
        """Write samples behind those that are there; returns the place of the first.

        Raises:
            DataError: They do not fit the disk.
        """
        try:
            place = self.file.seek(0, os.SEEK_END)
            self.file.write(audio.contiguous().numpy().data)
            self.file.flush()
        except OSError as problem:
            raise no_room(problem) from None
        return place // NUMBER_BYTES

    def read(self, place: int, n: int) -> Float[Tensor, "1 n"]:
        """Some of them."""
        start, size = place * NUMBER_BYTES, n * NUMBER_BYTES
        if hasattr(os, "pread"):  # processes that were forked share one position in the file
            data = os.pread(self.file.fileno(), size, start)
        else:
            self.file.seek(start)
            data = self.file.read(size)
        return torch.frombuffer(bytearray(data), dtype=torch.float32)[None]

    def __reduce__(self) -> NoReturn:
        """Workers that are not forked cannot have the file."""
        raise DataError(
            "sound that does not fit the memory cannot be handed to workers on this system; use --workers 0"
        )


def no_room(problem: OSError) -> DataError:
    """What to say if the temporary file cannot be written."""
    return DataError(
        f"no room in the temporary folder for the sound that does not fit the memory"
        f" ({problem.strerror or problem}); let TMPDIR name a folder on a disk with more"
    )


@dataclass(frozen=True)
class Sound:
    """One usable recording, mono, at the data set's rate."""

    path: Path
    length: int  # in samples
    kept: Tensor | Spill  # (1, length) in memory, or a file
    place: int = 0  # of its first sample in that file

    def read(self, start: int, n: int) -> Float[Tensor, "1 n"]:
        """Samples from `start` on; fewer than n at the end."""
        n = max(0, min(n, self.length - start))
        if isinstance(self.kept, Spill):
            return self.kept.read(self.place + start, n)
        return self.kept[:, start : start + n]


def decoded(paths: list[Path], sample_rate: int) -> list[Sound]:
    """Every usable file, decoded and resampled; files that have not changed are not read again.

    Args:
        paths: What `tinyaudio.data.folder.audio_files` found.
        sample_rate: In Hz.

    Raises:
        DataError: What does not fit the memory does not fit the disk either.

    Warns:
        UserWarning: For each file that is left out, with the reason.
    """
    return _decoded(tuple((path, *_state(path)) for path in paths), sample_rate)


@lru_cache(maxsize=1)  # a run needs the same folder twice: for training and for validation
def _decoded(signature: tuple[tuple[Path, int, int], ...], sample_rate: int) -> list[Sound]:
    """The sizes and times in `signature` make changed files be read again."""
    sounds: list[Sound] = []
    n_kept, spill = 0, None
    for path, _, _ in tqdm(signature, desc="decoding", unit="file", delay=2, disable=None):
        try:
            audio = read_recording(path, sample_rate).audio
        except AudioError as problem:
            warnings.warn(f"left out: {problem}", stacklevel=5)
            continue
        if n_kept + audio.shape[1] <= MEMORY_NUMBERS:
            n_kept += audio.shape[1]
            sounds.append(Sound(path, audio.shape[1], audio))
        else:
            spill = spill or Spill()
            sounds.append(Sound(path, audio.shape[1], spill, spill.append(audio)))
    return sounds


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file; of one that is not there, as behind a broken link, (-1, -1)."""
    try:
        status = path.stat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns

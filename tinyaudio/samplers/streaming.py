"""Audio files of any length, written while they are generated.

Implements: `write`.  Every chunk is appended at once to partial WAV files beside the final paths, with
            valid headers after every chunk.  They are moved to the final paths, or encoded, at the end or
            when generation is interrupted; a killed process leaves them as playable files.
See:        chapter 7, "Making it fast".
"""

import io
import os
import signal
import threading
import warnings
import wave
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import soundfile
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.writing import FORMATS
from tinyaudio.errors import AudioError
from tinyaudio.files import atomic_write
from tinyaudio.represent import linear
from tinyaudio.samplers.request import progress

BLOCK = 2**16  # samples encoded at a time


def write(
    paths: Sequence[str | Path],
    chunks: Iterable[Float[Tensor, "B C _"]],
    sample_rate: int,
    n_samples: int | None = None,
    *,
    keep_unfinished: bool = True,
) -> int:
    """Write a batch of clips chunk by chunk, one file a clip, in constant memory.

    Ctrl-C, SIGTERM, SIGHUP or an error end it: what has been generated is saved as a complete file, and
    the exception is raised again.  Only a complete clip replaces an earlier file; an incomplete one stays
    beside it, and a warning says where.

    Args:
        paths: WAV, FLAC, Ogg or MP3, by the suffix; 16 bits.  Missing folders are made.
        chunks: Of all clips at once, in [-1, 1], such as the decoded chunks of
            `tinyaudio.samplers.native.stream`.  A WAV file can hold 37 hours at 16 kHz.
        sample_rate: In Hz.
        n_samples: The final length, if it is known, for the progress bar.
        keep_unfinished: Whether what is incomplete takes the final path where no file is; otherwise it
            stays beside it in any case, as ``NAME.part.wav``.

    Returns:
        The samples in each file.

    Raises:
        AudioError: A format cannot hold it, a path cannot be written to, the number of clips is not
            that of paths, or there are no samples.

    Example:
        >>> import tempfile, torch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write([f"{folder}/a.flac"], (torch.zeros(1, 1, 100) for _ in range(3)), 16_000)
        ...     soundfile.info(f"{folder}/a.flac").frames
        300
        300
    """
    for path in paths:
        encoder(
            io.BytesIO(), Path(path), sample_rate, 1
        ).close()  # refuse before anything is generated
    files: list[PartialFile] = []
    complete = False
    try:
        with handle_signals(), progress(n_samples) as bar:
            for chunk in chunks:
                if len(chunk) != len(paths):
                    raise AudioError(
                        f"{len(paths)} files for {len(chunk)} clips; name one for each"
                    )
                files = files or [PartialFile(Path(p), sample_rate, chunk.shape[1]) for p in paths]
                for file, clip in zip(files, chunk, strict=True):
                    file.append(clip)
                bar.update(chunk.shape[2])
            complete = True
    finally:
        for file in files:
            file.finish(complete, keep_unfinished)
    if not files or not files[0].n_samples:
        raise AudioError(f"{paths[0]}: not written: there are no samples")
    return files[0].n_samples


class PartialFile:
    """The first part of a clip: a WAV file beside its final path.

    Args:
        target: The final path.
        sample_rate: In Hz.
        n_channels: Of the clip.
    """

    def __init__(self, target: Path, sample_rate: int, n_channels: int) -> None:
        self.target, self.sample_rate, self.n_channels = target, sample_rate, n_channels
        self.n_samples = 0
        with os_errors_as_audio_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            for i in count(1):
                self.path = target.with_name(f"{target.stem}.part{'' if i == 1 else i}.wav")
                with suppress(FileExistsError):  # of another process, or left by a killed one
                    self.file = open(self.path, "xb")
                    break
        self.sound = wave.open(self.file, "wb")
        self.sound.setparams((n_channels, 2, sample_rate, 0, "NONE", ""))

    def append(self, clip: Float[Tensor, "C n"]) -> None:
        """Append a chunk and update the header."""
        codes = linear.encode(clip.cpu(), bits=16).T.numpy().astype("<i2")
        with os_errors_as_audio_errors(self.target):
            self.sound.writeframes(codes.tobytes())
            self.file.flush()  # to the system, which keeps it if this process is killed
        self.n_samples += clip.shape[1]

    def finish(self, complete: bool, keep_unfinished: bool = True) -> None:
        """Move or encode it to the final path, unless it is incomplete and should or must not be there."""
        with suppress(OSError), self.file:  # on a full disk, what has been flushed is kept
            self.sound.close()
        seconds = self.n_samples / self.sample_rate
        if not self.n_samples:
            self.path.unlink()
        elif not complete and (self.target.exists() or not keep_unfinished):
            untouched = "unchanged" if self.target.exists() else "not written"
            warnings.warn(
                f"stopped after {seconds:.3f} s, saved in {self.path}; {self.target} is {untouched}",
                stacklevel=3,
            )
        else:
            with os_errors_as_audio_errors(self.target):
                self.move_to_target()
            if not complete:
                warnings.warn(f"{self.target}: stopped after {seconds:.3f} s", stacklevel=3)

    def move_to_target(self) -> None:
        """Move or encode it; if that fails, the partial file is kept."""
        if self.target.suffix.lower() == ".wav":
            with open(self.path, "rb") as file:
                os.fsync(file.fileno())  # on the disk before it replaces an older file
            os.replace(self.path, self.target)
            return
        with atomic_write(self.target, AudioError) as file:
            with encoder(file, self.target, self.sample_rate, self.n_channels) as encoded:
                for block in soundfile.blocks(self.path, BLOCK, dtype="int16"):
                    encoded.write(block)
        self.path.unlink()


def encoder(file: Any, path: Path, sample_rate: int, n_channels: int) -> soundfile.SoundFile:
    """An encoder of the format of a path's suffix.

    Raises:
        AudioError: The suffix is unknown, or the format does not take this rate.
    """
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        suffixes = ", ".join(FORMATS)
        raise AudioError(f"{path}: unknown suffix {path.suffix!r}; use one of {suffixes}")
    try:
        return soundfile.SoundFile(file, "w", sample_rate, n_channels, format=name)
    except (soundfile.SoundFileError, TypeError, ValueError, OverflowError):
        raise AudioError(
            f"{path}: {name} cannot hold {n_channels} channels at {sample_rate} Hz; try a .wav or"
            " .flac file, 16000 or 48000 Hz"
        ) from None


@contextmanager
def os_errors_as_audio_errors(path: Path) -> Iterator[None]:
    """Raise an `AudioError` for an `OSError` in the block."""
    try:
        yield
    except OSError as problem:
        raise AudioError(
            f"{path}: cannot be written ({problem.strerror or problem}). Free some space or choose"
            " another folder; earlier files are untouched"
        ) from None


@contextmanager
def handle_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP raise `SystemExit` inside the block, unless they are handled otherwise."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    handled = []
    if threading.current_thread() is threading.main_thread():  # other threads may not set them
        handled = [n for n in numbers if n and signal.getsignal(n) is signal.SIG_DFL]
    for number in handled:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)

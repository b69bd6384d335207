"""Sound of any length into files while it is being generated.

Implements: `write`.  What comes is put at once into WAV files beside the places asked for, whose headers
            are right after every piece.  They are moved there, or encoded, at the end or when generating
            is interrupted; a process that is killed leaves them as they are, to be listened to.
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
    places: Sequence[str | Path],
    pieces: Iterable[Float[Tensor, "B C _"]],
    sample_rate: int,
    n_samples: int | None = None,
) -> int:
    """Write clips into files piece by piece, one file a clip, in memory that does not grow.

    Ctrl-C, SIGTERM, SIGHUP or an error end it: what has come so far is a whole file in its place, and
    the exception goes on.  Only a complete clip replaces an earlier file; an incomplete one stays beside
    it, and a warning says where.

    Args:
        places: WAV, FLAC, Ogg or MP3, by the suffix; 16 bits.  Missing folders are made.
        pieces: Of all clips at once, in [-1, 1], such as those of
            `tinyaudio.samplers.native.stream`, decoded.  A WAV file can hold 37 hours at 16 kHz.
        sample_rate: In Hz.
        n_samples: How many samples will come, if that is known, for the progress bar.

    Returns:
        The samples in each file.

    Raises:
        AudioError: A format cannot hold it, a place cannot be written to, there are more clips or
            fewer than places, or no sample came.

    Example:
        >>> import tempfile, torch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write([f"{folder}/a.flac"], (torch.zeros(1, 1, 100) for _ in range(3)), 16_000)
        ...     soundfile.info(f"{folder}/a.flac").frames
        300
        300
    """
    for place in places:
        encoder(io.BytesIO(), Path(place), sample_rate, 1).close()  # before any work is done
    parts: list[PartialFile] = []
    complete = False
    try:
        with handle_signals(), progress(n_samples) as bar:
            for piece in pieces:
                if len(piece) != len(places):
                    raise AudioError(
                        f"{len(places)} files for {len(piece)} clips; name one for each"
                    )
                parts = parts or [
                    PartialFile(Path(place), sample_rate, piece.shape[1]) for place in places
                ]
                for part, clip in zip(parts, piece, strict=True):
                    part.add(clip)
                bar.update(piece.shape[2])
            complete = True
    finally:
        for part in parts:
            part.finish(complete)
    if not parts or not parts[0].n_samples:
        raise AudioError(f"{places[0]}: not written: there are no samples")
    return parts[0].n_samples


class PartialFile:
    """What has come so far of one clip: a WAV file beside its place.

    Args:
        place: Where it will go.
        sample_rate: In Hz.
        n_channels: Of the clip.
    """

    def __init__(self, place: Path, sample_rate: int, n_channels: int) -> None:
        self.place, self.sample_rate, self.n_channels = place, sample_rate, n_channels
        self.n_samples = 0
        with refusals_told(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            for i in count(1):
                self.path = place.with_name(f"{place.stem}.part{'' if i == 1 else i}.wav")
                with suppress(FileExistsError):  # of another process, or of one that was killed
                    self.file = open(self.path, "xb")
                    break
        self.sound = wave.open(self.file, "wb")
        self.sound.setparams((n_channels, 2, sample_rate, 0, "NONE", ""))

    def add(self, clip: Float[Tensor, "C n"]) -> None:
        """Write a piece more, and correct the header."""
        codes = linear.encode(clip.cpu(), bits=16).T.numpy().astype("<i2")
        with refusals_told(self.place):
            self.sound.writeframes(codes.tobytes())
            self.file.flush()  # out of this process, so that it may be killed
        self.n_samples += clip.shape[1]

    def finish(self, complete: bool) -> None:
        """Move or encode what has come to its place, if nothing better stands there."""
        with suppress(OSError), self.file:  # when a disk is full, what has been flushed is there
            self.sound.close()
        seconds = self.n_samples / self.sample_rate
        if not self.n_samples:
            self.path.unlink()
        elif not complete and self.place.exists():
            warnings.warn(
                f"stopped after {seconds:.3f} s, which are in {self.path}; {self.place} is as it was",
                stacklevel=3,
            )
        else:
            with refusals_told(self.place):
                self.into_place()
            if not complete:
                warnings.warn(f"{self.place}: stopped after {seconds:.3f} s", stacklevel=3)

    def into_place(self) -> None:
        """Move or encode it; if that fails, the part is left."""
        if self.place.suffix.lower() == ".wav":
            with open(self.path, "rb") as file:
                os.fsync(file.fileno())  # on the disk before it takes an old file's name
            os.replace(self.path, self.place)
            return
        with atomic_write(self.place, AudioError) as file:
            with encoder(file, self.place, self.sample_rate, self.n_channels) as encoded:
                for block in soundfile.blocks(self.path, BLOCK, dtype="int16"):
                    encoded.write(block)
        self.path.unlink()


def encoder(file: Any, place: Path, sample_rate: int, n_channels: int) -> soundfile.SoundFile:
    """A file of the format that a place's suffix says.

    Raises:
        AudioError: There is no such format, or it does not take this rate.
    """
    name = FORMATS.get(place.suffix.lower())
    if name is None:
        known = ", ".join(FORMATS)
        raise AudioError(f"{place}: unknown suffix {place.suffix!r}; use one of {known}")
    try:
        return soundfile.SoundFile(file, "w", sample_rate, n_channels, format=name)
    except (soundfile.SoundFileError, TypeError, ValueError, OverflowError):
        raise AudioError(
            f"{place}: {name} cannot hold {n_channels} channels at {sample_rate} Hz; try a .wav or"
            " .flac file, 16000 or 48000 Hz"
        ) from None


@contextmanager
def refusals_told(place: Path) -> Iterator[None]:
    """What the system refuses, as the house says it."""
    try:
        yield
    except OSError as problem:
        raise AudioError(
            f"{place}: cannot be written ({problem.strerror or problem}). Free some space or choose"
            " another place; earlier files are untouched"
        ) from None


@contextmanager
def handle_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP, which end a process at once, raise `SystemExit` for a while."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    ours = []
    if threading.current_thread() is threading.main_thread():  # others may not set them
        ours = [n for n in numbers if n and signal.getsignal(n) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)

"""From an open sound file to its samples, all of them, whatever its header declares.

Implements: `decode`.
See:        `tinyaudio.audio.lengths` and `tinyaudio.audio.streams`, which find where the sound ends.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from jaxtyping import Float

from tinyaudio.audio.lengths import (
    Spliced,
    bytes_after,
    correct_size,
    declared_frames,
    file_size,
    read_at,
)
from tinyaudio.audio.resampling import check_rate
from tinyaudio.audio.streams import find, ogg_links, unbounded_flac, unbounded_mp3
from tinyaudio.errors import AudioError

MAX_CHANNELS = 64  # seventh-order ambisonics; more is a damaged header
MAX_NUMBERS = 2**30  # channels x time: 4 GiB of float32, 18 hours at 16 kHz
BLOCK_NUMBERS = 2**20  # read at a time
SMALL_BLOCK = 2**12  # samples, where an error may come with the next ones
MP3_RUN_UP = 16 * 1152  # samples: 16 frames, where 511 bytes can be borrowed of those before
MP3_PADDING = 2 * 1152  # samples that an encoder may add, and that are no loss
LEAST_S = 0.01  # less than this is not reported as missing
MAX_PADDING = 8  # bytes after the sound of a chunk
COUNTING = ("AVR", "MPC2K", "MAT4", "MAT5", "NIST", "WVE")  # formats that declare frames


class Unbounded(soundfile.SoundFile):  # type: ignore[misc]
    """A sound file that is read until its decoder has no more, not to the end that was declared."""

    def seekable(self) -> bool:
        """False keeps soundfile from stopping at the declared end, and from seeking after each block."""
        return False


class Take:
    """The samples asked for, out of one or more sounds that stand behind each other."""

    def __init__(self, path: Path, start_s: float, seconds: float | None) -> None:
        self.path, self.start_s, self.seconds = path, start_s, seconds
        self.blocks: list[np.ndarray] = []
        self.n_samples = 0
        self.end = 0  # frames of the file up to where reading stopped
        self.rate, self.channels, self.wanted = 0, 0, 0
        self.remark = ""  # on what follows
        self.about = ""  # before a length that follows from a number of bytes
        self.damaged = False
        self.beyond = False  # whether libsndfile reads more than is declared, by itself

    @property
    def full(self) -> bool:
        """Whether there is nothing more to read."""
        return bool(self.seconds) and 0 < self.wanted <= self.n_samples

    def add(self, sound: soundfile.SoundFile) -> None:
        """Read from a file whose number of frames is right, or too large."""
        if self._begin(sound):
            n = min(max(0, self.start - self.end), sound.frames)
            if 0 < n < sound.frames and not sound.seekable():
                n = self._skip(sound, n)
            elif 0 < n < sound.frames:
                # An MP3 frame borrows bits of those before it, which the decoder has not seen after a seek.
                run_up = min(n, MP3_RUN_UP) if sound.format == "MP3" else 0
                sound.seek(n - run_up)
                sound.read(run_up)
            self.end += n
            self._read(sound, sound.frames - n, BLOCK_NUMBERS // self.channels)

    def add_unbounded(self, sound: Unbounded, n_declared: int) -> None:
        """Read from a file that declares no number of frames that may be believed."""
        self._begin(sound)
        if sound.format == "FLAC":
            try:
                sound.seek(self.start)
            except soundfile.SoundFileError:
                if self.start < n_declared:
                    raise
                self.end = n_declared
                return
            self.end = self.start
            self._read(sound, n_declared - self.start, BLOCK_NUMBERS // self.channels)
            if self.end < n_declared:
                return
        else:
            self.end = self._skip(sound, self.start)
        try:
            self._read(sound, MAX_NUMBERS, SMALL_BLOCK)
        except soundfile.SoundFileError:
            if not self.n_samples:
                raise
            self.remark = "what follows cannot be decoded"

    def _begin(self, sound: soundfile.SoundFile) -> bool:
        """Whether this sound continues those before; the first one is checked."""
        channels, rate = sound.channels, sound.samplerate
        if self.rate:
            same = (channels, rate) == (self.channels, self.rate)
            if not same:
                self.remark = f"{channels} channels at {rate} Hz follow"
            return same and not self.remark
        if not 1 <= channels <= MAX_CHANNELS:
            raise AudioError(
                f"{self.path}: declares {channels} channels, more than {MAX_CHANNELS}; its header is"
                " probably damaged: fetch it again, or split the channels into files"
            )
        try:
            check_rate(rate)
        except AudioError as problem:
            raise AudioError(
                f"{self.path}: {problem}; its header is damaged: fetch it again"
            ) from None
        self.rate, self.channels = rate, channels
        self.start = round(self.start_s * rate)
        self.wanted = max(1, round(self.seconds * rate)) if self.seconds else MAX_NUMBERS + 1
        return True

    def _read(self, sound: soundfile.SoundFile, n_frames: int, block: int) -> None:
        """Keep up to so many frames of a sound."""
        n_left = min(n_frames, self.wanted - self.n_samples)
        while n_left > 0 and len(samples := self._block(sound, min(block, n_left))):
            self.blocks.append(samples)
            n_left -= len(samples)
            self.n_samples += len(samples)
            self.end += len(samples)
            if self.n_samples * self.channels > MAX_NUMBERS:
                raise AudioError(
                    f"{self.path}: is longer than {self.n_samples / self.rate:.0f} s, more than fits the"
                    " memory; read a part of it with start_s and seconds"
                )

    def _skip(self, sound: soundfile.SoundFile, n_frames: int) -> int:
        """Decode so many frames and drop them; returns how many there were."""
        n = 0
        while n < n_frames and len(samples := self._block(sound, n_frames - n)):
            n += len(samples)
        return n

    def _block(self, sound: soundfile.SoundFile, n_frames: int) -> np.ndarray:
        return sound.read(min(n_frames, BLOCK_NUMBERS // self.channels), "float32", True)


def decode(
    path: Path, file: BinaryIO, start_s: float, seconds: float | None
) -> tuple[Float[np.ndarray, "time channels"], int, str]:
    """The samples of a file, their rate in Hz, and a remark if there is more or less than declared.

    Raises:
        AudioError: It holds no samples in this place, or more than fit the memory.
        soundfile.SoundFileError: It is not readable.
    """
    flac, (places, complete) = unbounded_flac(file), ogg_links(file)
    take = Take(path, start_s, seconds)
    if flac:
        declared = flac[1]
        take.add_unbounded(Unbounded(flac[0]), declared)
        position = find(file, b"fLaC", 8, file_size(file)) if take.remark else file_size(file)
        take.damaged = declared == 0 and bool(take.remark) and position == file_size(file)
    elif places:
        take, declared, position = _ogg(take, file, places)
    else:
        take, declared, position = _bounded(take, file)
    remark = "" if take.full else _remark(take, file, declared, position, complete)
    if take.start > 0 and not take.n_samples:
        at = f"at {take.end / take.rate:.2f} s, " if take.end else ""
        more = f"; {remark}" if remark else ""
        raise AudioError(f"{path}: ends {at}before {start_s} s{more}")
    if not take.n_samples:
        why = "" if complete else ", because it is cut off"
        raise AudioError(f"{path}: holds no samples{why}; fetch or record it again")
    return np.concatenate(take.blocks), take.rate, remark


def _ogg(take: Take, file: BinaryIO, places: list[int]) -> tuple[Take, int, int]:
    """Read the streams of an Ogg file, one after the other."""
    declared = 0
    alone = len(places) == 2 and places[-1] == file_size(file)
    parts: Iterator = (Spliced(file, b"", *ends) for ends in pairwise(places))
    file.seek(0)
    for part in [file] if alone else parts:
        with soundfile.SoundFile(part) as sound:
            take.add(sound)
            declared += sound.frames
        if take.full or take.remark:
            break
    return take, declared, places[-1]


def _bounded(take: Take, file: BinaryIO) -> tuple[Take, int, int]:
    """Read a file whose header is believed, once it has been corrected, but of an MP3 also what follows."""
    source, start, n_promised, n_present = correct_size(file)
    source.seek(0)
    with soundfile.SoundFile(source) as sound:
        seekable = not sound.subtype.startswith("DWVW")
        if seekable:
            take.add(sound)
        form, declared, log = sound.format, sound.frames, sound.extra_info
    if not seekable:
        source.seek(0)
        with Unbounded(source) as sound:
            take.add(sound)
    last = source.tell()
    position = max(last, start + min(n_promised, n_present))
    if n_promised > n_present:
        declared = max(declared, round(take.end * n_promised / n_present))
        take.about = "about "
    counted = declared_frames(log, read_at(file, 0, 1024)) if form in COUNTING else 0
    declared = max(declared, counted)
    if 0 < n_promised < last - start - MAX_PADDING or 0 < counted < take.end:
        take.beyond = True
    if re.search("truncated|short read", log) and declared <= take.end:
        take.damaged = True
    if form == "MP3" and not take.full and bytes_after(file, position):
        more = unbounded_mp3(file)
        if more:
            longer = Take(take.path, take.start_s, take.seconds)
            longer.add_unbounded(Unbounded(more), 0)
            if longer.end > take.end + MP3_PADDING:
                return longer, 0, file_size(file)
    if not take.n_samples and not n_promised:  # nothing was read, so that its end is not known
        position = file_size(file)
    return take, declared, position


def _remark(take: Take, file: BinaryIO, declared: int, position: int, complete: bool) -> str:
    """What to say of a file that was read to its end; "" if it is as it should be."""
    end_s = take.end / take.rate
    if declared > take.end:
        digits = 2 if declared - take.end >= LEAST_S * take.rate else 5
        return (
            f"ends after {end_s:.{digits}f} s, where its header declares"
            f" {take.about}{declared / take.rate:.{digits}f} s; fetch it again if the rest matters"
        )
    if not complete or take.damaged:
        return f"is cut off or damaged after {end_s:.2f} s; fetch it again if the rest matters"
    more_s = bytes_after(file, position) / max(1, position) * end_s
    if more_s >= LEAST_S or take.remark:
        estimate = f", about {more_s:.2f} s of sound," if more_s >= LEAST_S else ""
        why = f" ({take.remark})" if take.remark else ""
        return (
            f"more follows its declared end at {end_s:.2f} s{estimate} and is not read{why};"
            " if these are files put behind each other, split them"
        )
    if take.beyond:
        return (
            f"goes on for longer than its header declares, to {end_s:.2f} s; not all may be sound"
        )
    return ""

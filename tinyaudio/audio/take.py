"""Reading a part of a sound, block by block, out of one or more decoders.

Implements: `Take`, `Unbounded`.
See:        `tinyaudio.audio.decoding`, which chooses the decoders.
"""

from pathlib import Path

import numpy as np
import soundfile

from tinyaudio.audio.resampling import check_rate
from tinyaudio.errors import AudioError

MAX_CHANNELS = 64  # seventh-order ambisonics; more is a damaged header
MAX_NUMBERS = 2**30  # channels x time: 4 GiB of float32, 18 hours at 16 kHz
BLOCK_NUMBERS = 2**20  # read at a time
SMALL_BLOCK = 2**12  # samples, where an error may come with the next ones
MP3_RUN_UP = 16 * 1152  # samples: 16 frames, where 511 bytes can be borrowed of those before


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
        self.first_byte = 0  # of the sound, where it is known
        self.remark = ""  # on what follows
        self.about = ""  # before a length that follows from a number of bytes
        self.damaged = False
        self.beyond = False  # whether libsndfile reads more than is declared

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

"""An audio file of any length, read part by part, so that memory does not grow with it.

Implements: `AudioFile`.
See:        `tinyaudio.samplers.voice_conversion` and `tinyaudio.samplers.translation`, which use it.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio import load
from tinyaudio.errors import PastEndError, UserError
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT

PART = 2**17  # samples that are read at a time, at first
SHORT_S = 0.01  # of a file, to learn its rate and channels
MARGIN = N_FFT // HOP_LENGTH  # frames: a window reaches over two
SILENT_PEAK = 1e-3  # -60 dB


class AudioFile:
    """The samples of a file, and its frames, when they are asked for.

    Args:
        path: An audio file, of any format and sample rate.
        sample_rate: In Hz, to read it at; None is its own.
        observe: Called with each part of it, in order, when it is opened.
        mono: Whether its channels are mixed.

    Attributes:
        sample_rate: In Hz.
        n_samples: Its length at that rate.
        n_channels: 1 if they are mixed.
        peak: Its greatest absolute amplitude.

    Raises:
        AudioError: The file cannot be read.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int | None,
        observe: Callable[[Tensor], None] = lambda part: None,
        mono: bool = True,
    ) -> None:
        self.path, self.mono = path, mono
        first, own_rate = load(path, seconds=SHORT_S, mono=mono)
        self.sample_rate, self.n_channels = sample_rate or own_rate, len(first)
        self.n_samples, self.peak = 0, 0.0
        for part in self.parts():
            self.n_samples += part.shape[1]
            self.peak = max(self.peak, float(part.abs().max()))
            observe(part)

    def parts(self) -> Iterator[Float[Tensor, "C _"]]:
        """The file from its beginning to its end."""
        for begin in count(step=PART):
            part = self.read(begin, begin + PART)
            if part.shape[1]:
                yield part
            if part.shape[1] < PART:
                return

    def read(self, begin: int, end: int) -> Float[Tensor, "C T"]:
        """Samples from begin on, to end if there are so many."""
        rate = self.sample_rate
        place = {"start_s": begin / rate, "seconds": (end - begin) / rate}
        try:
            audio, _ = load(self.path, rate, mono=self.mono, **place)
        except PastEndError:
            return torch.zeros(self.n_channels, 0)  # the file ends before
        return audio[:, : end - begin]

    def frames(
        self, represent: Callable[[Tensor], Tensor], first: int, last: int
    ) -> Float[Tensor, "1 F n"]:
        """Frames from first to last (without); beyond the end of the file there is silence.

        Args:
            represent: Audio (1, 1, T) to frames centred on samples 0, 256, ..., which depend on no more than
                1,024 samples on either side.
            first: The first one.
            last: The one after the last one.
        """
        begin, end = max(0, first - MARGIN) * HOP_LENGTH, (last + MARGIN) * HOP_LENGTH
        audio = self.read(begin, min(end, self.n_samples))
        audio = F.pad(audio, (0, end - begin - audio.shape[1]))
        frames = represent(audio[None])
        return frames[:, :, first - begin // HOP_LENGTH :][:, :, : last - first]

    def check_sound(self, wanted: str) -> None:
        """Refuse silence.

        Args:
            wanted: What there should be in the file.

        Raises:
            UserError: No sample is above -60 dB.
        """
        if self.peak < SILENT_PEAK:
            raise UserError(f"{self.path}: is silent; there is no {wanted}")

r"""The low band of one sound under the high band of another, by a filter that can run block by block.

    y = u + (x - u) - h * (x - u)

x is what a model generated, u its input brought to the same rate, and h a low-pass filter.  Below its
transition y is u, to within what the filter leaves in its stop band, whatever x is; above it, y is x.  The
filter is a sinc under a Kaiser window, symmetric, and so nothing is delayed.

Paper:      Kaiser & Schafer, "On the use of the I0-sinh window for spectrum analysis", 1980, for its length.
Implements: `Crossover`.
Differs:    `tinyaudio.represent.band_split.replace_low_band` has no transition, and needs the whole clip.
See:        chapter 21, "NU-Wave: up to 48 kHz".
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError

STOP_DB = 120.0  # what the filter leaves above its transition, and takes away below it
BETA = 0.1102 * (STOP_DB - 8.7)  # of the Kaiser window


@dataclass(frozen=True)
class Crossover:
    """Where one sound gives way to the other.

    Attributes:
        low_hz: Up to here all is the source's.
        high_hz: From here on all is the other's.
        sample_rate: Of both, in Hz.

    Raises:
        AudioError: The frequencies do not rise, or leave the band of the rate.

    Example:
        >>> crossover = Crossover(6_800, 7_600, 48_000)
        >>> tone = torch.sin(torch.arange(4_800.0).double() * torch.pi / 12)  # 2 kHz
        >>> made = crossover.replace_low_band(torch.zeros_like(tone), tone)
        >>> torch.allclose(made[1_000:-1_000], tone[1_000:-1_000], atol=1e-5)
        True
    """

    low_hz: float | int
    high_hz: float | int
    sample_rate: int

    def __post_init__(self) -> None:
        if not 0 < self.low_hz < self.high_hz <= self.sample_rate / 2:
            raise AudioError(
                f"a crossover from {self.low_hz} to {self.high_hz} Hz at {self.sample_rate} Hz; the two must"
                " rise, between 0 and half the rate"
            )

    @property
    def reach(self) -> int:
        """Samples to either side that the filter sees."""
        width = 2 * math.pi * (self.high_hz - self.low_hz) / self.sample_rate
        return math.ceil((STOP_DB - 7.95) / (2.285 * width) / 2)

    def filter(self) -> Float[Tensor, " taps"]:
        """The low-pass filter h, in double precision."""
        n = torch.arange(-self.reach, self.reach + 1, dtype=torch.float64)
        share = (self.low_hz + self.high_hz) / self.sample_rate
        window = torch.kaiser_window(len(n), periodic=False, beta=BETA, dtype=torch.float64)
        taps = torch.sinc(share * n) * window
        return taps / taps.sum()

    def replace_low_band(
        self, audio: Float[Tensor, "*batch T"], source: Float[Tensor, "*other S"]
    ) -> Float[Tensor, "*batch T"]:
        """The module's formula; around both sounds there is silence.

        A block of a longer sound is right without `reach` samples at either end.

        Args:
            audio: What a model generated (x).
            source: Whose low band is kept (u).

        Raises:
            AudioError: The two differ in shape.
        """
        check_waveform(audio)
        if audio.shape != source.shape:
            raise AudioError(
                f"sounds of shapes {tuple(audio.shape)} and {tuple(source.shape)}; bring the source to the"
                " rate and length of the other"
            )
        if audio.numel() == 0:
            return audio
        taps = self.filter().to(audio)
        difference = audio - source
        low = F.conv1d(
            difference.reshape(-1, 1, audio.shape[-1]), taps[None, None], padding=self.reach
        )
        return source + (difference - low.reshape(audio.shape))

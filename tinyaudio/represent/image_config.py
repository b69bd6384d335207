"""The size and the conventions of a note as an image: the paper's, the released code's, and small ones.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 2.1
            and appendix D, and its code, magenta's `specgrams_helper` and `data_normalizer`.
Implements: `ImageConfig`.
Differs:    `paper()` takes for the loudest a sinusoid at full scale; the paper measured 100 notes.
            `released()` follows the code where it departs from the paper: 0 Hz is dropped instead of half the
            sample rate, and all padding stands in front, so that no frame covers the last samples fully.
See:        chapter 15, "Phase and instantaneous frequency".
"""

import math
from dataclasses import dataclass
from typing import Literal

from tinyaudio.errors import ConfigError

Kind = Literal["phase", "if", "if_mel", "complex_mel"]
N_PIXELS = 131_072  # of the paper's images: 256 x 512, 128 x 1024
RANGE = 0.8  # the image lies within -0.8 to 0.8
# The released code's scale of every log magnitude: y = A x + B, of x = ln 1e-6 to 10.377 for the mel power.
RELEASED_A, RELEASED_B = 0.0661371661726, 0.113718730221


@dataclass(frozen=True)
class ImageConfig:
    """The size and the conventions of an image.

    Attributes:
        kind: Of the channels. "if": log magnitude and instantaneous frequency; "phase": the phase instead;
            "if_mel": both in mel bands, as published; "complex_mel": of the complex spectrum in mel bands.
        n_fft: Samples in a frame.
        hop_length: Samples from frame to frame.
        n_frames: Height of the image, N.
        n_bins: Width of the image, F; with fewer than n_fft / 2, the highest are left out as well.
        dropped: Which end is left out: the bin of 0 Hz ("dc"), or that of half the sample rate ("nyquist").
        padding: Where silence is added. "end": frames are centred on whole hops and cover the note fully;
            "front": the note ends with the last frame.
        phase_origin: Of a frame, from which phases are counted: its "start", as by a Fourier transform, or its
            "middle", by which all bins of one partial agree.  The instantaneous frequency is the same.
        n_samples: Of a note.
        sample_rate: In Hz.
        epsilon: Added to a magnitude, or to the power in mel bands, before the logarithm; it becomes -0.8.
        loudest: The logarithm that becomes 0.8.
        exact: Whether epsilon is taken off again on the way back.  The released code leaves it in.

    Raises:
        ConfigError: The numbers do not fit each other.

    Example:
        >>> ImageConfig.paper().n_frames, ImageConfig.paper().n_bins
        (256, 512)
    """

    kind: Kind = "if"
    n_fft: int = 1024
    hop_length: int = 256
    n_frames: int = 256
    n_bins: int = 512
    dropped: Literal["dc", "nyquist"] = "nyquist"
    padding: Literal["end", "front"] = "end"
    phase_origin: Literal["start", "middle"] = "start"
    n_samples: int = 64_000
    sample_rate: int = 16_000
    epsilon: float = 1e-6
    loudest: float = math.log(256)
    exact: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.n_bins <= self.n_fft // 2:
            raise ConfigError("n_bins", self.n_bins, f"must be 1 to n_fft / 2, {self.n_fft // 2}")
        if not self.n_fft <= self.n_samples:
            raise ConfigError(
                "n_samples", self.n_samples, f"must be a window, {self.n_fft}, or more"
            )
        if self.n_samples > self.span:
            needed = self.n_frames + -(-(self.n_samples - self.span) // self.hop_length)
            raise ConfigError(
                "n_frames",
                self.n_frames,
                f"holds {self.span} of {self.n_samples} samples; take {needed} or more",
            )
        if self.kind == "complex_mel" and self.phase_origin == "start":
            raise ConfigError("phase_origin", "start", "complex_mel needs 'middle', or bins cancel")
        if not 0 < self.epsilon < math.exp(self.loudest):
            raise ConfigError("epsilon", self.epsilon, "must be above 0, and below the loudest")

    @property
    def first_bin(self) -> int:
        """The lowest bin of the image; 1 if that of 0 Hz is left out."""
        return int(self.dropped == "dc")

    @property
    def span(self) -> int:
        """How many samples the frames can hold."""
        covered = self.hop_length * (self.n_frames - 1)
        return covered if self.padding == "end" else covered + self.n_fft

    @property
    def mel_rate(self) -> float:
        """Twice the frequency where the image's bins end, and so its mel bands, in Hz."""
        return self.sample_rate * 2 * self.n_bins / self.n_fft

    @classmethod
    def of_size(
        cls,
        kind: Kind,
        n_frames: int,
        n_bins: int,
        n_samples: int = 64_000,
        sample_rate: int = 16_000,
    ) -> "ImageConfig":
        """The paper's conventions at any size: frames of twice the bins, a quarter of a frame apart.

        Example:
            >>> ImageConfig.of_size("if", 128, 1024) == ImageConfig.paper(high_resolution=True)
            True
        """
        return cls(
            kind,
            n_fft=2 * n_bins,
            hop_length=n_bins // 2,
            n_frames=n_frames,
            n_bins=n_bins,
            phase_origin="middle" if kind == "complex_mel" else "start",
            n_samples=n_samples,
            sample_rate=sample_rate,
            # Of a sinusoid at full scale, |X| = n_fft / 4 in its bin; in mel bands the power counts.
            loudest=math.log(n_bins / 2) * (2 if kind == "if_mel" else 1),
        )

    @classmethod
    def paper(cls, kind: Kind = "if", high_resolution: bool = False) -> "ImageConfig":
        """What the paper says: (256, 512, 2), or with twice the frame (128, 1024, 2), "+ H" in its tables.

        Example:
            >>> config = ImageConfig.paper(high_resolution=True)
            >>> config.n_frames, config.n_bins, config.dropped
            (128, 1024, 'nyquist')
        """
        n_bins = 1024 if high_resolution else 512
        return cls.of_size(kind, N_PIXELS // n_bins, n_bins)

    @classmethod
    def released(
        cls, kind: Literal["phase", "if", "if_mel"] = "if_mel", high_resolution: bool = True
    ) -> "ImageConfig":
        """What the released code does; by default as its published models were trained.

        Example:
            >>> config = ImageConfig.released()
            >>> config.n_frames, config.n_bins, config.dropped, config.span - config.n_samples
            (128, 1024, 'dc', 3072)
        """
        n_fft = 2048 if high_resolution else 1024
        loudest = (RANGE - RELEASED_B) / RELEASED_A
        return cls(
            kind, n_fft, n_fft // 4, N_PIXELS // (n_fft // 2), n_fft // 2, "dc", "front",
            loudest=loudest, exact=False,
        )  # fmt: skip

    @classmethod
    def small(cls, kind: Kind = "if") -> "ImageConfig":
        """For one core: nearly a second (15,872 samples), 32 frames, the 256 bins from 15.6 to 4,000 Hz.

        Silence is 70 dB below a sinusoid at full scale.

        Example:
            >>> config = ImageConfig.small()
            >>> config.n_frames, config.n_bins, round(config.n_samples / config.sample_rate, 3)
            (32, 256, 0.992)
        """
        loudest = 256.0 ** (2 if kind == "if_mel" else 1)
        return cls(
            kind, 1024, 512, 32, 256, "dc", phase_origin="middle", n_samples=31 * 512,
            epsilon=10 ** (-70 / (10 if kind == "if_mel" else 20)) * loudest, loudest=math.log(loudest),
        )  # fmt: skip

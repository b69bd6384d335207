r"""A note as the image that GANSynth generates: log magnitude, and phase or instantaneous frequency.

    y_0 = 1.6 (\ln(|X| + \epsilon) - \ln \epsilon) / (L - \ln \epsilon) - 0.8,   y_1 = 0.8 \nu

L is the loudest log magnitude.  The tanh of a generator reaches 1 only at infinity: the image stays where it is
nearly linear.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 2.1
            and appendix D, and its code, magenta's `specgrams_helper` and `data_normalizer`.
Implements: `ImageConfig`, `to_image`, `to_audio`.
Differs:    `paper()` takes as L that of a sinusoid at full scale; the paper measured 100 notes.
            `released()` follows the code where it departs from the paper: 0 Hz is dropped instead of half the
            sample rate, and all padding stands in front, so that no frame covers the last samples fully.
See:        the chapter on phase and instantaneous frequency.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError, ConfigError
from tinyaudio.represent.if_mel import (
    from_complex_mel,
    from_if_mel,
    to_complex_mel,
    to_if_mel,
)
from tinyaudio.represent.ifreq import instantaneous_frequency, phase_from_frequency
from tinyaudio.represent.spectrum import istft, stft

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
        sample_rate: In Hz; it matters to the mel bands only.
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
        if not 0 < self.epsilon < math.exp(self.loudest):
            raise ConfigError("epsilon", self.epsilon, "must be above 0, and below the loudest")

    @property
    def span(self) -> int:
        """How many samples the frames can hold."""
        covered = self.hop_length * (self.n_frames - 1)
        return covered if self.padding == "end" else covered + self.n_fft

    @classmethod
    def paper(cls, kind: Kind = "if", high_resolution: bool = False) -> "ImageConfig":
        """What the paper says: (256, 512, 2), or with twice the frame (128, 1024, 2), "+ H" in its tables.

        Example:
            >>> config = ImageConfig.paper(high_resolution=True)
            >>> config.n_frames, config.n_bins, config.dropped
            (128, 1024, 'nyquist')
        """
        n_fft = 2048 if high_resolution else 1024
        # Of a sinusoid at full scale, |X| = n_fft / 4 in its bin; in mel bands the power counts.
        loudest = math.log(n_fft / 4) * (2 if kind == "if_mel" else 1)
        return cls(
            kind, n_fft, n_fft // 4, N_PIXELS // (n_fft // 2), n_fft // 2, loudest=loudest
        )  # fmt: skip

    @classmethod
    def released(cls, kind: Kind = "if_mel", high_resolution: bool = True) -> "ImageConfig":
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
    def small(cls) -> "ImageConfig":
        """For one core: nearly a second (15,872 samples), 32 frames, the 256 bins from 15.6 to 4,000 Hz.

        Silence is 70 dB below a sinusoid at full scale.

        Example:
            >>> config = ImageConfig.small()
            >>> config.n_frames, config.n_bins, round(config.n_samples / config.sample_rate, 3)
            (32, 256, 0.992)
        """
        loudest = 256.0
        return cls(
            "if", 1024, 512, 32, 256, "dc", phase_origin="middle", n_samples=31 * 512,
            epsilon=10 ** (-70 / 20) * loudest, loudest=math.log(loudest),
        )  # fmt: skip


def to_image(audio: Float[Tensor, "B 1 T"], config: ImageConfig) -> Float[Tensor, "B 2 N F"]:
    """Notes as images, nearly all within -0.8 to 0.8.

    Args:
        audio: At least a window long; where it is shorter than ``config.n_samples``, silence follows.
        config: Size and conventions.

    Returns:
        Channel 0: log magnitude, -0.8 for silence.  Channel 1: 0.8 times the phase, or its turn a hop, in half
        turns.

    Raises:
        AudioError: The sound is too short or too long, or not in floating point.

    Example:
        >>> to_image(torch.zeros(3, 1, 64_000), ImageConfig.paper()).shape
        torch.Size([3, 2, 256, 512])
    """
    check_waveform(audio)
    if not config.n_fft <= audio.shape[2] <= config.n_samples:
        raise AudioError(
            f"{audio.shape[2]} samples do not fit an image of {config.n_frames} frames; give from a window,"
            f" {config.n_fft}, to {config.n_samples}"
        )
    audio = F.pad(audio.squeeze(1), (0, config.n_samples - audio.shape[2]))
    first = int(config.dropped == "dc")
    spectrum = _analyze(audio, config) * _origin(config, audio.device)
    spectrum = spectrum[:, first : first + config.n_bins]
    if config.kind == "complex_mel":
        spectrum = to_complex_mel(spectrum, config.sample_rate)
    level = (spectrum.abs() + config.epsilon).log().transpose(1, 2)
    phase = spectrum.angle()
    turn = phase / math.pi if config.kind == "phase" else instantaneous_frequency(phase)
    turn = turn.transpose(1, 2)
    if config.kind == "if_mel":
        level, turn = to_if_mel(level, turn, config.sample_rate, config.epsilon)
    floor = math.log(config.epsilon)
    scaled = 2 * RANGE * (level - floor) / (config.loudest - floor) - RANGE
    return torch.stack([scaled, RANGE * turn], dim=1)


def to_audio(image: Float[Tensor, "B 2 N F"], config: ImageConfig) -> Float[Tensor, "B 1 T"]:
    """Sound from images: the inverse of `to_image`, as far as its kind has one.

    What the image does not hold is silent: the bin that was dropped, and bins above ``n_bins``.

    Args:
        image: As `to_image` or a generator makes it.
        config: The same.

    Returns:
        Notes of ``config.n_samples``.

    Raises:
        AudioError: The image has another size, or is not in floating point.

    Example:
        >>> note = torch.sin(torch.arange(64_000.0) / 5)[None, None]
        >>> back = to_audio(to_image(note, ImageConfig.paper()), ImageConfig.paper())
        >>> (back - note).norm() < 1e-4 * note.norm()
        tensor(True)
    """
    check_waveform(image, "an image")
    wanted = (2, config.n_frames, config.n_bins)
    if tuple(image.shape[1:]) != wanted:
        raise AudioError(f"an image of {tuple(image.shape[1:])}; this configuration has {wanted}")
    floor = math.log(config.epsilon)
    level = (image[:, 0] + RANGE) / (2 * RANGE) * (config.loudest - floor) + floor
    turn = image[:, 1] / RANGE
    if config.kind == "if_mel":
        level, turn = from_if_mel(level, turn, config.sample_rate, config.epsilon)
    magnitude = level.exp().transpose(1, 2)
    if config.exact:
        magnitude = (magnitude - config.epsilon).clamp(min=0)
    turn = turn.transpose(1, 2)
    phase = math.pi * turn if config.kind == "phase" else phase_from_frequency(turn)
    spectrum = torch.polar(magnitude, phase)
    if config.kind == "complex_mel":
        spectrum = from_complex_mel(spectrum, config.sample_rate)
    first = int(config.dropped == "dc")
    above = config.n_fft // 2 + 1 - first - config.n_bins
    spectrum = F.pad(spectrum, (0, 0, first, above)) * _origin(config, image.device)
    return _synthesize(spectrum, config)[:, None]


def _origin(config: ImageConfig, device: torch.device) -> Float[Tensor, "G 1"]:
    """Half a frame later, the phase of bin f is f half turns farther: every other bin changes its sign."""
    signs = torch.ones(config.n_fft // 2 + 1, 1, device=device)
    if config.phase_origin == "middle":
        signs[1::2] = -1
    return signs


def _analyze(audio: Float[Tensor, "B T"], config: ImageConfig) -> Complex[Tensor, "B G N"]:
    """All bins of all frames."""
    silence = config.span - audio.shape[1]
    if config.padding == "end":
        return stft(F.pad(audio, (0, silence)), config.n_fft, config.hop_length)
    window = torch.hann_window(config.n_fft, dtype=audio.dtype, device=audio.device)
    frames = F.pad(audio, (silence, 0)).unfold(1, config.n_fft, config.hop_length)
    return torch.fft.rfft(frames * window).transpose(1, 2)


def _synthesize(spectrum: Complex[Tensor, "B G N"], config: ImageConfig) -> Float[Tensor, "B T"]:
    """Overlapped and added frames."""
    if config.padding == "end":
        return istft(spectrum, config.hop_length, config.n_samples)
    n_fft, hop = config.n_fft, config.hop_length
    window = torch.hann_window(n_fft, dtype=spectrum.real.dtype, device=spectrum.device)
    frames = torch.fft.irfft(spectrum, n_fft, dim=1) * window[:, None]
    added = F.fold(frames, (1, config.span), (1, n_fft), stride=(1, hop)).flatten(1)
    # The squared windows add up to this where frames overlap fully, which is not so at the end.
    overlap = window.square().sum() / hop
    return added[:, -config.n_samples :] / overlap

r"""A sound as an image that diffusion models learn: real and imaginary part of its spectrum, compressed.

    \tilde X = \beta |X|^\alpha e^{i \angle X}

The exponent makes soft bins visible beside loud ones: at 0.3, a level 60 dB below another is an eighth of it,
not a thousandth.  The phase stays as it is, so that there is an inverse and nothing to unwrap.

Paper:      Welker, Richter & Gerkmann, "Speech enhancement with score-based generative models in the
            complex STFT domain", 2022 (arXiv:2203.17004), with exponent 0.5; Ephrat et al., "Looking to listen
            at the cocktail party", 2018 (arXiv:1804.03619), with 0.3.
Implements: `CompressedSTFTConfig`; `to_image` and `to_audio`.
Differs:    the Nyquist bin is left out, and 0 in the inverse, so that the number of bins is a power of 2: of a
            hit that begins within a sample, an error 22 dB below it or less is left.  Silence has no phase.
See:        the chapter "Diffusion from scratch".
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.represent.spectrum import istft, stft


@dataclass(frozen=True)
class CompressedSTFTConfig:
    """Size and scale of the images.

    Attributes:
        n_samples: Length of a sound, in samples.
        n_fft: Samples in a frame; bins are half as many.
        hop_length: Samples from frame to frame.
        exponent: alpha, above 0; 1 compresses nothing.
        scale: beta; the default gives drum hits with a peak of 0.9 a variance near 1.

    Raises:
        AudioError: The exponent or the scale is not above 0.
    """

    n_samples: int = 4_096
    n_fft: int = 256
    hop_length: int = 128
    exponent: float = 0.3
    scale: float = 2.0

    def __post_init__(self) -> None:
        for name, value in (("exponent", self.exponent), ("scale", self.scale)):
            if not 0 < value < float("inf"):
                raise AudioError(f"{name} {value}: must be above 0")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an image: 2 parts, F bins, N frames."""
        return 2, self.n_fft // 2, 1 - (-self.n_samples // self.hop_length)


def to_image(
    audio: Float[Tensor, "B 1 T"], config: CompressedSTFTConfig
) -> Float[Tensor, "B 2 F N"]:
    """Sounds as images.

    Args:
        audio: `config.n_samples` samples long.
        config: Size and scale.

    Returns:
        Channel 0: real parts, channel 1: imaginary parts.

    Raises:
        AudioError: The sound has another length, or is not in floating point.

    Example:
        >>> to_image(torch.zeros(3, 1, 4_096), CompressedSTFTConfig()).shape
        torch.Size([3, 2, 128, 33])
    """
    if audio.shape[-1] != config.n_samples:
        raise AudioError(f"{audio.shape[-1]} samples: these images are of {config.n_samples}")
    spectrum = stft(audio.squeeze(1), config.n_fft, config.hop_length)[:, :-1]
    magnitude = spectrum.abs()
    # |X|^a e^(i phase) = X |X|^(a - 1); silence stays silence
    gain = config.scale * magnitude.clamp(min=1e-12) ** (config.exponent - 1)
    return torch.stack([gain * spectrum.real, gain * spectrum.imag], dim=1)


def to_audio(
    image: Float[Tensor, "B 2 F N"], config: CompressedSTFTConfig
) -> Float[Tensor, "B 1 T"]:
    """The sounds of images: the nearest ones, where no sound has such a spectrum.

    Args:
        image: As `to_image` makes them.
        config: Of the same.

    Example:
        >>> config, swell = CompressedSTFTConfig(), torch.hann_window(4_096)
        >>> audio = (swell * torch.sin(torch.arange(4_096.0) / 9))[None, None]
        >>> torch.allclose(to_audio(to_image(audio, config), config), audio, atol=1e-3)
        True
    """
    x = image / config.scale
    # clamped before the root, whose gradient is infinite at 0
    magnitude = x.square().sum(1, keepdim=True).clamp(min=1e-24).sqrt()
    # of the compressed magnitude m, |X| = m^(1 / a)
    real, imaginary = (x * magnitude ** (1 / config.exponent - 1)).unbind(1)
    spectrum = torch.nn.functional.pad(torch.complex(real, imaginary), (0, 0, 0, 1))
    return istft(spectrum, config.hop_length, config.n_samples)[:, None]

r"""The encoder of a WaveNet autoencoder: dilated convolutions that look both ways, and the mean of every hop.

    h_0 = W * f(x),   h_{l+1} = h_l + B_l relu(A_l * relu(h_l)),   z_n = mean of P h_L over hop n

f is mu-law companding, so that soft sounds count as loud ones.  The decoder is causal; the encoder need not
be, so that its latents can tell the decoder what is yet to come.

Paper:      Engel et al., "Neural audio synthesis of musical notes with WaveNet autoencoders", 2017
            (arXiv:1704.01279), section 2.1; with other widths, Mor et al. 2018 (arXiv:1805.07848).
Implements: `DilatedEncoder`, `DilatedEncoderConfig`.
Differs:    the authors' code rounds the companded waveform to 256 levels; here it is not rounded, which
            lets gradients pass.
See:        `tinyaudio.models.wavenet_autoencoder`, `tinyaudio.models.translation` and
            `tinyaudio.models.singing`, which use it; the chapter on the WaveNet autoencoder.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.errors import AudioError, ConfigError
from tinyaudio.models.mel_vqvae import ResidualBlock
from tinyaudio.represent import mulaw

TEN = tuple(2**i for i in range(10))  # 1, 2, 4, ..., 512


@dataclass(frozen=True)
class DilatedEncoderConfig:
    """Size of a `DilatedEncoder`.

    Attributes:
        channels: Of every convolution.
        latent_channels: Of the output (D).
        dilations: Of every residual block, in samples between neighbouring taps.
        kernel_size: Taps of a dilated convolution, an odd number.
        hop_length: Samples from latent to latent, of which each is the mean.

    Raises:
        ConfigError: A size is too small, or the kernel has no middle.
    """

    channels: int = 32
    latent_channels: int = 16
    dilations: Sequence[int] = TEN
    kernel_size: int = 3
    hop_length: int = 256

    def __post_init__(self) -> None:
        object.__setattr__(self, "dilations", tuple(self.dilations))  # JSON has only lists
        if self.kernel_size < 1 or self.kernel_size % 2 == 0:
            raise ConfigError("kernel_size", self.kernel_size, "must be an odd number")
        if not self.dilations or min(self.dilations) < 1:
            raise ConfigError("dilations", self.dilations, "must be one or more, each 1 or more")
        for name in ("channels", "latent_channels", "hop_length"):
            if getattr(self, name) < 1:
                raise ConfigError(name, getattr(self, name), "must be 1 or more")

    @classmethod
    def tiny(cls) -> "DilatedEncoderConfig":
        """For a CPU core at 8 kHz: one stack of 32 channels, 16 latents every 32 ms."""
        return cls()

    @classmethod
    def paper(cls) -> "DilatedEncoderConfig":
        """NSynth's, at 16 kHz: three stacks of 128 channels, 16 latents every 512 samples (32 ms)."""
        return cls(128, 16, 3 * TEN, kernel_size=3, hop_length=512)

    @property
    def reach(self) -> int:
        """How many samples to either side of a hop its latent can depend on."""
        return self.kernel_size // 2 * (1 + sum(self.dilations))


class DilatedEncoder(nn.Module):
    """A waveform to latents, one for each hop.

    Args:
        config: Size of the network.

    Example:
        >>> import torch
        >>> DilatedEncoder(DilatedEncoderConfig.tiny())(torch.zeros(1, 1, 2_560)).shape
        torch.Size([1, 16, 10])
    """

    def __init__(self, config: DilatedEncoderConfig) -> None:
        super().__init__()
        self.config = config
        C, k = config.channels, config.kernel_size
        self.input = nn.Conv1d(1, C, k, padding=k // 2)
        blocks = [ResidualBlock(C, d, kernel_size=k) for d in config.dilations]
        self.blocks = nn.Sequential(*blocks)
        self.latents = nn.Conv1d(C, config.latent_channels, 1)
        # With PyTorch's own weights the latents of all sounds are nearly the same at first.  Here every
        # block keeps the scale of its input, and all of them together add as much as passes by them.
        nn.init.normal_(self.input.weight)
        nn.init.normal_(self.latents.weight, std=C**-0.5)
        for block in blocks:
            nn.init.kaiming_normal_(block.A.weight, nonlinearity="relu")
            nn.init.normal_(block.B.weight, std=math.sqrt(2 / C / len(blocks)))

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B D N"]:
        """The latents of a recording; N = T / hop_length.

        Args:
            audio: In [-1, 1]; T is a multiple of ``hop_length``, one or more.

        Raises:
            AudioError: T is no such multiple, or the numbers are no amplitudes.
        """
        hop = self.config.hop_length
        if audio.shape[2] == 0 or audio.shape[2] % hop:
            raise AudioError(
                f"{audio.shape[2]} samples are no multiple of the encoder's hop of {hop}; pad with zeros"
            )
        h = self.blocks(self.input(mulaw.compress(audio)))
        # The projection is linear, so it may as well follow the mean, at 1 / hop of the cost.
        return self.latents(h.unflatten(2, (-1, hop)).mean(dim=3))

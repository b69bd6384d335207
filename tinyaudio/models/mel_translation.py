r"""Translation between musical domains on mel frames: one encoder, and a decoder of its own for each domain.

    z = E(y),   \hat{y} = D_j(z)

Trained to reconstruct domain j by decoder j, while the encoder confuses a classifier of domains, z is left
with what the domains have in common: which notes, and when.  Translating to domain k is D_k(E(y)).

The paper's WaveNet decoders take days on many GPUs.  Here encoder and decoders are small convolutional
networks at the frame rate, and a vocoder makes the waveform of their frames.

Paper:      Mor, Wolf, Polyak & Taigman, "A universal music translation network", 2018
            (arXiv:1805.07848).
Implements: `MelTranslation`, `MelTranslationConfig`.
Differs:    in that frames of mel bands go in and come out, where the paper has waveforms.
See:        `tinyaudio.models.translation`, the paper's; `tinyaudio.objectives.confusion`;
            `tinyaudio.models.istft_vocoder` for the vocoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import ConfigError
from tinyaudio.models.mel_vqvae import ResidualBlock
from tinyaudio.represent.logmel import N_MELS


@dataclass(frozen=True)
class MelTranslationConfig:
    """Size of a `MelTranslation`.

    Attributes:
        n_domains: How many decoders there are.
        latent_channels: Of the encoder's output (D).
        channels: Of every convolution.
        stride: Frames a latent.
        frame_dilations: Of the residual blocks at the frame rate, in encoder and decoders.
        latent_dilations: Of those at the latents' rate.
    """

    n_domains: int = 4
    latent_channels: int = 64
    channels: int = 48
    stride: int = 2
    frame_dilations: Sequence[int] = (1, 2)
    latent_dilations: Sequence[int] = (1, 2, 4)

    def __post_init__(self) -> None:
        if self.stride < 2 or self.stride % 2:
            raise ConfigError("stride", self.stride, "must be an even number of frames")
        for name in ("frame_dilations", "latent_dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists

    @property
    def context_frames(self) -> int:
        """How many frames before and after one, at most, its translation depends on."""
        at_frames = 2 * (1 + sum(self.frame_dilations))  # of encoder and decoder
        at_latents = 2 * sum(self.latent_dilations) + 1
        return at_frames + self.stride * (at_latents + 3)  # and a latent reaches over three strides

    @classmethod
    def tiny(cls) -> "MelTranslationConfig":
        """For four instruments on a CPU core: 64 latents, as in the paper, every 32 ms at 16 kHz."""
        return cls()

    @classmethod
    def large(cls) -> "MelTranslationConfig":
        """For recordings on a GPU; this book's choice."""
        return cls(channels=384, frame_dilations=(1, 2, 4), latent_dilations=(1, 2, 4, 8))


class MelDecoder(nn.Sequential):
    """Latents to the frames of one domain.

    Args:
        config: Of the whole network.
    """

    def __init__(self, config: MelTranslationConfig) -> None:
        C, s = config.channels, config.stride
        super().__init__(
            nn.Conv1d(config.latent_channels, C, 3, padding=1),
            *(ResidualBlock(C, d) for d in config.latent_dilations),
            nn.ReLU(),
            nn.ConvTranspose1d(C, C, 2 * s, stride=s, padding=s // 2),
            *(ResidualBlock(C, d) for d in config.frame_dilations),
            nn.Conv1d(C, N_MELS, 3, padding=1),
        )


TAGS = ["audio", "music-translation"]


class MelTranslation(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Mel frames to latents, and latents to the mel frames of a domain.

    Args:
        config: Size of the network.

    Example:
        >>> net = MelTranslation(MelTranslationConfig.tiny())
        >>> net.encode(torch.zeros(1, 80, 100)).shape, net.translate(torch.zeros(1, 80, 99), 3).shape
        (torch.Size([1, 64, 50]), torch.Size([1, 80, 99]))
    """

    def __init__(self, config: MelTranslationConfig) -> None:
        super().__init__()
        self.config = config
        C, s = config.channels, config.stride
        self.encoder = nn.Sequential(
            nn.Conv1d(N_MELS, C, 3, padding=1),
            *(ResidualBlock(C, d) for d in config.frame_dilations),
            nn.Conv1d(C, C, 2 * s, stride=s, padding=s // 2),
            *(ResidualBlock(C, d) for d in config.latent_dilations),
            nn.Conv1d(C, config.latent_channels, 1),
        )
        self.decoders = nn.ModuleList(MelDecoder(config) for _ in range(config.n_domains))

    def encode(self, frames: Float[Tensor, "B 80 N"]) -> Float[Tensor, "B D n"]:
        """The latents, one for every ``stride`` frames; N is a multiple of it.

        Args:
            frames: From `tinyaudio.represent.logmel.log_mel`, of any domain.
        """
        return self.encoder(frames)

    def decode(self, latents: Float[Tensor, "B D n"], domain: int) -> Float[Tensor, "B 80 N"]:
        """The frames of latents in a domain, from 0 to n_domains - 1; N = n stride."""
        return self.decoders[domain](latents)

    @torch.no_grad()
    def translate(self, frames: Float[Tensor, "B 80 N"], domain: int) -> Float[Tensor, "B 80 N"]:
        """Frames of any domain and length as a domain has them."""
        n_frames = frames.shape[2]
        padded = F.pad(frames, (0, -n_frames % self.config.stride), mode="replicate")
        return self.decode(self.encode(padded), domain)[:, :, :n_frames]

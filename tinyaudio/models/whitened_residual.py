r"""A small upsampler for a CPU: diffusion of what a sinc leaves out, divided by its probable level.

    y = u + \sigma(u) z,   z -> network

u is the low-rate sound interpolated by a sinc, sigma the level of the high band as a ridge regression predicts
it from the low-rate sound, and z, which has a variance near 1 in loud and in soft places, is what the network
learns to generate.  It need not learn the low band, nor that a high band is 40 dB softer, on which NU-Wave
spends its training.  r samples of z are r channels at the low rate (folding): a call costs a third at r = 3.

Paper:      none; this is no NU-Wave.  Of others' parts: Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321), for the
            residual layers; Lee et al., "PriorGrad", 2022 (arXiv:2106.06406), for noise of the data's level;
            Shi et al., 2016 (arXiv:1609.05158), for folding; Salimans & Ho, 2022 (arXiv:2202.00512), for v.
Implements: `WhitenedResidual`; `fold` and `unfold`.
See:        `tinyaudio.models.high_band_ridge` for the level; `tinyaudio.models.nuwave` for the paper's form;
            chapter 21, "NU-Wave: up to 48 kHz".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models import high_band_ridge
from tinyaudio.models.diffwave import conv1d
from tinyaudio.models.high_band_ridge import HOP_LENGTH, N_HIGH, SPREAD, TYPICAL, HighBandRidge
from tinyaudio.models.nuwave import KERNEL, ResidualLayer

N_FREQUENCIES, EMBEDDING_CHANNELS = 16, 128  # of the noise level
MARGIN = (
    high_band_ridge.MARGIN * HOP_LENGTH
)  # low-rate samples at either end, for the windows of frames


@dataclass(frozen=True)
class WhitenedResidualConfig:
    """Size of a `WhitenedResidual`.

    Attributes:
        ratio: The high rate over the low one.
        channels: Width of the stream.
        n_layers: Residual layers.
        dilation_cycle: Layers after which dilations begin again at 1.
    """

    ratio: int = 3
    channels: int = 64
    n_layers: int = 12
    dilation_cycle: int = 8

    def __post_init__(self) -> None:
        if self.ratio not in (2, 3):
            raise UserError(f"ratio {self.ratio}: must be 2 or 3")

    @classmethod
    def tiny(cls) -> "WhitenedResidualConfig":
        """Six layers of 24 channels: learns in a minute on one CPU core."""
        return cls(channels=24, n_layers=6, dilation_cycle=6)

    @classmethod
    def narrow(cls) -> "WhitenedResidualConfig":
        """Twelve layers of 64 channels, for some minutes of one CPU core."""
        return cls()

    @property
    def dilations(self) -> list[int]:
        """Distance between neighbouring taps of every layer, in low-rate samples."""
        return [2 ** (i % self.dilation_cycle) for i in range(self.n_layers)]

    @property
    def reach(self) -> int:
        """Low-rate samples to either side that one call of the network sees."""
        return KERNEL // 2 * sum(self.dilations)


# ---------------------------------------------------------------------------- blocks


def fold(audio: Float[Tensor, "B 1 T"], ratio: int) -> Float[Tensor, "B r t"]:
    """Each group of r samples as r channels.

    Example:
        >>> fold(torch.arange(6.0).reshape(1, 1, 6), 3)
        tensor([[[0., 3.],
                 [1., 4.],
                 [2., 5.]]])
    """
    return audio.reshape(len(audio), -1, ratio).transpose(1, 2)


def unfold(channels: Float[Tensor, "B r t"]) -> Float[Tensor, "B 1 T"]:
    """Undo `fold`.

    Example:
        >>> unfold(fold(torch.arange(6.0).reshape(1, 1, 6), 3))
        tensor([[[0., 1., 2., 3., 4., 5.]]])
    """
    return channels.transpose(1, 2).reshape(len(channels), 1, -1)


class LevelEmbedding(nn.Module):
    r"""A noise level as 128 numbers: sines and cosines of its log-SNR, through a layer.

    \lambda = \frac{1}{2} \log \frac{\bar\alpha}{1 - \bar\alpha}
    """

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        frequencies = math.pi / 16 * (1 + torch.arange(float(N_FREQUENCIES)))
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.hidden = nn.Linear(2 * N_FREQUENCIES, EMBEDDING_CHANNELS)

    def forward(self, level: Float[Tensor, " B"]) -> Float[Tensor, "B E"]:
        """Embed the square root of alpha-bar of each clip."""
        alpha_bar = level.square().clamp(1e-6, 1 - 1e-6)
        phase = 0.5 * torch.logit(alpha_bar)[:, None] * self.frequencies
        return F.silu(self.hidden(torch.cat([phase.sin(), phase.cos()], dim=1)))


# ---------------------------------------------------------------------------- the network

TAGS = ["audio", "diffusion", "audio-to-audio"]


class WhitenedResidual(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Noisy whitened residual, noise level and condition to v; at first it is 0.

    Example:
        >>> net = WhitenedResidual(WhitenedResidualConfig.tiny())
        >>> condition, scale = net.prepare(torch.zeros(2, 1, 1_280))
        >>> condition.shape, scale.shape  # without 384 samples at either end
        (torch.Size([2, 15, 512]), torch.Size([2, 1, 1536]))
        >>> net(torch.zeros(2, 3, 512), torch.tensor([0.9, 0.1]), condition).shape
        torch.Size([2, 3, 512])
    """

    def __init__(self, config: WhitenedResidualConfig) -> None:
        super().__init__()
        self.config = config
        C = config.channels
        self.ridge = HighBandRidge(config.ratio)
        self.input = conv1d(config.ratio, C)
        self.low = conv1d(N_HIGH + 3, C, KERNEL)
        self.level = LevelEmbedding()
        self.layers = nn.ModuleList(
            ResidualLayer(C, d, 1, EMBEDDING_CHANNELS) for d in config.dilations
        )
        self.skip = conv1d(C, C)
        self.output = conv1d(C, config.ratio)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)  # type: ignore[arg-type]

    def prepare(
        self, low: Float[Tensor, "B 1 t"]
    ) -> tuple[Float[Tensor, "B D m"], Float[Tensor, "B 1 M"]]:
        """The condition, and the level sigma of the high band at every high-rate sample.

        The condition has 15 channels: the sound over its level, the 12 log-levels of the high band, the
        log-level of the sound and that of the whole high band.

        Args:
            low: The low-rate sound, a multiple of 128 samples; `MARGIN` of them at either end are left out.

        Raises:
            UserError: The sound is no whole number of frames, or has no more than its margins.
        """
        t = low.shape[2]
        if t % HOP_LENGTH or t <= 2 * MARGIN:
            raise UserError(
                f"a low-rate sound of {t} samples: give a multiple of {HOP_LENGTH}, more than {2 * MARGIN}"
            )
        levels = self.ridge(low)
        loudness = 0.5 * (2 * self.ridge.levels(self.ridge.inputs(low))).exp().mean(dim=2).log()
        frames = torch.cat([levels, loudness[:, None], self.ridge.scale(levels).log()], dim=1)
        first, last = MARGIN // HOP_LENGTH, (t - MARGIN) // HOP_LENGTH
        frames = frames[:, :, first : last + 1]
        ratio = self.config.ratio
        scale = lines(frames[:, -1:].exp(), HOP_LENGTH * ratio)
        at_samples = lines(frames, HOP_LENGTH)
        inside = low[:, :, MARGIN : t - MARGIN] / at_samples[:, N_HIGH : N_HIGH + 1].exp()
        return torch.cat([inside, (at_samples - TYPICAL) / SPREAD], dim=1), scale

    def forward(
        self,
        x: Float[Tensor, "B r t"],
        level: Float[Tensor, " B"],
        condition: Float[Tensor, "_ D t"],
    ) -> Float[Tensor, "B r t"]:
        """Predict v.

        Args:
            x: Noisy whitened residuals, folded.
            level: The square root of alpha-bar of each.
            condition: Of `prepare`, one for each or one for all.
        """
        return self.with_condition(condition)(x, level)

    def with_condition(
        self, condition: Float[Tensor, "_ D t"]
    ) -> Callable[[Tensor, Tensor], Tensor]:
        """The function (x, level) that `forward` is of this condition, which is projected only once."""
        y = F.silu(self.low(condition))
        offsets = [layer.condition(y) for layer in self.layers]  # type: ignore[operator, union-attr]

        def denoise(x: Float[Tensor, "B r t"], level: Float[Tensor, " B"]) -> Tensor:
            embedding, total = self.level(level.to(x)), torch.zeros((), device=x.device)
            x = F.silu(self.input(x))
            for layer, offset in zip(self.layers, offsets, strict=True):
                x, skip = layer(x, embedding, offset)
                total = total + skip
            v: Tensor = self.output(F.silu(self.skip(total / math.sqrt(len(self.layers)))))
            return v

        return denoise


def lines(frames: Float[Tensor, "B D N"], hop_length: int) -> Float[Tensor, "B D T"]:
    """Straight lines from frame to frame, (N - 1) hop_length samples.

    Example:
        >>> lines(torch.tensor([[[0.0, 4.0, 0.0]]]), 2)
        tensor([[[0., 2., 4., 2.]]])
    """
    place = (torch.arange(hop_length, device=frames.device) / hop_length).to(frames)
    return torch.lerp(frames[..., :-1, None], frames[..., 1:, None], place).flatten(2)

r"""The parts of a WaveGrad: blocks that change the rate, and the modulation between them.

    h \leftarrow \gamma(x_t, \sqrt{\bar\alpha}) \odot h + \xi(x_t, \sqrt{\bar\alpha})   [section 2.3]

Paper:      Chen, Zhang, Zen, Weiss, Norouzi & Chan, "WaveGrad: Estimating gradients for waveform
            generation", ICLR 2021 (arXiv:2009.00713), section 2.3, figures 3 and 4.
Implements: `UBlock`, `DBlock`, `FiLM`, `encode_level`.
Differs:    where a 1x1 convolution and a change of rate stand side by side, the cheaper order of the two is
            computed; the result is the same.
See:        `tinyaudio.models.wavegrad`.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.2  # of the leaky ReLUs
KERNEL = 3


def conv1d(
    in_channels: int, out_channels: int, kernel_size: int = KERNEL, dilation: int = 1
) -> nn.Conv1d:
    """A convolution that keeps the length, with orthogonal initial weights."""
    padding = dilation * (kernel_size // 2)
    layer = nn.Conv1d(in_channels, out_channels, kernel_size, padding=padding, dilation=dilation)
    nn.init.orthogonal_(layer.weight)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def upsampled(x: Float[Tensor, "B C T"], factor: int) -> Float[Tensor, "B C {factor}*T"]:
    """Every number as often as the factor says.

    Example:
        >>> upsampled(torch.tensor([[[1.0, 2.0]]]), 3)
        tensor([[[1., 1., 1., 2., 2., 2.]]])
    """
    return x[..., None].expand(*x.shape, factor).flatten(2)


# ---------------------------------------------------------------------------- noise level


def encode_level(level: Float[Tensor, " B"], channels: int) -> Float[Tensor, "B C"]:
    r"""Sines and cosines of a noise level, the channels' periods growing from 2 pi to nearly 20,000 pi.

    [\sin(10^{-4 j / (C / 2)} s), \cos(10^{-4 j / (C / 2)} s)],   j = 0, ..., C / 2 - 1

    Args:
        level: Of each clip, already scaled (s).
        channels: An even number.

    Example:
        >>> encode_level(torch.tensor([0.0]), 4)
        tensor([[0., 0., 1., 1.]])
    """
    j = torch.arange(channels // 2, dtype=level.dtype, device=level.device)
    phase = level[:, None] * torch.exp(-math.log(1e4) / (channels // 2) * j)
    return torch.cat([phase.sin(), phase.cos()], dim=1)


class FiLM(nn.Module):
    """A shift and a scale for each channel and moment of an upsampling block.

    Args:
        in_channels: Of the downsampled waveform.
        out_channels: Of the block.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.input, self.output = (
            conv1d(in_channels, in_channels),
            conv1d(in_channels, 2 * out_channels),
        )
        for layer in (self.input, self.output):
            nn.init.xavier_uniform_(layer.weight)

    def forward(
        self, x: Float[Tensor, "B D T"], level: Float[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B C T"], Float[Tensor, "B C T"]]:
        """Shift and scale, of a downsampled waveform and the scaled noise level."""
        x = F.leaky_relu(self.input(x), SLOPE) + encode_level(level, x.shape[1])[:, :, None]
        shift, scale = self.output(x).chunk(2, dim=1)
        return shift, scale


# ---------------------------------------------------------------------------- blocks


class DBlock(nn.Module):
    """Downsample by leaving samples out, then three convolutions, beside a shortcut (figure 4).

    Args:
        in_channels: Of the input.
        out_channels: Of the output.
        factor: Every factor-th sample stays.

    Example:
        >>> DBlock(8, 16, factor=2)(torch.zeros(1, 8, 10)).shape
        torch.Size([1, 16, 5])
    """

    def __init__(self, in_channels: int, out_channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.shortcut = conv1d(in_channels, out_channels, 1)
        channels = [in_channels, out_channels, out_channels, out_channels]
        self.layers = nn.ModuleList(
            conv1d(c, d, dilation=2**i) for i, (c, d) in enumerate(pairwise(channels))
        )

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T//{self.factor}"]:
        """T must be a multiple of the factor."""
        x = x[:, :, :: self.factor].contiguous()
        shortcut = self.shortcut(x)  # a 1x1 convolution may as well come after
        for layer in self.layers:
            x = layer(F.leaky_relu(x, SLOPE))
        return x + shortcut


class UBlock(nn.Module):
    """Upsample by repetition; four convolutions, all but the first modulated, and two shortcuts (figure 3).

    Args:
        in_channels: Of the input.
        out_channels: Of the output.
        factor: Of the upsampling.
        dilations: Of the four convolutions.

    Example:
        >>> shift, scale = torch.zeros(1, 16, 10), torch.ones(1, 16, 10)
        >>> UBlock(8, 16, 2, (1, 2, 4, 8))(torch.zeros(1, 8, 5), shift, scale).shape
        torch.Size([1, 16, 10])
    """

    def __init__(
        self, in_channels: int, out_channels: int, factor: int, dilations: Sequence[int]
    ) -> None:
        super().__init__()
        self.factor = factor
        self.shortcut = conv1d(in_channels, out_channels, 1)
        channels = [in_channels, *4 * [out_channels]]
        self.layers = nn.ModuleList(
            conv1d(c, d, dilation=dilation)
            for (c, d), dilation in zip(pairwise(channels), dilations, strict=True)
        )

    def forward(
        self,
        x: Float[Tensor, "B C T"],
        shift: Float[Tensor, "B D {self.factor}*T"],
        scale: Float[Tensor, "B D {self.factor}*T"],
    ) -> Float[Tensor, "B D {self.factor}*T"]:
        """The next rate's signal, modulated by what `FiLM` made of the noisy waveform there."""

        def modulated(h: Tensor, layer: nn.Module) -> Tensor:
            found: Tensor = layer(F.leaky_relu(torch.addcmul(shift, scale, h), SLOPE))
            return found

        first, second, third, fourth = self.layers
        h = modulated(first(upsampled(F.leaky_relu(x, SLOPE), self.factor)), second)
        x = upsampled(self.shortcut(x), self.factor) + h  # a 1x1 convolution may as well come first
        return x + modulated(modulated(x, third), fourth)

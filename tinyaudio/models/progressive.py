r"""Layers of a progressively grown GAN.

Paper:      Karras, Aila, Laine & Lehtinen, "Progressive growing of GANs for improved quality, stability, and
            variation", ICLR 2018 (arXiv:1710.10196): sections 3 (minibatch standard deviation), 4.1 (equalized
            learning rate) and 4.2 (pixel normalization).
Implements: `EqualizedConv2d`, `EqualizedLinear`, `pixel_norm` and `PixelNorm`, `activated`,
            `append_minibatch_deviation`, `upscale`, `downscale`.
Differs:    With several processes, the deviation is that of a process's part of the minibatch.
See:        part 4, "Sound as a picture"; `tinyaudio.models.growth` for how such a network grows.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class EqualizedConv2d(nn.Module):
    r"""A convolution with an equalized learning rate: w = c w', w' ~ N(0, 1), c = \sqrt{gain / fan-in}.

    Adam's steps are of one size whatever the weight's; as all w' are of one size too, all layers learn
    at one speed.

    Args:
        in_channels: Of the input.
        out_channels: Of the output.
        kernel: Height and width.
        padding: Zeros on each side; by default as many as keep the size, for odd kernels.
        gain: 2 before a rectifier, 1 where nothing follows.

    Example:
        >>> EqualizedConv2d(3, 8)(torch.zeros(1, 3, 4, 16)).shape
        torch.Size([1, 8, 4, 16])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, int] = (3, 3),
        padding: tuple[int, int] | None = None,
        gain: float | int = 2.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, *kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.scale = math.sqrt(gain / (in_channels * kernel[0] * kernel[1]))
        self.padding = (kernel[0] // 2, kernel[1] // 2) if padding is None else padding

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D H2 W2"]:
        """Convolve."""
        return F.conv2d(x, self.scale * self.weight, self.bias, padding=self.padding)


class EqualizedLinear(nn.Module):
    """A linear layer with an equalized learning rate; see `EqualizedConv2d`.

    Example:
        >>> EqualizedLinear(3, 8)(torch.zeros(2, 3)).shape
        torch.Size([2, 8])
    """

    def __init__(self, in_features: int, out_features: int, gain: float | int = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.scale = math.sqrt(gain / in_features)

    def forward(self, x: Float[Tensor, "*B C"]) -> Float[Tensor, "*B D"]:
        """Multiply and add."""
        return F.linear(x, self.scale * self.weight, self.bias)


def pixel_norm(x: Float[Tensor, "B C *shape"]) -> Float[Tensor, "B C *shape"]:
    """Divide every pixel's channels by their root mean square (section 4.2).

    Example:
        >>> pixel_norm(torch.tensor([[3.0, 4.0, 0.0, 0.0]]))
        tensor([[1.2000, 1.6000, 0.0000, 0.0000]])
    """
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class PixelNorm(nn.Module):
    """`pixel_norm` as a layer.

    Example:
        >>> PixelNorm()(torch.tensor([[3.0, 3.0]]))
        tensor([[1., 1.]])
    """

    def forward(self, x: Float[Tensor, "B C *shape"]) -> Float[Tensor, "B C *shape"]:
        """Normalize."""
        return pixel_norm(x)


def activated(*convs: nn.Module, normalized: bool = False) -> nn.Sequential:
    """Convolutions, each followed by a leaky rectifier, and in the generator by `PixelNorm`.

    Example:
        >>> activated(nn.Conv2d(1, 2, 1), normalized=True)[1:]
        Sequential(
          (1): LeakyReLU(negative_slope=0.2)
          (2): PixelNorm()
        )
    """
    after = [nn.LeakyReLU(0.2), *([PixelNorm()] if normalized else [])]
    return nn.Sequential(*(layer for conv in convs for layer in (conv, *after)))


def append_minibatch_deviation(x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C2 H W"]:
    r"""One more channel: how different the examples of the batch are (section 3).

    \sqrt{Var_B[x] + 10^{-6}}

    Its mean over channels and pixels is the one number that the channel holds.  A discriminator that sees it
    can tell a batch of copies.

    Example:
        >>> append_minibatch_deviation(torch.tensor([1.0, 3.0])[:, None, None, None])[:, 1].flatten()
        tensor([1.0000, 1.0000])
    """
    deviation = (x.var(0, correction=0) + 1e-6).sqrt().mean()
    return torch.cat([x, deviation.expand(len(x), 1, *x.shape[2:])], dim=1)


def upscale(x: Float[Tensor, "B C H W"], factor: int) -> Float[Tensor, "B C H2 W2"]:
    """Repeat every pixel `factor` times each way.

    Example:
        >>> upscale(torch.tensor([[[[1.0, 2.0]]]]), 2)[0, 0]
        tensor([[1., 1., 2., 2.],
                [1., 1., 2., 2.]])
    """
    B, C, H, W = x.shape
    repeated = x[:, :, :, None, :, None].expand(B, C, H, factor, W, factor)
    return repeated.reshape(B, C, H * factor, W * factor)


def downscale(x: Float[Tensor, "B C H W"], factor: int) -> Float[Tensor, "B C H2 W2"]:
    """The mean of every `factor` by `factor` pixels.

    Example:
        >>> downscale(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]), 2)
        tensor([[[[3.]]]])
    """
    return F.avg_pool2d(x, factor) if factor > 1 else x

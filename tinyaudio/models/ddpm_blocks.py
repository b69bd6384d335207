"""What DDPM's U-Net is made of: residual blocks that are given the step, attention, and the step's embedding.

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239), appendix B;
            Vaswani et al., "Attention is all you need", 2017 (arXiv:1706.03762), section 3.5 for the embedding.
Implements: `step_embedding`, `ResidualBlock`, `SelfAttention`.
See:        `tinyaudio.models.ddpm_unet`, the network.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def step_embedding(t: Float[Tensor, " B"], n_channels: int) -> Float[Tensor, "B C"]:
    """Sines, then cosines, of the step at wavelengths from 2 pi to 20,000 pi, a geometric row.

    Args:
        t: The step of each image; fractions are fine.
        n_channels: C, even and above 2.

    Example:
        >>> step_embedding(torch.zeros(1), 4)
        tensor([[0., 0., 1., 1.]])
    """
    half = n_channels // 2
    frequencies = torch.exp(torch.arange(half, device=t.device) * (-math.log(10_000) / (half - 1)))
    angles = t[:, None] * frequencies.to(t)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class ResidualBlock(nn.Module):
    """Two convolutions, between which the step's embedding is added, around a shortcut.

    Example:
        >>> ResidualBlock(8, 16, 32, groups=4)(torch.zeros(2, 8, 6, 4), torch.zeros(2, 32)).shape
        torch.Size([2, 16, 6, 4])
    """

    def __init__(
        self, c_in: int, c_out: int, c_step: int, groups: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.norm_1 = nn.GroupNorm(groups, c_in)
        self.conv_1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.step = nn.Linear(c_step, c_out)
        self.norm_2 = nn.GroupNorm(groups, c_out)
        self.dropout = nn.Dropout(dropout)
        self.conv_2 = zeroed(nn.Conv2d(c_out, c_out, 3, padding=1))
        self.shortcut = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def forward(
        self, x: Float[Tensor, "B C H W"], step: Float[Tensor, "B E"]
    ) -> Float[Tensor, "B D H W"]:
        """The block's output; `step` is the embedding."""
        h = self.conv_1(F.silu(self.norm_1(x))) + self.step(F.silu(step))[:, :, None, None]
        return self.shortcut(x) + self.conv_2(self.dropout(F.silu(self.norm_2(h))))


class SelfAttention(nn.Module):
    """Every position looks at all others, by one head as wide as the image.

    Example:
        >>> SelfAttention(8, groups=4)(torch.zeros(2, 8, 6, 4)).shape
        torch.Size([2, 8, 6, 4])
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """The image, and what each position found in the others added to it."""
        q, k, v = self.query_key_value(self.norm(x)).flatten(2).mT.chunk(3, dim=2)  # (B, HW, C)
        found = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(found.mT.unflatten(2, x.shape[2:]))


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """A layer that puts out nothing at first, so that a block around it begins as its shortcut."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer

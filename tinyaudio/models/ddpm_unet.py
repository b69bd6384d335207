"""The U-Net of DDPM: an image and the step of its noise in, an image of the same size out.

    down    residual blocks, then half the size; at the smallest size, blocks and attention
    up      one block more a size, each also given what the way down had there; then twice the size

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239), appendix B;
            Ronneberger et al., "U-Net", 2015 (arXiv:1505.04597).
Implements: `DDPMUNet`; its blocks are in `tinyaudio.models.ddpm_blocks`.
Differs:    sides need not be powers of 2: an image is padded with zeros, and the result cropped.  Small sizes
            fold patches of the image into channels, as Hoogeboom et al., "Simple diffusion", 2023
            (arXiv:2301.11093); the paper's does not.
See:        the chapter "Diffusion from scratch".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.ddpm_blocks import ResidualBlock, SelfAttention, step_embedding, zeroed


@dataclass(frozen=True)
class DDPMUNetConfig:
    """Size of the network.

    Attributes:
        image_channels: Of the images.
        width: Channels at the largest size.
        multipliers: Of the width, one a size; each is half of the one before.
        n_blocks: Residual blocks a size on the way down.
        attention: Which sizes have attention after every block, counted from 0, the largest.
        groups: Of group normalization; divides all widths.
        dropout: In every block, a probability.
        patch: Height and width of what is folded into channels.
    """

    image_channels: int = 2
    width: int = 24
    multipliers: Sequence[int] = (1, 2, 2)
    n_blocks: int = 1
    attention: Sequence[int] = (2,)
    groups: int = 8
    dropout: float = 0.0
    patch: Sequence[int] = (4, 2)

    def __post_init__(self) -> None:
        for name in ("multipliers", "attention", "patch"):  # JSON has lists
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.width % self.groups:
            raise UserError(f"width {self.width}: must be a multiple of the {self.groups} groups")

    @classmethod
    def tiny(cls) -> "DDPMUNetConfig":
        """What two CPU cores can train in minutes."""
        return cls(width=16, multipliers=(1, 2), attention=())

    @classmethod
    def paper(cls) -> "DDPMUNetConfig":
        """The one for CIFAR-10, 35.7 million parameters: attention at the second size, dropout 0.1."""
        return cls(
            width=128,
            multipliers=(1, 2, 2, 2),
            n_blocks=2,
            attention=(1,),
            groups=32,
            dropout=0.1,
            patch=(1, 1),
        )

    @property
    def widths(self) -> list[int]:
        """Channels at each size."""
        return [self.width * m for m in self.multipliers]


class DDPMUNet(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "diffusion"]
):
    """A noisy image and its step to a prediction of noise, image or v.

    Example:
        >>> net = DDPMUNet(DDPMUNetConfig.tiny())
        >>> net(torch.zeros(3, 2, 128, 33), torch.tensor([0.0, 10.5, 999.0])).shape
        torch.Size([3, 2, 128, 33])
    """

    def __init__(self, config: DDPMUNetConfig) -> None:
        super().__init__()
        self.config = config
        widths, c_step, groups = config.widths, 4 * config.width, config.groups
        c_image = config.image_channels * math.prod(config.patch)

        def block(c_in: int, size: int) -> nn.ModuleList:
            """A residual block to the width of a size, and attention if that size has it."""
            layers: list[nn.Module] = [
                ResidualBlock(c_in, widths[size], c_step, groups, config.dropout)
            ]
            if size in config.attention:
                layers.append(SelfAttention(widths[size], groups))
            return nn.ModuleList(layers)

        self.step = nn.Sequential(
            nn.Linear(config.width, c_step), nn.SiLU(), nn.Linear(c_step, c_step)
        )
        self.first = nn.Conv2d(c_image, config.width, 3, padding=1)
        c, skips, last = config.width, [config.width], len(widths) - 1
        self.down, self.smaller = nn.ModuleList(), nn.ModuleList()
        for size, width in enumerate(widths):
            for _ in range(config.n_blocks):
                self.down.append(block(c, size))
                c = width
                skips.append(c)
            if size < last:
                self.smaller.append(nn.Conv2d(c, c, 3, stride=2, padding=1))
                skips.append(c)
        self.middle = nn.ModuleList(
            [
                ResidualBlock(c, c, c_step, groups, config.dropout),
                SelfAttention(c, groups),
                ResidualBlock(c, c, c_step, groups, config.dropout),
            ]
        )
        self.up, self.larger = nn.ModuleList(), nn.ModuleList()
        for size in range(last, -1, -1):
            for _ in range(config.n_blocks + 1):
                self.up.append(block(c + skips.pop(), size))
                c = widths[size]
            if size > 0:
                self.larger.append(nn.Conv2d(c, c, 3, padding=1))
        self.norm = nn.GroupNorm(groups, c)
        self.last = zeroed(nn.Conv2d(c, c_image, 3, padding=1))

    def forward(
        self, x: Float[Tensor, "B C H W"], t: Float[Tensor, " B"]
    ) -> Float[Tensor, "B C H W"]:
        """One prediction a noisy image.

        Args:
            x: Noisy images, of variance near 1.
            t: The step of each, counted from 0.

        Returns:
            As large as the images.
        """
        config, (height, width) = self.config, x.shape[2:]
        step = self.step(step_embedding(t, config.width))
        # sides become multiples of a patch, as often halved as there are sizes
        halved = 2 ** (len(config.multipliers) - 1)
        tall, wide = (
            -side % (p * halved) for side, p in zip(x.shape[2:], config.patch, strict=True)
        )
        h = self.first(fold(F.pad(x, (0, wide, 0, tall)), config.patch))
        skips, smaller, larger = [h], iter(self.smaller), iter(self.larger)
        for i, layers in enumerate(self.down, 1):
            h = run(layers, h, step)
            skips.append(h)
            if i % config.n_blocks == 0 and i < len(self.down):
                h = next(smaller)(h)
                skips.append(h)
        h = run(self.middle, h, step)
        for i, layers in enumerate(self.up, 1):
            h = run(layers, torch.cat([h, skips.pop()], dim=1), step)
            if i % (config.n_blocks + 1) == 0 and i < len(self.up):
                h = next(larger)(F.interpolate(h, scale_factor=2.0))
        out = unfold(self.last(F.silu(self.norm(h))), config.patch)
        return out[:, :, :height, :width]


def run(layers: nn.Module, x: Tensor, step: Tensor) -> Tensor:
    """Blocks, which get the step, and attention, which does not, one after the other."""
    for layer in layers.children():
        x = layer(x, step) if isinstance(layer, ResidualBlock) else layer(x)
    return x


def fold(x: Float[Tensor, "B C H W"], patch: Sequence[int]) -> Float[Tensor, "B D h w"]:
    """Patches as channels of a smaller image.

    Example:
        >>> fold(torch.zeros(1, 2, 8, 6), (4, 2)).shape
        torch.Size([1, 16, 2, 3])
    """
    p, q = patch
    return x.unflatten(3, (-1, q)).unflatten(2, (-1, p)).permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


def unfold(x: Float[Tensor, "B D h w"], patch: Sequence[int]) -> Float[Tensor, "B C H W"]:
    """The inverse of `fold`.

    Example:
        >>> x = torch.arange(96.0).reshape(1, 2, 8, 6)
        >>> torch.equal(unfold(fold(x, (4, 2)), (4, 2)), x)
        True
    """
    p, q = patch
    return x.unflatten(1, (-1, p, q)).permute(0, 1, 4, 2, 5, 3).flatten(4).flatten(2, 3)

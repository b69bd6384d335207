r"""MU-GAN: a U-Net whose convolutions have several widths, taught by a discriminator and an autoencoder.

    \hat y = G(x) = x + f(x),   x the low-rate waveform as a spline at the new rate

Where AudioUNet strides, MU-GAN folds time into channels (superpixel, the inverse of the subpixel shuffle), so
that no sample is dropped; and every convolution has filters of 3, 9, 27 and 81 taps side by side, for detail
and for context.  Three things teach it: the sound itself, a discriminator, and the innermost features of an
autoencoder that learned to copy sound, for which nobody needs labels.

Paper:      Kim & Sathe, "Adversarial audio super-resolution with unsupervised feature losses", 2018, published
            as "Bandwidth extension on raw audio via generative adversarial networks", 2019 (arXiv:1903.09027).
Implements: `Generator`, `FeatureAutoencoder`, `Discriminator`; `superpixel_shuffle`, `MultiscaleConv`.
Differs:    the paper does not state channels.  Ours double, up to four times as many, in nearly equal parts for
            the four widths; `MUGANConfig.paper` is so wide that NU-Wave's 3.0 million parameters are 21 % of
            the generator's: its abstract says 5.4 to 21 % of its baselines', and U-Net's are 5.4 %.  Guessed,
            too: dropout of 0.2, 64 features between the discriminator's dense layers, four blocks in the
            autoencoder.  The discriminator takes the mean over time before its dense layers, where the paper's
            takes every moment, so that crops of any length have a score.
See:        `tinyaudio.models.audiounet`, which it follows; `tinyaudio.objectives.feature_gan` for the losses.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.models.audiounet import subpixel_shuffle

KERNELS = (3, 9, 27, 81)
LAST_KERNEL = 27
DROPOUT = 0.2
TAGS = ["audio", "audio-to-audio"]


@dataclass(frozen=True)
class MUGANConfig:
    """Size of a MU-GAN: generator, autoencoder and discriminator.

    Attributes:
        width: Channels of the generator's first block, even and 8 or more; they double, up to four times.
        n_layers: Blocks of the generator that halve the length.
        discriminator_layers: Of the discriminator, as many channels.
        feature_layers: Of the autoencoder, whose channels stay at ``width``.
        hidden: Features between the discriminator's two dense layers.
    """

    width: int = 36
    n_layers: int = 8
    discriminator_layers: int = 7
    feature_layers: int = 4
    hidden: int = 64

    @classmethod
    def tiny(cls) -> "MUGANConfig":
        """Three blocks of 8, 16 and 32 channels."""
        return cls(width=8, n_layers=3, discriminator_layers=3, feature_layers=2, hidden=8)

    @classmethod
    def paper(cls) -> "MUGANConfig":
        """Eight blocks; 14 million parameters in the generator."""
        return cls()

    @property
    def channels(self) -> list[int]:
        """Of the generator's blocks, from the waveform inwards."""
        return [self.width * min(2**b, 4) for b in range(self.n_layers)]

    @property
    def reach(self) -> int:
        """Samples to either side of one of the generator's that can change it, or a few more."""
        halves = sum(KERNELS[-1] // 2 * 2**b for b in range(self.n_layers))
        return halves + 2 * halves + LAST_KERNEL // 2 + 2 ** (self.n_layers + 1)


def superpixel_shuffle(x: Float[Tensor, "B C T"], ratio: int = 2) -> Float[Tensor, "B D t"]:
    """Make channels of time, the inverse of `subpixel_shuffle`: no sample is lost.

    Args:
        x: Any signal whose length is a multiple of the ratio.
        ratio: By how much it becomes shorter.

    Returns:
        C * ratio channels, T / ratio long.

    Example:
        >>> superpixel_shuffle(torch.tensor([[[0.0, 1.0, 2.0, 3.0]]])).tolist()
        [[[0.0, 2.0], [1.0, 3.0]]]
    """
    return x.unflatten(2, (-1, ratio)).permute(0, 3, 1, 2).flatten(1, 2)


class MultiscaleConv(nn.Module):
    """Filters of 3, 9, 27 and 81 taps side by side, a quarter of the channels each.

    Example:
        >>> MultiscaleConv(2, 8)(torch.zeros(1, 2, 100)).shape
        torch.Size([1, 8, 100])
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        each = [(out_channels + i) // len(KERNELS) for i in range(len(KERNELS))]
        self.scales = nn.ModuleList(
            nn.Conv1d(in_channels, n, kernel, padding=kernel // 2)
            for n, kernel in zip(each, KERNELS, strict=True)
        )

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T"]:
        """All widths of the same signal."""
        return torch.cat([scale(x) for scale in self.scales], dim=1)


class DownBlock(nn.Module):
    """Half the length: multiscale convolution, PReLU, superpixel."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv, self.relu = MultiscaleConv(in_channels, out_channels // 2), nn.PReLU(init=0.2)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D t"]:
        """The length must be even."""
        return superpixel_shuffle(self.relu(self.conv(x)))


class UpBlock(nn.Module):
    """Twice the length: multiscale convolution, dropout, PReLU, subpixel."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv, self.relu = MultiscaleConv(in_channels, 2 * out_channels), nn.PReLU(init=0.2)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D t"]:
        """Two channels become one."""
        return subpixel_shuffle(self.relu(self.dropout(self.conv(x))))


class Generator(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """A waveform at the new rate, its top band empty or full of images, to one with a top band.

    Example:
        >>> Generator(MUGANConfig.tiny())(torch.zeros(2, 1, 1_001)).shape
        torch.Size([2, 1, 1001])
    """

    def __init__(self, config: MUGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.down = nn.ModuleList(DownBlock(c, d) for c, d in pairwise([1, *channels]))
        # a block gets the channels of the one before it, and as many of the skip connection
        leaving = [*reversed(channels[:-1]), channels[0] // 2]
        entering = [channels[-1], *(2 * c for c in leaving[:-1])]
        self.up = nn.ModuleList(UpBlock(c, d) for c, d in zip(entering, leaving, strict=True))
        self.last = nn.Conv1d(leaving[-1], 1, LAST_KERNEL, padding=LAST_KERNEL // 2)
        nn.init.normal_(self.last.weight, std=1e-3)
        if self.last.bias is not None:
            nn.init.zeros_(self.last.bias)

    def forward(self, low: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B 1 T"]:
        """Add what is missing.

        Args:
            low: The low-rate waveform at the new rate, by `tinyaudio.audio.interpolation.upsample_spline`.

        Returns:
            The waveform at the new rate, as long; at first nearly the input.
        """
        T = low.shape[2]
        x = F.pad(low, (0, -T % 2**self.config.n_layers))
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
        for block, skip in zip(self.up, [*reversed(skips[:-1]), None], strict=True):
            x = block(x)
            if skip is not None:
                x = torch.cat([x, skip], dim=1)
        return low + self.last(x)[..., :T]


class FeatureAutoencoder(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """The generator without skip connections: copies sound through a bottleneck, whose features compare sounds.

    Example:
        >>> net = FeatureAutoencoder(MUGANConfig.tiny())
        >>> net.encode(torch.zeros(2, 1, 1_000)).shape, net(torch.zeros(2, 1, 1_000)).shape
        (torch.Size([2, 8, 250]), torch.Size([2, 1, 1000]))
    """

    def __init__(self, config: MUGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = [config.width] * config.feature_layers
        self.down = nn.Sequential(*(DownBlock(c, d) for c, d in pairwise([1, *channels])))
        self.up = nn.Sequential(*(UpBlock(c, d) for c, d in pairwise([*channels, channels[0]])))
        self.last = nn.Conv1d(channels[0], 1, LAST_KERNEL, padding=LAST_KERNEL // 2)

    def encode(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B C t"]:
        """The features of a sound, those of silence at its end."""
        features: Tensor = self.down(F.pad(audio, (0, -audio.shape[2] % 2 ** len(self.down))))
        return features

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B 1 T"]:
        """The sound through the bottleneck."""
        copied: Tensor = self.last(self.up(self.encode(audio)))
        return copied[..., : audio.shape[2]]


class Discriminator(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Sound to a score: the logit of being recorded, not generated.

    Example:
        >>> Discriminator(MUGANConfig.tiny())(torch.zeros(2, 1, 1_000)).shape
        torch.Size([2])
    """

    def __init__(self, config: MUGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = [config.width * min(2**b, 4) for b in range(config.discriminator_layers)]
        self.first = MultiscaleConv(1, config.width)
        self.convs = nn.ModuleList(
            MultiscaleConv(c, d // 2) for c, d in pairwise([config.width, *channels])
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm1d(c // 2, track_running_stats=False) for c in channels
        )
        self.dropout = nn.Dropout(DROPOUT)
        self.dense = nn.Linear(channels[-1], config.hidden)
        self.last = nn.Linear(config.hidden, 1)

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, " B"]:
        """The scores of a batch, which is normalised together."""
        x = F.leaky_relu(self.first(F.pad(audio, (0, -audio.shape[2] % 2 ** len(self.convs)))), 0.2)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = superpixel_shuffle(F.leaky_relu(self.dropout(norm(conv(x))), 0.2))
        x = F.leaky_relu(self.dropout(self.dense(x.mean(dim=2))), 0.2)
        scores: Tensor = self.last(x)
        return scores[:, 0]

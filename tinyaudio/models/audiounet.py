r"""AudioUNet: the missing part of an upsampled waveform by a U-Net of one-dimensional convolutions.

    \hat y = x + f(x),   x the low-rate waveform as a spline at the new rate

Half of the network halves the length, block by block, and the other half doubles it again; each block of the
second half also gets the output of that block of the first half which is as long (a skip connection).  Lengths
are doubled by a subpixel shuffle: a convolution makes twice the channels, and every two of them become the even
and the odd samples of one.

Paper:      Kuleshov, Enam & Ermon, "Audio super resolution using neural networks", ICLR 2017 workshop
            (arXiv:1708.00853), figure 1; the shuffle is Shi et al.'s (2016, arXiv:1609.05158).
Implements: `AudioUNet`, `subpixel_shuffle`.
Differs:    channels are 128, 256, 512 and 512 (the public code's second block has 384): at four blocks that is
            the size of which NU-Wave's 3.0 million parameters are 5.4 %, as its abstract says.  Windows of
            strided convolutions are centred on even samples; TensorFlow centres them on odd ones.
See:        chapter 20, "What fills the top band".
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

LAST_KERNEL = 9
DROPOUT = 0.5


@dataclass(frozen=True)
class AudioUNetConfig:
    """Size of an `AudioUNet`.

    Attributes:
        width: Channels of the first block; they double from block to block, up to four times as many.
        n_layers: Blocks that halve the length (the paper's B), not counting the one in the middle.
        kernel: Taps of the first block, odd; half of the way from block to block, but at least 9.
    """

    width: int = 128
    n_layers: int = 4
    kernel: int = 65

    @classmethod
    def tiny(cls) -> "AudioUNetConfig":
        """Three blocks of 8, 16 and 32 channels."""
        return cls(width=8, n_layers=3, kernel=17)

    @classmethod
    def paper(cls) -> "AudioUNetConfig":
        """Four blocks, 128 to 512 channels, 65 to 9 taps; 56 million parameters."""
        return cls()

    @property
    def channels(self) -> list[int]:
        """Of each block, from the waveform inwards."""
        return [self.width * min(2**b, 4) for b in range(self.n_layers)]

    @property
    def kernels(self) -> list[int]:
        """Taps of each block, from the waveform inwards."""
        return [max((self.kernel - 1) // 2**b + 1, LAST_KERNEL) for b in range(self.n_layers)]

    @property
    def stride(self) -> int:
        """Samples that become one in the middle of the network."""
        return int(2 ** (self.n_layers + 1))

    @property
    def reach(self) -> int:
        """Samples to either side of one that can change it, or a few more."""
        halves = [kernel // 2 for kernel in self.kernels]
        down = sum(half * 2**b for b, half in enumerate(halves)) + halves[-1] * 2**self.n_layers
        up = sum(half * 2 ** (b + 2) for b, half in enumerate(halves))
        return down + up + 2 * (LAST_KERNEL // 2) + 2 * self.stride


def subpixel_shuffle(x: Float[Tensor, "B C T"], ratio: int = 2) -> Float[Tensor, "B D t"]:
    """Make time of channels: the first 1 / ratio of them are samples 0, r, 2 r, ..., the next 1, r + 1, ...

    Args:
        x: Any signal whose channels are a multiple of the ratio.
        ratio: How many times as long it becomes.

    Returns:
        C / ratio channels, T * ratio long.

    Example:
        >>> subpixel_shuffle(torch.tensor([[[0.0, 2.0], [1.0, 3.0]]])).tolist()
        [[[0.0, 1.0, 2.0, 3.0]]]
    """
    return x.unflatten(1, (ratio, -1)).permute(0, 2, 3, 1).flatten(2)


def conv1d(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Conv1d:
    """A convolution of the same length, or of half of it, with orthogonal initial weights."""
    layer = nn.Conv1d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2)
    nn.init.orthogonal_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


TAGS = ["audio", "audio-to-audio"]


class AudioUNet(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """A waveform at the new rate, its top band empty or full of images, to one with a top band.

    Example:
        >>> net = AudioUNet(AudioUNetConfig.tiny()).eval()
        >>> net(torch.zeros(2, 1, 1_000)).shape
        torch.Size([2, 1, 1000])
    """

    def __init__(self, config: AudioUNetConfig) -> None:
        super().__init__()
        self.config = config
        channels, kernels = config.channels, config.kernels
        self.down = nn.ModuleList(
            conv1d(c, d, k, stride=2)
            for (c, d), k in zip(pairwise([1, *channels]), kernels, strict=True)
        )
        self.middle = conv1d(channels[-1], channels[-1], kernels[-1], stride=2)
        # a block gets the channels of the shuffle before it, and as many of the skip connection
        entering = [channels[-1], *(2 * c for c in reversed(channels[1:]))]
        self.up = nn.ModuleList(
            conv1d(c, 2 * d, k)
            for c, d, k in zip(entering, reversed(channels), reversed(kernels), strict=True)
        )
        self.last = conv1d(2 * channels[0], 2, LAST_KERNEL)
        nn.init.normal_(self.last.weight, std=1e-3)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, low: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B 1 T"]:
        """Add what is missing.

        Args:
            low: The low-rate waveform at the new rate, by `tinyaudio.audio.interpolation.upsample_spline`.

        Returns:
            The waveform at the new rate, as long; at first nearly the input.
        """
        T = low.shape[2]
        x = F.pad(low, (0, -T % self.config.stride))
        skips = []
        for layer in self.down:
            x = F.leaky_relu(layer(x), 0.2)
            skips.append(x)
        x = F.leaky_relu(self.dropout(self.middle(x)), 0.2)
        for layer, skip in zip(self.up, reversed(skips), strict=True):
            x = subpixel_shuffle(F.relu(self.dropout(layer(x))))
            x = torch.cat([x, skip], dim=1)
        missing = subpixel_shuffle(self.last(x))[..., :T]
        return low + missing

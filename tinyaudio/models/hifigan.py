r"""HiFi-GAN's generator: mel frames become samples in a few steps up, each refined at several widths at once.

    h_0 = conv(mel)
    h_{i+1} = MRF_i(up_i(leaky ReLU(h_i)))
    waveform = tanh(conv(leaky ReLU(h_n)))

    MRF(x) = \frac{1}{K} \sum_k ResBlock_k(x)   [Multi-receptive field fusion, section 2.2]

The residual blocks of a step differ in kernel size and dilations, so that a sum of them sees short and long
patterns.  One forward pass makes the whole waveform.

Paper:      Kong, Kim & Bae, "HiFi-GAN: Generative adversarial networks for efficient and high fidelity speech
            synthesis", NeurIPS 2020 (arXiv:2010.05646), section 2.2, appendix A.1.
Implements: `HiFiGAN`, in the sizes `v1`, `v2` and `v3` of the authors' public code; `ResBlock`, `MRF`.
Differs:    the mel front end is `log_mel`, of 80 bands from 0 Hz to half the sample rate.
See:        `tinyaudio.models.hifigan_discriminators`, `tinyaudio.objectives.vocoder_gan`; chapter 23, "Every
            vocoder on one bench".
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
from tinyaudio.models.mel_input import check_bands
from tinyaudio.models.weight_norm import weight_normalized

OUTER_KERNEL = 7  # of the first and the last convolution
SLOPE = 0.1  # of the leaky ReLUs
OUTPUT_SLOPE = 0.01  # of the last one, as in the public code
INITIAL_STD = 0.01  # of the weights but the first convolution's


@dataclass(frozen=True)
class HiFiGANConfig:
    """Size of a `HiFiGAN`.

    Attributes:
        n_mels: Mel bands of a frame.
        channels: Of the frames; half as many after each step up.
        factors: Of the steps up; their product is the hop of the frames.
        kernels: Of these steps' transposed convolutions, each as even or odd as its factor.
        block_kernels: Of the residual blocks of a step, one a block; odd.
        block_dilations: Of the layers of each block.
        pairs: Whether a layer is a dilated convolution and a plain one (``ResBlock1`` of the public
            code), or the dilated one alone (``ResBlock2``).
    """

    n_mels: int = 80
    channels: int = 512
    factors: Sequence[int] = (8, 8, 2, 2)
    kernels: Sequence[int] = (16, 16, 4, 4)
    block_kernels: Sequence[int] = (3, 7, 11)
    block_dilations: Sequence[Sequence[int]] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    pairs: bool = True

    def __post_init__(self) -> None:
        for name in ("factors", "kernels", "block_kernels"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
        object.__setattr__(self, "block_dilations", tuple(map(tuple, self.block_dilations)))
        if len(self.factors) != len(self.kernels):
            raise UserError("factors and kernels: give as many of each")
        if len(self.block_kernels) != len(self.block_dilations):
            raise UserError("block_kernels and block_dilations: give as many of each")
        if self.channels % 2 ** len(self.factors):
            raise UserError(
                f"channels {self.channels}: must be a multiple of {2 ** len(self.factors)}, to be"
                " halved at every step"
            )
        for factor, kernel in zip(self.factors, self.kernels, strict=True):
            if kernel < factor or (kernel - factor) % 2:
                raise UserError(
                    f"kernel {kernel} of a step up by {factor}: must be {factor} or {factor} + 2, 4, ..."
                )

    @classmethod
    def tiny(cls) -> "HiFiGANConfig":
        """Frames of 64 samples; 0.1 million parameters, small enough for one CPU core."""
        return cls(80, 64, (8, 8), (16, 16), (3, 7), ((1, 3), (1, 3)), pairs=False)

    @classmethod
    def v1(cls) -> "HiFiGANConfig":
        """The paper's best: 13.9 million parameters."""
        return cls()

    @classmethod
    def v2(cls) -> "HiFiGANConfig":
        """A quarter of the channels: 0.9 million parameters."""
        return cls(channels=128)

    @classmethod
    def v3(cls) -> "HiFiGANConfig":
        """Fewer and simpler layers, for a CPU: 1.5 million parameters."""
        dilations = ((1, 2), (2, 6), (3, 12))
        return cls(80, 256, (8, 8, 4), (16, 16, 8), (3, 5, 7), dilations, pairs=False)

    @classmethod
    def paper(cls) -> "HiFiGANConfig":
        """The same as `v1`."""
        return cls.v1()

    @property
    def hop_length(self) -> int:
        """Samples a mel frame."""
        return math.prod(self.factors)

    @property
    def context_frames(self) -> int:
        """Frames on either side that the samples of one depend on at most, besides their own.

        Example:
            >>> HiFiGANConfig.tiny().context_frames, HiFiGANConfig.v1().context_frames
            (6, 13)
        """
        # From the last layer to the first: samples, at the rate of each step, beyond those of the frame.
        reach = OUTER_KERNEL // 2
        for factor, kernel in zip(reversed(self.factors), reversed(self.kernels), strict=True):
            reach += max(map(self.block_reach, self.block_kernels, self.block_dilations))
            reach = (reach + factor - 1 + (kernel - factor) // 2) // factor
        return reach + OUTER_KERNEL // 2

    def block_reach(self, kernel: int, dilations: Sequence[int]) -> int:
        """Samples on either side that a residual block sees."""
        return kernel // 2 * sum(dilation + self.pairs for dilation in dilations)


def outer_conv(in_channels: int, out_channels: int) -> nn.Conv1d:
    """The first or the last convolution."""
    return nn.Conv1d(in_channels, out_channels, OUTER_KERNEL, padding=OUTER_KERNEL // 2)


def conv1d(channels: int, kernel_size: int, dilation: int) -> nn.Conv1d:
    """A weight-normalized convolution that keeps channels and length, with small initial weights."""
    padding = dilation * (kernel_size // 2)
    layer = nn.Conv1d(channels, channels, kernel_size, padding=padding, dilation=dilation)
    nn.init.normal_(layer.weight, std=INITIAL_STD)
    return weight_normalized(layer)


class ResBlock(nn.Module):
    """Convolutions of one kernel size, each or each pair of them beside a shortcut.

    Args:
        channels: Of input and output.
        kernel_size: Odd.
        dilations: Of the layers.
        pairs: Whether a convolution without dilation follows each dilated one.

    Example:
        >>> ResBlock(4, 3, (1, 3), pairs=True)(torch.zeros(1, 4, 9)).shape
        torch.Size([1, 4, 9])
    """

    def __init__(
        self, channels: int, kernel_size: int, dilations: Sequence[int], pairs: bool
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for dilation in dilations:
            layer = nn.Sequential(nn.LeakyReLU(SLOPE), conv1d(channels, kernel_size, dilation))
            if pairs:
                layer.extend([nn.LeakyReLU(SLOPE), conv1d(channels, kernel_size, 1)])
            self.layers.append(layer)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B C T"]:
        """Add what each layer finds."""
        for layer in self.layers:
            x = x + layer(x)
        return x


class MRF(nn.Module):
    """Multi-receptive field fusion: the mean of residual blocks of several kernel sizes.

    Args:
        channels: Of input and output.
        config: Of the blocks.

    Example:
        >>> MRF(4, HiFiGANConfig.tiny())(torch.zeros(1, 4, 9)).shape
        torch.Size([1, 4, 9])
    """

    def __init__(self, channels: int, config: HiFiGANConfig) -> None:
        super().__init__()
        sizes = zip(config.block_kernels, config.block_dilations, strict=True)
        self.blocks = nn.ModuleList(ResBlock(channels, k, d, config.pairs) for k, d in sizes)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B C T"]:
        """The blocks see the same input."""
        total = self.blocks[0](x)
        for block in self.blocks[1:]:
            total = total + block(x)
        return total / len(self.blocks)


class HiFiGAN(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "gan", "vocoder"]
):
    """Mel frames to a waveform in [-1, 1].

    Example:
        >>> HiFiGAN(HiFiGANConfig.tiny())(torch.zeros(2, 80, 10)).shape
        torch.Size([2, 1, 640])
    """

    def __init__(self, config: HiFiGANConfig) -> None:
        super().__init__()
        self.config = config
        self.input = weight_normalized(outer_conv(config.n_mels, config.channels))
        self.up, self.mrf = nn.ModuleList(), nn.ModuleList()
        channels = config.channels
        for factor, kernel in zip(config.factors, config.kernels, strict=True):
            padding = (kernel - factor) // 2
            up = nn.ConvTranspose1d(channels, channels // 2, kernel, factor, padding)
            nn.init.normal_(up.weight, std=INITIAL_STD)
            channels //= 2
            self.up.append(weight_normalized(up))
            self.mrf.append(MRF(channels, config))
        output = outer_conv(channels, 1)
        nn.init.normal_(output.weight, std=INITIAL_STD)
        self.output = weight_normalized(output)

    def forward(self, mel: Float[Tensor, "B M N"]) -> Float[Tensor, "B 1 T"]:
        """Make a waveform of T = N hop_length samples.

        Args:
            mel: From `log_mel`; frame n begins with sample n hop_length.

        Raises:
            UserError: The frames have another number of bands, or there are none.
        """
        check_bands(mel, self.config.n_mels)
        h = self.input(mel)
        for up, mrf in zip(self.up, self.mrf, strict=True):
            h = mrf(up(F.leaky_relu(h, SLOPE)))
        return torch.tanh(self.output(F.leaky_relu(h, OUTPUT_SLOPE)))

r"""UnivNet: noise at the frame rate becomes samples, by convolutions whose kernels the mel frames predict.

    x_0 = conv(z),   z ~ N(0, I)
    x_{i+1} = LVCBlock_i(x_i, mel)
    waveform = tanh(conv(leaky ReLU(x_n)))

A block raises the rate, then has a few layers: a dilated convolution, a location-variable one and a gate each.

    x \leftarrow x + \sigma(a) \odot \tanh(b),   [a, b] = LVC(conv(x); W(mel))   [Gated activation unit]

Paper:      Jang, Lim, Yoon, Kim & Kim, "UnivNet: A neural vocoder with multi-resolution spectrogram
            discriminators for high-fidelity waveform generation", Interspeech 2021 (arXiv:2106.07889), section
            2.1.
Implements: `UnivNet`, in the sizes `c16` and `c32`; `LVCBlock`.
Differs:    the paper's frames have 100 bands, ours (`log_mel`) 80.  With 100, the parameters before folding are
            3,997,426 and 14,865,506; the public code of MINDsLab cites the paper with 4.00 and 14.89 million.
            Both ends are padded with zeros, where that code reflects, so that a clip may have one frame.
See:        `tinyaudio.models.location_variable`, `tinyaudio.models.univnet_discriminators`; chapter 23, "Every
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
from tinyaudio.models.location_variable import (
    KernelPredictor,
    location_variable_convolution,
    predictor_reach,
)
from tinyaudio.models.mel_input import check_bands
from tinyaudio.models.weight_norm import weight_normalized
from tinyaudio.represent.logmel import N_MELS

SLOPE = 0.2  # of the leaky ReLUs
OUTER_KERNEL = 7  # of the first and the last convolution
N_TAPS = 3  # of the dilated and of the predicted kernels


@dataclass(frozen=True)
class UnivNetConfig:
    """Size of a `UnivNet`.

    Attributes:
        n_mels: Mel bands of a frame.
        channels: Of the sound on its way.
        noise_channels: Of the noise of a frame.
        factors: Of the blocks; their product is the hop of the frames.
        dilations: Of a block's layers.
        predictor_channels: Of the network that predicts kernels.
        predictor_kernel: Kernel size of its convolutions, in frames; odd.
    """

    n_mels: int = 100
    channels: int = 32
    noise_channels: int = 64
    factors: Sequence[int] = (8, 8, 4)
    dilations: Sequence[int] = (1, 3, 9, 27)
    predictor_channels: int = 64
    predictor_kernel: int = 3

    def __post_init__(self) -> None:
        for name in ("factors", "dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
        if self.predictor_kernel % 2 == 0:
            raise UserError(f"predictor_kernel {self.predictor_kernel}: must be odd; try 3")

    @classmethod
    def tiny(cls) -> "UnivNetConfig":
        """Frames of 64 samples with 80 bands; 0.2 million parameters, small enough for one CPU core."""
        return cls(N_MELS, 8, 16, (8, 8), (1, 5), 32)

    @classmethod
    def c16(cls) -> "UnivNetConfig":
        """The paper's small network: 4.0 million parameters."""
        return cls(channels=16)

    @classmethod
    def c32(cls) -> "UnivNetConfig":
        """The paper's large network: 14.9 million parameters."""
        return cls()

    @classmethod
    def paper(cls) -> "UnivNetConfig":
        """The same as `c32`."""
        return cls.c32()

    @property
    def hop_length(self) -> int:
        """Samples a mel frame."""
        return math.prod(self.factors)

    @property
    def context_frames(self) -> int:
        """Frames on either side that the samples of one depend on at most, besides their own.

        Example:
            >>> UnivNetConfig.tiny().context_frames, UnivNetConfig.c32().context_frames
            (11, 16)
        """
        # From the last layer to the first: samples, at the rate of each block, beyond those of the frame.
        reach, per_frame, frames = OUTER_KERNEL // 2, self.hop_length, 0
        for factor in reversed(self.factors):
            reach += sum(N_TAPS // 2 * (dilation + 1) for dilation in self.dilations)
            # The frames that predict the kernels of these samples.
            predictor = predictor_reach(self.predictor_kernel)
            frames = max(frames, math.ceil(reach / per_frame) + predictor)
            per_frame //= factor
            reach = (reach + factor - 1 + factor // 2 + factor % 2) // factor
        return max(frames, reach + OUTER_KERNEL // 2)


def outer_conv(in_channels: int, out_channels: int) -> nn.Conv1d:
    """The first or the last convolution."""
    return nn.Conv1d(in_channels, out_channels, OUTER_KERNEL, padding=OUTER_KERNEL // 2)


class LVCBlock(nn.Module):
    """A step up, then layers whose kernels the frames predict.

    Args:
        config: Of the network.
        factor: Of the step up.

    Example:
        >>> block = LVCBlock(UnivNetConfig.tiny(), factor=4)
        >>> block(torch.zeros(1, 8, 5), torch.zeros(1, 80, 5)).shape
        torch.Size([1, 8, 20])
    """

    def __init__(self, config: UnivNetConfig, factor: int) -> None:
        super().__init__()
        channels, n_layers = config.channels, len(config.dilations)
        self.predictor = KernelPredictor(
            config.n_mels,
            config.predictor_channels,
            config.predictor_kernel,
            n_layers,
            channels,
            N_TAPS,
            SLOPE,
        )
        odd = factor % 2
        up = nn.ConvTranspose1d(
            channels, channels, 2 * factor, factor, padding=factor // 2 + odd, output_padding=odd
        )
        self.up = weight_normalized(up)
        self.layers = nn.ModuleList(
            weight_normalized(nn.Conv1d(channels, channels, N_TAPS, padding=d, dilation=d))
            for d in config.dilations
        )

    def forward(
        self, x: Float[Tensor, "B C T"], mel: Float[Tensor, "B M N"]
    ) -> Float[Tensor, "B C S"]:
        """Make S = factor T samples; both are whole frames."""
        x = self.up(F.leaky_relu(x, SLOPE))
        kernels, biases = self.predictor(mel)
        for i, layer in enumerate(self.layers):
            h = F.leaky_relu(layer(F.leaky_relu(x, SLOPE)), SLOPE)
            a, b = location_variable_convolution(h, kernels[:, i], biases[:, i]).chunk(2, dim=1)
            x = x + torch.sigmoid(a) * torch.tanh(b)
        return x


class UnivNet(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "gan", "vocoder"]
):
    """Mel frames and noise to a waveform in [-1, 1].

    Example:
        >>> UnivNet(UnivNetConfig.tiny())(torch.zeros(2, 80, 10)).shape
        torch.Size([2, 1, 640])
    """

    def __init__(self, config: UnivNetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.input = weight_normalized(outer_conv(config.noise_channels, channels))
        self.blocks = nn.ModuleList(LVCBlock(config, factor) for factor in config.factors)
        self.output = weight_normalized(outer_conv(channels, 1))

    def forward(
        self, mel: Float[Tensor, "B M N"], noise: Float[Tensor, "B Z N"] | None = None
    ) -> Float[Tensor, "B 1 T"]:
        """Make a waveform of T = N hop_length samples.

        Args:
            mel: From `log_mel`; frame n begins with sample n hop_length.
            noise: From `noise`, or of other N(0, 1); drawn if it is not given.

        Raises:
            UserError: The frames have another number of bands, or there are none.
        """
        check_bands(mel, self.config.n_mels)
        if noise is None:
            shape = (len(mel), self.config.noise_channels, mel.shape[2])
            noise = torch.randn(shape, device=mel.device, dtype=mel.dtype)
        x = self.input(noise)
        for block in self.blocks:
            x = block(x, mel)
        return torch.tanh(self.output(F.leaky_relu(x, SLOPE)))

    def noise(self, n_frames: int, seed: int) -> Float[Tensor, "1 Z N"]:
        """The noise of a clip, a function of its seed, the same on every device.

        Example:
            >>> UnivNet(UnivNetConfig.tiny()).noise(10, seed=3).shape
            torch.Size([1, 16, 10])
        """
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(1, self.config.noise_channels, n_frames, generator=generator)
        return noise.to(next(self.parameters()).device)

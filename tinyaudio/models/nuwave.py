r"""NU-Wave: what noise is in a waveform of 48 kHz, told by a waveform of a lower rate.

    z_l = \sigma(W_g * h_l + V_g * y) \odot \tanh(W_f * h_l + V_f * y),   h_l = x_l + U_l e

    x_{l+1} = (x_l + R_l z_l) / \sqrt{2},   skip = \frac{1}{\sqrt{L}} \sum_l S_l z_l

    e = [\sin(50000 \sqrt{\bar\alpha}\, 10^{-4 i / 64}), \cos(50000 \sqrt{\bar\alpha}\, 10^{-4 i / 64})]

DiffWave's network: L layers of gated convolutions that look both ways, dilations 1, 2, ..., 512 and again.
Its noise level is given as WaveGrad's is.  The condition y is the low-rate waveform, interpolated to the new
rate, in as many channels as the stream.  V reads it in every layer, by taps as far apart as W's (Bi-DilConv),
where the 1x1 convolution of DiffWave reads a single sample.

Paper:      Lee & Han, "NU-Wave: A diffusion probabilistic model for neural audio upsampling", Interspeech 2021
            (arXiv:2104.02321).
Implements: `NuWave`, 3,049,985 parameters at the paper's size, as the public code has; `NoiseLevelEmbedding`.
Differs:    what V makes of y is the same at every step of a generation and can be computed once:
            `NuWave.with_low`.  The public code computes it at each step, and interpolates y with a delay of
            (r - 1) / 2 samples; see `tinyaudio.audio.interpolation`.
See:        `tinyaudio.models.nuwave_cost` for what it costs; `tinyaudio.objectives.diffusion` for its training.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.diffwave import conv1d

N_FREQUENCIES, EMBEDDING_CHANNELS = 64, 512  # of the noise level
LEVEL_SCALE = 50_000
KERNEL = 3


@dataclass(frozen=True)
class NuWaveConfig:
    """Size of a `NuWave`.

    Attributes:
        channels: Width of the stream, of the condition and of the skips.
        n_layers: Residual layers (L).
        dilation_cycle: Layers after which dilations begin again at 1.
        condition_kernel: Taps of V: 3 in the paper, as dilated as the layer; 1 in DiffWave.
    """

    channels: int = 64
    n_layers: int = 30
    dilation_cycle: int = 10
    condition_kernel: int = 3

    def __post_init__(self) -> None:
        if self.condition_kernel % 2 == 0:
            raise UserError(
                f"condition_kernel {self.condition_kernel}: must be odd, such as 3 or 1"
            )

    @classmethod
    def tiny(cls) -> "NuWaveConfig":
        """Six layers of 16 channels: a step takes a moment on one CPU core."""
        return cls(channels=16, n_layers=6, dilation_cycle=6)

    @classmethod
    def paper(cls) -> "NuWaveConfig":
        """30 layers of 64 channels; 3.0 million parameters."""
        return cls()

    @property
    def dilations(self) -> list[int]:
        """Distance between neighbouring taps of every layer, in samples."""
        return [2 ** (i % self.dilation_cycle) for i in range(self.n_layers)]

    @property
    def receptive_field(self) -> int:
        """Samples of the noisy waveform that one output sees: 6,139 at the paper's size."""
        return 1 + (KERNEL - 1) * sum(self.dilations)

    @property
    def condition_receptive_field(self) -> int:
        """Samples of the condition that one output sees.

        What V puts into a layer is widened by W of the layers above it: with three taps it is that of the
        waveform, and with one tap only two samples less.  What the 1x1 condition lacks is not reach, but taps
        of its own.

        Example:
            >>> [NuWaveConfig(condition_kernel=k).condition_receptive_field for k in (3, 1)]
            [6139, 6137]
        """
        above = [(KERNEL - 1) * sum(self.dilations[i + 1 :]) for i in range(self.n_layers)]
        reach = [(self.condition_kernel - 1) * d for d in self.dilations]
        return 1 + max(a + b for a, b in zip(above, reach, strict=True))


# ---------------------------------------------------------------------------- blocks


class NoiseLevelEmbedding(nn.Module):
    """The square root of alpha-bar as 512 numbers, through two linear layers.

    Example:
        >>> NoiseLevelEmbedding()(torch.tensor([1.0, 0.3])).shape
        torch.Size([2, 512])
    """

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        octaves = torch.arange(N_FREQUENCIES) * -4.0 / N_FREQUENCIES
        self.register_buffer("frequencies", LEVEL_SCALE * 10.0**octaves, persistent=False)
        self.hidden = nn.Linear(2 * N_FREQUENCIES, EMBEDDING_CHANNELS)
        self.output = nn.Linear(EMBEDDING_CHANNELS, EMBEDDING_CHANNELS)

    def forward(self, level: Float[Tensor, " B"]) -> Float[Tensor, "B E"]:
        """Embed the level of each clip, from 0, noise alone, to 1."""
        return F.silu(self.output(F.silu(self.hidden(self.encode(level)))))

    def encode(self, level: Float[Tensor, " B"]) -> Float[Tensor, "B 2*64"]:
        """Sines, then cosines: e."""
        phase = level[:, None] * self.frequencies
        return torch.cat([phase.sin(), phase.cos()], dim=1)


class ResidualLayer(nn.Module):
    """One gated convolution with its noise level, condition, residual and skip.

    Args:
        channels: Of the stream, the condition and the skip (C).
        dilation: Distance between the taps, in samples.
        condition_kernel: Taps of V.
        embedding_channels: Of the noise level.
    """

    def __init__(
        self,
        channels: int,
        dilation: int,
        condition_kernel: int,
        embedding_channels: int = EMBEDDING_CHANNELS,
    ) -> None:
        super().__init__()
        C = channels
        self.dilated = conv1d(C, 2 * C, KERNEL, dilation)
        self.level = nn.Linear(embedding_channels, C)
        self.condition = conv1d(C, 2 * C, condition_kernel, dilation)
        self.output = conv1d(C, 2 * C)

    def forward(
        self,
        x: Float[Tensor, "B C T"],
        level: Float[Tensor, "B E"],
        offset: Float[Tensor, "_ G T"],
    ) -> tuple[Float[Tensor, "B C T"], Float[Tensor, "B C T"]]:
        """The stream to the next layer, and the skip.

        Args:
            x: Stream from the layer before.
            level: From `NoiseLevelEmbedding`.
            offset: What the condition adds to the gates.
        """
        gates = self.dilated(x + self.level(level)[:, :, None]) + offset
        gate, filtered = gates.chunk(2, dim=1)
        residual, skip = self.output(gate.sigmoid() * filtered.tanh()).chunk(2, dim=1)
        return (x + residual) / math.sqrt(2), skip


# ---------------------------------------------------------------------------- the network

TAGS = ["audio", "diffusion", "audio-to-audio"]


class NuWave(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Noisy waveform, noise level and low-rate waveform to the noise.

    Example:
        >>> net = NuWave(NuWaveConfig.tiny())
        >>> net(torch.zeros(2, 1, 480), torch.tensor([0.9, 0.1]), torch.zeros(2, 1, 480)).shape
        torch.Size([2, 1, 480])
    """

    def __init__(self, config: NuWaveConfig) -> None:
        super().__init__()
        self.config = config
        C = config.channels
        self.input = conv1d(1, C)
        self.low = conv1d(1, C)
        self.level = NoiseLevelEmbedding()
        self.layers = nn.ModuleList(
            ResidualLayer(C, d, config.condition_kernel) for d in config.dilations
        )
        self.skip = conv1d(C, C)
        self.output = conv1d(C, 1)

    def forward(
        self,
        x: Float[Tensor, "B 1 T"],
        level: Float[Tensor, " B"],
        low: Float[Tensor, "_ 1 S"],
    ) -> Float[Tensor, "B 1 T"]:
        """Predict the noise.

        Args:
            x: Noisy clips at the new rate.
            level: The square root of alpha-bar of each.
            low: The low-rate waveform of each, or one for all, interpolated to the new rate and as long as x.

        Raises:
            UserError: The waveforms differ in length.
        """
        return self.denoise(x, level, self.offsets(low))

    def with_low(self, low: Float[Tensor, "_ 1 T"]) -> Callable[[Tensor, Tensor], Tensor]:
        """The function (x, level) that `forward` is of this low-rate waveform, whose V is computed only once.

        Every step of a generation has the same one, and bit for bit the same output follows.  It takes 2 C L
        numbers a sample, at the paper's size 740 MB a second of 48 kHz: long sounds go block by block.

        Example:
            >>> net, x, level = NuWave(NuWaveConfig.tiny()), torch.ones(1, 1, 64), torch.ones(1)
            >>> torch.equal(net.with_low(x / 2)(x, level), net(x, level, x / 2))
            True
        """
        offsets = [*self.offsets(low)]
        return lambda x, level: self.denoise(x, level, offsets)

    def offsets(self, low: Float[Tensor, "_ 1 T"]) -> Iterator[Float[Tensor, "_ G T"]]:
        """What the condition adds to the gates of each layer; computed layer by layer."""
        y = F.silu(self.low(low))
        return (layer.condition(y) for layer in self.layers)  # type: ignore[operator, union-attr]

    def denoise(
        self,
        x: Float[Tensor, "B 1 T"],
        level: Float[Tensor, " B"],
        offsets: Iterable[Float[Tensor, "_ G S"]],
    ) -> Float[Tensor, "B 1 T"]:
        """Predict the noise, given what the condition adds to each layer."""
        embedding = self.level(level.to(x))
        n_samples, total = x.shape[2], torch.zeros((), device=x.device)
        x = F.silu(self.input(x))
        for layer, offset in zip(self.layers, offsets, strict=True):
            if offset.shape[2] != n_samples:
                raise UserError(
                    f"a low-rate waveform of {offset.shape[2]} samples for a clip of {n_samples};"
                    " interpolate it to the clip's rate and length"
                )
            x, skip = layer(x, embedding, offset)
            total = total + skip
        hidden = F.silu(self.skip(total / math.sqrt(len(self.layers))))
        noise: Tensor = self.output(hidden)
        return noise

r"""DiffWave: the noise in a waveform, predicted by a stack of gated convolutions that look both ways.

    z_l = \sigma(W_g * h_l + V_g y) \odot \tanh(W_f * h_l + V_f y),   h_l = x_l + U_l e(t)

    x_{l+1} = (x_l + R_l z_l) / \sqrt{2},   skip = \frac{1}{\sqrt{L}} \sum_l S_l z_l

    e(t) = [\sin(10^{4 j / 63} t), \cos(10^{4 j / 63} t)],   j = 0, ..., 63   [section 3.1]

It is a WaveNet without causality, since all samples of the noisy waveform are there at once: dilated
convolutions of width 3 with padding on both sides, L layers, dilations 1, 2, ..., 512 and again.  Every
layer gets an embedding of the diffusion step t, and a vocoder's layers the mel spectrogram y, upsampled to
the sample rate by two transposed convolutions.

Paper:      Kong, Ping, Huang, Zhao & Catanzaro, "DiffWave: A versatile diffusion model for audio
            synthesis", ICLR 2021 (arXiv:2009.09761), section 3 and figure 2.
Implements: `DiffWave`, with a mel spectrogram and without.
Differs:    in nothing from the public package ``diffwave`` 0.1.7 (LMNT), whose 2,619,971 parameters with a
            condition these are, one to one; the paper gives 2.64 million and leaves a few widths open.
            Steps between two whole ones are interpolated for each clip of a batch, which that package can
            do for a batch of one.  What the condition adds to the layers can be computed once for all steps
            of a generation: `DiffWave.with_mel`.
See:        `tinyaudio.models.wavegrad`, the other vocoder of that year; the chapter "Diffusion vocoders".
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.diffwave_inputs import EMBEDDING_CHANNELS, MelUpsampler, StepEmbedding

KERNEL = 3


@dataclass(frozen=True)
class DiffWaveConfig:
    """Size of a `DiffWave`.

    Attributes:
        channels: Width of the stream from layer to layer, and of the skips.
        n_layers: Residual layers (the paper's N).
        dilation_cycle: Layers after which dilations begin again at 1.
        n_mels: Mel bands of the condition; 0 for none.
        strides: Of the two or more transposed convolutions from frames to samples, even numbers; the
            product is the hop of the frames.
    """

    channels: int = 64
    n_layers: int = 30
    dilation_cycle: int = 10
    n_mels: int = 80
    strides: Sequence[int] = (16, 16)

    def __post_init__(self) -> None:
        object.__setattr__(self, "strides", tuple(self.strides))  # JSON has only lists
        if any(stride < 2 or stride % 2 for stride in self.strides):
            raise UserError(f"strides {self.strides}: must be even, 2 or more")

    @classmethod
    def tiny(cls) -> "DiffWaveConfig":
        """Eight layers of 24 channels, frames of 64 samples: a step takes a moment on one CPU core."""
        return cls(channels=24, n_layers=8, dilation_cycle=8, strides=(8, 8))

    @classmethod
    def paper(cls) -> "DiffWaveConfig":
        """The base vocoder of section 5.1: 64 channels, 30 layers; 2.6 million parameters."""
        return cls()

    @classmethod
    def large(cls) -> "DiffWaveConfig":
        """The large vocoder of section 5.1: 128 channels; 6.9 million parameters."""
        return cls(channels=128)

    @property
    def hop_length(self) -> int:
        """Samples a mel frame."""
        return math.prod(self.strides)

    @property
    def dilations(self) -> list[int]:
        """Distance between neighbouring taps of every layer, in samples."""
        return [2 ** (i % self.dilation_cycle) for i in range(self.n_layers)]


def conv1d(
    in_channels: int, out_channels: int, kernel_size: int = 1, dilation: int = 1
) -> nn.Conv1d:
    """A convolution that keeps the length, with He et al.'s (2015) initial weights."""
    padding = dilation * (kernel_size // 2)
    layer = nn.Conv1d(in_channels, out_channels, kernel_size, padding=padding, dilation=dilation)
    nn.init.kaiming_normal_(layer.weight)
    return layer


class ResidualLayer(nn.Module):
    """One gated convolution with its step, condition, residual and skip.

    Args:
        config: Size of the network.
        dilation: Distance between the taps, in samples.
    """

    def __init__(self, config: DiffWaveConfig, dilation: int) -> None:
        super().__init__()
        C = config.channels
        self.dilated = conv1d(C, 2 * C, KERNEL, dilation)
        self.step = nn.Linear(EMBEDDING_CHANNELS, C)
        self.condition = conv1d(config.n_mels, 2 * C) if config.n_mels else None
        self.output = conv1d(C, 2 * C)

    def forward(
        self,
        x: Float[Tensor, "B C T"],
        step: Float[Tensor, "B E"],
        offset: Float[Tensor, "_ gates T"] | None,
    ) -> tuple[Float[Tensor, "B C T"], Float[Tensor, "B C T"]]:
        """The stream to the next layer, and the skip.

        Args:
            x: Stream from the layer before.
            step: From `StepEmbedding`.
            offset: What the condition adds to the gates.
        """
        gates = self.dilated(x + self.step(step)[:, :, None])
        if offset is not None:
            gates = gates + offset
        gate, filtered = gates.chunk(2, dim=1)
        residual, skip = self.output(gate.sigmoid() * filtered.tanh()).chunk(2, dim=1)
        return (x + residual) / math.sqrt(2), skip


TAGS = ["audio", "diffusion", "vocoder"]


class DiffWave(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Noisy waveform, diffusion step and mel spectrogram to the noise; at first it is 0.

    Example:
        >>> net = DiffWave(DiffWaveConfig.tiny())
        >>> net(torch.zeros(2, 1, 640), torch.tensor([0.0, 7.5]), torch.zeros(2, 80, 10)).shape
        torch.Size([2, 1, 640])
    """

    def __init__(self, config: DiffWaveConfig) -> None:
        super().__init__()
        self.config = config
        C = config.channels
        self.input = conv1d(1, C)
        self.step = StepEmbedding()
        self.upsample = MelUpsampler(config.strides) if config.n_mels else None
        self.layers = nn.ModuleList(ResidualLayer(config, d) for d in config.dilations)
        self.skip = conv1d(C, C)
        self.output = conv1d(C, 1)
        nn.init.zeros_(self.output.weight)

    def forward(
        self,
        x: Float[Tensor, "B 1 T"],
        t: Float[Tensor, " B"],
        mel: Float[Tensor, "_ M N"] | None = None,
    ) -> Float[Tensor, "B 1 T"]:
        """Predict the noise.

        Args:
            x: Noisy clips, T = N hop_length.
            t: Their steps, counted from 0; of a shorter schedule also between two of the training's.
            mel: A spectrogram for each clip, or one for all; frame n begins with sample n hop_length.

        Raises:
            UserError: The spectrogram is missing, of no use, or of another size.
        """
        return self.denoise(x, t, self.offsets(mel))

    def with_mel(self, mel: Float[Tensor, "_ M N"]) -> Callable[[Tensor, Tensor], Tensor]:
        """`forward` for one spectrogram, which is upsampled and projected only once: a function of (x, t).

        Every step of a generation has the same spectrogram.  It takes the memory of 2 C L numbers a sample:
        15 kB at the paper's size.

        Example:
            >>> net, x, t = DiffWave(DiffWaveConfig.tiny()), torch.zeros(1, 1, 128), torch.zeros(1)
            >>> denoise = net.with_mel(torch.zeros(1, 80, 2))
            >>> torch.equal(denoise(x, t), net(x, t, torch.zeros(1, 80, 2)))
            True
        """
        offsets = [*self.offsets(mel)]
        return lambda x, t: self.denoise(x, t, offsets)

    def offsets(self, mel: Float[Tensor, "_ M N"] | None) -> Iterator[Tensor | None]:
        """What the spectrogram adds to the gates of each layer, (B, 2 C, T); computed layer by layer."""
        bands = None if mel is None else mel.shape[1]
        if bands != (self.config.n_mels or None):
            wanted = f"{self.config.n_mels} mel bands" if self.config.n_mels else "no condition"
            raise UserError(f"a spectrogram of {bands or 'no'} bands: this network takes {wanted}")
        if mel is None or self.upsample is None:
            return repeat(None, len(self.layers))
        y = self.upsample(mel)
        return (layer.condition(y) for layer in self.layers)  # type: ignore[union-attr, operator]

    def denoise(
        self,
        x: Float[Tensor, "B 1 T"],
        t: Float[Tensor, " B"],
        offsets: Iterable[Float[Tensor, "_ gates T"] | None],
    ) -> Float[Tensor, "B 1 T"]:
        """Predict the noise, given what the condition adds to each layer."""
        step = self.step(t.to(x))
        n_samples, total = x.shape[2], torch.zeros((), device=x.device)
        x = F.relu(self.input(x))
        for layer, offset in zip(self.layers, offsets, strict=True):
            if offset is not None and offset.shape[2] != n_samples:
                hop = self.config.hop_length
                raise UserError(
                    f"{offset.shape[2] // hop} frames of {hop} samples for a clip of {n_samples}"
                    " samples; cut one to the length of the other"
                )
            x, skip = layer(x, step, offset)
            total = total + skip
        hidden = F.relu(self.skip(total / math.sqrt(len(self.layers))))
        noise: Tensor = self.output(hidden)
        return noise

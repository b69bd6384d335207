r"""A small causal network: the chain rule of probability as a model.

    p(x_1, ..., x_T) = \prod_t p(x_t | x_1, ..., x_{t-1})

One network gives every factor at once: its output at time t is a distribution over the 256 values
of x_t and depends on nothing but x_1, ..., x_{t-1}.

Paper:      none; it is what remains of WaveNet (van den Oord et al., 2016) without gates, skip
            connections and conditioning, and the first network that the book trains.
Implements: the product above; dilated causal convolution (WaveNet, section 2.1).
See:        chapter 2, "One sample at a time".
"""

from dataclasses import dataclass

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.layers import CausalConv1d


@dataclass(frozen=True)
class CausalNetConfig:
    """Size of a `CausalNet`.

    Attributes:
        n_levels: Number of values a sample can take; 256 is 8-bit mu-law.
        channels: Width of every layer.
        stacks: How often the dilations 1, 2, 4, ... are repeated.
        layers: Residual layers a stack; the last one's taps are 2^(layers - 1) samples apart.
    """

    n_levels: int = 256
    channels: int = 64
    stacks: int = 1
    layers: int = 10

    @classmethod
    def tiny(cls) -> "CausalNetConfig":
        """Trains in a minute on two CPU cores; receptive field 32 ms at 16 kHz."""
        return cls(channels=48, layers=9)

    @classmethod
    def large(cls) -> "CausalNetConfig":
        """Three stacks of ten dilations, as deep as WaveNet; receptive field 192 ms at 16 kHz."""
        return cls(channels=128, stacks=3)

    @property
    def dilations(self) -> list[int]:
        """Distance between the two taps of every layer, in samples."""
        return self.stacks * [2**i for i in range(self.layers)]


class ResidualLayer(nn.Module):
    """A causal convolution of two taps, a ReLU, a 1x1 convolution, and a residual connection."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv = CausalConv1d(channels, channels, kernel_size=2, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B C T"]:
        """Apply the layer to a whole signal."""
        return x + self.mix(F.relu(self.conv(x)))

    def init_cache(self, batch_size: int) -> Float[Tensor, "B C history"]:
        """The convolution's past inputs before the first sample."""
        return self.conv.init_cache(batch_size)

    def step(
        self, x: Float[Tensor, "B C"], cache: Float[Tensor, "B C history"], t: int
    ) -> Float[Tensor, "B C"]:
        """Apply the layer to one more sample."""
        y = F.relu(self.conv.step(x, cache, t))
        # A 1x1 convolution of one column is a linear map, which is the faster call.
        return x + F.linear(y, self.mix.weight[:, :, 0], self.mix.bias)


class CausalNet(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="tinyaudio",
    tags=["audio", "autoregressive"],
):
    """Predicts every sample of a waveform from the samples before it.

    The model shifts its own input: `forward` takes the very codes whose probabilities it returns.

    Args:
        config: Size of the network.

    Example:
        >>> import torch
        >>> net = CausalNet(CausalNetConfig.tiny())
        >>> net.receptive_field
        512
        >>> net(torch.full((1, 100), 128)).shape
        torch.Size([1, 256, 100])
    """

    def __init__(self, config: CausalNetConfig) -> None:
        super().__init__()
        self.config = config
        C = config.channels
        self.embed = nn.Embedding(config.n_levels, C)
        self.layers = nn.ModuleList(ResidualLayer(C, d) for d in config.dilations)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(C, C), nn.ReLU())
        self.logits = nn.Linear(C, config.n_levels)
        # An untrained network is the uniform predictor: exactly log2(n_levels) bits a sample.
        nn.init.zeros_(self.logits.weight)
        nn.init.zeros_(self.logits.bias)

    @property
    def receptive_field(self) -> int:
        """How many past samples a prediction can depend on: 1 + the sum of the dilations."""
        return 1 + sum(self.config.dilations)

    @property
    def silence(self) -> int:
        """The code of amplitude zero, which stands before the first sample."""
        return self.config.n_levels // 2

    def forward(self, codes: Int[Tensor, "B T"]) -> Float[Tensor, "B K T"]:
        """Score every sample of a recording in one pass (teacher forcing).

        Args:
            codes: Sample values in [0, n_levels - 1].

        Returns:
            Logits of p(x_t | x_<t); column t depends on codes before t only.
        """
        previous = F.pad(codes, (1, -1), value=self.silence)  # x_{t-1} at t
        x = self.embed(previous).transpose(1, 2)  # (B, C, T)
        for layer in self.layers:
            x = layer(x)
        return self.logits(self.head(x.transpose(1, 2))).transpose(1, 2)

    def init_cache(self, batch_size: int) -> list[Float[Tensor, "B C _"]]:
        """The past inputs of every layer before the first sample, one tensor a layer."""
        return [layer.init_cache(batch_size) for layer in self.layers]  # type: ignore[operator]

    def step(
        self, previous: Int[Tensor, " B"], cache: list[Float[Tensor, "B C _"]], t: int
    ) -> Float[Tensor, "B K"]:
        """Score one sample; equal to column ``t`` of `forward`.

        Args:
            previous: x_{t-1}, or `silence` when t is 0.
            cache: From `init_cache`; changed in place.
            t: How many samples came before this one.

        Returns:
            Logits of p(x_t | x_<t).
        """
        x = self.embed(previous)
        for layer, layer_cache in zip(self.layers, cache, strict=True):
            x = layer.step(x, layer_cache, t)  # type: ignore[operator]
        logits: Tensor = self.logits(self.head(x))
        return logits

r"""WaveNet: gated dilated convolutions, each with a skip connection to the output.

    z_l = \tanh(W_f * x_l + V_f y) \odot \sigma(W_g * x_l + V_g y)                [WaveNet, eq. 2, section 2.5]

    x_{l+1} = x_l + R_l z_l,   skip = \sum_l S_l z_l                              [WaveNet, figure 4]

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016.
Implements: `WaveNet`, a stack of `tinyaudio.models.gated`, with global and local conditioning
            (section 2.5) and either output: a softmax over mu-law codes (section 2.2), or parameters
            of a mixture of logistics for 16 bits (Salimans et al., "PixelCNN++", 2017).
Differs:    the S_l of all layers are one matrix over all z_l side by side, with one bias: the same
            sum, in one product.  The last layer has no R, since nothing would read it.  Input codes
            are embedded, which is what a 1x1 convolution of their one-hot form computes.
See:        chapter 5, "WaveNet".
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models import gated
from tinyaudio.models.codes import check_codes
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.conditioning import ConditionCache, Conditioner
from tinyaudio.models.initial import init_ordinal_embedding, init_uniform_output, unit_variance


@dataclass(frozen=True)
class WaveNetConfig:
    """Size of a `WaveNet`, and what it is conditioned on.

    Attributes:
        n_levels: Number of values a sample can take; 256 is 8-bit mu-law.
        n_mixtures: 0 for a softmax over the levels.  Else the components of a mixture of logistics, and
            a code's input is its amplitude, not an embedding: for 65,536 levels.
        stacks: How often the dilations 1, 2, 4, ... are repeated.
        layers: Layers a stack.
        kernel_size: Taps of every dilated convolution.
        residual_channels: Width of the stream from layer to layer.
        gate_channels: Width of z.
        skip_channels: Width of the sum of skips and of the head.
        condition: The parts of the condition; None for an unconditional model.
    """

    n_levels: int = 256
    n_mixtures: int = 0
    stacks: int = 3
    layers: int = 10
    kernel_size: int = 2
    residual_channels: int = 64
    gate_channels: int = 64
    skip_channels: int = 256
    condition: ConditionConfig | dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.condition, dict):  # as it stands in a checkpoint's JSON
            object.__setattr__(self, "condition", ConditionConfig(**self.condition))

    @classmethod
    def tiny(cls) -> "WaveNetConfig":
        """Twenty layers of 32 channels: trains in minutes on two CPU cores; receptive field 128 ms."""
        return cls(stacks=2, residual_channels=32, gate_channels=32, skip_channels=64)

    @classmethod
    def wn30(cls) -> "WaveNetConfig":
        """The size at which the book measures speed: 30 layers, 64/64/256; receptive field 192 ms."""
        return cls()

    @classmethod
    def paper(cls) -> "WaveNetConfig":
        """Dilations 1 ... 512 repeated, 256 levels, a receptive field of about 300 ms: five stacks at 16 kHz.

        The 2016 paper leaves the widths open; 128 is this book's choice.
        """
        return cls(stacks=5, residual_channels=128, gate_channels=128)

    @classmethod
    def baseline512(cls) -> "WaveNetConfig":
        """The 8-bit baseline of GANSynth's paper (Engel et al., 2019), with NSynth's 256 skips.

        Its convolutions over a constant pitch (MIDI 24 to 84) are an embedding here.
        """
        pitch = ConditionConfig(n_classes=(61,), channels=512)
        return cls(kernel_size=3, residual_channels=512, gate_channels=512, condition=pitch)

    @classmethod
    def vocoder(cls) -> "WaveNetConfig":
        """A mel vocoder of the size common for LJSpeech: 24 layers, 16 bits, 80 bands, hop 256."""
        mel = ConditionConfig(n_frame_channels=80, frame_taps=5, channels=80)
        return cls(65_536, 10, 4, 6, 3, 128, 128, 128, mel)  # in the order of the attributes

    @property
    def dilations(self) -> list[int]:
        """Distance between neighbouring taps of every layer, in samples."""
        return self.stacks * [2**i for i in range(self.layers)]


class WaveNetCache(NamedTuple):
    """What `WaveNet.step` keeps between samples."""

    layers: gated.LayerCache  # past inputs
    condition: ConditionCache | None
    weights: list[gated.LayerWeights]  # views, one a layer


TAGS = ["audio", "autoregressive", "wavenet"]


class WaveNet(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Predicts every sample of a waveform from those before it, and from a condition.

    The model shifts its own input: `forward` takes the very codes whose probabilities it returns.

    Args:
        config: Size of the network.

    Example:
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> net.receptive_field
        2047
        >>> net(torch.full((1, 100), 128)).shape
        torch.Size([1, 256, 100])
    """

    def __init__(self, config: WaveNetConfig) -> None:
        super().__init__()
        self.config = config
        R, S = config.residual_channels, config.skip_channels
        L, G = len(config.dilations), config.gate_channels
        self.embed = nn.Linear(1, R) if config.n_mixtures else nn.Embedding(config.n_levels, R)
        if isinstance(self.embed, nn.Embedding):
            init_ordinal_embedding(self.embed.weight)
        self.conditioner = None
        if isinstance(config.condition, ConditionConfig):
            self.conditioner = Conditioner(config.condition, L, 2 * G)
        self.layers = nn.ModuleList(
            gated.GatedLayer(R, G, config.kernel_size, d, last=i == L - 1)
            for i, d in enumerate(config.dilations)
        )
        self.skip = nn.Linear(L * G, S)
        hidden = nn.Linear(S, S)
        self.head = nn.Sequential(nn.ReLU(), hidden, nn.ReLU())
        self.logits = nn.Linear(S, 3 * config.n_mixtures or config.n_levels)
        # A gated z has about a third of what enters its gates; a ReLU takes half of the power.
        unit_variance(self.skip, gain=3.0)
        unit_variance(hidden, gain=math.sqrt(2))
        init_uniform_output(self.logits, config.n_mixtures)

    @property
    def receptive_field(self) -> int:
        """How many past samples a prediction can depend on: 1 + (k - 1) times the sum of dilations."""
        return 1 + (self.config.kernel_size - 1) * sum(self.config.dilations)

    @property
    def silence(self) -> int:
        """The code of amplitude zero, which stands before the first sample."""
        return self.config.n_levels // 2

    def forward(
        self, codes: Int[Tensor, "B T"], condition: Condition | None = None
    ) -> Float[Tensor, "B K T"]:
        """Score every sample of a recording in one pass (teacher forcing).

        Args:
            codes: Sample values in [0, n_levels - 1].
            condition: One for each clip, or one for all; frames for exactly these samples.

        Returns:
            Logits of p(x_t | x_<t), or parameters of a mixture; column t depends on codes before t.

        Raises:
            UserError: A code is out of range, or the condition is not what this model takes.
        """
        self.check_condition(condition)
        check_codes(codes, self.config.n_levels)
        offsets = self.conditioner(condition, *codes.shape) if self.conditioner else None
        x = self._embed(F.pad(codes, (1, -1), value=self.silence))  # x_{t-1} at t; (B, T, R)
        zs = gated.forward_layers(self._gated_layers(), x, offsets)
        return self.logits(self.head(self.skip(torch.cat(zs, dim=2)))).transpose(1, 2)

    def init_cache(self, batch_size: int, condition: Condition | None = None) -> WaveNetCache:
        """The cache of `step` before the first sample.

        Args:
            batch_size: Clips to be generated.
            condition: One for each clip, or one for all; checked as in `forward`.
        """
        self.check_condition(condition)
        layers, conditioned = self._gated_layers(), None
        if self.conditioner and condition:
            conditioned = self.conditioner.init_cache(condition, batch_size)
        weights = [layer.layer_weights() for layer in layers]
        return WaveNetCache(gated.init_cache(layers, batch_size), conditioned, weights)

    def prefill(
        self, codes: Int[Tensor, "B P"], condition: Condition | None = None
    ) -> WaveNetCache:
        """The cache after these samples, as `step` over all of them would leave it, in one pass.

        Args:
            codes: At least one; `step` continues from ``codes[:, -1]`` with ``t=codes.shape[1]``.
            condition: As for `init_cache`; it may have more frames than the codes need.
        """
        check_codes(codes, self.config.n_levels)
        P = codes.shape[1]
        cache = self.init_cache(len(codes), condition)
        first = max(P - self.receptive_field, 0)
        offsets = None
        if self.conditioner and cache.condition:
            offsets = self.conditioner.prefill(cache.condition, first, P)
        x = self._embed(F.pad(codes, (1, -1), value=self.silence)[:, first:])
        gated.forward_layers(self._gated_layers(), x, offsets, cache.layers, P)
        return cache

    def step(
        self, previous: Int[Tensor, " B"], cache: WaveNetCache, t: int
    ) -> Float[Tensor, "B K"]:
        """Score one sample; equal to column ``t`` of `forward`.

        Args:
            previous: x_{t-1}, or `silence` when t is 0.
            cache: From `init_cache` or `prefill`; changed in place.
            t: How many samples came before this one.

        Returns:
            Logits of p(x_t | x_<t), or parameters of a mixture.
        """
        offsets = None
        if self.conditioner and cache.condition:
            offsets = self.conditioner.step(cache.condition, t)
        zs = gated.step_layers(self._embed(previous), offsets, cache.layers, cache.weights, t)
        logits: Tensor = self.logits(self.head(self.skip(torch.cat(zs, dim=1))))
        return logits

    def check_condition(self, condition: Condition | None) -> None:
        """Raise a `UserError` for a condition that is missing or superfluous."""
        if condition is not None and self.conditioner is None:
            raise UserError("this model is not conditioned; leave the condition out")
        if condition is None and self.conditioner is not None:
            raise UserError("this model is conditioned; give it a condition")

    def _gated_layers(self) -> list[gated.GatedLayer]:
        return [layer for layer in self.layers if isinstance(layer, gated.GatedLayer)]

    def _embed(self, codes: Tensor) -> Tensor:
        if self.config.n_mixtures:
            return self.embed(codes[..., None] / self.silence - 1)  # amplitudes in [-1, 1)
        try:
            return self.embed(codes)
        except IndexError:
            check_codes(codes, self.config.n_levels)
            raise

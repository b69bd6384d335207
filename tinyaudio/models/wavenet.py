r"""WaveNet: gated dilated convolutions, each of which speaks to the output directly.

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
from typing import Any

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.codes import check_codes
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.conditioning import Conditioner
from tinyaudio.models.gated import GatedLayer, forward_layers, init_cache, step_layers
from tinyaudio.models.initial import init_ordinal_embedding, init_uniform_output, unit_variance


@dataclass(frozen=True)
class WaveNetConfig:
    """Size of a `WaveNet`, and what it is conditioned on.

    Attributes:
        n_levels: Number of values a sample can take; 256 is 8-bit mu-law.
        n_mixtures: 0 for a softmax over the levels.  Else so many logistic bells are mixed, and a
            code enters as its amplitude, not by a table: for 65,536 levels.
        stacks: How often the dilations 1, 2, 4, ... are run through.
        layers: Layers a stack.
        kernel_size: Taps of every dilated convolution.
        residual_channels: Width of the stream from layer to layer.
        gate_channels: Width of z.
        skip_channels: Width of the sum of skips and of the head.
        condition: What it is told beside the past; None for nothing.
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
        """Twenty layers of 32 channels: learns in minutes on two CPU cores, reaches back 128 ms."""
        return cls(stacks=2, residual_channels=32, gate_channels=32, skip_channels=64)

    @classmethod
    def wn30(cls) -> "WaveNetConfig":
        """The size at which the book measures speed: 30 layers, 64/64/256, reaches back 192 ms."""
        return cls()

    @classmethod
    def paper(cls) -> "WaveNetConfig":
        """Dilations 1 ... 512 repeated, 256 levels, about 300 ms of reach: five stacks at 16 kHz.

        The 2016 paper leaves the widths open; these are ours.
        """
        return cls(stacks=5, residual_channels=128, gate_channels=128)

    @classmethod
    def baseline512(cls) -> "WaveNetConfig":
        """The 8-bit baseline of GANSynth's paper (Engel et al., 2019), with NSynth's 256 skips.

        What its convolutions make of a pitch (MIDI 24 to 84) that never changes is one vector a
        pitch, which here is looked up.
        """
        pitch = ConditionConfig(n_classes=(61,), channels=512)
        return cls(kernel_size=3, residual_channels=512, gate_channels=512, condition=pitch)

    @classmethod
    def vocoder(cls) -> "WaveNetConfig":
        """A mel vocoder of the size common for LJSpeech: 24 layers, 16 bits, 80 bands, hop 256."""
        return cls(
            n_levels=65_536,
            n_mixtures=10,
            stacks=4,
            layers=6,
            kernel_size=3,
            residual_channels=128,
            gate_channels=128,
            skip_channels=128,
            condition=ConditionConfig(n_frame_channels=80, frame_taps=5, channels=80),
        )

    @property
    def dilations(self) -> list[int]:
        """Distance between neighbouring taps of every layer, in samples."""
        return self.stacks * [2**i for i in range(self.layers)]

    @property
    def n_outputs(self) -> int:
        """Numbers that describe the distribution of one sample."""
        return 3 * self.n_mixtures or self.n_levels


class WaveNet(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="tinyaudio",
    license="mit",
    tags=["audio", "autoregressive", "wavenet"],
):
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
            GatedLayer(R, G, config.kernel_size, d, last=i == L - 1)
            for i, d in enumerate(config.dilations)
        )
        self.skip = nn.Linear(L * G, S)
        hidden = nn.Linear(S, S)
        self.head = nn.Sequential(nn.ReLU(), hidden, nn.ReLU())
        self.logits = nn.Linear(S, config.n_outputs)
        # A gated z has about a third of what enters its gates; a ReLU takes half of the power.
        unit_variance(self.skip, gain=3.0)
        unit_variance(hidden, gain=math.sqrt(2))
        init_uniform_output(self.logits, config.n_mixtures)

    @property
    def receptive_field(self) -> int:
        """How many past samples a prediction can depend on: 1 + the sum of all layers' reaches."""
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
            condition: What is known of each clip; frames for exactly these samples.

        Returns:
            Logits of p(x_t | x_<t), or parameters of a mixture; column t depends on codes before t
            only.

        Raises:
            UserError: A code is out of range, or the condition is not what this model takes.
        """
        self._check(condition)
        check_codes(codes, self.config.n_levels)
        offsets = self.conditioner(condition, *codes.shape) if self.conditioner else None
        x = self._embedded(F.pad(codes, (1, -1), value=self.silence))  # x_{t-1} at t; (B, T, R)
        zs = forward_layers(self._gated(), x, offsets)
        return self.logits(self.head(self.skip(torch.cat(zs, dim=2)))).transpose(1, 2)

    def start(self, batch_size: int, condition: Condition | None = None) -> list[Tensor]:
        """The memory before the first sample: what entered every layer, in rings.

        Args:
            batch_size: Clips to be generated.
            condition: One for each clip, or one for all; checked as in `forward`.

        Returns:
            The four of `gated.init_cache`; under a condition its three; views of all layers' weights.
        """
        self._check(condition)
        memory = init_cache(self._gated(), batch_size)
        if self.conditioner and condition:
            memory += self.conditioner.start(condition, batch_size)
        return memory + [part for layer in self._gated() for part in layer.layer_weights()]

    def prefill(
        self, codes: Int[Tensor, "B P"], condition: Condition | None = None
    ) -> list[Tensor]:
        """The memory after these samples, as `step` through all of them would leave it, in one pass.

        Args:
            codes: At least one; `step` goes on from ``codes[:, -1]`` with ``t=codes.shape[1]``.
            condition: As for `start`; its frames may go on.
        """
        check_codes(codes, self.config.n_levels)
        P = codes.shape[1]
        memory = self.start(len(codes), condition)
        first = max(P - self.receptive_field, 0)
        told = self.conditioner
        offsets = told.prefill(memory[4:8], first, P) if told else None
        x = self._embedded(F.pad(codes, (1, -1), value=self.silence)[:, first:])
        forward_layers(self._gated(), x, offsets, memory[:4], P)
        return memory

    def step(
        self, previous: Int[Tensor, " B"], memory: list[Tensor], t: int
    ) -> Float[Tensor, "B K"]:
        """Score one sample; equal to column ``t`` of `forward`.

        Args:
            previous: x_{t-1}, or `silence` when t is 0.
            memory: From `start`; changed in place.
            t: How many samples came before this one.

        Returns:
            Logits of p(x_t | x_<t), or parameters of a mixture.
        """
        told = self.conditioner
        offsets = told.step(memory[4:8], t) if told else None
        layer_weights = memory[8 if told else 4 :]
        zs = step_layers(self._embedded(previous), offsets, memory[:4], layer_weights, t)
        logits: Tensor = self.logits(self.head(self.skip(torch.cat(zs, dim=1))))
        return logits

    def _gated(self) -> list[GatedLayer]:
        return [layer for layer in self.layers if isinstance(layer, GatedLayer)]

    def _embedded(self, codes: Tensor) -> Tensor:
        if self.config.n_mixtures:
            return self.embed(codes[..., None] / self.silence - 1)  # their amplitudes
        try:
            return self.embed(codes)
        except IndexError:
            check_codes(codes, self.config.n_levels)
            raise

    def _check(self, condition: Condition | None) -> None:
        if self.conditioner is None and condition is not None:
            raise UserError("this model is not conditioned; leave the condition out")
        if self.conditioner is not None and condition is None:
            raise UserError("this model is conditioned; give it a condition")

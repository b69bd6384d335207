r"""Conditioning: what a network is to generate, such as a pitch, a speaker or the frames of a mel spectrogram.

A global condition (constant over a clip: family, pitch, speaker) or a local one (frames: mel bands,
phones, F0) is added inside both gates of every layer of a WaveNet:

    z = \tanh(W_f * x + V_f y) \odot \sigma(W_g * x + V_g y)            [WaveNet, section 2.5]

Both are one sequence of embeddings y at the frame rate; a global condition has a single frame.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, section 2.5.
Implements: `Conditioner`, the embedding y of a `Condition`, and the V of all layers.
Differs:    V is applied to frames and its output upsampled, not the other way round.  Both are
            linear, so the result is the same, at 1 / hop_length of the cost.  The paper leaves
            the upsampling's size open.  Class, vector and frames share one V.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.upsampler import Upsampler


class ConditionCache(NamedTuple):
    """What `Conditioner.step` keeps between samples.

    Attributes:
        y: The embedding of the condition; N is 1 where nothing changes with time.
        window: V times the current frame and its two neighbours (without frames, of y itself); all
            layers side by side.  Overwritten at every new frame.
    """

    y: Float[Tensor, "B N C"]
    window: Float[Tensor, "B taps offsets"]


class Conditioner(nn.Module):
    r"""From a condition to what it adds to the gates of every layer.

    y_n = \sum_i E_i[class_i] + U\, vector + (W * frames)_n,   offset_n = V y_n

    Args:
        config: The parts of the condition; at least one.
        n_layers: Layers that are conditioned.
        n_gates: Gates a layer.

    Example:
        >>> import torch
        >>> conditioner = Conditioner(ConditionConfig(n_classes=(11, 128)), 20, 64)
        >>> first, *others = conditioner(Condition(classes=torch.tensor([[3, 60]])), 1, 16_000)
        >>> first.shape, len(others)
        (torch.Size([1, 1, 64]), 19)
    """

    def __init__(self, config: ConditionConfig, n_layers: int, n_gates: int) -> None:
        super().__init__()
        self.config, self.n_layers = config, n_layers
        C, F = config.channels, config.n_frame_channels
        # No biases: the gates that all of this is added to have one already.
        self.classes = nn.ModuleList(nn.Embedding(n, C) for n in config.n_classes)
        self.vector = nn.Linear(config.n_vector, C, bias=False) if config.n_vector else None
        self.frames = self.upsample = None
        if F:
            k = config.frame_taps
            # Zero padding would fade the first and last frames; they are repeated outwards.
            self.frames = nn.Conv1d(F, C, k, padding=k // 2, padding_mode="replicate", bias=False)
            self.upsample = Upsampler(config.hop_length)
        self.offsets = nn.Linear(C, n_layers * n_gates, bias=False)  # V, layer by layer

    def forward(
        self, condition: Condition, batch_size: int, n_samples: int
    ) -> Iterator[Float[Tensor, "B T gates"]]:
        """The offsets of the gates of each layer, for a whole recording.

        Args:
            condition: Exactly the parts that this model was built for.
            batch_size: Clips; a condition of one clip serves them all.
            n_samples: Length of the clips, which may end anywhere in the last frame.

        Returns:
            One tensor a layer, computed lazily; T is 1 where nothing changes with time.

        Raises:
            UserError: A part is missing, superfluous or of another size, or a class is unknown.
        """
        return self._layer_offsets(self.embed(condition, batch_size, n_samples), 0, n_samples)

    def embed(
        self, condition: Condition, batch_size: int, n_samples: int | None = None
    ) -> Float[Tensor, "B N C"]:
        """The embedding y, the sum of all parts: one vector a frame.

        Args:
            condition: As for `forward`.
            batch_size: As for `forward`.
            n_samples: If given, there must be frames for exactly so many samples.

        Raises:
            UserError: As `forward`.
        """
        self.check(condition)
        parts: list[Tensor] = []
        if condition.classes is not None:
            columns = condition.classes.unbind(1)
            parts += [E(c)[:, None] for E, c in zip(self.classes, columns, strict=True)]
        if self.vector is not None:
            parts.append(self.vector(condition.vectors)[:, None])
        if self.frames is not None:
            parts.append(self.frames(condition.frames).transpose(1, 2))
        y = self.offsets.weight.new_zeros(1, 1, self.config.channels)
        for part in parts:
            y = y + part  # a global part is one frame and broadcasts over all
        if len(y) not in (1, batch_size):
            raise UserError(f"conditions of {len(y)} clips for a batch of {batch_size}")
        hop = self.config.hop_length
        if n_samples is not None and self.upsample and y.shape[1] != -(-n_samples // hop):
            raise UserError(
                f"{y.shape[1]} frames of {hop} samples are {y.shape[1] * hop} samples, not the"
                f" {n_samples} of the recording; cut one to the length of the other"
            )
        return y.expand(batch_size, -1, -1)

    def init_cache(self, condition: Condition, batch_size: int) -> ConditionCache:
        """The cache of `step` before the first sample."""
        y = self.embed(condition, batch_size)
        window = self.offsets(y[:, :1]).repeat(1, Upsampler.TAPS if self.upsample else 1, 1)
        return ConditionCache(y, window)

    def step(self, cache: ConditionCache, t: int) -> tuple[Float[Tensor, "B gates"], ...]:
        """The offsets of the gates of each layer at sample t; samples must come in order.

        Args:
            cache: From `init_cache`; changed in place.
            t: How many samples came before this one.

        Raises:
            UserError: The condition has no frame for this sample.
        """
        offsets = cache.window[:, 0]
        if self.upsample:
            frame_offset = t % self.config.hop_length
            if frame_offset == 0:  # V is applied once a frame, not once a sample
                cache.window.copy_(self._window(cache.y, t))
            offsets = self.upsample.step(cache.window, frame_offset)
        return offsets.chunk(self.n_layers, dim=1)

    def prefill(
        self, cache: ConditionCache, first: int, t: int
    ) -> Iterator[Float[Tensor, "B T gates"]]:
        """The offsets of each layer from sample ``first`` to t - 1; `step` continues at t."""
        if self.upsample:
            cache.window.copy_(self._window(cache.y, t - 1))
        return self._layer_offsets(cache.y, first, t)

    def _layer_offsets(self, y: Tensor, first: int, end: int) -> Iterator[Tensor]:
        """The offsets of each layer from sample ``first`` to before ``end``, one layer at a time."""
        upsample, hop = self.upsample, self.config.hop_length
        if not upsample:
            return iter(self.offsets(y).chunk(self.n_layers, dim=2))
        begin = max(first // hop - 1, 0)  # the upsampler needs one more frame on both sides
        layers = self.offsets(y[:, begin : -(-end // hop) + 1]).chunk(self.n_layers, dim=2)
        return (upsample(one)[:, first - begin * hop : end - begin * hop] for one in layers)

    def _window(self, y: Tensor, t: int) -> Float[Tensor, "B 3 offsets"]:
        """V times the frame of sample t and its neighbours."""
        assert self.upsample is not None
        hop = self.config.hop_length
        if t >= y.shape[1] * hop:
            raise UserError(
                f"the condition ends after {y.shape[1] * hop} samples; give more frames"
            )
        return self.offsets(self.upsample.window(y, t // hop))

    def check(self, condition: Condition) -> None:
        """Raise a `UserError` for a condition that this model was not built for."""
        config = self.config
        for name, size, given in (
            ("classes", len(config.n_classes), condition.classes),
            ("vectors", config.n_vector, condition.vectors),
            ("frames", config.n_frame_channels, condition.frames),
        ):
            if given is None and size:
                raise UserError(f"this model is conditioned on {name} ({size} each); give them")
            if given is None:
                continue
            if not size:
                raise UserError(f"this model takes no {name}; leave them out of the condition")
            if given.shape[1] != size:
                raise UserError(f"{given.shape[1]} numbers in {name}; this model takes {size}")
            if not given.numel():
                raise UserError(f"the condition's {name} are empty")
        if condition.classes is not None:
            check_classes(condition.classes, config.n_classes)


def check_classes(classes: Int[Tensor, "B kinds"], n_classes: Sequence[int]) -> None:
    """Raise a `UserError` unless every class is one of its kind's.

    Example:
        >>> import torch
        >>> check_classes(torch.tensor([[3, 128]]), (11, 128))
        Traceback (most recent call last):
        tinyaudio.errors.UserError: class 128 of kind 1 is not one of 0 to 127
    """
    for i, n in enumerate(n_classes):
        low, high = (int(end) for end in classes[:, i].aminmax())
        if low < 0 or high >= n:
            wrong = low if low < 0 else high
            raise UserError(f"class {wrong} of kind {i} is not one of 0 to {n - 1}")

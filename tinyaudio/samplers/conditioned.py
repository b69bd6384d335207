"""Conditional generation: a model bound to its condition, with the interface of an unconditional one.

Implements: `Conditioned`, the pair; `unwrap`, which separates it.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet, WaveNetCache, WaveNetConfig
from tinyaudio.samplers.request import Autoregressive


def unwrap(model: Autoregressive) -> tuple[Autoregressive, Condition | None]:
    """A model, and the condition of a `Conditioned` one."""
    return (model.model, model.condition) if isinstance(model, Conditioned) else (model, None)


class Conditioned:
    """A `WaveNet` and its condition, for `tinyaudio.samplers.autoregressive`.

    Nothing is precomputed, so that the current weights are always used.

    Args:
        model: A conditional network.
        condition: One for each clip to be generated, or one for all.

    Example:
        >>> import torch
        >>> from tinyaudio.models.condition import ConditionConfig
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> from tinyaudio.samplers.autoregressive import cached
        >>> config = WaveNetConfig(layers=2, condition=ConditionConfig(n_classes=(128,)))
        >>> middle_c = Condition(classes=torch.tensor([[60]]))
        >>> cached(Conditioned(WaveNet(config), middle_c), n_samples=5, seeds=[0, 1]).shape
        torch.Size([2, 5])
    """

    def __init__(self, model: WaveNet, condition: Condition) -> None:
        self.model, self.condition = model, condition

    @property
    def config(self) -> WaveNetConfig:
        """The model's config."""
        return self.model.config

    @property
    def n_samples(self) -> int | None:
        """Length of the condition's frames, in samples; None without frames."""
        frames, conditioner = self.condition.frames, self.model.conditioner
        if frames is None or conditioner is None:
            return None
        return frames.shape[2] * conditioner.config.hop_length

    @property
    def receptive_field(self) -> int:
        """Past samples that `__call__` needs: with frames all, since frames are counted from the start."""
        return self.n_samples or self.model.receptive_field

    @property
    def silence(self) -> int:
        """The code that stands before the first sample."""
        return self.model.silence

    def __call__(self, codes: Int[Tensor, "B T"]) -> Float[Tensor, "B K T"]:
        """Score the first T samples; equal to the first T columns of the model's own output.

        Raises:
            UserError: The condition has fewer frames.
        """
        T, n_samples = codes.shape[1], self.n_samples
        if n_samples is None:
            return self.model(codes, self.condition)
        if T > n_samples:
            raise UserError(f"the condition ends after {n_samples} samples; {T} were asked for")
        # The model expects codes for all frames; causal outputs do not depend on the padding.
        padded = F.pad(codes, (0, n_samples - T), value=self.silence)
        return self.model(padded, self.condition)[:, :, :T]

    def init_cache(self, batch_size: int) -> WaveNetCache:
        """The cache of `step` before the first sample."""
        return self.model.init_cache(batch_size, self.condition)

    def prefill(self, codes: Int[Tensor, "B P"]) -> WaveNetCache:
        """The cache after these samples."""
        return self.model.prefill(codes, self.condition)

    def step(
        self, previous: Int[Tensor, " B"], cache: WaveNetCache, t: int
    ) -> Float[Tensor, "B K"]:
        """Score one sample, as the model's `step` does."""
        return self.model.step(previous, cache, t)

    def parameters(self) -> Iterator[Tensor]:
        """The model's weights."""
        return self.model.parameters()

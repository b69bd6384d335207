"""Generation under a condition: the samplers see a model that needs to be told nothing more.

Implements: `Conditioned`, a model and what it is told, as one; `apart`, the way back.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.request import Autoregressive


def apart(model: Autoregressive) -> tuple[Autoregressive, Condition | None]:
    """A model, and what it is told if it is a `Conditioned` one."""
    return (model.model, model.condition) if isinstance(model, Conditioned) else (model, None)


class Conditioned:
    """A `WaveNet` and its condition, for `tinyaudio.samplers.autoregressive`.

    Nothing is computed before it is needed, so that a change of the weights is never missed.

    Args:
        model: A network that is conditioned.
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
        """Of the model."""
        return self.model.config

    @property
    def n_samples(self) -> int | None:
        """How long the condition lasts; None if for ever."""
        told, conditioner = self.condition, self.model.conditioner
        if conditioner is None:
            return None
        hop = conditioner.config.hop_length
        lengths = [] if told.frames is None else [told.frames.shape[2] * hop]
        lengths += [] if told.cycles is None else [told.cycles.shape[1] * hop]
        lengths += [] if told.samples is None else [told.samples.shape[2]]
        return min(lengths, default=None)

    @property
    def receptive_field(self) -> int:
        """How many past samples must be given: under frames all, so that a sample's place is known."""
        return self.n_samples or self.model.receptive_field

    @property
    def silence(self) -> int:
        """The code that stands before the first sample."""
        return self.model.silence

    def __call__(self, codes: Int[Tensor, "B T"]) -> Float[Tensor, "B K T"]:
        """Score the first T samples; equal to the first T columns of the model's own output.

        Raises:
            UserError: The condition ends sooner.
        """
        T, n_samples = codes.shape[1], self.n_samples
        if n_samples is None:
            return self.model(codes, self.condition)
        if T > n_samples:
            raise UserError(f"the condition ends after {n_samples} samples; {T} were asked for")
        # Of what has been padded the first T outputs know nothing, while the frames stay in place.
        whole = F.pad(codes, (0, n_samples - T), value=self.silence)
        return self.model(whole, self.condition)[:, :, :T]

    def start(self, batch_size: int) -> list[Tensor]:
        """The memory before the first sample."""
        return self.model.start(batch_size, self.condition)

    def prefill(self, codes: Int[Tensor, "B P"]) -> list[Tensor]:
        """The memory after these samples."""
        return self.model.prefill(codes, self.condition)

    def step(
        self, previous: Int[Tensor, " B"], memory: list[Tensor], t: int
    ) -> Float[Tensor, "B K"]:
        """Score one sample, as the model's own step."""
        return self.model.step(previous, memory, t)

    def parameters(self) -> Iterator[Tensor]:
        """The model's weights."""
        return self.model.parameters()

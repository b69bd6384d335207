"""What a model is conditioned on: classes or a vector a clip, or frames in time.

Implements: `ConditionConfig`, the parts that a model takes; `Condition`, their values for a batch.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class ConditionConfig:
    """The parts of a model's condition; by default it has none.

    Attributes:
        n_classes: Number of classes of every kind, such as ``(11, 128)`` for family and pitch.
        n_vector: Length of the vector of a clip, 0 for none.
        n_frame_channels: Channels of a frame, such as 80 mel bands, 0 for no frames.
        frame_taps: Kernel size of the convolution over frames, an odd number.
        hop_length: Samples a frame.
        channels: Width of the embedding in which all parts are summed.
    """

    n_classes: Sequence[int] = ()
    n_vector: int = 0
    n_frame_channels: int = 0
    frame_taps: int = 1
    hop_length: int = 256
    channels: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_classes", tuple(self.n_classes))  # JSON has only lists


@dataclass(frozen=True)
class Condition:
    """The condition of a batch; parts that the model does not take are left out.

    Attributes:
        classes: One column a kind (family, pitch, speaker), each in [0, number of classes - 1].
        vectors: One a clip, such as a speaker embedding.
        frames: Frame n is centred on sample n hop_length, as `tinyaudio.represent.spectrum.stft`
            centres it.

    Example:
        >>> Condition(classes=torch.tensor([[3, 60]])).to("cpu").classes
        tensor([[ 3, 60]])
    """

    classes: Int[Tensor, "B kinds"] | None = None
    vectors: Float[Tensor, "B V"] | None = None
    frames: Float[Tensor, "B F N"] | None = None

    def to(self, device: torch.device | str) -> "Condition":
        """The same condition on another device."""
        parts = vars(self).values()
        return Condition(*(None if part is None else part.to(device) for part in parts))

    @staticmethod
    def collate(conditions: "Sequence[Condition]") -> "Condition":
        """Concatenate conditions, of the same parts and as many frames, into one batch.

        Example:
            >>> three = [Condition(classes=torch.tensor([[i]])) for i in range(3)]
            >>> Condition.collate(three).classes.flatten()
            tensor([0, 1, 2])
        """
        columns = zip(*(vars(one).values() for one in conditions), strict=True)
        return Condition(*(None if parts[0] is None else torch.cat(parts) for parts in columns))

"""What a model can be told: of a whole clip, of every frame or sample of it, or by something that turns.

Implements: `ConditionConfig`, what a model must be told; `Condition`, what it is told.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class ConditionConfig:
    """What a model must be told of every clip; the default is nothing.

    Attributes:
        n_classes: Classes of every kind that a clip has, such as ``(11, 128)`` for family and pitch.
        n_vector: Length of the vector that a clip has.
        n_frame_channels: Numbers in every frame, such as 80 mel bands.
        frame_taps: Frames that are looked at together, an odd number; 1 is the frame alone.
        frame_layers: Layers that think about the frames before they are told, at the frames' rate;
            none leaves them as they are seen.
        n_octaves: Octaves of the oscillator that a clip has; 0 if it has none.
        n_sample_channels: Numbers at every sample, such as a waveform that is nearly the one that is wanted.
        hop_length: Samples a frame.
        channels: Width of the vector that all parts are mapped to and summed in.
    """

    n_classes: Sequence[int] = ()
    n_vector: int = 0
    n_frame_channels: int = 0
    frame_taps: int = 1
    frame_layers: int = 0
    n_octaves: int = 0
    n_sample_channels: int = 0
    hop_length: int = 256
    channels: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_classes", tuple(self.n_classes))  # JSON has only lists


@dataclass(frozen=True)
class Condition:
    """What a model is told about the clips of a batch; leave out what it does not ask for.

    Attributes:
        classes: Integers, one column a kind (family, pitch, speaker), each from 0 up.
        vectors: Numbers for a whole clip, such as a speaker's latent vector.
        frames: Numbers for every moment: frame n is centred on sample n hop_length, as
            `tinyaudio.represent.spectrum.stft` centres it.
        cycles: An oscillator at the pitch, see `tinyaudio.represent.oscillator`.
        samples: Numbers for every sample, in [-1, 1].

    Example:
        >>> Condition(classes=torch.tensor([[3, 60]])).to("cpu").classes
        tensor([[ 3, 60]])
    """

    classes: Int[Tensor, "B kinds"] | None = None
    vectors: Float[Tensor, "B V"] | None = None
    frames: Float[Tensor, "B F N"] | None = None
    cycles: Float[Tensor, "B N 2"] | None = None
    samples: Float[Tensor, "B S T"] | None = None

    def to(self, device: torch.device | str) -> "Condition":
        """The same on another device."""
        parts = vars(self).values()
        return Condition(*(None if part is None else part.to(device) for part in parts))

    def each(self, n: int) -> "Condition":
        """Every clip n times, one after the other.

        Example:
            >>> Condition(classes=torch.tensor([[3], [5]])).each(2).classes.flatten()
            tensor([3, 3, 5, 5])
        """
        parts = vars(self).values()
        return Condition(
            *(None if part is None else part.repeat_interleave(n, dim=0) for part in parts)
        )

    @staticmethod
    def together(conditions: "Sequence[Condition]") -> "Condition":
        """Several conditions, of the same kinds and as many frames, as one batch.

        Example:
            >>> three = [Condition(classes=torch.tensor([[i]])) for i in range(3)]
            >>> Condition.together(three).classes.flatten()
            tensor([0, 1, 2])
        """
        kinds = zip(*(vars(one).values() for one in conditions), strict=True)
        return Condition(*(None if parts[0] is None else torch.cat(parts) for parts in kinds))

"""From MIDI pitches to frequencies.

Implements: `midi_to_hz`.
"""

from typing import Any, overload

from numpy import ndarray
from torch import Tensor


@overload
def midi_to_hz(pitch: float | int) -> float: ...
@overload
def midi_to_hz(pitch: ndarray) -> ndarray: ...
@overload
def midi_to_hz(pitch: Tensor) -> Tensor: ...
def midi_to_hz(pitch: Any) -> Any:
    """The frequency of a MIDI pitch in Hz: 440 for 69 (A4), twice as much an octave (12) higher.

    Args:
        pitch: A number, an array or a tensor, whole or not.

    Returns:
        The same kind, of floating-point numbers.

    Example:
        >>> midi_to_hz(57)
        220.0
        >>> import torch
        >>> midi_to_hz(torch.tensor([69, 81]))
        tensor([440., 880.])
    """
    return 440.0 * 2 ** ((pitch - 69) / 12)

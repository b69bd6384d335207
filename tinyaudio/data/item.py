"""What every data set of sound returns for an index, and how procedural and recorded items are mixed.

An item is a plain dict, as PyTorch's `DataLoader` likes it:

    audio       float32 (1, T) in [-1, 1]
    others      its labels.  Notes have NSynth's names (`tinyaudio.data.nsynth`).  What a network is
                conditioned on is a tensor: ``classes``, int64 (n,), and ``frames``, float32 (F, N)

Implements: `Item`, `Described`, `check_fraction`, `is_recorded`.
"""

from typing import Any, Protocol, runtime_checkable

from tinyaudio.errors import DataError

Item = dict[str, Any]


@runtime_checkable
class Described(Protocol):
    """A data set that can say what it holds; a run records it."""

    def summary(self) -> dict[str, Any]:
        """Numbers and words that JSON can hold."""


def check_fraction(recorded_fraction: float | int) -> None:
    """Raise a `DataError` unless it lies in [0, 1].

    Example:
        >>> check_fraction(0.25)
    """
    if not 0 <= recorded_fraction <= 1:
        raise DataError(f"a recorded fraction of {recorded_fraction}: must be from 0 to 1")


def is_recorded(i: int, recorded_fraction: float | int) -> bool:
    """Whether item i is a recording, where a fraction of all items is, spread evenly.

    Example:
        >>> [is_recorded(i, 0.25) for i in range(8)]
        [False, False, False, True, False, False, False, True]
    """
    return int((i + 1) * recorded_fraction) > int(i * recorded_fraction)

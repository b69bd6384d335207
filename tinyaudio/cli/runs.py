"""What every command on a trained run does: put its networks on a device, and write what it makes.

Implements: `to_device`, `write_clips`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from torch import Tensor

from tinyaudio.checkpoints import TrainedRun
from tinyaudio.devices import resolve_device
from tinyaudio.samplers.streaming import write


def to_device(run: TrainedRun, name: str) -> None:
    """Move a run's networks to the device of ``--device``."""
    device = resolve_device(name)
    for model in run.models.values():
        model.to(device)


def write_clips(
    places: Sequence[Path],
    pieces: Iterable[Tensor],
    sample_rate: int,
    n_samples: int | None = None,
    *,
    keep_unfinished: bool = True,
) -> None:
    """Write clips piece by piece, and say where they are and how long."""
    n_made = write(places, pieces, sample_rate, n_samples, keep_unfinished=keep_unfinished)
    for place in places:
        print(f"{place}: {n_made / sample_rate:.3f} s at {sample_rate} Hz")

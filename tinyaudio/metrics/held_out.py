"""A loss on held-out sound, as training itself computes it.

Implements: `mean_loss`; `mean_logs`, of all that losses log.
See:        chapter 2, "One sample at a time".
"""

from collections.abc import Iterable, Mapping

import torch
from torch import nn

from tinyaudio.errors import DataError
from tinyaudio.train import Batch, Loss


@torch.no_grad()
def mean_loss(loss: Loss, net: nn.Module, batches: Iterable[Batch]) -> float:
    """The mean of a loss over all clips, however many each batch has.

    Args:
        loss: Of a learner.
        net: Of the same learner; the batches are moved to where it is.
        batches: With ``audio``.

    Raises:
        DataError: There are no clips.

    Example:
        >>> def level(batch, step):
        ...     return batch["audio"].mean(), {}
        >>> batches = [{"audio": torch.ones(3, 1, 4)}, {"audio": torch.zeros(1, 1, 4)}]
        >>> mean_loss(level, nn.Linear(1, 1), batches)
        0.75
    """
    device = next(net.parameters()).device
    total, n_clips = 0.0, 0
    for batch in batches:
        moved = {name: value.to(device) for name, value in batch.items()}
        total += loss(moved, 0)[0].item() * len(moved["audio"])
        n_clips += len(moved["audio"])
    if not n_clips:
        raise DataError("nothing to evaluate on: the data set has no clips")
    return total / n_clips


@torch.no_grad()
def mean_logs(
    losses: Mapping[str, Loss], net: nn.Module, batches: Iterable[Batch]
) -> dict[str, float]:
    """The means over all clips of what losses log, as ``name/quantity``.

    Args:
        losses: By name.
        net: The batches are moved to where it is.
        batches: With ``audio``; all losses get the same.

    Raises:
        DataError: There are no clips.

    Example:
        >>> def level(batch, step):
        ...     return batch["audio"].mean(), {"peak": batch["audio"].max()}
        >>> mean_logs({"a": level}, nn.Linear(1, 1), [{"audio": torch.ones(3, 1, 4)}])
        {'a/peak': 1.0}
    """
    device = next(net.parameters()).device
    totals: dict[str, float] = {}
    n_clips = 0
    for batch in batches:
        moved = {name: value.to(device) for name, value in batch.items()}
        n_clips += len(moved["audio"])
        for name, loss in losses.items():
            for quantity, value in loss(moved, 0)[1].items():
                key = f"{name}/{quantity}"
                totals[key] = totals.get(key, 0.0) + value.item() * len(moved["audio"])
    if not n_clips:
        raise DataError("nothing to evaluate on: the data set has no clips")
    return {key: total / n_clips for key, total in totals.items()}

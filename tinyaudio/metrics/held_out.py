"""A loss on held-out sound, as training itself computes it.

Implements: `mean_loss`.
See:        chapter 2, "One sample at a time".
"""

from collections.abc import Iterable

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

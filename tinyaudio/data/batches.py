"""Endless batches, each a function of (seed, k).

A run resumed at step k gets exactly the batches it would have had without the interruption, whatever
the number of workers that make them and of processes that share them.

Implements: `Batches`.
See:        chapter 2, where training begins.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError


class Batches:
    """Endless batches from a data set whose item i is a function of i alone.

    Each epoch goes through all items in a random order of its own. Batch k is a function of
    (seed, k), so that resuming at step k needs no other state.

    Args:
        dataset: Its items are dicts of tensors of equal shapes.
        batch_size: Items in a batch, over all processes.
        workers: Processes that prepare items ahead of time; they change the speed, never the result.
        rank: Index of this process among those that train together.
        world_size: Number of these processes; each gets an equal part of every batch.
        seed: Decides the order.

    Raises:
        DataError: The data set is empty, the seed is negative, or the batch cannot be divided evenly.

    Example:
        >>> items = [{"x": torch.tensor(i)} for i in range(4)]
        >>> numbers = torch.utils.data.Subset(items, range(4))
        >>> stream = Batches(numbers, batch_size=2).from_step(0)
        >>> sorted(torch.cat([next(stream)["x"], next(stream)["x"]]).tolist())
        [0, 1, 2, 3]
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        *,
        workers: int = 0,
        rank: int = 0,
        world_size: int = 1,
        seed: int = 0,
    ) -> None:
        if not len(dataset):  # type: ignore[arg-type]
            raise DataError("the data set is empty; batches need at least one item")
        if batch_size < 1 or batch_size % world_size:
            raise DataError(
                f"a batch of {batch_size} cannot be divided evenly among {world_size} processes;"
                f" use a multiple of {world_size}"
            )
        generator(seed)  # raises if the seed is negative
        self.dataset = dataset
        self.batch_size = batch_size
        self.workers = workers
        self.rank = rank
        self.world_size = world_size
        self.seed = seed

    def from_step(self, step: int) -> Iterator[dict[str, Tensor]]:
        """Batch number `step` and all later ones."""
        loader = DataLoader(
            self.dataset,
            batch_sampler=_BatchSampler(self, step),  # type: ignore[arg-type]
            num_workers=self.workers,
            worker_init_fn=_ignore_ctrl_c,
            generator=torch.Generator(),  # else it would draw from the generator that training uses
        )
        return iter(loader)

    def indices(self, k: int) -> list[int]:
        """The items of batch k that this process gets."""
        n = len(self.dataset)  # type: ignore[arg-type]
        n_items = self.batch_size // self.world_size
        first = k * self.batch_size + self.rank * n_items
        return [int(_order(n, self.seed, p // n)[p % n]) for p in range(first, first + n_items)]


@dataclass(frozen=True)
class _BatchSampler:
    """The indices of one batch after another, as `DataLoader` expects them."""

    batches: Batches
    step: int

    def __iter__(self) -> Iterator[list[int]]:
        k = self.step
        while True:
            yield self.batches.indices(k)
            k += 1


@lru_cache(maxsize=2)  # a batch may reach from one epoch into the next
def _order(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order of n items in an epoch."""
    return generator(seed, Purpose.BATCH_ORDER, epoch).permutation(n)


def _ignore_ctrl_c(worker: int) -> None:
    """Ctrl-C reaches every process, but the run finishes its step first and then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

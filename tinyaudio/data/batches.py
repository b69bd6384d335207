"""Batches without end, each a function of its number.

Resuming a run at step k needs nothing but k, so it sees the very batches it would have seen, however
many workers make them and however many processes share them.

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

from tinyaudio.errors import DataError


class Batches:
    """Batches without end from a dataset whose item i is a function of i alone.

    The dataset is walked through in a random order, then in another one, and so on. Batch k is a
    function of (seed, k): resuming at step k needs nothing but k.

    Args:
        dataset: Its items are dicts of tensors of equal shapes.
        batch_size: Items a batch, over all processes.
        workers: Processes that make items ahead of time; they change the speed, never the result.
        rank: Which of the processes that train together this is.
        world_size: How many there are; each gets its share of the same batch.
        seed: Decides the order.

    Raises:
        DataError: The dataset is empty, or the batch cannot be shared evenly.

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
            raise DataError("the dataset is empty; there is nothing to make batches of")
        if batch_size < 1 or batch_size % world_size:
            raise DataError(
                f"a batch of {batch_size} cannot be shared evenly by {world_size} processes;"
                f" use a multiple of {world_size}"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.workers = workers
        self.rank = rank
        self.world_size = world_size
        self.seed = seed

    def from_step(self, step: int) -> Iterator[dict[str, Tensor]]:
        """Batch number `step` and all that follow it."""
        loader = DataLoader(
            self.dataset,
            batch_sampler=_From(self, step),  # type: ignore[arg-type]
            num_workers=self.workers,
            worker_init_fn=_outlive_ctrl_c,
            generator=torch.Generator(),  # else it would draw from the generator that training uses
        )
        return iter(loader)

    def indices(self, k: int) -> list[int]:
        """The items of batch k that are this process's."""
        n = len(self.dataset)  # type: ignore[arg-type]
        share = self.batch_size // self.world_size
        first = k * self.batch_size + self.rank * share
        return [int(_order(n, self.seed, p // n)[p % n]) for p in range(first, first + share)]


@dataclass(frozen=True)
class _From:
    """What `DataLoader` calls a batch sampler: the items of one batch after another."""

    batches: Batches
    step: int

    def __iter__(self) -> Iterator[list[int]]:
        k = self.step
        while True:
            yield self.batches.indices(k)
            k += 1


@lru_cache(maxsize=2)  # a batch may reach from one round into the next
def _order(n: int, seed: int, around: int) -> np.ndarray:
    """A random order of n items for each time around."""
    draws = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, around])))
    return draws.permutation(n)


def _outlive_ctrl_c(worker: int) -> None:
    """Ctrl-C reaches every process, but the run finishes its step first and then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

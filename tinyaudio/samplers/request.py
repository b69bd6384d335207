"""What every sampler is asked for, and the words for what none of them can do.

Implements: `Autoregressive`, what a model must offer; `check`, which refuses an impossible request
            before anything is generated; `make_generators`, every clip's own random numbers; `concat_chunks`, which
            waits for all pieces, with a progress bar.
See:        chapter 2, "One sample at a time".
"""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor
from tqdm.auto import tqdm

from tinyaudio.errors import UserError
from tinyaudio.models.codes import check_codes


@runtime_checkable
class Autoregressive(Protocol):
    """What a model must offer to be generated from; `tinyaudio.models.causal.CausalNet` does."""

    @property
    def config(self) -> Any:
        """Has ``n_levels``; and ``n_mixtures`` above 0 if the outputs are a mixture's parameters."""

    @property
    def receptive_field(self) -> int:
        """How many past samples a prediction can depend on."""

    @property
    def silence(self) -> int:
        """The code that stands before the first sample."""

    def __call__(self, codes: Tensor) -> Tensor:
        """Logits (B, K, T) of codes (B, T), column t from codes before t only."""

    def start(self, batch_size: int) -> list[Tensor]:
        """The memory before the first sample."""

    def step(self, previous: Tensor, memory: list[Tensor], t: int) -> Tensor:
        """Logits (B, K) of sample t, given the one before it (B,) and the memory of the rest."""

    def parameters(self) -> Iterator[Tensor]:
        """The weights, asked for their device."""


@runtime_checkable
class Prefilling(Autoregressive, Protocol):
    """A model that can also take in a whole prompt at once; `WaveNet` can."""

    def prefill(self, codes: Tensor) -> list[Tensor]:
        """The memory after these codes (B, T), as their steps would leave it."""


@runtime_checkable
class FiniteLength(Protocol):
    """A model that ends, as one does whose condition has a frame for every moment."""

    @property
    def n_samples(self) -> int | None:
        """How many samples there can be; None if any number."""


def check(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | Sequence[float],
    prompt: Tensor | None,
    chunk: int = 1,
) -> None:
    """Refuse a request that cannot be met, before anything is generated.

    Args:
        model: What is generated from.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: One for all clips, or one a clip.
        prompt: Codes to go on from, one row a seed, or None.
        chunk: Length of a piece, in samples.

    Raises:
        UserError: What is wrong, in one line.
    """
    if n_samples < 1:
        raise UserError(f"cannot generate {n_samples} samples; ask for at least 1")
    if chunk < 1:
        raise UserError(f"cannot generate in pieces of {chunk} samples; ask for at least 1")
    if not seeds:
        raise UserError("no seeds given; one clip is generated for each seed")
    heat = temperature if isinstance(temperature, Sequence) else [temperature] * len(seeds)
    if len(heat) != len(seeds):
        raise UserError(
            f"{len(heat)} temperatures for {len(seeds)} seeds; give one for all, or one a seed"
        )
    if not all(0 <= t < math.inf for t in heat):
        raise UserError(f"temperature {temperature} is not a number from 0 up")
    n_given = 0
    if prompt is not None:
        if prompt.ndim != 2:
            raise UserError(f"a prompt has a row a seed, (B, P), not the shape {(*prompt.shape,)}")
        if len(prompt) != len(seeds):
            raise UserError(f"{len(prompt)} prompts for {len(seeds)} seeds; give one a seed")
        check_codes(prompt, model.config.n_levels)
        n_given = prompt.shape[1]
    ends = model.n_samples if isinstance(model, FiniteLength) else None
    if ends is not None and n_given + n_samples > ends:
        raise UserError(
            f"the condition ends after {ends} samples; a prompt of {n_given} and {n_samples} more"
            " were asked for: give more frames or generate less"
        )
    # Squashed by the gates, an infinite weight may give a finite output.
    if not all(bool(weight.isfinite().all()) for weight in model.parameters()):
        raise UserError("the model's weights are not all finite; it cannot be generated from")


def make_generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """A generator of random numbers for each clip, so that no clip depends on its neighbours."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def concat_chunks(pieces: Iterable[Int[Tensor, "B _"]], n_samples: int) -> Int[Tensor, "B T"]:
    """Wait for all pieces, under a progress bar, and put them one behind the other.

    Args:
        pieces: Of the clips, in order.
        n_samples: Length of all together.

    Returns:
        The clips.

    Example:
        >>> concat_chunks((torch.tensor([[i, i]]) for i in range(3)), 6)
        tensor([[0, 0, 1, 1, 2, 2]])
    """
    kept = []
    with progress(n_samples) as bar:
        for piece in pieces:
            kept.append(piece)
            bar.update(piece.shape[1])
    return torch.cat(kept, dim=1)


def progress(n_samples: int | None) -> "tqdm[None]":
    """A bar that counts samples, silent where nobody watches, as while the book is made."""
    silent = True if os.environ.get("TINYAUDIO_BUILD") else None  # None: unless at a terminal
    return tqdm(
        total=n_samples, unit=" samples", unit_scale=True, disable=silent, leave=False, delay=2
    )

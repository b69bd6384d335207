"""What all autoregressive samplers share: the interface of a model, and the checks of a request.

Implements: `Autoregressive`, the interface; `check`, which refuses an impossible request before
            anything is generated; `make_generators`, a random generator for every clip;
            `concat_chunks`, which collects a stream's chunks under a progress bar.
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
    """A model that can be sampled from, such as `tinyaudio.models.causal.CausalNet`."""

    @property
    def config(self) -> Any:
        """With ``n_levels``, and ``n_mixtures`` above 0 if the outputs are a mixture's parameters."""

    @property
    def receptive_field(self) -> int:
        """How many past samples a prediction can depend on."""

    @property
    def silence(self) -> int:
        """The code that stands before the first sample."""

    def __call__(self, codes: Tensor) -> Tensor:
        """Logits (B, K, T) of codes (B, T), column t from codes before t only."""

    def init_cache(self, batch_size: int) -> Any:
        """The cache of `step` before the first sample, of a type of the model's own."""

    def step(self, previous: Tensor, cache: Any, t: int) -> Tensor:
        """Logits (B, K) of sample t, given the one before it (B,); changes the cache in place."""

    def parameters(self) -> Iterator[Tensor]:
        """The weights."""


@runtime_checkable
class Prefilling(Autoregressive, Protocol):
    """A model that computes the cache of a whole prompt in one pass, such as a `WaveNet`."""

    def prefill(self, codes: Tensor) -> Any:
        """The cache after these codes (B, T), as their steps would leave it."""


@runtime_checkable
class FiniteLength(Protocol):
    """A model of limited length: it is conditioned on frames, and they end."""

    @property
    def n_samples(self) -> int | None:
        """The most samples that can be generated; None if there is no limit."""


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
        model: The model to sample from.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: One for all clips, or one a clip.
        prompt: Codes to continue, one row a seed, or None.
        chunk: Length of a chunk, in samples.

    Raises:
        UserError: What is wrong, in one line.
    """
    if n_samples < 1:
        raise UserError(f"cannot generate {n_samples} samples; ask for at least 1")
    if chunk < 1:
        raise UserError(f"cannot generate in chunks of {chunk} samples; ask for at least 1")
    check_seeds(seeds)
    temperatures = temperature if isinstance(temperature, Sequence) else [temperature] * len(seeds)
    if len(temperatures) != len(seeds):
        raise UserError(
            f"{len(temperatures)} temperatures for {len(seeds)} seeds; give one for all, or one a seed"
        )
    if not all(0 <= t < math.inf for t in temperatures):
        raise UserError(f"temperature {temperature} is not a number from 0 up")
    n_prompt = 0
    if prompt is not None:
        if prompt.ndim != 2:
            raise UserError(f"a prompt has a row a seed, (B, P), not the shape {(*prompt.shape,)}")
        if len(prompt) != len(seeds):
            raise UserError(f"{len(prompt)} prompts for {len(seeds)} seeds; give one a seed")
        check_codes(prompt, model.config.n_levels)
        n_prompt = prompt.shape[1]
    limit = model.n_samples if isinstance(model, FiniteLength) else None
    if limit is not None and n_prompt + n_samples > limit:
        raise UserError(
            f"the condition ends after {limit} samples; a prompt of {n_prompt} and {n_samples} more"
            " were asked for: give more frames or generate less"
        )
    # The gates saturate, so that an infinite weight may give a finite output.
    if not all(bool(weight.isfinite().all()) for weight in model.parameters()):
        raise UserError("the model's weights are not all finite; it cannot be sampled from")


def check_seeds(seeds: Sequence[int]) -> None:
    """Raise a `UserError` unless there are seeds that torch's generators take.

    Example:
        >>> check_seeds([0, 2**63])
        Traceback (most recent call last):
        tinyaudio.errors.UserError: seed 9223372036854775808: must be from 0 to 9223372036854775807
    """
    if not seeds:
        raise UserError("no seeds given; one clip is generated for each seed")
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise UserError(f"seed {seed}: must be from 0 to {2**63 - 1}")


def make_generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """A random generator for each clip, so that a clip does not depend on the rest of its batch."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def concat_chunks(chunks: Iterable[Int[Tensor, "B _"]], n_samples: int) -> Int[Tensor, "B T"]:
    """Collect all chunks of a stream, under a progress bar, and concatenate them.

    Args:
        chunks: In order.
        n_samples: Length of all together.

    Returns:
        The clips.

    Example:
        >>> concat_chunks((torch.tensor([[i, i]]) for i in range(3)), 6)
        tensor([[0, 0, 1, 1, 2, 2]])
    """
    collected = []
    with progress(n_samples) as bar:
        for chunk in chunks:
            collected.append(chunk)
            bar.update(chunk.shape[1])
    return torch.cat(collected, dim=1)


def progress(n_samples: int | None) -> "tqdm[None]":
    """A progress bar of samples, silent while the book is built or where there is no terminal."""
    silent = True if os.environ.get("TINYAUDIO_BUILD") else None  # None: tqdm asks for a terminal
    return tqdm(
        total=n_samples, unit=" samples", unit_scale=True, disable=silent, leave=False, delay=2
    )

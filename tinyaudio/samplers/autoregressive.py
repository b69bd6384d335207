"""Generation one sample at a time: draw x_t from p(x_t | x_<t), append it, go on.

Implements: `naive`, which runs the whole network anew for every sample, as the definition says, and
            `cached`, which keeps what the layers have already computed (Le Paine et al., "Fast
            Wavenet Generation Algorithm", 2016).  Both draw the same samples from the same seed.
See:        chapter 2, "One sample at a time".
"""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from tinyaudio.errors import UserError

# One step of fewer clips is so little work that threads only wait for each other: with two threads on
# a busy machine of two cores it took six times as long as with one.
MANY = 32


@runtime_checkable
class Autoregressive(Protocol):
    """What a model must offer to be generated from; `tinyaudio.models.causal.CausalNet` does."""

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


def draw(
    logits: Float[Tensor, "B K"],
    generators: Sequence[torch.Generator],
    temperature: float | Sequence[float] = 1.0,
) -> Int[Tensor, " B"]:
    r"""Draw one value for each row: p_k = softmax(logits / temperature)_k.

    By Gumbel's trick, the argmax of  logits - temperature log(-log u),  u uniform in (0, 1), has
    exactly this distribution.  Each row has its own generator, so that a row does not depend on
    who is generated beside it.

    Args:
        logits: Unnormalised log-probabilities.
        generators: One a row, on the CPU.
        temperature: 1 is the model's own distribution; towards 0 the likeliest value always wins.
            One for all, or one a row.

    Returns:
        A value in [0, K - 1] for each row.

    Example:
        >>> draw(torch.tensor([[0.0, 100.0]]), [torch.Generator().manual_seed(0)]).item()
        1
    """
    K = logits.shape[1]
    u = torch.stack([torch.rand(K, generator=g, dtype=torch.float64) for g in generators])
    gumbel = -torch.log(-torch.log(u)).to(logits.device)
    heat = torch.as_tensor(temperature, dtype=torch.float64, device=logits.device)
    # logits + temperature * gumbel has the same argmax, and is still right when the temperature is 0.
    return (logits.double() + heat.reshape(-1, 1) * gumbel).argmax(1)


@torch.inference_mode()
def naive(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
) -> Int[Tensor, "B T"]:
    """Generate by the definition: the whole past through the whole network, for every sample.

    Args:
        model: Any autoregressive model.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: See `draw`.
        prompt: Codes to go on from, one row a seed; None begins after silence.

    Returns:
        The generated codes, without the prompt.
    """
    check(n_samples, seeds, temperature, prompt)
    device = next(model.parameters()).device
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    given = torch.empty(len(seeds), 0, dtype=torch.int64) if prompt is None else prompt
    codes = given.to(device)
    for _ in progress(n_samples):
        # The network scores what it is given, so silence stands in for the sample to come (its own
        # value cannot matter), and what lies before the receptive field cannot matter either.
        context = codes[:, -model.receptive_field :]
        blank = torch.full((len(seeds), 1), model.silence, device=device)
        logits = model(torch.cat([context, blank], dim=1))[:, :, -1]
        codes = torch.cat([codes, draw(logits, generators, temperature)[:, None]], dim=1)
    return codes[:, given.shape[1] :]


@torch.inference_mode()
def cached(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
) -> Int[Tensor, "B T"]:
    """Generate the same as `naive`, computing every activation once.

    Args:
        model: Any autoregressive model.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: See `draw`.
        prompt: Codes to go on from, one row a seed; None begins after silence.

    Returns:
        The generated codes, without the prompt.
    """
    check(n_samples, seeds, temperature, prompt)
    device = next(model.parameters()).device
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    given = torch.empty(len(seeds), 0, dtype=torch.int64) if prompt is None else prompt
    n_given = given.shape[1]
    codes = F.pad(given, (0, n_samples)).to(device)
    memory = model.start(len(seeds))
    previous = torch.full((len(seeds),), model.silence, device=device)
    with threads(1 if len(seeds) < MANY else None):
        for t in progress(n_given + n_samples):
            logits = model.step(previous, memory, t)
            if t >= n_given:
                codes[:, t] = draw(logits, generators, temperature)
            previous = codes[:, t]
    return codes[:, n_given:]


@contextmanager
def threads(n: int | None) -> Iterator[None]:
    """Let the processor work with n threads for a while; None leaves them as they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(n or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check(
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | Sequence[float],
    prompt: Tensor | None,
) -> None:
    """Raise a `UserError` for a request that cannot be met."""
    if n_samples < 1:
        raise UserError(f"cannot generate {n_samples} samples; ask for at least 1")
    if not seeds:
        raise UserError("no seeds given; one clip is generated for each seed")
    heat = temperature if isinstance(temperature, Sequence) else [temperature] * len(seeds)
    if len(heat) != len(seeds):
        raise UserError(
            f"{len(heat)} temperatures for {len(seeds)} seeds; give one for all, or one a seed"
        )
    if not all(0 <= t < math.inf for t in heat):
        raise UserError(f"temperature {temperature} is not a number from 0 up")
    if prompt is not None and len(prompt) != len(seeds):
        raise UserError(f"{len(prompt)} prompts for {len(seeds)} seeds; give one a seed")


def progress(n_samples: int) -> Iterable[int]:
    """Count samples with a progress bar, silent where nobody watches, as while the book is made."""
    silent = True if os.environ.get("TINYAUDIO_BUILD") else None  # None: unless at a terminal
    bar: Iterable[int] = tqdm(
        range(n_samples), unit=" samples", unit_scale=True, disable=silent, leave=False, delay=2
    )
    return bar

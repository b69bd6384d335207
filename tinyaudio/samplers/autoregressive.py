"""Generation one sample at a time: draw x_t from p(x_t | x_<t), append it, go on.

Implements: `naive`, which runs the whole network anew for every sample, as the definition says, and
            `cached`, which keeps what the layers have already computed (Le Paine et al., "Fast
            Wavenet Generation Algorithm", 2016).  Both draw the same samples from the same seed.
            `stream` is `cached` piece by piece, for sound of any length.
See:        chapter 2, "One sample at a time".
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.objectives import mixture
from tinyaudio.samplers.request import (
    Autoregressive,
    Prefilling,
    check,
    concat_chunks,
    make_generators,
    progress,
)

# One step of fewer clips is so little work that threads only wait for each other: with two threads on
# a busy machine of two cores it took six times as long as with one.
MANY = 32


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
        temperature: See `draw`, or `tinyaudio.objectives.mixture.draw` for a model of a mixture.
        prompt: Codes to go on from, one row a seed; None begins after silence.

    Returns:
        The generated codes, without the prompt.

    Raises:
        UserError: A request that cannot be met, weights or an output that are not finite.
    """
    check(model, n_samples, seeds, temperature, prompt)
    device = next(model.parameters()).device
    generators = make_generators(seeds)
    given = torch.empty(len(seeds), 0, dtype=torch.int64) if prompt is None else prompt
    codes = given.to(device)
    with progress(n_samples) as bar:
        for _ in range(n_samples):
            # The network scores what it is given, so silence stands in for the sample to come (its
            # own value cannot matter), and what lies before the receptive field cannot matter either.
            context = codes[:, -model.receptive_field :]
            blank = torch.full((len(seeds), 1), model.silence, device=device)
            outputs = model(torch.cat([context, blank], dim=1))[:, :, -1]
            new = drawn(model, outputs, generators, temperature, t=codes.shape[1])
            codes = torch.cat([codes, new[:, None]], dim=1)
            bar.update()
    return codes[:, given.shape[1] :]


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
        temperature: See `naive`.
        prompt: Codes to go on from, one row a seed; None begins after silence.

    Returns:
        The generated codes, without the prompt.

    Raises:
        UserError: See `naive`.
    """
    return concat_chunks(stream(model, n_samples, seeds, temperature, prompt, chunk=256), n_samples)


def stream(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
    chunk: int = 1024,
) -> Iterator[Int[Tensor, "B n"]]:
    """Generate what `cached` generates, piece by piece: memory stays the same however long it goes on.

    Args:
        model: Any autoregressive model.
        n_samples: Length of all pieces together; may be as large as one likes.
        seeds: One clip is generated for each.
        temperature: See `naive`.
        prompt: Codes to go on from, one row a seed; None begins after silence.
        chunk: Length of a piece; the last may be shorter.

    Returns:
        The pieces, each generated when it is asked for.

    Raises:
        UserError: See `naive`; of what can be known before, at once.

    Example:
        >>> from tinyaudio.models.causal import CausalNet, CausalNetConfig
        >>> net = CausalNet(CausalNetConfig.tiny())
        >>> [piece.shape[1] for piece in stream(net, 10, chunk=4)]
        [4, 4, 2]
    """
    check(model, n_samples, seeds, temperature, prompt, chunk)
    return _pieces(model, n_samples, seeds, temperature, prompt, chunk)


@torch.inference_mode()
def _pieces(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | Sequence[float],
    prompt: Tensor | None,
    chunk: int,
) -> Iterator[Tensor]:
    B, device = len(seeds), next(model.parameters()).device
    generators = make_generators(seeds)
    given = torch.empty(B, 0, dtype=torch.int64) if prompt is None else prompt
    t = given.shape[1]
    few = 1 if B < MANY else None
    memory, previous = prefill(model, given.to(device, torch.int64), few)
    end = t + n_samples
    while t < end:
        piece = torch.empty(B, min(chunk, end - t), dtype=torch.int64, device=device)
        with threads(few):  # given back before a piece is: what is done with it is not our matter
            for column in piece.unbind(1):
                outputs = model.step(previous, memory, t)
                previous = column.copy_(drawn(model, outputs, generators, temperature, t))
                t += 1
        yield piece


def prefill(
    model: Autoregressive, prompt: Int[Tensor, "B P"], few: int | None = None
) -> tuple[list[Tensor], Int[Tensor, " B"]]:
    """The memory after a prompt, and its last sample, which the next step asks for.

    Args:
        model: Any autoregressive model; one that can does it in one pass.
        prompt: May be empty.
        few: Threads for one step after the other.
    """
    B, P = prompt.shape
    silence = torch.full((B,), model.silence, device=prompt.device)
    if P and isinstance(model, Prefilling):
        return model.prefill(prompt), prompt[:, -1]
    memory, previous = model.start(B), silence
    with threads(few):
        for t in range(P):
            model.step(previous, memory, t)
            previous = prompt[:, t]
    return memory, previous


def drawn(
    model: Autoregressive,
    outputs: Float[Tensor, "B K"],
    generators: Sequence[torch.Generator],
    temperature: float | Sequence[float],
    t: int,
) -> Int[Tensor, " B"]:
    """Draw sample t from what the model says of it: a softmax, or a mixture of logistics.

    Raises:
        UserError: What it says is not finite.
    """
    if not bool(outputs.isfinite().all()):
        raise UserError(f"the model's output is not finite before sample {t + 1}")
    if getattr(model.config, "n_mixtures", 0):
        return mixture.draw(outputs, generators, temperature, model.config.n_levels)
    return draw(outputs, generators, temperature)


@contextmanager
def threads(n: int | None) -> Iterator[None]:
    """Let the processor work with n threads for a while; None leaves them as they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(n or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)

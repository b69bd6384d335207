"""Ancestral sampling: draw x_t from p(x_t | x_<t), append it, repeat.

Implements: `naive`, which runs the whole network again for every sample, by the definition, and
            `cached`, which keeps every layer's past inputs (Le Paine et al., "Fast Wavenet Generation
            Algorithm", 2016).  Both draw the same samples from the same seed.
            `stream` is `cached` in chunks, for sound of any length.
See:        chapter 2, "One sample at a time".
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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

# A step of fewer clips runs on one thread: its operations are too small to be split (with two threads on
# a busy machine of two cores a step took six times as long).
MULTITHREADED_BATCH = 32


def draw(
    logits: Float[Tensor, "B K"],
    generators: Sequence[torch.Generator],
    temperature: float | Sequence[float] = 1.0,
) -> Int[Tensor, " B"]:
    r"""Draw one value for each row: p_k = softmax(logits / temperature)_k.

    By the Gumbel-max trick, the argmax of  logits - temperature log(-log u),  u uniform in (0, 1), has
    exactly this distribution.  Each row has its own generator, so that a row does not depend on
    the rest of the batch.

    Args:
        logits: Unnormalised log-probabilities.
        generators: One a row, on the CPU.
        temperature: 1 is the model's own distribution; 0 always takes the most likely value.
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
    scale = torch.as_tensor(temperature, dtype=torch.float64, device=logits.device).reshape(-1, 1)
    # logits + temperature * gumbel has the same argmax as logits / temperature + gumbel, and allows 0.
    return (logits.double() + scale * gumbel).argmax(1)


@torch.inference_mode()
def naive(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
) -> Int[Tensor, "B T"]:
    """Generate by the definition: the whole context through the whole network, for every sample.

    Args:
        model: Any autoregressive model.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: See `draw`, or `tinyaudio.objectives.mixture.draw` for mixture outputs.
        prompt: Codes to continue, one row a seed; None begins after silence.

    Returns:
        The generated codes, without the prompt.

    Raises:
        UserError: A request that cannot be met, weights or an output that are not finite.
    """
    check(model, n_samples, seeds, temperature, prompt)
    device = next(model.parameters()).device
    generators = make_generators(seeds)
    codes = empty_prompt(seeds).to(device) if prompt is None else prompt.to(device)
    with progress(n_samples) as bar:
        for _ in range(n_samples):
            # The network scores its input, so a placeholder stands for the next sample (no output
            # depends on its value); nothing depends on codes before the receptive field.
            context = codes[:, -model.receptive_field :]
            placeholder = torch.full((len(seeds), 1), model.silence, device=device)
            outputs = model(torch.cat([context, placeholder], dim=1))[:, :, -1]
            new = sample_step(model, outputs, generators, temperature, t=codes.shape[1])
            codes = torch.cat([codes, new[:, None]], dim=1)
            bar.update()
    return codes[:, -n_samples:]


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
        prompt: Codes to continue, one row a seed; None begins after silence.

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
    """Generate what `cached` generates in chunks, in constant memory.

    Args:
        model: Any autoregressive model.
        n_samples: Length of all chunks together, of any size.
        seeds: One clip is generated for each.
        temperature: See `naive`.
        prompt: Codes to continue, one row a seed; None begins after silence.
        chunk: Length of a chunk; the last may be shorter.

    Returns:
        The chunks, generated lazily.

    Raises:
        UserError: See `naive`; an impossible request is refused at once.

    Example:
        >>> from tinyaudio.models.causal import CausalNet, CausalNetConfig
        >>> net = CausalNet(CausalNetConfig.tiny())
        >>> [codes.shape[1] for codes in stream(net, 10, chunk=4)]
        [4, 4, 2]
    """
    check(model, n_samples, seeds, temperature, prompt, chunk)
    return _chunks(model, n_samples, seeds, temperature, prompt, chunk)


@torch.inference_mode()
def _chunks(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | Sequence[float],
    prompt: Tensor | None,
    chunk: int,
) -> Iterator[Tensor]:
    B, device = len(seeds), next(model.parameters()).device
    generators = make_generators(seeds)
    prompt = empty_prompt(seeds) if prompt is None else prompt
    n_threads = 1 if B < MULTITHREADED_BATCH else None
    cache, previous = prefill(model, prompt.to(device, torch.int64), n_threads)
    t = prompt.shape[1]
    end = t + n_samples
    while t < end:
        codes = torch.empty(B, min(chunk, end - t), dtype=torch.int64, device=device)
        with threads(n_threads):  # restored before the chunk is handed out
            for column in codes.unbind(1):
                outputs = model.step(previous, cache, t)
                previous = column.copy_(sample_step(model, outputs, generators, temperature, t))
                t += 1
        yield codes


def empty_prompt(seeds: Sequence[int]) -> Int[Tensor, "B 0"]:
    """No codes, one row a seed."""
    return torch.empty(len(seeds), 0, dtype=torch.int64)


def prefill(
    model: Autoregressive, prompt: Int[Tensor, "B P"], n_threads: int | None = None
) -> tuple[Any, Int[Tensor, " B"]]:
    """The cache after a prompt, and the prompt's last sample, the input of the next step.

    Args:
        model: Any autoregressive model; a `Prefilling` one takes a single pass.
        prompt: May be empty.
        n_threads: For stepping over the prompt; None leaves the number as it is.
    """
    B, P = prompt.shape
    if P and isinstance(model, Prefilling):
        return model.prefill(prompt), prompt[:, -1]
    cache, previous = model.init_cache(B), torch.full((B,), model.silence, device=prompt.device)
    with threads(n_threads):
        for t in range(P):
            model.step(previous, cache, t)
            previous = prompt[:, t]
    return cache, previous


def sample_step(
    model: Autoregressive,
    outputs: Float[Tensor, "B K"],
    generators: Sequence[torch.Generator],
    temperature: float | Sequence[float],
    t: int,
) -> Int[Tensor, " B"]:
    """Draw sample t from the model's output: a softmax, or a mixture of logistics.

    Raises:
        UserError: The output is not finite.
    """
    if not bool(outputs.isfinite().all()):
        raise UserError(f"the model's output is not finite before sample {t + 1}")
    if getattr(model.config, "n_mixtures", 0):
        return mixture.draw(outputs, generators, temperature, model.config.n_levels)
    return draw(outputs, generators, temperature)


@contextmanager
def threads(n: int | None) -> Iterator[None]:
    """Run with n CPU threads inside the block; None leaves their number as it is."""
    before = torch.get_num_threads()
    torch.set_num_threads(n or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)

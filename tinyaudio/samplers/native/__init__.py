"""Generation with nothing but arithmetic: the sampling loop of a WaveNet as compiled C++.

A step of a small WaveNet is a few hundred small products; from Python, most of the time goes into
asking for them.  Here the whole loop is one function, and what remains is reading the weights.

Paper:      Le Paine et al., "Fast Wavenet Generation Algorithm", 2016, for what is kept.
Implements: `native`, which draws the same samples as `tinyaudio.samplers.autoregressive.cached`;
            `score`, the logits of given samples by the same steps.
Differs:    sums are taken in another order than PyTorch's, so logits differ in the last digits.
See:        chapter 6, "Making it fast".
"""

import os
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm.auto import tqdm

from tinyaudio.errors import UserError
from tinyaudio.models.conditioning import Condition
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.samplers.autoregressive import Autoregressive, cached, check
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native.build import NoCompiler, say_once
from tinyaudio.samplers.native.step import Draws, NativeStep

CHUNK = 1024  # samples between two looks at the keyboard, or fewer:
PRODUCTS = 1_000_000_000  # about a tenth of a second


@torch.inference_mode()
def native(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
    lanes: int | None = None,
) -> Int[Tensor, "B T"]:
    """Generate the same as `cached`, by compiled code on one core of the processor.

    Where that cannot be, `cached` generates, and a warning says why.

    Args:
        model: A `WaveNet` with a softmax, or a `Conditioned` one; weights are used in 32 bits.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: See `tinyaudio.samplers.autoregressive.draw`.
        prompt: Codes to go on from, one row a seed; None begins after silence.
        lanes: See `NativeStep`.

    Returns:
        The generated codes, without the prompt.

    Raises:
        UserError: A request that cannot be met, or weights that are not finite.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> torch.equal(native(net, 50, seeds=[3, 4]), cached(net, 50, seeds=[3, 4]))
        True
    """
    check(n_samples, seeds, temperature, prompt)
    wavenet, condition = (
        (model.model, model.condition) if isinstance(model, Conditioned) else (model, None)
    )
    try:
        if not isinstance(wavenet, WaveNet) or wavenet.config.n_mixtures:
            raise NoCompiler("there is compiled code only for a WaveNet with a softmax")
        step = NativeStep(wavenet, len(seeds), condition, lanes)
    except NoCompiler as reason:
        say_once(f"{reason}; generating in PyTorch instead")
        return cached(model, n_samples, seeds, temperature, prompt)

    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    heat = torch.tensor(temperature, dtype=torch.float64).expand(len(seeds)).contiguous()
    given = torch.empty(len(seeds), 0, dtype=torch.int64) if prompt is None else prompt.cpu()
    within(given, step.K)
    codes = torch.empty(len(seeds), n_samples, dtype=torch.int64)
    for chunk in chunks(step, given):
        step.run(chunk)
    for chunk in chunks(step, codes):
        size = (chunk.shape[1], step.K)
        # The very numbers that `draw` asks for, one sample after the other.
        u = torch.stack([torch.rand(size, generator=g, dtype=torch.float64) for g in generators])
        step.run(chunk, Draws(noise=u.log_().neg_().log_().neg_(), heat=heat))
    return codes.to(next(model.parameters()).device)


@torch.inference_mode()
def score(
    model: WaveNet,
    codes: Int[Tensor, "B T"],
    condition: Condition | None = None,
    lanes: int | None = None,
) -> Float[Tensor, "B K T"]:
    """Logits of given samples, one compiled step after the other; equal to the model's own.

    Args:
        model: A network with a softmax.
        codes: Sample values in [0, n_levels - 1].
        condition: If the model takes one.
        lanes: See `NativeStep`.

    Returns:
        Logits of p(x_t | x_<t).

    Raises:
        NoCompiler: This machine cannot compile C++.
        UserError: A code is out of range, or weights are not finite.
    """
    if model.config.n_mixtures:
        raise UserError("there is compiled code only for a softmax, not for a mixture")
    step = NativeStep(model, len(codes), condition, lanes)
    within(codes, step.K)
    return torch.cat([step.run(chunk, score=True) for chunk in chunks(step, codes.cpu())], dim=2)


def chunks(step: NativeStep, codes: Int[Tensor, "B T"]) -> Iterator[Int[Tensor, "B n"]]:
    """Pieces of the codes, as views, of a length that keeps Ctrl-C and the progress bar quick."""
    T = codes.shape[1]
    longest = max(1, min(CHUNK // step.rows, PRODUCTS // step.products))
    silent = True if os.environ.get("TINYAUDIO_BUILD") else None  # None: unless at a terminal
    with tqdm(
        total=T, unit=" samples", unit_scale=True, disable=silent, leave=False, delay=2
    ) as bar:
        t = 0
        while t < T:
            n = step.room(min(longest, T - t))
            yield codes[:, t : t + n]
            bar.update(n)
            t += n


def within(codes: Int[Tensor, "B T"], n_levels: int) -> None:
    """Raise a `UserError` for codes that the model has no level for."""
    if not codes.numel():
        return
    low, high = (int(end) for end in codes.aminmax())
    if low < 0 or high >= n_levels:
        raise UserError(f"codes from {low} to {high} do not fit {n_levels} levels")

"""Generation with nothing but arithmetic: the sampling loop of a WaveNet as compiled C++.

A step of a small WaveNet is a few hundred small products; from Python, most of the time goes into
asking for them.  Here the whole loop is one function, and what remains is reading the weights.

Paper:      Le Paine et al., "Fast Wavenet Generation Algorithm", 2016, for what is kept.
Implements: `native`, which draws the same samples as `tinyaudio.samplers.autoregressive.cached`;
            `stream`, the same piece by piece; `score`, the logits of given samples by the same steps.
Differs:    sums are taken in another order than PyTorch's, so logits differ in the last digits.
See:        chapter 7, "Making it fast".
"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.models.codes import check_codes
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.samplers import autoregressive, graph
from tinyaudio.samplers.conditioned import apart
from tinyaudio.samplers.native.build import NoCompiler, warn_once
from tinyaudio.samplers.native.step import Draws, NativeStep
from tinyaudio.samplers.request import Autoregressive, check, concat_chunks, make_generators

CHUNK = 1024  # samples between two looks at the keyboard, or fewer:
PRODUCTS = 1_000_000_000  # about a tenth of a second
AHEAD = 16  # samples, see `ahead` of step.cpp


def native(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
    simd_width: int | None = None,
) -> Int[Tensor, "B T"]:
    """Generate the same as `cached`, by compiled code on one core of the processor.

    On CUDA a recorded step generates (`tinyaudio.samplers.graph`), unless ``simd_width`` is given.  Where
    there is no compiler numba does, without it `cached`, and a warning says which and why.

    Args:
        model: A `WaveNet` with a softmax, or a `Conditioned` one; weights are used in 32 bits,
            or in 16 if all its matrices fit there, as after ``model.bfloat16().float()``.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: See `tinyaudio.samplers.autoregressive.draw`.
        prompt: Codes to go on from, one row a seed; None begins after silence.
        simd_width: See `NativeStep`.

    Returns:
        The generated codes, without the prompt.

    Raises:
        UserError: A request that cannot be met, weights or an output that are not finite.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> from tinyaudio.samplers.autoregressive import cached
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> torch.equal(native(net, 50, seeds=[3, 4]), cached(net, 50, seeds=[3, 4]))
        True
    """
    pieces = stream(model, n_samples, seeds, temperature, prompt, simd_width=simd_width)
    return concat_chunks(pieces, n_samples)


@torch.inference_mode()
def stream(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
    chunk: int = 1024,
    simd_width: int | None = None,
) -> Iterator[Int[Tensor, "B n"]]:
    """Generate what `native` generates, piece by piece, in memory that does not grow.

    Args:
        model: See `native`; its weights as they are when this is called.
        n_samples: Length of all pieces together; may be as large as one likes.
        seeds: One clip is generated for each.
        temperature: See `native`.
        prompt: Codes to go on from, one row a seed; None begins after silence.
        chunk: Length of a piece; the last may be shorter.
        simd_width: See `NativeStep`.

    Returns:
        The pieces, each generated when it is asked for.

    Raises:
        UserError: See `native`; of what can be known before, at once.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> [piece.shape[1] for piece in stream(net, 10, chunk=4)]
        [4, 4, 2]
    """
    check(model, n_samples, seeds, temperature, prompt, chunk)
    wavenet, condition = apart(model)
    softmax = isinstance(wavenet, WaveNet) and not wavenet.config.n_mixtures
    if softmax and simd_width is None and next(model.parameters()).is_cuda:
        return graph.stream(model, n_samples, seeds, temperature, prompt, chunk)
    try:
        if not isinstance(wavenet, WaveNet) or wavenet.config.n_mixtures:
            raise NoCompiler("there is compiled code only for a WaveNet with a softmax")
        step = NativeStep(wavenet, len(seeds), condition, simd_width)
    except NoCompiler as reason:
        warn_once(f"{reason}; generating in PyTorch instead")
        return autoregressive.stream(model, n_samples, seeds, temperature, prompt, chunk)
    if prompt is not None:
        prefill(step, prompt, wavenet.receptive_field)
    device = next(model.parameters()).device
    lengths = (min(chunk, n_samples - t) for t in range(0, n_samples, chunk))
    generators = make_generators(seeds)
    heat = torch.tensor(temperature, dtype=torch.float64).expand(len(seeds)).contiguous()
    return (drawn(step, n, generators, heat).to(device) for n in lengths)


def prefill(step: NativeStep, prompt: Int[Tensor, "B P"], reach: int) -> None:
    """Go through a prompt, but for what lies so far back that it cannot matter."""
    # The compiled step works ahead, up to `AHEAD` samples at once: so many more until all is in place.
    begin = max(0, prompt.shape[1] - reach - AHEAD)
    if begin:
        step.t = begin
        step.previous.copy_(prompt[:, begin - 1])
    for given in chunks(step, prompt[:, begin:].cpu()):
        step.run(given)


@torch.inference_mode()
def drawn(
    step: NativeStep,
    n: int,
    generators: Sequence[torch.Generator],
    heat: Float64[Tensor, " B"],
) -> Int[Tensor, "B n"]:
    """The next n samples."""
    codes = torch.empty(step.rows, n, dtype=torch.int64)
    for part in chunks(step, codes):
        size = (part.shape[1], step.K)
        # The very numbers that `draw` asks for, one sample after the other.
        u = torch.stack([torch.rand(size, generator=g, dtype=torch.float64) for g in generators])
        step.run(part, Draws(noise=u.log_().neg_().log_().neg_(), heat=heat))
    return codes


@torch.inference_mode()
def score(
    model: WaveNet,
    codes: Int[Tensor, "B T"],
    condition: Condition | None = None,
    simd_width: int | None = None,
) -> Float[Tensor, "B K T"]:
    """Logits of given samples, one compiled step after the other; equal to the model's own.

    Args:
        model: A network with a softmax.
        codes: Sample values in [0, n_levels - 1].
        condition: If the model takes one.
        simd_width: See `NativeStep`.

    Returns:
        Logits of p(x_t | x_<t).

    Raises:
        NoCompiler: This machine cannot compile C++, and has no numba.
        UserError: A code is out of range, or weights are not finite.
    """
    if model.config.n_mixtures:
        raise UserError("there is compiled code only for a softmax, not for a mixture")
    step = NativeStep(model, len(codes), condition, simd_width)
    check_codes(codes, step.K)
    return torch.cat([step.run(chunk, score=True) for chunk in chunks(step, codes.cpu())], dim=2)


def chunks(step: NativeStep, codes: Int[Tensor, "B T"]) -> Iterator[Int[Tensor, "B n"]]:
    """Pieces of the codes, as views, of a length that keeps Ctrl-C quick and the noise small."""
    T = codes.shape[1]
    longest = max(1, min(CHUNK // step.rows, PRODUCTS // step.products))
    t = 0
    while t < T:
        n = step.room(min(longest, T - t))
        yield codes[:, t : t + n]
        t += n

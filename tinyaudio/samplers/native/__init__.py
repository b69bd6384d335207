"""The sampling loop of a WaveNet as compiled C++.

A step of a small WaveNet is a few hundred small matrix products; in Python most of its time is dispatch
overhead.  Here the whole loop is one function, bound by the bandwidth at which it reads the weights.

Paper:      Le Paine et al., "Fast Wavenet Generation Algorithm", 2016, for the cache.
Implements: `native`, which draws the same samples as `tinyaudio.samplers.autoregressive.cached`;
            `stream`, the same in chunks; `score`, the logits of given samples by the same steps.
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
from tinyaudio.native.build import NoCompiler, warn_once
from tinyaudio.samplers import autoregressive, graph
from tinyaudio.samplers.conditioned import unwrap
from tinyaudio.samplers.native.step import Draws, NativeStep
from tinyaudio.samplers.request import Autoregressive, check, concat_chunks, make_generators

CHUNK = 1024  # samples and clips of one call at most; Ctrl-C is handled between calls
PRODUCTS = 1_000_000_000  # multiplications of one call at most, about a tenth of a second
LOOKAHEAD = 16  # samples at most, see `lookahead` of step.cpp


def native(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
    simd_width: int | None = None,
) -> Int[Tensor, "B T"]:
    """Generate the same as `cached`, by compiled code on one CPU core.

    On CUDA `tinyaudio.samplers.graph` generates, unless ``simd_width`` is given.  Without a C++ compiler
    `cached` generates, and a warning says why.

    Args:
        model: A `WaveNet` with a softmax, or a `Conditioned` one; its weights are used in float32.
        n_samples: Length, in samples.
        seeds: One clip is generated for each.
        temperature: See `tinyaudio.samplers.autoregressive.draw`.
        prompt: Codes to continue, one row a seed; None begins after silence.
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
    clips = stream(model, n_samples, seeds, temperature, prompt, simd_width=simd_width)
    return concat_chunks(clips, n_samples)


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
    """Generate what `native` generates in chunks, in constant memory.

    Args:
        model: See `native`; its weights at the time of the call are used.
        n_samples: Length of all chunks together, of any size.
        seeds: One clip is generated for each.
        temperature: See `native`.
        prompt: Codes to continue, one row a seed; None begins after silence.
        chunk: Length of a chunk; the last may be shorter.
        simd_width: See `NativeStep`.

    Returns:
        The chunks, generated lazily.

    Raises:
        UserError: See `native`; an impossible request is refused at once.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> [codes.shape[1] for codes in stream(net, 10, chunk=4)]
        [4, 4, 2]
    """
    check(model, n_samples, seeds, temperature, prompt, chunk)
    wavenet, condition = unwrap(model)
    softmax = isinstance(wavenet, WaveNet) and not wavenet.config.n_mixtures
    if softmax and simd_width is None and next(model.parameters()).is_cuda:
        return graph.stream(model, n_samples, seeds, temperature, prompt, chunk)
    try:
        if not isinstance(wavenet, WaveNet) or wavenet.config.n_mixtures:
            raise NoCompiler("the compiled step is only for a WaveNet with a softmax")
        step = NativeStep(wavenet, len(seeds), condition, simd_width)
    except NoCompiler as reason:
        warn_once(f"{reason}; falling back to `cached`, in PyTorch")
        return autoregressive.stream(model, n_samples, seeds, temperature, prompt, chunk)
    if prompt is not None:
        prefill(step, prompt, wavenet.receptive_field)
    device = next(model.parameters()).device
    lengths = (min(chunk, n_samples - t) for t in range(0, n_samples, chunk))
    generators = make_generators(seeds)
    scale = torch.tensor(temperature, dtype=torch.float64).expand(len(seeds)).contiguous()
    return (sample_steps(step, n, generators, scale).to(device) for n in lengths)


def prefill(step: NativeStep, prompt: Int[Tensor, "B P"], receptive_field: int) -> None:
    """Step over the part of a prompt that later samples depend on."""
    # Past taps are computed up to `LOOKAHEAD` samples at once: so many more until they are all valid.
    begin = max(0, prompt.shape[1] - receptive_field - LOOKAHEAD)
    if begin:
        step.t = begin
        step.previous.copy_(prompt[:, begin - 1])
    for codes in chunks(step, prompt[:, begin:].cpu()):
        step.run(codes)


@torch.inference_mode()
def sample_steps(
    step: NativeStep,
    n: int,
    generators: Sequence[torch.Generator],
    temperature: Float64[Tensor, " B"],
) -> Int[Tensor, "B n"]:
    """Generate the next n samples."""
    codes = torch.empty(step.rows, n, dtype=torch.int64)
    for part in chunks(step, codes):
        size = (part.shape[1], step.K)
        # The same numbers that `draw` takes, sample after sample.
        u = torch.stack([torch.rand(size, generator=g, dtype=torch.float64) for g in generators])
        step.run(part, Draws(noise=u.log_().neg_().log_().neg_(), temperature=temperature))
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
        NoCompiler: This machine cannot compile C++.
        UserError: A code is out of range, or weights are not finite.
    """
    if model.config.n_mixtures:
        raise UserError("the compiled step is only for a softmax, not for a mixture")
    step = NativeStep(model, len(codes), condition, simd_width)
    check_codes(codes, step.K)
    return torch.cat([step.run(chunk, score=True) for chunk in chunks(step, codes.cpu())], dim=2)


def chunks(step: NativeStep, codes: Int[Tensor, "B T"]) -> Iterator[Int[Tensor, "B n"]]:
    """Views of successive codes, short enough for a quick Ctrl-C and a small noise tensor."""
    T = codes.shape[1]
    longest = max(1, min(CHUNK // step.rows, PRODUCTS // step.products))
    t = 0
    while t < T:
        n = step.until_next_frame(min(longest, T - t))
        yield codes[:, t : t + n]
        t += n

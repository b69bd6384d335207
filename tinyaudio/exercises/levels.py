"""Chapter 3, "mu-law and the softmax": quantization levels placed by the samples of a sound."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Answer, Exercise
from tinyaudio.language import tr
from tinyaudio.represent import mulaw

UNIFORM, COMPANDED = torch.linspace(-1, 1, 256), mulaw.decode(torch.arange(256))
RIGHT = 0
NUMBER, SHAPE, NAN, ORDER, RANGE, EVEN, MULAW, WORSE, SIDE = range(1, 10)


def _speech_like(generator: Generator) -> Tensor:
    """Samples with the peaked distribution of speech: Laplacian, of RMS -21 dBFS, below 0.5."""
    u = torch.rand(20_000, generator=generator) - 0.5
    return (-0.06 * u.sign() * torch.log1p(-2 * u.abs())).clamp(-0.5, 0.5)


UNHEARD = _speech_like(Generator().manual_seed(1))


def _squared_error(x: Tensor, levels: Tensor) -> Tensor:
    return (x - levels[torch.bucketize(x, (levels[1:] + levels[:-1]) / 2)]).square()


def _snr_db(x: Tensor, levels: Tensor) -> float:
    return (10 * torch.log10(x.square().mean() / _squared_error(x, levels).mean())).item()


def _outcome(answer: Answer) -> Answer:
    """What is wrong with the levels, or 0."""

    @wraps(answer)
    def outcome(x: Tensor) -> Any:
        made = as_tensor(answer(x))
        return None if made is None else _judged(made.float())

    return outcome


def _judged(levels: Tensor) -> int:
    if levels.numel() != 256:
        return NUMBER
    if levels.dim() != 1:
        return SHAPE
    if not levels.isfinite().all():
        return NAN
    if not (levels.diff() > 0).all():
        return ORDER
    if not levels.abs().max() <= 1:
        return RANGE
    even = (UNIFORM, (torch.arange(256) - 128) / 128, (torch.arange(256) - 127.5) / 128)
    if any(torch.allclose(levels, old, atol=2e-3) for old in even):
        return EVEN
    if torch.allclose(levels, COMPANDED, atol=1e-4):
        return MULAW
    if _snr_db(UNHEARD, levels) > _snr_db(UNHEARD, UNIFORM):
        return RIGHT
    return SIDE if levels[0] >= 0 or levels[-1] <= 0 else WORSE


def _measured(levels: Tensor) -> str:
    """What was measured of wrong levels, as one more sentence."""
    kind = _judged(levels)
    if kind == NUMBER:
        return tr(f" 나온 것은 {levels.numel()}개입니다.", f" There are {levels.numel()}.")
    if kind == ORDER:
        i = int((levels.diff() <= 0).nonzero()[0])
        a, b = (f"{one:.6g}" for one in levels[i : i + 2].tolist())
        return tr(
            f" {i}번 레벨이 {a}이고 그다음이 {b}입니다.", f" Level {i} is {a}, and the next {b}."
        )
    if kind == RANGE:
        low, high = (f"{one.item():.4g}" for one in levels.aminmax())
        return tr(f" 나온 범위: {low}에서 {high}까지.", f" Yours go from {low} to {high}.")
    if kind not in (WORSE, SIDE):
        return ""
    ours, even = (_snr_db(UNHEARD, one) for one in (levels, UNIFORM))
    error = _squared_error(UNHEARD, levels)
    beyond = error[(UNHEARD < levels[0]) | (UNHEARD > levels[-1])].sum() / error.sum()
    return tr(
        f" {ours:.1f} dB이고, 균등 양자화는 {even:.1f} dB입니다. 오차의 {beyond:.0%}가 양 끝 레벨 바깥의 "
        f"샘플에서 생깁니다.",
        f" It is {ours:.1f} dB, uniform {even:.1f}; {beyond:.0%} of the squared error is of samples beyond the "
        "outermost levels.",
    )


def _by_density(x: Tensor) -> Tensor:
    """Levels as dense as the cube root of a Laplacian's probability density."""
    b, top = 3 * x.abs().mean(), x.abs().max()
    u = (2 * torch.arange(256) + 1) / 256 - 1
    return -b * u.sign() * torch.log1p(u.abs() * torch.expm1(-top / b))


LEVELS = Exercise(
    right=_by_density,
    cases=lambda generator: [(_speech_like(generator),)],
    run=_outcome,
    mistakes=(
        Mistake(
            lambda x: torch.linspace(-1, 1, 257),
            "레벨이 256개여야 합니다.",
            "There have to be 256 levels.",
        ),
        Mistake(
            lambda x: _by_density(x)[None],
            "256개이지만 한 차원에 늘어놓아야 합니다. 모양은 (256,)입니다.",
            "There are 256, but they have to lie in one dimension, of shape (256,).",
        ),
        Mistake(
            lambda x: _by_density(x) / 0,
            "NaN이나 무한대가 있습니다.",
            "There are NaN or infinite values.",
        ),
        Mistake(
            lambda x: _by_density(x).flip(0),
            "레벨은 작은 것부터 늘어놓고 겹치지 않아야 합니다.",
            "Levels have to increase, none twice.",
        ),
        Mistake(
            lambda x: 4 * _by_density(x),
            "레벨이 -1과 1 사이를 벗어납니다.",
            "Levels have to lie in [-1, 1].",
        ),
        Mistake(
            lambda x: UNIFORM.clone(),
            "균등 양자화의 레벨입니다. 샘플 x를 보고 놓으십시오.",
            "Those are the levels of uniform quantization. Place them by the samples x.",
        ),
        Mistake(
            lambda x: COMPANDED.clone(),
            "μ-law의 레벨입니다. 샘플 x를 보고 놓으십시오.",
            "Those are the levels of mu-law. Place them by the samples x.",
        ),
        Mistake(
            lambda x: torch.linspace(-1, 1, 256).pow(3) * 0.01,
            "학습하지 않은 샘플에서 균등 양자화보다 SNR이 낮습니다. 오차가 큰 곳에 레벨을 더 놓으십시오.",
            "On held-out samples the SNR is below uniform quantization's: put levels where the error is large.",
        ),
        Mistake(
            lambda x: torch.linspace(0, 1, 256),
            "레벨이 0의 한쪽에만 있습니다. 샘플은 양수도 음수도 됩니다.",
            "All levels lie on one side of 0; samples are positive and negative.",
        ),
    ),
    hint=(
        "x.abs().mean()이 작을수록 레벨이 0 가까이에 많아야 합니다.",
        "The smaller x.abs().mean(), the more levels belong near 0.",
    ),
)  # fmt: skip


def check_levels(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 3.6, which is open: 256 levels placed by the samples of a sound.

    Args:
        answer: (x,), samples in [-1, 1] -> 256 increasing levels in [-1, 1].

    Example:
        >>> check_levels(lambda x: torch.linspace(-1, 1, 256))
        ✘ Those are the levels of uniform quantization. Place them by the samples x.
    """
    result = LEVELS.check(answer)
    judged = result or result.mistake
    levels = as_tensor(answer(_speech_like(Generator().manual_seed(0)))) if judged else None
    if levels is None:
        return result
    if not result:
        return replace(result, message=result.message + _measured(levels.float()))
    each = (_snr_db(UNHEARD, one) for one in (levels.float(), COMPANDED, UNIFORM))
    ours, theirs, even = each
    return CheckResult(
        True,
        tr(
            f"학습하지 않은 샘플에서 {ours:.1f} dB (μ-law {theirs:.1f}, 균등 {even:.1f}).",
            f"On held-out samples {ours:.1f} dB (mu-law {theirs:.1f}, uniform {even:.1f}).",
        ),
    )

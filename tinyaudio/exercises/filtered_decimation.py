"""Chapter 20, "What fills the top band": a lower sample rate, without what would fold."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Decimate = Callable[[Tensor, Tensor, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Noise, and a low-pass filter of 2 r + 1 taps whose sum is 1."""
    cases: list[Case] = []
    for T, r in ((24, 2), (30, 3)):
        taps = torch.hann_window(2 * r + 3, periodic=False)[1:-1]
        cases.append((torch.randn(T, generator=generator), taps / taps.sum(), r))
    return cases


def _filtered(x: Tensor, h: Tensor) -> Tensor:
    """Centred on each sample, silence around the sound."""
    return F.conv1d(x[None, None], h[None, None], padding=len(h) // 2)[0, 0]


def _late(x: Tensor, h: Tensor, r: int) -> Tensor:
    """The filter reads the present and the past only."""
    return F.conv1d(F.pad(x, (len(h) - 1, 0))[None, None], h[None, None])[0, 0, ::r]


DECIMATE = Exercise(
    right=lambda x, h, r: _filtered(x, h)[::r],
    cases=_cases,
    edges=[(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0]), 2)],
    mistakes=(
        Mistake(
            lambda x, h, r: x[::r],
            "필터가 없습니다. 새 나이퀴스트 주파수보다 높은 소리가 접혀 들어옵니다.",
            "There is no filter: what lies above the new Nyquist frequency folds back.",
        ),
        Mistake(
            lambda x, h, r: _filtered(x[::r], h),
            "솎아 낸 뒤에 필터를 걸었습니다. 접힌 소리는 이제 걸러지지 않습니다. 먼저 거르십시오.",
            "The filter comes after every r-th sample was taken; what has folded stays. Filter first.",
        ),
        Mistake(
            _late,
            "필터가 과거만 봅니다. 그래서 len(h) // 2 샘플 늦습니다. 필터의 가운데를 각 샘플에 두십시오.",
            "The filter reads the past only, and the result is late by len(h) // 2 samples; centre it.",
        ),
        Mistake(
            lambda x, h, r: x.unflatten(0, (-1, r)).mean(1) if len(x) % r == 0 else x[::r],
            "r개의 평균을 냈습니다. 평균은 약한 필터이고 (r - 1) / 2 샘플 늦습니다. 주어진 h를 쓰십시오.",
            "That is the mean of r samples, a weak filter with a delay of (r - 1) / 2; use h.",
        ),
        Mistake(
            lambda x, h, r: _filtered(x, h)[r - 1 :: r],
            "r - 1번 샘플부터 골랐습니다. 0번 샘플부터 고르십시오.",
            "The first sample that is taken is r - 1; begin with 0.",
        ),
        Mistake(
            lambda x, h, r: _filtered(x, h),
            "거르기만 하고 솎아 내지 않았습니다.",
            "It is filtered, but every sample is still there.",
        ),
    ),
    hint=(
        "F.conv1d에 padding=len(h) // 2를 주면 길이가 그대로입니다. 그다음 [::r]을 고르십시오.",
        "F.conv1d with padding=len(h) // 2 keeps the length; then take [::r].",
    ),
)


def check_decimate(answer: Decimate) -> CheckResult:
    """Filter, then take every r-th sample.

    Args:
        answer: (x, h, r), samples (T,), a symmetric low-pass filter of an odd number of taps, and a ratio ->
            the samples at the lower rate, the first at the time of the first.

    Example:
        >>> check_decimate(lambda x, h, r: x[::r])
        ✘ There is no filter: what lies above the new Nyquist frequency folds back.
    """
    return DECIMATE.check(answer)

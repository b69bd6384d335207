"""Chapter 20, "What fills the top band": straight lines between samples, without a delay."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Upsample = Callable[[Tensor, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    return [(torch.randn(T, generator=generator), r) for T, r in ((4, 2), (5, 3), (3, 4))]


def _at(x: Tensor, instants: Tensor) -> Tensor:
    """The line through the neighbours of these instants; beyond the ends the last sample is held."""
    inside = instants.clamp(0, len(x) - 1)
    left = inside.long().clamp(max=max(len(x) - 2, 0))
    right = (left + 1).clamp(max=len(x) - 1)
    return torch.lerp(x[left], x[right], inside - left)


def _right(x: Tensor, r: int) -> Tensor:
    return _at(x, torch.arange(len(x) * r) / r)


def _half_sample_late(x: Tensor, r: int) -> Tensor:
    """As ``align_corners=False`` has it."""
    return F.interpolate(x[None, None], scale_factor=float(r), mode="linear")[0, 0]


def _stretched(x: Tensor, r: int) -> Tensor:
    """As ``align_corners=True`` has it."""
    return _at(x, torch.linspace(0, len(x) - 1, len(x) * r))


def _zeros_between(x: Tensor, r: int) -> Tensor:
    return F.pad(x[:, None], (0, r - 1)).flatten()


ALIGNED = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.tensor([2.0]), 3), (torch.tensor([1.0, 2.0]), 1)],
    mistakes=(
        Mistake(
            _half_sample_late,
            "(r - 1) / 2 샘플 늦습니다. align_corners=False가 그렇게 합니다. y[r m]은 x[m]이어야 합니다.",
            "This is late by (r - 1) / 2 samples, as align_corners=False makes it; y[r m] should be x[m].",
        ),
        Mistake(
            _stretched,
            "마지막 샘플이 끝에 오도록 늘렸습니다(align_corners=True). 샘플 간격은 1 / r입니다.",
            "The last sample is stretched to the end (align_corners=True); samples are 1 / r apart.",
        ),
        Mistake(
            lambda x, r: x.repeat_interleave(r),
            "샘플을 r번 되풀이했습니다. 이웃한 두 샘플 사이를 직선으로 이으십시오.",
            "Each sample is repeated r times; draw a line between neighbours.",
        ),
        Mistake(
            _zeros_between,
            "샘플 사이에 0을 넣기만 했습니다. 그 자리의 값을 보간하십시오.",
            "There are zeros between the samples; interpolate in their place.",
        ),
        Mistake(
            lambda x, r: _at(x, (torch.arange(len(x) * r) - (r - 1)) / r),
            "삼각형 필터의 지연 r - 1 샘플이 남았습니다. 그만큼 앞당기십시오.",
            "The delay of the triangular filter, r - 1 samples, is left; move the result forward by it.",
        ),
        Mistake(
            lambda x, r: _at(x, torch.arange(len(x) * r) * (1.0 * r)),
            "r로 나누지 않고 곱했습니다. 새 샘플 n은 시각 n / r에 있습니다.",
            "You multiplied by r; the new sample n is at time n / r.",
        ),
    ),
    hint=(
        "새 샘플 n의 시각은 n / r입니다. 그 왼쪽 샘플의 번호는 n // r입니다.",
        "The new sample n is at time n / r, and the sample to its left has the number n // r.",
    ),
)


def check_aligned(answer: Upsample) -> CheckResult:
    """Upsample by straight lines, so that y[r m] is x[m].

    Args:
        answer: (x, r), samples (T,) and a ratio -> (T r,); after the last sample it is held.

    Example:
        >>> check_aligned(lambda x, r: x.repeat_interleave(r))
        ✘ Each sample is repeated r times; draw a line between neighbours.
    """
    return ALIGNED.check(answer)

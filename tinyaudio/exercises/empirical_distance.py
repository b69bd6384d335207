"""Chapter 14, "The Wasserstein distance and WaveGAN": the distance of two sets of numbers."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Distance = Callable[[Tensor, Tensor], Tensor]


def _sets(generator: Generator) -> list[Case]:
    """Two sets that overlap, of as many numbers and not; the mean of y is below that of x, or above."""
    cases: list[Case] = []
    for n, m, apart in ((4, 4, -0.4), (3, 5, 0.6), (7, 4, 0.3)):
        x, y = (torch.randn(k, generator=generator) for k in (n, m))
        cases.append((x, x.mean() + apart + 1.5 * (y - y.mean())))
    return cases


def _shares(x: Tensor, at: Tensor, right: bool = True) -> Tensor:
    return torch.searchsorted(x.sort().values, at, right=right) / len(x)


def _difference(x: Tensor, y: Tensor, right: bool = True) -> tuple[Tensor, Tensor]:
    """F_x - F_y between one number and the next, and how far apart these are."""
    every = torch.cat([x, y]).sort().values
    return _shares(x, every[:-1], right) - _shares(y, every[:-1], right), every.diff()


def _right(x: Tensor, y: Tensor) -> Tensor:
    difference, width = _difference(x, y)
    return (difference.abs() * width).sum()


def _left(x: Tensor, y: Tensor) -> Tensor:
    difference, width = _difference(x, y, right=False)
    return (difference.abs() * width).sum()


def _squared(x: Tensor, y: Tensor) -> Tensor:
    difference, width = _difference(x, y)
    return (difference.square() * width).sum()


def _counted(x: Tensor, y: Tensor) -> Tensor:
    every = torch.cat([x, y]).sort().values
    counts = [torch.searchsorted(one.sort().values, every[:-1], right=True) for one in (x, y)]
    return ((counts[0] - counts[1]).abs() * every.diff()).sum()


def _in_pairs(x: Tensor, y: Tensor) -> Tensor:
    k = min(len(x), len(y))
    return (x[:k] - y[:k]).abs().mean()


DISTANCE = Exercise(
    right=_right,
    cases=_sets,
    edges=[
        (torch.tensor([1.0]), torch.tensor([-1.0])),
        (torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])),
        (torch.tensor([0.0, 0.0, 3.0]), torch.tensor([0.0])),
    ],
    mistakes=(
        Mistake(
            lambda x, y: (x.mean() - y.mean()).abs(),
            "평균의 차이입니다. F_x - F_y의 절댓값을 적분하십시오. 절댓값이 없으면 평균의 차이만 남습니다.",
            "That is the difference of the means. Integrate the absolute value of F_x - F_y; without it "
            "only the means are left.",
        ),
        Mistake(
            lambda x, y: x.mean() - y.mean(),
            "부호가 있는 평균의 차이입니다. F_x - F_y의 절댓값을 적분하십시오.",
            "That is the signed difference of the means; integrate the absolute value of F_x - F_y.",
        ),
        Mistake(
            lambda x, y: y.mean() - x.mean(),
            "F_x - F_y를 절댓값 없이 적분했습니다.",
            "F_x - F_y was integrated without its absolute value.",
        ),
        Mistake(
            _in_pairs,
            "주어진 순서대로 짝을 지었습니다. 정렬하지 않은 짝은 최적이 아닙니다.",
            "The pairs are as the numbers came; unless they are sorted, pairs are not optimal.",
        ),
        Mistake(
            lambda x, y: _in_pairs(x.sort().values, y.sort().values),
            "정렬한 뒤 짧은 쪽에서 잘랐습니다. 개수가 다르면 x의 하나는 1/n, y의 하나는 1/m의 확률입니다.",
            "Sorted, but cut off at the shorter set: if the sizes differ, a number of x has probability "
            "1/n and one of y 1/m.",
        ),
        Mistake(
            lambda x, y: (x[:, None] - y).abs().mean(),
            "모든 짝의 평균 거리입니다. 서로 독립인 짝이고, 최적의 이동이 아닙니다.",
            "That is the mean distance of all pairs, which are independent; it is not the best plan.",
        ),
        Mistake(
            _squared,
            "F_x - F_y를 제곱했습니다. 절댓값입니다.",
            "F_x - F_y is squared; take its absolute value.",
        ),
        Mistake(
            lambda x, y: _difference(x, y)[0].abs().max(),
            "가장 큰 차이입니다(콜모고로프-스미르노프 통계량). 너비를 곱해 모두 더하십시오.",
            "That is the largest difference (the Kolmogorov-Smirnov statistic); sum all of them times "
            "their widths.",
        ),
        Mistake(
            lambda x, y: _difference(x, y)[0].abs().sum(),
            "이웃한 수 사이의 너비를 곱하지 않았습니다.",
            "The widths between neighbouring numbers are missing.",
        ),
        Mistake(
            lambda x, y: _difference(x, y)[0].abs().mean(),
            "차이의 평균입니다. 이웃한 수 사이의 너비를 곱해 더하십시오.",
            "That is the mean of the differences; sum them times the widths between neighbouring numbers.",
        ),
        Mistake(
            _counted,
            "개수를 n과 m으로 나누지 않았습니다. 누적 분포 함수는 0에서 1까지입니다.",
            "The counts are not divided by n and m; a distribution function goes from 0 to 1.",
        ),
        Mistake(
            _left,
            "왼쪽에서 세었습니다. F(x)는 x 이하의 비율이므로, 너비의 왼쪽 끝에 있는 수도 셉니다.",
            "Counted from the left: F(x) is the share of numbers up to and including x, so the one at the "
            "left end of a width counts.",
        ),
    ),
    hint=(
        "두 집합을 합쳐 정렬하면, 이웃한 두 수 사이에서 F_x와 F_y는 일정합니다.",
        "Sort both sets together: between two neighbours F_x and F_y are constant.",
    ),
)


def check_distance(answer: Distance) -> CheckResult:
    """Exercise 14.1: the Wasserstein distance of two sets of numbers.

    Args:
        answer: (x, y), of shapes (n,) and (m,) -> a single number.

    Example:
        >>> check_distance(lambda x, y: (x.mean() - y.mean()).abs())
        ✘ That is the difference of the means...
    """
    return DISTANCE.check(answer)

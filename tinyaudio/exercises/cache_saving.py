"""Chapter 7, "Making it fast": what a cache saves."""

from collections.abc import Callable, Sequence

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _stacks(generator: Generator) -> list[Case]:
    """Dilations that neither double nor begin with the smallest."""
    cases: list[Case] = [([1, 2, 4, 8], 2), ([2, 1, 2], 3)]
    for n, k in ((4, 4), (5, 3), (3, 5)):
        cases.append((torch.randperm(9, generator=generator)[:n].add(2).tolist(), k))
    return cases


def _reach(dilations: Sequence[int], k: int) -> int:
    return (k - 1) * sum(dilations)


SAVING = Exercise(
    right=lambda dilations, k: 1 + _reach(dilations, k),
    cases=_stacks,
    edges=[(2 * [2**i for i in range(10)], 2), ([1, 2, 4], 1), ([5], 2)],
    mistakes=(
        Mistake(
            _reach,
            "하나 모자랍니다. 지금 샘플도 수용 영역에 듭니다.",
            "One too few: the present sample is part of the receptive field.",
        ),
        Mistake(
            lambda dilations, k: 2 + _reach(dilations, k),
            "하나 많습니다. 지금 샘플은 한 번만 셉니다.",
            "One too many: the present sample counts once.",
        ),
        Mistake(
            lambda dilations, k: 1 + k * sum(dilations),
            "탭이 k개면 가장 먼 탭까지의 간격은 k - 1개입니다.",
            "Between k taps there are k - 1 gaps.",
        ),
        Mistake(
            lambda dilations, k: k * sum(dilations),
            "탭이 k개면 간격은 k - 1개이고, 지금 샘플 하나를 더합니다.",
            "Between k taps there are k - 1 gaps; then add 1 for the present sample.",
        ),
        Mistake(
            lambda dilations, k: 1 + sum(dilations),
            "탭의 수 k를 쓰지 않았습니다.",
            "The number of taps, k, is not used.",
        ),
        Mistake(
            lambda dilations, k: sum(dilations),
            "팽창 계수를 더하기만 했습니다. k - 1을 곱하고 1을 더합니다.",
            "You only added up dilations; multiply by k - 1, and add 1.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * max(dilations),
            "가장 먼 층만 보았습니다. 층을 지날 때마다 거리가 더해집니다.",
            "Only the farthest layer was counted; the reaches of all layers add up.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * dilations[-1],
            "마지막 층만 보았습니다. 층을 지날 때마다 거리가 더해집니다.",
            "Only the last layer was counted; the reaches of all layers add up.",
        ),
        Mistake(
            lambda dilations, k: 1 + _reach(dilations[1:], k),
            "첫 층을 빠뜨렸습니다. 그 층도 팽창 계수만큼 더합니다.",
            "The first layer was left out; it adds its dilation, too.",
        ),
        Mistake(
            lambda dilations, k: 1 + _reach(dilations[:-1], k),
            "마지막 층을 빠뜨렸습니다. 그 층도 팽창 계수만큼 더합니다.",
            "The last layer was left out; it adds its dilation, too.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * len(dilations),
            "층의 수를 세었습니다. 층마다 팽창 계수만큼 멀리 닿습니다.",
            "You counted layers; each reaches its dilation.",
        ),
        Mistake(
            lambda dilations, k: len(dilations) + _reach(dilations, k),
            "층마다 1을 더했습니다. 지금 샘플은 모두 합해 한 번만 셉니다.",
            "You added 1 for every layer; the present sample counts once in all.",
        ),
        Mistake(
            lambda dilations, k: (1 + _reach(dilations, k)) * len(dilations),
            "층의 수를 곱했습니다. cached도 모든 층을 계산하므로 비는 열의 수입니다.",
            "You multiplied by the number of layers; cached computes them, too: the ratio is that of columns.",
        ),
        Mistake(
            lambda dilations, k: k ** len(dilations),
            "팽창 계수가 1, k, k², …일 때의 값입니다. 넘겨받은 팽창 계수를 쓰십시오.",
            "That holds for dilations 1, k, k², ...; use those that were passed.",
        ),
        Mistake(
            lambda dilations, k: 2 ** len(dilations),
            "팽창 계수가 두 배씩 늘고 탭이 두 개일 때의 값입니다. 넘겨받은 값을 쓰십시오.",
            "That holds for dilations that double, with two taps; use those that were passed.",
        ),
        Mistake(
            lambda dilations, k: 1 / (1 + _reach(dilations, k)),
            "거꾸로 나누었습니다. naive의 곱셈을 cached의 곱셈으로 나눕니다.",
            "Divided the wrong way round: it is the multiplications of naive over those of cached.",
        ),
    ),
    hint=("4장의 수용 영역을 떠올리십시오.", "Remember the receptive field of chapter 4."),
)


def check_saving(answer: Callable[[Sequence[int], int], int]) -> CheckResult:
    """Exercise 7.2: how many times fewer multiplications `cached` makes than `naive`.

    Args:
        answer: (dilations, k) -> columns that `naive` computes for one sample.

    Example:
        >>> check_saving(lambda dilations, k: (k - 1) * sum(dilations))
        ✘ One too few: the present sample is part of the receptive field.
    """
    return SAVING.check(answer)

"""Chapter 18, "Diffusion from scratch": the running average of a network's weights."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Average = Callable[[Tensor, Tensor, float], Tensor]


def _cases(generator: Generator) -> list[Case]:
    return [
        (torch.randn(n, generator=generator), torch.randn(n, generator=generator), decay)
        for n, decay in ((3, 0.9), (5, 0.7))
    ]


def _right(average: Tensor, weights: Tensor, decay: float) -> Tensor:
    return decay * average + (1 - decay) * weights


WEIGHT_AVERAGE = Exercise(
    right=_right,
    cases=_cases,
    edges=[
        (torch.tensor([2.0]), torch.tensor([5.0]), 0.0),
        (torch.tensor([2.0]), torch.tensor([5.0]), 1.0),
    ],
    mistakes=(
        Mistake(
            lambda average, weights, decay: _right(weights, average, decay),
            "평균이 뒤집혔습니다. decay는 새 가중치가 아니라 지금까지의 평균에 곱합니다.",
            "The average is inverted: decay belongs to the average so far, and you gave it to the new weights.",
        ),
        Mistake(
            lambda average, weights, decay: decay * average + weights,
            "새 가중치에 1 - decay를 곱하지 않았습니다. 값이 끝없이 커집니다.",
            "The new weights are not multiplied by 1 - decay, so that the sum grows.",
        ),
        Mistake(
            lambda average, weights, decay: average + (1 - decay) * weights,
            "지금까지의 평균에 decay를 곱하지 않았습니다.",
            "The average so far is not multiplied by decay.",
        ),
        Mistake(
            lambda average, weights, decay: (average + weights) / 2,
            "decay를 쓰지 않고 둘의 평균을 냈습니다.",
            "That is the mean of the two, without decay.",
        ),
        Mistake(
            lambda average, weights, decay: weights + 0 * average,
            "새 가중치를 그대로 돌려주었습니다.",
            "Those are the new weights as they are.",
        ),
        Mistake(
            lambda average, weights, decay: average + 0 * weights,
            "평균이 그대로입니다. 새 가중치가 들어가지 않았습니다.",
            "The average stays as it was: nothing of the new weights went in.",
        ),
    ),
    hint=(
        "가중치가 늘 같다면 평균도 그 값에 머물러야 합니다. 두 계수의 합은 1입니다.",
        "Weights that never change are their own average: the two factors add up to 1.",
    ),
)


def check_weight_average(answer: Average) -> CheckResult:
    """An exercise of chapter 18: one update of an exponential moving average (EMA).

    Args:
        answer: (average, weights, decay), of shapes (n,), (n,) and a number -> the new average.

    Example:
        >>> check_weight_average(lambda average, weights, decay: (1 - decay) * average + decay * weights)
        ✘ The average is inverted: decay belongs to the average so far, and you gave it to the new weights.
    """
    return WEIGHT_AVERAGE.check(answer)

"""Chapter 26, "Growing up": one step of gradient descent from a batch that is taken in equal parts."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Gradient = Callable[[Tensor, Tensor], Tensor]


def _gradient(w: Tensor, x: Tensor) -> Tensor:
    """Of the mean of (w x - x^3)^2 over clips: a gradient that depends on where it is taken."""
    return (2 * (w * x - x**3) * x).mean(0)


def _right(gradient: Gradient, w: Tensor, parts: Tensor, rate: float) -> Tensor:
    return w - rate * torch.stack([gradient(w, part) for part in parts]).mean(0)


def _after_each(gradient: Gradient, w: Tensor, parts: Tensor, rate: float) -> Tensor:
    for part in parts:
        w = w - rate * gradient(w, part) / len(parts)
    return w


def _cases(generator: Generator) -> list[Case]:
    return [
        (
            _gradient,
            torch.rand(3, generator=generator) + 2,
            torch.rand(k, 4, 3, generator=generator) + 0.5,
            0.1,
        )
        for k in (2, 3, 5)
    ]


ACCUMULATED_STEP = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda gradient, w, parts, rate: w - rate * sum(gradient(w, x) for x in parts),
            "부분의 수로 나누지 않았습니다. 걸음이 그만큼 커집니다.",
            "You did not divide by the number of parts: the step becomes as many times longer.",
        ),
        Mistake(
            _after_each,
            "부분마다 가중치를 움직였습니다. 모든 기울기를 같은 가중치에서 재고 한 번 움직입니다.",
            "You moved the weights after each part; take all gradients at the same weights, then move once.",
        ),
        Mistake(
            lambda gradient, w, parts, rate: w - rate * gradient(w, parts[-1]),
            "마지막 부분의 기울기만 남았습니다. 부분마다 지우지 말고 더하십시오.",
            "Only the last part's gradient is left; add them up, and do not clear them for each part.",
        ),
        Mistake(
            lambda gradient, w, parts, rate: (
                w - rate * sum(gradient(w, x) for x in parts) / len(parts) ** 2
            ),
            "부분의 수로 두 번 나누었습니다.",
            "You divided by the number of parts twice.",
        ),
        Mistake(
            lambda gradient, w, parts, rate: (
                w + rate * torch.stack([gradient(w, x) for x in parts]).mean(0)
            ),
            "부호가 반대입니다. 손실은 기울기의 반대쪽으로 줄어듭니다.",
            "The sign is the wrong one; the loss falls against the gradient.",
        ),
    ),
    hint=(
        "기울기를 0에서 시작하여 부분마다 더하고, 끝나면 부분의 수로 나눕니다.",
        "Begin with a gradient of 0, add that of each part, and divide by the number of parts at the end.",
    ),
)


def check_accumulated_step(
    answer: Callable[[Gradient, Tensor, Tensor, float], Tensor],
) -> CheckResult:
    """Exercise 26.2: a step of gradient descent, one part in memory at a time.

    Args:
        answer: (gradient, w, parts, rate): the function ``gradient(w, part)`` of a part's mean loss, weights
            (P,), the equal parts of a batch, and the learning rate -> the weights after the step.

    Example:
        >>> check_accumulated_step(_after_each)
        ✘ You moved the weights after each part; take all gradients at the same weights, then move once.
    """
    return ACCUMULATED_STEP.check(answer)

"""Chapter 22, "Measuring and listening": the signal-to-noise ratio in dB."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Ratio = Callable[[Tensor, Tensor], float]


def _cases(generator: Generator) -> list[Case]:
    """Of different lengths and errors, neither near 0 dB."""
    cases: list[Case] = []
    for T, error in ((8, 0.1), (20, 0.01), (12, 5.0)):
        y = torch.randn(T, generator=generator) + 0.5
        cases.append((y, y + error * torch.randn(T, generator=generator)))
    return cases


def _norms(y: Tensor, y_hat: Tensor) -> float:
    """The ratio of the norms."""
    return float(y.norm() / (y - y_hat).norm())


SNR = Exercise(
    right=lambda y, y_hat: 20 * math.log10(_norms(y, y_hat)),
    cases=_cases,
    edges=[(torch.tensor([1.0, -1.0]), torch.zeros(2))],
    mistakes=(
        Mistake(
            lambda y, y_hat: 10 * math.log10(_norms(y, y_hat)),
            "절반입니다. 노름(norm)의 비에는 20을, 전력의 비에는 10을 곱합니다. NU-Wave의 표 2가"
            " 이렇게 인쇄되었습니다.",
            "This is half: a ratio of norms takes 20, a ratio of powers 10. NU-Wave's table 2 was printed so.",
        ),
        Mistake(
            lambda y, y_hat: 40 * math.log10(_norms(y, y_hat)),
            "두 배입니다. 전력의 비에는 20이 아니라 10을 곱합니다.",
            "This is twice as much: a ratio of powers takes 10, not 20.",
        ),
        Mistake(
            lambda y, y_hat: 20 * math.log(_norms(y, y_hat)),
            "자연로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
            "That is the natural logarithm; decibels have the base 10.",
        ),
        Mistake(
            lambda y, y_hat: 20 * math.log10(float(y_hat.norm() / (y - y_hat).norm()) or 1.0),
            "분자가 추정한 소리입니다. 신호는 원본 y입니다.",
            "The numerator is the estimate; the signal is the original y.",
        ),
        Mistake(
            _norms,
            "비 그대로입니다. 로그를 취해 데시벨로 바꾸십시오.",
            "That is the ratio itself; its logarithm gives decibels.",
        ),
        Mistake(
            lambda y, y_hat: 20 * math.log10(_norms(y, y_hat) / math.sqrt(len(y))),
            "분모만 합이거나 분자만 평균입니다. 둘 다 합이나 둘 다 평균이어야 합니다.",
            "One of the two is a sum and the other a mean; take sums or means of both.",
        ),
    ),
    hint=(
        "원본의 노름을 오차의 노름으로 나눈 뒤 20 log10을 취하십시오.",
        "Divide the norm of the original by that of the error; then take 20 log10.",
    ),
)


def check_snr(answer: Ratio) -> CheckResult:
    """The ratio of a sound to the error of its estimate.

    Args:
        answer: (y, y_hat), both (T,) -> dB.

    Example:
        >>> check_snr(lambda y, y_hat: 20 * torch.log10((y ** 2).sum() / ((y - y_hat) ** 2).sum()))
        ✘ This is twice as much: a ratio of powers takes 10, not 20.
    """
    return SNR.check(answer)

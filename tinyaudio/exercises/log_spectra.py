"""Chapter 22, "Measuring and listening": the log-spectral distance as NU-Wave's code has it."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Distance = Callable[[Tensor, Tensor, float], float]


def _cases(generator: Generator) -> list[Case]:
    """Powers over eight decades, with some below the floor in one of the two only."""
    return [
        (*10 ** (8 * torch.rand(2, F, N, generator=generator, dtype=torch.float64) - 6), 1e-4)
        for F, N in ((3, 4), (5, 2), (4, 6))
    ]


def _logs(P: Tensor, P_hat: Tensor, floor: float) -> Tensor:
    return P.clamp(min=floor).log10() - P_hat.clamp(min=floor).log10()


LSD = Exercise(
    right=lambda P, P_hat, floor: _logs(P, P_hat, floor).square().mean(0).sqrt().mean(),
    cases=_cases,
    edges=[(torch.zeros(2, 3), torch.ones(2, 3), 1e-8)],
    mistakes=(
        Mistake(
            lambda P, P_hat, floor: _logs(P, P_hat, floor).square().mean(1).sqrt().mean(),
            "시간의 평균을 먼저 냈습니다(Kuleshov의 코드). 주파수의 평균이 먼저입니다.",
            "The mean over time comes first here, as in Kuleshov's code; that over frequencies should.",
        ),
        Mistake(
            lambda P, P_hat, floor: _logs(P, P_hat, floor).square().mean().sqrt(),
            "프레임마다 제곱근을 취하지 않고 모두의 평균에 취했습니다.",
            "The root is taken of the mean over everything; take it in each frame.",
        ),
        Mistake(
            lambda P, P_hat, floor: _logs(P, P_hat, floor).square().mean(),
            "제곱근이 없습니다.",
            "There is no square root.",
        ),
        Mistake(
            lambda P, P_hat, floor: (
                (P.clamp(min=floor).log() - P_hat.clamp(min=floor).log())
                .square()
                .mean(0)
                .sqrt()
                .mean()
            ),
            "자연로그입니다. 밑이 10이어야 합니다. 두 값은 2.3배 다릅니다.",
            "That is the natural logarithm; the base should be 10, which is less by a factor of 2.3.",
        ),
        Mistake(
            lambda P, P_hat, floor: _logs(P, P_hat, floor).square().mean(0).sqrt().mean() / 2,
            "크기의 로그입니다. 전력의 로그는 그 두 배입니다.",
            "That is the logarithm of magnitudes; of powers it is twice as much.",
        ),
        Mistake(
            lambda P, P_hat, floor: _logs(P, P_hat, floor).abs().mean(),
            "절댓값의 평균입니다. 주파수를 따라서는 제곱의 평균의 제곱근입니다.",
            "That is the mean of absolute values; over frequencies it is a root mean square.",
        ),
        Mistake(
            lambda P, P_hat, floor: (
                ((P + floor).log10() - (P_hat + floor).log10()).square().mean(0).sqrt().mean()
            ),
            "바닥을 더했습니다. 바닥보다 작은 전력만 바닥으로 바꾸십시오.",
            "The floor is added; only powers below it should become the floor.",
        ),
        Mistake(
            lambda P, P_hat, floor: _logs(P, P_hat, 1e-30).square().mean(0).sqrt().mean(),
            "바닥이 없습니다. 0에 가까운 전력의 로그가 한없이 작아집니다.",
            "There is no floor: the logarithm of powers near 0 has no limit.",
        ),
    ),
    hint=(
        "clamp(min=floor)와 log10을 취한 뒤, 축 0(주파수)으로 제곱평균제곱근, 남은 축으로 평균을 내십시오.",
        "Take clamp(min=floor) and log10, the root mean square along axis 0 (frequency), and the mean.",
    ),
)


def check_lsd(answer: Distance) -> CheckResult:
    """The distance of two power spectrograms.

    Args:
        answer: (P, P_hat, floor), powers (F, N), both, and the least that counts -> the distance.

    Example:
        >>> check_lsd(lambda P, Q, floor: (P.log10() - Q.log10()).square().mean().sqrt())
        ✘ <lambda>(...
    """
    return LSD.check(answer)

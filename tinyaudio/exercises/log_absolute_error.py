"""Chapter 21, "NU-Wave: up to 48 kHz": the logarithm of each clip's mean absolute error."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Loss = Callable[[Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Clips whose errors differ much from one to the other."""
    cases: list[Case] = []
    for B, T in ((2, 3), (3, 5)):
        scales = 10.0 ** -torch.arange(float(B))[:, None]
        noise = torch.randn(B, T, generator=generator)
        cases.append((noise, noise + scales * (1 + torch.rand(B, T, generator=generator))))
    return cases


def _errors(noise: Tensor, predicted: Tensor) -> Tensor:
    return (noise - predicted).abs()


LOG_ABSOLUTE = Exercise(
    right=lambda noise, predicted: _errors(noise, predicted).mean(dim=1).log().mean(),
    cases=_cases,
    mistakes=(
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).mean().log(),
            "배치 전체를 평균한 다음 로그를 취했습니다. 클립마다 로그를 취하십시오.",
            "The logarithm is that of the whole batch, where one large error hides the others; take it of"
            " each clip.",
        ),
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).log().mean(),
            "샘플마다 로그를 취했습니다. 클립 안에서 평균을 낸 다음 로그를 취하십시오.",
            "The logarithm is taken of every sample; take the mean within a clip first.",
        ),
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).square().mean(dim=1).log().mean(),
            "오차를 제곱했습니다. NU-Wave는 절댓값을 씁니다.",
            "The errors are squared; NU-Wave takes absolute values.",
        ),
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).mean(),
            "로그가 없습니다. 그러면 오차가 큰 클립만 배웁니다.",
            "Without the logarithm only clips of a large error count.",
        ),
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).sum(dim=1).log().mean(),
            "클립의 오차를 평균하지 않고 더했습니다.",
            "The errors of a clip are added up; take their mean.",
        ),
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).mean(dim=1).log10().mean(),
            "상용로그를 썼습니다. 자연로그를 쓰십시오.",
            "That is the logarithm to base 10; take the natural one.",
        ),
        Mistake(
            lambda noise, predicted: _errors(noise, predicted).mean(dim=1).log().sum(),
            "클립의 로그를 평균하지 않고 더했습니다.",
            "The clips' logarithms are added up; take their mean.",
        ),
    ),
    hint=(
        "절댓값, 시간의 평균, 로그, 배치의 평균의 순서입니다.",
        "The order is: absolute value, mean over time, logarithm, mean over the batch.",
    ),
)


def check_log_absolute(answer: Loss) -> CheckResult:
    """An exercise of chapter 21: NU-Wave's loss.

    Args:
        answer: (noise, predicted), both (B, T) -> the mean of the clips' logarithms.

    Example:
        >>> check_log_absolute(lambda noise, predicted: (noise - predicted).abs().mean())
        ✘ Without the logarithm only clips of a large error count.
    """
    return LOG_ABSOLUTE.check(answer)

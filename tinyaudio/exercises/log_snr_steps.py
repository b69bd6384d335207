"""Chapter 19, "Diffusion vocoders": a few steps of sampling, equally far apart in log-SNR."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Steps = Callable[[float, float, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for n in (3, 6):
        u, v = torch.rand(2, generator=generator).tolist()
        cases.append((0.97 + 0.02 * u, 0.01 + 0.05 * v, n))
    return cases


def _equal(scale: Callable[[Tensor], Tensor], back: Callable[[Tensor], Tensor]) -> Steps:
    """Steps that are equally far apart on another scale of alpha-bar."""

    def steps(first: float, last: float, n: int) -> Tensor:
        a, b = scale(torch.tensor([first, last], dtype=torch.float64)).tolist()
        return back(torch.linspace(a, b, n, dtype=torch.float64))

    return steps


def _same(x: Tensor) -> Tensor:
    return x


_right: Answer = _equal(torch.logit, torch.sigmoid)

LOG_SNR_STEPS = Exercise(
    right=_right,
    cases=_cases,
    # the two ends alone
    edges=[(0.9, 0.1, 2)],
    mistakes=(
        Mistake(
            _equal(_same, _same),
            "ᾱ를 같은 간격으로 나누었습니다. 잡음이 적은 쪽에 스텝이 거의 없습니다.",
            "The steps are equal in ᾱ, which leaves hardly any of them where there is little noise.",
        ),
        Mistake(
            _equal(torch.sqrt, torch.square),
            "√ᾱ를 같은 간격으로 나누었습니다. 신호 대 잡음비의 로그를 나누십시오.",
            "The steps are equal in √ᾱ; make them equal in the logarithm of the signal-to-noise ratio.",
        ),
        Mistake(
            _equal(torch.log, torch.exp),
            "ᾱ의 로그를 나누었습니다. 신호 대 잡음비는 ᾱ를 1 - ᾱ로 나눈 것입니다.",
            "The steps are equal in log ᾱ; the signal-to-noise ratio is ᾱ over 1 - ᾱ.",
        ),
        Mistake(
            _equal(lambda a: (1 - a).log(), lambda x: 1 - x.exp()),
            "잡음 1 - ᾱ의 로그만 나누었습니다. 신호까지 넣은 비의 로그를 나누십시오.",
            "The steps are equal in the log of the noise, 1 - ᾱ, alone; take that of the ratio to the signal.",
        ),
        Mistake(
            _equal(lambda a: a / (1 - a), lambda r: r / (1 + r)),
            "신호 대 잡음비 자체를 나누었습니다. 로그가 빠졌습니다.",
            "The steps are equal in the signal-to-noise ratio itself; the logarithm is missing.",
        ),
        Mistake(
            _equal(lambda a: torch.logit(a) / 2, torch.sigmoid),
            "되돌릴 때 2가 빠졌습니다. λ는 비의 로그의 절반이므로 ᾱ = sigmoid(2λ)입니다.",
            "A 2 is missing on the way back: λ is half the log of the ratio, so that ᾱ = sigmoid(2 λ).",
        ),
        Mistake(
            lambda first, last, n: _right(first, last, n + 2)[1:-1],
            "두 끝이 빠졌습니다. 첫 스텝은 first, 마지막 스텝은 last입니다.",
            "The ends are missing: the first step is at first, the last one at last.",
        ),
        Mistake(
            lambda first, last, n: _right(first, last, n + 1)[1:],
            "n개의 구간으로 나누었습니다. 두 끝을 포함하여 n개의 점이 필요합니다.",
            "You made n intervals; n points are wanted, the ends among them.",
        ),
    ),
    hint=(
        "torch.logit(ᾱ)는 log(ᾱ / (1 - ᾱ))이고, 거꾸로는 torch.sigmoid입니다.",
        "torch.logit(ᾱ) is log(ᾱ / (1 - ᾱ)), and its inverse is torch.sigmoid.",
    ),
)


def check_log_snr_steps(answer: Steps) -> CheckResult:
    """An exercise of chapter 19: the alpha-bars of n steps that are equally far apart in log-SNR.

    Args:
        answer: (first, last, n): the alpha-bars of the steps of least and of most noise, and how many steps
            there are, 2 or more -> n alpha-bars, falling.

    Example:
        >>> check_log_snr_steps(lambda first, last, n: torch.linspace(first, last, n))
        ✘ The steps are equal in ᾱ, which leaves hardly any of them where there is little noise.
    """
    return LOG_SNR_STEPS.check(answer)

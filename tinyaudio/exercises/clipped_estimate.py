"""Chapter 18, "Diffusion from scratch": where clipping belongs in a step of sampling."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Clipped = Callable[[Tensor, Tensor, float, float], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Noisy values, of which many are beyond 1, as are some of the estimates."""
    cases: list[Case] = []
    for t, s in ((0.2, 0.4), (0.5, 0.8)):
        x_t = torch.linspace(-2.5, 2.5, 12) + 0.1 * torch.rand(12, generator=generator)
        epsilon = torch.randn(12, generator=generator)
        cases.append((x_t, epsilon, t, s))
    return cases


def _estimate(x_t: Tensor, epsilon: Tensor, t: float) -> Tensor:
    return (x_t - math.sqrt(1 - t) * epsilon) / math.sqrt(t)


def _step(clean: Tensor, epsilon: Tensor, s: float) -> Tensor:
    return math.sqrt(s) * clean + math.sqrt(1 - s) * epsilon


def _right(x_t: Tensor, epsilon: Tensor, t: float, s: float) -> Tensor:
    return _step(_estimate(x_t, epsilon, t).clamp(-1, 1), epsilon, s)


def _unclipped(x_t: Tensor, epsilon: Tensor, t: float, s: float) -> Tensor:
    return _step(_estimate(x_t, epsilon, t), epsilon, s)


CLIPPED_ESTIMATE = Exercise(
    right=_right,
    cases=_cases,
    # the last step, where s is 1
    edges=[(torch.tensor([3.0, -0.1]), torch.tensor([0.5, 0.2]), 0.9, 1.0)],
    mistakes=(
        Mistake(
            lambda x_t, epsilon, t, s: _unclipped(x_t.clamp(-1, 1), epsilon, t, s),
            "x_0의 추정값이 아니라 x_t를 잘랐습니다. x_t에는 잡음이 들어 있어 1을 넘는 것이 정상입니다.",
            "You clipped x_t and not the estimate of x_0; with the noise in it, x_t is beyond 1 by right.",
        ),
        Mistake(
            lambda x_t, epsilon, t, s: _unclipped(x_t, epsilon, t, s).clamp(-1, 1),
            "결과 x_s를 잘랐습니다. x_s에도 잡음이 남아 있습니다. x_0의 추정값을 자르십시오.",
            "You clipped the result x_s, in which there still is noise; clip the estimate of x_0.",
        ),
        Mistake(
            lambda x_t, epsilon, t, s: _right(x_t, epsilon, t, s).clamp(-1, 1),
            "x_0의 추정값은 맞게 잘랐지만 x_s도 잘랐습니다. 잡음은 자르지 마십시오.",
            "The estimate of x_0 is clipped as it should be, but so is x_s; leave the noise alone.",
        ),
        Mistake(
            _unclipped,
            "아무것도 자르지 않았습니다. x_0의 추정값을 [-1, 1]로 자르십시오.",
            "Nothing is clipped: clip the estimate of x_0 to [-1, 1].",
        ),
        Mistake(
            lambda x_t, epsilon, t, s: _step(
                _estimate(x_t, epsilon, t).clamp(-1, 1), epsilon.clamp(-1, 1), s
            ),
            "잡음 ε도 잘랐습니다. 정규분포의 값은 셋 중 하나가 1을 넘습니다.",
            "The noise ε is clipped, too; one in three values of a normal distribution is beyond 1.",
        ),
        Mistake(
            lambda x_t, epsilon, t, s: _step(_estimate(x_t, epsilon, t).tanh(), epsilon, s),
            "tanh는 1 안쪽의 값도 바꿉니다. clamp(-1, 1)은 바깥의 값만 바꿉니다.",
            "A tanh changes values within 1, too; clamp(-1, 1) changes those beyond it alone.",
        ),
    ),
    hint=(
        "x_0의 추정값은 (x_t - √(1-ᾱ_t) ε) / √ᾱ_t입니다. 이것만 자르고, ε과 다시 섞으십시오.",
        "The estimate of x_0 is (x_t - √(1-ᾱ_t) ε) / √ᾱ_t; clip it alone, and mix it with ε again.",
    ),
)


def check_clipped_estimate(answer: Clipped) -> CheckResult:
    """An exercise of chapter 18: a step of DDIM that keeps the estimate of x_0 within [-1, 1].

    Args:
        answer: (x_t, epsilon, alpha_bar_t, alpha_bar_s) -> x_s, of the shape of x_t.

    Example:
        >>> check_clipped_estimate(_unclipped)
        ✘ Nothing is clipped: clip the estimate of x_0 to [-1, 1].
    """
    return CLIPPED_ESTIMATE.check(answer)

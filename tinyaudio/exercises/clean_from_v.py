"""Chapter 18, "Diffusion from scratch": the clean value that a prediction of v means."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _predictions(generator: Generator) -> list[Case]:
    """Predictions v and x_t at three levels of noise."""
    return [(*torch.randn(2, 8, generator=generator), alpha_bar) for alpha_bar in (0.9, 0.3, 0.04)]


def _roots(alpha_bar: float) -> tuple[float, float]:
    return math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)


def _clean(v: Tensor, x_t: Tensor, alpha_bar: float) -> Tensor:
    signal, std = _roots(alpha_bar)
    return signal * x_t - std * v


def _noise(v: Tensor, x_t: Tensor, alpha_bar: float) -> Tensor:
    signal, std = _roots(alpha_bar)
    return std * x_t + signal * v


def _as_of_noise(v: Tensor, x_t: Tensor, alpha_bar: float) -> Tensor:
    signal, std = _roots(alpha_bar)
    return (x_t - std * v) / signal


CLEAN_FROM_V = Exercise(
    right=_clean,
    cases=_predictions,
    # at zero terminal SNR, where nothing may be divided by the signal's share
    edges=[(torch.tensor([0.5, -1.0]), torch.tensor([1.0, 2.0]), 0.0)],
    mistakes=(
        Mistake(
            lambda v, x, a: math.sqrt(a) * x + math.sqrt(1 - a) * v,
            "부호가 반대입니다. v에서 x_0의 계수는 음수입니다.",
            "The sign is the wrong one: in v, the factor of x_0 is negative.",
        ),
        Mistake(
            lambda v, x, a: a * x - (1 - a) * v,
            "제곱근이 빠졌습니다. 계수는 √ᾱ와 √(1-ᾱ)입니다.",
            "Square roots are missing: the factors are √ᾱ and √(1-ᾱ).",
        ),
        Mistake(
            lambda v, x, a: math.sqrt(1 - a) * x - math.sqrt(a) * v,
            "두 계수가 바뀌었습니다.",
            "The two factors are swapped.",
        ),
        Mistake(
            _as_of_noise,
            "잡음을 예측할 때의 식입니다. v는 잡음이 아니고, 이 식은 ᾱ = 0에서 나눌 수도 없습니다.",
            "That is the formula for predicted noise. v is not the noise, and at ᾱ = 0 it divides by 0.",
        ),
        Mistake(
            _noise,
            "잡음의 추정값입니다. x_0을 돌려주십시오.",
            "That is the estimate of the noise; return x_0.",
        ),
    ),
    hint=(
        "x_t와 v의 정의를 x_0과 ε의 연립 방정식으로 보고 ε을 소거하십시오.",
        "Take the definitions of x_t and v as two equations for x_0 and ε, and eliminate ε.",
    ),
)


def check_clean_from_v(answer: Callable[[Tensor, Tensor, float], Tensor]) -> CheckResult:
    """Exercise 18.2: the estimate of x_0 of a network that predicts v.

    Args:
        answer: (v, x_t, alpha_bar) -> x_0, of the shape of x_t.

    Example:
        >>> check_clean_from_v(lambda v, x, a: a * x - (1 - a) * v)
        ✘ Square roots are missing: the factors are √ᾱ and √(1-ᾱ).
    """
    return CLEAN_FROM_V.check(answer)

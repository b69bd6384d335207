"""Chapter 18, "Diffusion from scratch": the exact denoiser of Gaussian data."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _noisy_values(generator: Generator) -> list[Case]:
    """Values of x_t, at three levels, for data of several means and deviations."""
    levels = ((0.9, 0.5, 0.3), (0.5, -1.0, 0.6), (0.1, 2.0, 1.5))
    return [(2 * torch.randn(8, generator=generator), *level) for level in levels]


def _noise(x_t: Tensor, alpha_bar: float, mean: float, std: float) -> Tensor:
    variance = alpha_bar * std**2 + 1 - alpha_bar
    return math.sqrt(1 - alpha_bar) * (x_t - math.sqrt(alpha_bar) * mean) / variance


def _clean(x_t: Tensor, alpha_bar: float, mean: float, std: float) -> Tensor:
    return (x_t - math.sqrt(1 - alpha_bar) * _noise(x_t, alpha_bar, mean, std)) / math.sqrt(
        alpha_bar
    )


EXPECTED_NOISE = Exercise(
    right=_noise,
    cases=_noisy_values,
    mistakes=(
        Mistake(
            lambda x, a, m, s: -_noise(x, a, m, s),
            "스코어의 방향입니다. 잡음은 스코어와 부호가 반대입니다.",
            "That is the direction of the score; the noise has the opposite sign.",
        ),
        Mistake(
            lambda x, a, m, s: _noise(x, a, m, s) / math.sqrt(1 - a),
            "스코어의 부호만 바꾸었습니다. 계수 √(1-ᾱ)가 빠졌습니다.",
            "Only the score's sign was changed; the factor √(1-ᾱ) is missing.",
        ),
        Mistake(
            lambda x, a, m, s: (x - math.sqrt(a) * m) / math.sqrt(1 - a),
            "x_t의 분산을 1-ᾱ로 두었습니다. 그것은 x_0이 주어졌을 때이고, 데이터의 분산 ᾱσ²을 더해야 합니다.",
            "You took 1-ᾱ for the variance of x_t, which it is for a given x_0; add that of the data, ᾱσ².",
        ),
        Mistake(
            lambda x, a, m, s: math.sqrt(1 - a) * (x - math.sqrt(a) * m) / (s**2 + 1 - a),
            "데이터의 분산도 줄어듭니다. x_t의 분산은 σ²+1-ᾱ가 아니라 ᾱσ²+1-ᾱ입니다.",
            "The data's variance shrinks, too: that of x_t is ᾱσ²+1-ᾱ, not σ²+1-ᾱ.",
        ),
        Mistake(
            lambda x, a, m, s: _noise(x, a, 0.0, s),
            "데이터의 평균을 빼지 않았습니다. x_t의 평균은 √ᾱ m입니다.",
            "The data's mean was not taken off; that of x_t is √ᾱ m.",
        ),
        Mistake(
            lambda x, a, m, s: math.sqrt(1 - a) * (x - m) / (a * s**2 + 1 - a),
            "평균을 그대로 뺐습니다. 정방향 과정은 평균도 √ᾱ배로 줄입니다.",
            "You took off the mean as it is; the forward process makes it smaller by √ᾱ.",
        ),
        Mistake(
            _clean,
            "x_0의 추정값입니다. 잡음의 기댓값을 돌려주십시오.",
            "That is the estimate of x_0; return the expected noise.",
        ),
    ),
    hint=(
        "x_t는 정규 분포입니다. 평균과 분산부터 적으십시오.",
        "x_t is Gaussian; begin with its mean and its variance.",
    ),
)


def check_expected_noise(answer: Callable[[Tensor, float, float, float], Tensor]) -> CheckResult:
    """Exercise 18.2: the expected noise in a noisy value, for Gaussian data.

    Args:
        answer: (x_t, alpha_bar, mean, std) -> E[noise | x_t], of the shape of x_t.

    Example:
        >>> check_expected_noise(lambda x, a, m, s: (x - a**0.5 * m) / (1 - a) ** 0.5)
        ✘ You took 1-ᾱ for the variance of x_t, which it is for a given x_0; add that of the data, ᾱσ².
    """
    return EXPECTED_NOISE.check(answer)

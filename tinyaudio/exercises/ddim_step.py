"""Chapter 18, "Diffusion from scratch": one deterministic step of sampling."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _steps(generator: Generator) -> list[Case]:
    """A noisy value, an estimate, and two alpha-bars that are not those of neighbours."""
    pairs = ((0.1, 0.3), (0.3, 0.6), (0.6, 0.95))
    return [(*torch.randn(2, 8, generator=generator), *pair) for pair in pairs]


def _noise(x_t: Tensor, clean: Tensor, t: float) -> Tensor:
    return (x_t - math.sqrt(t) * clean) / math.sqrt(1 - t)


def _step(x_t: Tensor, clean: Tensor, t: float, s: float) -> Tensor:
    return math.sqrt(s) * clean + math.sqrt(1 - s) * _noise(x_t, clean, t)


def _ancestral_mean(x_t: Tensor, clean: Tensor, t: float, s: float) -> Tensor:
    alpha = t / s
    of_clean, of_x = math.sqrt(s) * (1 - alpha), math.sqrt(alpha) * (1 - s)
    return (of_clean * clean + of_x * x_t) / (1 - t)


DDIM_STEP = Exercise(
    right=_step,
    cases=_steps,
    edges=[(torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.1]), 0.9, 1.0)],
    mistakes=(
        Mistake(
            lambda x, c, t, s: math.sqrt(s) * c + math.sqrt(1 - t) * _noise(x, c, t),
            "잡음의 양이 줄지 않았습니다. 새 계수는 √(1-ᾱ_s)입니다.",
            "There is as much noise as before; its new factor is √(1-ᾱ_s).",
        ),
        Mistake(
            lambda x, c, t, s: math.sqrt(t) * c + math.sqrt(1 - s) * _noise(x, c, t),
            "신호의 계수가 그대로입니다. 새 계수는 √ᾱ_s입니다.",
            "The signal has its old factor; its new one is √ᾱ_s.",
        ),
        Mistake(
            lambda x, c, t, s: math.sqrt(s) * c + math.sqrt(1 - s) * _noise(x, c, s),
            "잡음을 x_t에서 구할 때는 ᾱ_s가 아니라 ᾱ_t를 씁니다.",
            "To find the noise in x_t, use ᾱ_t and not ᾱ_s.",
        ),
        Mistake(
            lambda x, c, t, s: math.sqrt(s) * c + math.sqrt(1 - s) * (x - c),
            "x_t와 추정값의 차이가 잡음은 아닙니다. 신호에 √ᾱ_t를 곱해 빼고 √(1-ᾱ_t)로 나누십시오.",
            "x_t minus the estimate is not the noise: scale the signal by √ᾱ_t, and divide by √(1-ᾱ_t).",
        ),
        Mistake(
            lambda x, c, t, s: s * c + (1 - s) * (x - t * c) / (1 - t),
            "제곱근이 빠졌습니다. ᾱ와 1-ᾱ는 전력의 비율이고, 진폭에는 제곱근을 곱합니다.",
            "Square roots are missing: ᾱ and 1-ᾱ are shares of power, and amplitudes take their roots.",
        ),
        Mistake(
            _ancestral_mean,
            "조상 샘플링의 평균입니다. 잡음을 다시 더하지 않으면 분포가 좁아집니다.",
            "That is the mean of ancestral sampling; without noise added to it, the distribution gets narrow.",
        ),
    ),
    hint=(
        "추정값에서 x_t 속의 잡음을 구하고, 둘을 새 비율로 다시 섞으십시오.",
        "Find the noise in x_t that the estimate implies, and mix the two again in new proportions.",
    ),
)


def check_ddim_step(answer: Callable[[Tensor, Tensor, float, float], Tensor]) -> CheckResult:
    """Exercise 18.3: a step of DDIM.

    Args:
        answer: (x_t, clean, alpha_bar_t, alpha_bar_s) -> x_s, of the shape of x_t.

    Example:
        >>> check_ddim_step(lambda x, c, t, s: s**0.5 * c + (1 - s) ** 0.5 * (x - c))
        ✘ x_t minus the estimate is not the noise: scale the signal by √ᾱ_t, and divide by √(1-ᾱ_t).
    """
    return DDIM_STEP.check(answer)

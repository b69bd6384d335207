"""Chapter 18, "Diffusion from scratch": one step of DDPM's sampling, algorithm 2 of the paper."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Sampled = Callable[[Tensor, Tensor, Tensor, int, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """A step in the middle, the last of the schedule, and the one that ends with the clip, t = 0."""
    cases: list[Case] = []
    for t in (2, 4, 0):
        x_t, epsilon, z = torch.randn(3, 6, generator=generator)
        betas = (0.05 + 0.4 * torch.rand(5, generator=generator)).sort().values
        cases.append((x_t, epsilon, z, t, betas))
    return cases


def _step(
    x_t: Tensor, epsilon: Tensor, z: Tensor, beta: Tensor, alpha: Tensor, a: Tensor, std: Tensor
) -> Tensor:
    return (x_t - beta / (1 - a).sqrt() * epsilon) / alpha.sqrt() + std * z


def _right(x_t: Tensor, epsilon: Tensor, z: Tensor, t: int, betas: Tensor) -> Tensor:
    beta, a = betas[t], (1 - betas).cumprod(0)[t]
    return _step(x_t, epsilon, z, beta, 1 - beta, a, beta.sqrt() * (t > 0))


def _noisy_end(x_t: Tensor, epsilon: Tensor, z: Tensor, t: int, betas: Tensor) -> Tensor:
    beta, a = betas[t], (1 - betas).cumprod(0)[t]
    return _step(x_t, epsilon, z, beta, 1 - beta, a, beta.sqrt())


def _beta_for_alpha_bar(x_t: Tensor, epsilon: Tensor, z: Tensor, t: int, betas: Tensor) -> Tensor:
    beta = betas[t]
    return _step(x_t, epsilon, z, beta, 1 - beta, 1 - beta, beta.sqrt() * (t > 0))


def _alpha_bar_for_alpha(x_t: Tensor, epsilon: Tensor, z: Tensor, t: int, betas: Tensor) -> Tensor:
    beta, a = betas[t], (1 - betas).cumprod(0)[t]
    return _step(x_t, epsilon, z, beta, a, a, beta.sqrt() * (t > 0))


def _variance_for_std(x_t: Tensor, epsilon: Tensor, z: Tensor, t: int, betas: Tensor) -> Tensor:
    beta, a = betas[t], (1 - betas).cumprod(0)[t]
    return _step(x_t, epsilon, z, beta, 1 - beta, a, beta * (t > 0))


def _all_noise_at_once(x_t: Tensor, epsilon: Tensor, z: Tensor, t: int, betas: Tensor) -> Tensor:
    beta, a = betas[t], (1 - betas).cumprod(0)[t]
    return (x_t - (1 - a).sqrt() * epsilon) / a.sqrt() + beta.sqrt() * (t > 0) * z


ANCESTRAL_STEP = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            _noisy_end,
            "마지막 스텝(t = 0)에서도 잡음을 더했습니다. 마지막에는 평균을 그대로 돌려줍니다.",
            "Noise is added at the last step, t = 0, too; that one returns the mean as it is.",
        ),
        Mistake(
            _beta_for_alpha_bar,
            "√(1-ᾱ_t)가 들어갈 자리에 √β_t를 썼습니다. x_t에는 t까지의 모든 스텝의 잡음이 들어 있습니다.",
            "You divided by √β_t in the place of √(1-ᾱ_t): in x_t is the noise of all steps up to t.",
        ),
        Mistake(
            _alpha_bar_for_alpha,
            "한 스텝만 되돌리므로 √ᾱ_t가 아니라 √(1-β_t)로 나눕니다.",
            "One step is undone, so divide by √(1-β_t), not by √ᾱ_t.",
        ),
        Mistake(
            _variance_for_std,
            "z에 분산 β_t를 곱했습니다. 표준편차 √β_t를 곱하십시오.",
            "z is multiplied by the variance β_t; its factor is the deviation, √β_t.",
        ),
        Mistake(
            lambda x_t, epsilon, z, t, betas: _right(x_t, epsilon, 0 * z, t, betas),
            "잡음을 다시 더하지 않았습니다. 마지막 스텝을 뺀 모든 스텝에서 √β_t z를 더합니다.",
            "No noise is added again; every step but the last adds √β_t z.",
        ),
        Mistake(
            _all_noise_at_once,
            "잡음을 한꺼번에 모두 뺐습니다. 그것은 x_0의 추정값이고, 여기서는 한 스텝만 되돌립니다.",
            "You removed all noise at once, which estimates x_0; here only one step is undone.",
        ),
    ),
    hint=(
        "평균 (x_t - β_t / √(1-ᾱ_t) ε) / √(1-β_t)에, t가 0이 아니면 √β_t z를 더하십시오.",
        "To the mean (x_t - β_t / √(1-ᾱ_t) ε) / √(1-β_t), add √β_t z unless t is 0.",
    ),
)


def check_ancestral_step(answer: Sampled) -> CheckResult:
    """An exercise of chapter 18: a step of ancestral sampling, with the variance β_t.

    Args:
        answer: (x_t, epsilon, z, t, betas), where t counts from 0 -> the next, less noisy x.

    Example:
        >>> check_ancestral_step(_noisy_end)
        ✘ Noise is added at the last step, t = 0, too; that one returns the mean as it is.
    """
    return ANCESTRAL_STEP.check(answer)

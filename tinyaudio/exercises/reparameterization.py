"""Chapter 8, "From autoencoder to VAE": a draw from a Gaussian through which gradients pass."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _draw(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    return mean + (log_variance / 2).exp() * noise


def _gaussians(generator: Generator) -> list[Case]:
    sizes = ((1, 2), (3, 2))
    return [(*(torch.randn(size, generator=generator) for _ in range(3)),) for size in sizes]


_NO_GRADIENT = Mistake(
    lambda *case: _draw(*case).detach(),
    "값은 맞지만 기울기가 평균에도 로그 분산에도 오지 않습니다. detach, .data, no_grad 없이 계산하십시오.",
    "The values are right, but no gradient reaches mean and log-variance: no detach, no .data, no no_grad.",
)
_NONE_TO_MEAN = Mistake(
    lambda mean, log_variance, noise: _draw(mean.detach(), log_variance, noise),
    "값은 맞지만 평균의 기울기가 틀립니다. 평균을 detach하지 않았습니까?",
    "The values are right, but the gradient of the mean is not: is the mean detached?",
)
_NONE_TO_VARIANCE = Mistake(
    lambda mean, log_variance, noise: _draw(mean, log_variance.detach(), noise),
    "값은 맞지만 로그 분산의 기울기가 틀립니다. 로그 분산을 detach하지 않았습니까?",
    "The values are right, but the gradient of the log-variance is not: is the log-variance detached?",
)


def _flaw_of_gradient(answer: Answer) -> Mistake | None:
    """Whether the gradients are right: dz/dmu = 1, and dz/d(ln sigma^2) = sigma epsilon / 2."""
    noise = torch.tensor([[0.5, -2.0]])
    mean, log_variance = (
        torch.tensor([row]).requires_grad_() for row in ([1.0, -1.0], [0.4, -0.8])
    )
    z = answer(mean, log_variance, noise)
    if not isinstance(z, Tensor) or not z.requires_grad:
        return _NO_GRADIENT
    z.sum().backward()  # type: ignore[no-untyped-call]
    slope = (log_variance.detach() / 2).exp() * noise / 2
    for given, wanted, flaw in (
        (mean.grad, torch.ones(1, 2), _NONE_TO_MEAN),
        (log_variance.grad, slope, _NONE_TO_VARIANCE),
    ):
        if given is None or not torch.allclose(given, wanted, rtol=1e-3, atol=1e-4):
            return flaw
    return None


DRAW = Exercise(
    right=_draw,
    cases=_gaussians,
    edges=[(torch.ones(1, 2), torch.zeros(1, 2), torch.zeros(1, 2))],
    witness=_flaw_of_gradient,
    mistakes=(
        _NO_GRADIENT,
        _NONE_TO_MEAN,
        _NONE_TO_VARIANCE,
        Mistake(
            lambda mean, log_variance, noise: mean + log_variance.exp() * noise,
            "표준편차 대신 분산을 곱했습니다. 제곱근, 곧 로그의 절반이 빠졌습니다.",
            "The noise is scaled by the variance: the square root, half the logarithm, is missing.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean + log_variance * noise,
            "로그 분산을 그대로 곱했습니다. 로그를 풀고 제곱근을 취하면 σ입니다.",
            "The noise is scaled by the log-variance itself; sigma is the square root of its exponential.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean + log_variance / 2 * noise,
            "ln σ를 곱했습니다. 지수를 취해야 σ입니다.",
            "The noise is scaled by ln sigma; take the exponential to get sigma.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean + (2 * log_variance).exp() * noise,
            "로그 분산을 둘로 나누지 않고 두 배로 했습니다.",
            "The log-variance is doubled where it should be halved.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean + (-log_variance / 2).exp() * noise,
            "1/σ를 곱했습니다. 지수의 부호가 반대입니다.",
            "The noise is scaled by 1/sigma: the exponent has the wrong sign.",
        ),
        Mistake(
            lambda mean, log_variance, noise: (log_variance / 2).exp() * noise,
            "평균을 더하지 않았습니다.",
            "The mean is not added.",
        ),
        Mistake(
            lambda mean, log_variance, noise: (log_variance / 2).exp() * (mean + noise),
            "평균에도 σ를 곱했습니다. σ는 잡음에만 곱합니다.",
            "The mean is scaled, too; sigma belongs to the noise alone.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean - (log_variance / 2).exp() * noise,
            "잡음을 뺐습니다. 분포는 같지만, 여기서는 주어진 잡음을 더합니다.",
            "The noise is subtracted. The distribution would be the same, but here it is added.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean + noise,
            "잡음에 σ를 곱하지 않았습니다.",
            "The noise is not scaled by sigma.",
        ),
        Mistake(
            lambda mean, log_variance, noise: mean + 0 * noise,
            "평균 그대로입니다. 잡음이 없습니다.",
            "That is the mean; there is no noise in it.",
        ),
    ),
    hint=("σ는 exp(log_variance / 2)입니다.", "Sigma is exp(log_variance / 2)."),
)


def check_draw(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 8.1: reparameterization.

    Args:
        answer: (mean, log_variance, noise), all (B, D) -> z, (B, D).

    Example:
        >>> check_draw(lambda mean, log_variance, noise: mean + log_variance.exp() * noise)
        ✘ The noise is scaled by the variance...
    """
    return DRAW.check(answer)

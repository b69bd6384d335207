"""Chapter 8, "From autoencoder to VAE": the Kullback-Leibler divergence of latents from the prior."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _terms(mean: Tensor, log_variance: Tensor) -> Tensor:
    return (mean.square() + log_variance.exp() - 1 - log_variance) / 2


def _kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    return _terms(mean, log_variance).sum(1)


def _latents(generator: Generator) -> list[Case]:
    sizes = ((1, 1), (4, 2), (2, 3))
    return [(*(torch.randn(size, generator=generator) for _ in range(2)),) for size in sizes]


def _changed(term: Answer) -> Answer:
    """With another term for each latent."""
    return lambda mean, log_variance: term(mean, log_variance).sum(1)


KL = Exercise(
    right=_kl,
    cases=_latents,
    edges=[(torch.zeros(2, 2), torch.zeros(2, 2))],
    mistakes=(
        Mistake(
            _changed(lambda m, v: (m.square() * (-v).exp() + (-v).exp() - 1 + v) / 2),
            "반대 방향인 KL(p ‖ q)입니다. q가 왼쪽입니다. KL은 대칭이 아닙니다.",
            "That is KL(p || q), the other direction; q stands on the left, and KL is not symmetric.",
        ),
        Mistake(
            _changed(lambda m, v: 2 * _terms(m, v)),
            "1/2이 빠졌습니다.",
            "The factor 1/2 is missing.",
        ),
        Mistake(
            lambda m, v: _terms(m, v).mean(1),
            "잠재 변수에 대해 평균을 냈습니다. 독립인 변수들의 KL은 더합니다.",
            "You took the mean over latents; divergences of independent variables add up.",
        ),
        Mistake(
            lambda m, v: _kl(m, v).mean(),
            "배치에 대해 평균을 냈습니다. 클립마다 하나씩, (B,)를 돌려주십시오.",
            "You took the mean over the batch; return one number a clip, (B,).",
        ),
        Mistake(
            lambda m, v: _kl(m, v).sum(),
            "배치까지 모두 더했습니다. 클립마다 하나씩, (B,)를 돌려주십시오.",
            "You added up the batch as well; return one number a clip, (B,).",
        ),
        Mistake(
            _terms,
            "잠재 변수에 대해 더하지 않았습니다. 독립인 변수들의 KL은 더합니다.",
            "The terms are not added up over latents.",
        ),
        Mistake(
            lambda m, v: _terms(m, v).sum(0),
            "클립에 대해 더했습니다. 잠재 변수는 둘째 축입니다.",
            "You added up over clips; the latents are the second axis.",
        ),
        Mistake(
            _changed(lambda m, v: _terms(m, 2 * v)),
            "로그 분산을 ln σ로 보았습니다. exp(log_variance)가 곧 σ²입니다.",
            "The log-variance is taken for ln sigma; exp(log_variance) is sigma squared already.",
        ),
        Mistake(
            _changed(lambda m, v: (m.square() + v.exp().square() - 1 - v) / 2),
            "exp(log_variance)를 다시 제곱했습니다. 이미 σ²입니다.",
            "exp(log_variance) is squared again; it is sigma squared already.",
        ),
        Mistake(
            _changed(lambda m, v: (m.square() + (v / 2).exp() - 1 - v) / 2),
            "σ² 자리에 σ를 썼습니다.",
            "Sigma stands where sigma squared belongs.",
        ),
        Mistake(
            _changed(lambda m, v: (m.square() + v.exp() - 1 + v) / 2),
            "ln σ²의 부호가 반대입니다. 분포가 좁을수록 KL은 커집니다.",
            "The sign of ln sigma squared is reversed: the narrower q is, the larger its KL.",
        ),
        Mistake(
            _changed(lambda m, v: (m.square() + v.exp() - v) / 2),
            "-1이 빠졌습니다. q가 사전 분포와 같으면 0이어야 합니다.",
            "The -1 is missing: where q is the prior the KL should be 0.",
        ),
        Mistake(
            _changed(lambda m, v: (m.abs() + v.exp() - 1 - v) / 2),
            "μ를 제곱하지 않았습니다.",
            "Mu is not squared.",
        ),
        Mistake(
            _changed(lambda m, v: (v.exp() - 1 - v) / 2),
            "μ의 항이 빠졌습니다. 원점에서 먼 분포일수록 KL이 큽니다.",
            "The term of mu is missing: the farther q is from the origin, the larger its KL.",
        ),
    ),
    hint=("항을 잠재 변수에 대해 더합니다.", "Add the terms up over the latents."),
)


def check_kl(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 8.2: KL of N(mu, sigma^2) from N(0, I), in nats.

    Args:
        answer: (mean, log_variance), both (B, D) -> (B,).

    Example:
        >>> check_kl(lambda mean, log_variance: (mean**2 + log_variance.exp() - 1 - log_variance).sum(1))
        ✘ The factor 1/2 is missing.
    """
    return KL.check(answer)

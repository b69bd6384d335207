"""Chapter 8, "From autoencoder to VAE": minus the evidence lower bound, the loss of a VAE."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _squares(x: Tensor, output: Tensor) -> Tensor:
    return (x - output).square().flatten(1).sum(1)


def _divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


def _loss(x: Tensor, output: Tensor, mean: Tensor, log_variance: Tensor, scale: float) -> Tensor:
    clips = _squares(x, output) / (2 * scale**2) + _divergence(mean, log_variance)
    return clips.mean()


def _batches(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for size, d, scale in (((2, 3, 4), 2, 0.5), ((3, 2, 5), 4, 1.5)):
        x, output = (torch.randn(size, generator=generator) for _ in range(2))
        mean, log_variance = (torch.randn(size[0], d, generator=generator) for _ in range(2))
        cases.append((x, output, mean, log_variance, scale))
    return cases


def _changed(loss: Callable[[Tensor, Tensor, float], Tensor]) -> Answer:
    """Another combination of the sums of squares (B,), the divergences (B,) and the scale."""
    return lambda x, output, mean, log_variance, scale: loss(
        _squares(x, output), _divergence(mean, log_variance), scale
    )


_NO_GRADIENT = Mistake(
    lambda *case: _loss(*case).detach(),
    "값은 맞지만 기울기가 없습니다. item()이나 detach() 없이 텐서로 계산하십시오.",
    "The value is right, but it has no gradient: stay with tensors, no item(), no detach().",
)
_NO_GRADIENT_OF_KL = Mistake(
    lambda x, output, mean, log_variance, scale: _loss(
        x, output, mean.detach(), log_variance.detach(), scale
    ),
    "값은 맞지만 KL의 기울기가 틀립니다. 그러면 KL이 없는 것과 똑같이 학습됩니다.",
    "The value is right, but the KL's gradient is not: training would go as if there were no KL.",
)
_NO_GRADIENT_OF_OUTPUT = Mistake(
    lambda x, output, mean, log_variance, scale: _loss(
        x, output.detach(), mean, log_variance, scale
    ),
    "값은 맞지만 디코더의 출력으로 가는 기울기가 틀립니다.",
    "The value is right, but the gradient of the decoder's output is not.",
)


def _flaw_of_gradient(answer: Answer) -> Mistake | None:
    """Whether decoder and encoder get their gradients."""
    case = _batches(Generator().manual_seed(0))[0]
    functions: tuple[Answer, Answer] = (answer, _loss)
    slopes = []
    for function in functions:
        leaves = [one.clone().requires_grad_() for one in case[1:4]]
        loss = function(case[0].clone(), *leaves, case[4])
        if not isinstance(loss, Tensor) or not loss.requires_grad:
            return _NO_GRADIENT
        loss.backward()  # type: ignore[no-untyped-call]
        slopes.append([one.grad for one in leaves])
    flaws = (_NO_GRADIENT_OF_OUTPUT, _NO_GRADIENT_OF_KL, _NO_GRADIENT_OF_KL)
    for given, wanted, flaw in zip(*slopes, flaws, strict=True):
        if given is None or not torch.allclose(given, wanted, rtol=1e-3, atol=1e-4):
            return flaw
    return None


LOSS = Exercise(
    right=_loss,
    cases=_batches,
    edges=[(torch.ones(1, 2, 2), torch.ones(1, 2, 2), torch.zeros(1, 2), torch.zeros(1, 2), 1.0)],
    witness=_flaw_of_gradient,
    mistakes=(
        _NO_GRADIENT,
        _NO_GRADIENT_OF_KL,
        _NO_GRADIENT_OF_OUTPUT,
        Mistake(
            _changed(lambda e, kl, s: (e / (2 * s**2) - kl).mean()),
            "KL의 부호가 반대입니다. 하한에서 빼는 것은 손실에서 더합니다.",
            "The KL has the wrong sign: what the bound subtracts, the loss adds.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (kl - e / (2 * s**2)).mean()),
            "복원 항의 부호가 반대입니다. 오차가 클수록 손실이 커야 합니다.",
            "The reconstruction has the wrong sign: a larger error should be a larger loss.",
        ),
        Mistake(
            lambda x, output, mean, log_variance, scale: (
                (x - output).square().mean() / (2 * scale**2)
                + _divergence(mean, log_variance).mean()
            ),
            "복원 항을 칸에 대해 평균했습니다. 더해야 합니다. 평균이면 KL이 칸의 수만큼 세집니다.",
            "You averaged the reconstruction over bins instead of adding it up: the KL weighs too much.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e / (2 * s**2) + kl).sum()),
            "배치에 대해 더했습니다. 클립에 대해서는 평균을 냅니다.",
            "You added up over the batch; take the mean over clips.",
        ),
        Mistake(
            _changed(lambda e, kl, s: e / (2 * s**2) + kl),
            "클립마다 하나씩 돌려주었습니다. 손실은 그 평균 하나입니다.",
            "That is one number a clip; the loss is their mean.",
        ),
        Mistake(
            _changed(lambda e, kl, s: e.mean() / (2 * s**2) + kl.sum()),
            "KL만 배치에 대해 더했습니다. 두 항 모두 클립에 대해 평균을 냅니다.",
            "The KL alone is added up over the batch; both terms are means over clips.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e / (2 * s) + kl).mean()),
            "s를 제곱하지 않았습니다.",
            "The scale is not squared.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e / s**2 + kl).mean()),
            "복원 항의 1/2이 빠졌습니다.",
            "The 1/2 of the reconstruction is missing.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e * s**2 / 2 + kl).mean()),
            "s²로 나누는 대신 곱했습니다.",
            "You multiplied by the squared scale instead of dividing.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e / (2 * s**2) + 2 * kl).mean()),
            "KL의 1/2이 빠졌습니다.",
            "The 1/2 of the KL is missing.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e / (2 * s**2)).mean()),
            "KL이 없습니다. 그러면 오토인코더의 손실입니다.",
            "There is no KL: that is the loss of an autoencoder.",
        ),
        Mistake(
            _changed(lambda e, kl, s: (e.sqrt() / (2 * s**2) + kl).mean()),
            "제곱근을 취했습니다. 정규 분포의 로그에는 오차의 제곱이 그대로 있습니다.",
            "You took a square root; the logarithm of a Gaussian holds the squared error as it is.",
        ),
        Mistake(
            lambda x, output, mean, log_variance, scale: _loss(
                x, output, mean, 2 * log_variance, scale
            ),
            "로그 분산을 ln σ로 보았습니다. exp(log_variance)가 곧 σ²입니다.",
            "The log-variance is taken for ln sigma; exp(log_variance) is sigma squared already.",
        ),
    ),
    hint=(
        "클립마다 두 항을 더하고, 배치에 대해 평균을 냅니다.",
        "Add the two terms of each clip, then take the mean over the batch.",
    ),
)


def check_loss(answer: Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]) -> CheckResult:
    """Exercise 8.3: the loss of a VAE without its constant, in nats a clip.

    Args:
        answer: (x, output, mean, log_variance, scale), of shapes (B, F, N), (B, F, N), (B, D), (B, D), ()
            -> ().

    Example:
        >>> def misfit(x, output, mean, log_variance, scale):
        ...     return ((x - output) ** 2 / 2 / scale**2).sum((1, 2)).mean()
        >>> check_loss(misfit)
        ✘ There is no KL: that is the loss of an autoencoder.
    """
    return LOSS.check(answer)

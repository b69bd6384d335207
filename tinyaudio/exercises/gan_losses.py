"""Chapter 13, "VAE against GAN, and both together": the two losses of a GAN, and whom each of them moves.

The values hide which network a loss moves, so that a witness looks at the gradients of both.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Losses = Callable[[nn.Module, nn.Module, Tensor, Tensor], Any]


def _case(generator: Generator, n_real: int, n_latents: int) -> Case:
    """A discriminator and a generator of one layer each, real examples and latents."""
    D, G = nn.Linear(3, 1), nn.Linear(2, 3)
    for parameter in (*D.parameters(), *G.parameters()):
        with torch.no_grad():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    x, z = (
        torch.randn(n_real, 3, generator=generator),
        torch.randn(n_latents, 2, generator=generator),
    )
    return D, G, x, z


def _cases(generator: Generator) -> list[Case]:
    # Of different numbers, so that sums and means over all of them are told from means.
    return [_case(generator, 4, 6), _case(generator, 5, 3)]


def _of_discriminator(D: nn.Module, x: Tensor, made: Tensor) -> Tensor:
    return F.softplus(-D(x)).mean() + F.softplus(D(made)).mean()


def _right(D: nn.Module, G: nn.Module, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    made = G(z)
    return _of_discriminator(D, x, made.detach()), F.softplus(-D(made)).mean()


def _changed(
    of_discriminator: Callable[[Tensor, Tensor], Tensor],
    of_generator: Callable[[Tensor], Tensor] = lambda fake: F.softplus(-fake).mean(),
) -> Answer:
    """Other losses, of the scores of real and of generated examples."""

    def answer(D: nn.Module, G: nn.Module, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        made = G(z)
        return of_discriminator(D(x), D(made.detach())), of_generator(D(made))

    return answer


def _loss(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def _not_detached(D: nn.Module, G: nn.Module, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    made = G(z)
    return _of_discriminator(D, x, made), F.softplus(-D(made)).mean()


def _both_detached(D: nn.Module, G: nn.Module, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    made = G(z).detach()
    return _of_discriminator(D, x, made), F.softplus(-D(made)).mean()


def _scores_detached(D: nn.Module, G: nn.Module, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    made = G(z)
    of_discriminator = F.softplus(-D(x)).mean() + F.softplus(D(made).detach()).mean()
    return of_discriminator, F.softplus(-D(made)).mean()


def _numbers(D: nn.Module, G: nn.Module, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    first, second = _right(D, G, x, z)
    return first.detach(), second.detach()


# Their values are right.
_GRADIENTS = (
    Mistake(
        _not_detached,
        "값은 맞지만 판별자의 손실이 생성자에 닿습니다. 그 기울기는 생성자에게 더 잘 들키라고 합니다. "
        "G(z)를 detach하십시오.",
        "The values are right, but the discriminator's loss reaches the generator, and tells it to be found "
        "out more easily. Detach G(z) there.",
    ),
    Mistake(
        _both_detached,
        "값은 맞지만 생성자의 손실에 기울기가 없습니다. G(z)는 판별자의 손실에서만 detach합니다.",
        "The values are right, but the generator's loss has no gradient in G: detach G(z) in the "
        "discriminator's loss only.",
    ),
    Mistake(
        _scores_detached,
        "값은 맞지만 판별자가 만든 것에서 배우지 못합니다. D(G(z))가 아니라 G(z)를 detach하십시오.",
        "The values are right, but the discriminator learns nothing from what was made: detach G(z), not "
        "D(G(z)).",
    ),
    Mistake(
        _numbers,
        "값은 맞지만 두 손실 모두 기울기가 없습니다. item()이나 no_grad() 없이 텐서로 계산하십시오.",
        "The values are right, but neither loss has a gradient: stay with tensors, no item(), no no_grad().",
    ),
)
_OTHER = Mistake(
    lambda *case: None,
    "값은 맞지만 기울기가 다릅니다. 어느 손실이 어느 신경망에 닿는지 보십시오.",
    "The values are right, but the gradients are not: look at which loss reaches which network.",
)


def _gradients(answer: Answer) -> list[Tensor]:
    """Of the discriminator's loss in D and G, and of the generator's loss in G.

    What the generator's loss does to D is left open: the discriminator's optimizer starts from zero again.
    """
    D, G, *examples = _case(torch.Generator().manual_seed(1), 4, 6)
    # They require gradients, too, as does all that an answer may not write to.
    first, second = answer(D, G, *(one.requires_grad_() for one in examples))
    of_both, of_generator = [*D.parameters(), *G.parameters()], [*G.parameters()]
    found: list[Tensor] = []
    for loss, parameters in ((first, of_both), (second, of_generator)):
        slopes: list[Tensor | None] = [None] * len(parameters)
        if loss.requires_grad:
            slopes = [*torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)]
        found += [
            torch.zeros_like(p) if s is None else s for p, s in zip(parameters, slopes, strict=True)
        ]
    return found


def _witness(answer: Answer) -> Mistake | None:
    given = _gradients(answer)

    def same(other: Answer) -> bool:
        pairs = zip(given, _gradients(other), strict=True)
        return all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in pairs)

    if same(_right):
        return None
    return next((one for one in _GRADIENTS if same(one.answer)), _OTHER)


LOSSES = Exercise(
    right=_right,
    cases=_cases,
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            _changed(_loss, lambda fake: -F.softplus(fake).mean()),
            "생성자의 손실이 미니맥스의 것입니다. 판별자가 확신하면 기울기가 사라집니다. "
            "비포화 손실을 쓰십시오.",
            "The generator's loss is that of the minimax game, whose gradient vanishes where the "
            "discriminator is certain. Use the non-saturating one.",
        ),
        Mistake(
            _changed(lambda real, fake: _loss(-real, -fake)),
            "레이블이 바뀌었습니다. 판별자는 진짜에서 확률 1에 가까워져야 합니다.",
            "The labels are swapped: D should give real examples a probability near 1.",
        ),
        Mistake(
            _changed(_loss, lambda fake: F.softplus(fake).mean()),
            "생성자의 손실이 판별자를 돕습니다. 만든 것에 D가 진짜라고 답할수록 작아져야 합니다.",
            "The generator's loss helps the discriminator; it should fall as D takes what was made for real.",
        ),
        Mistake(
            _changed(lambda real, fake: F.softplus(-real).mean()),
            "판별자의 손실에 만든 것의 항이 없습니다. 그러면 늘 진짜라고 답하면 됩니다.",
            "The discriminator's loss has no term of what was made: always saying real would do.",
        ),
        Mistake(
            _changed(lambda real, fake: F.softplus(fake).mean()),
            "판별자의 손실에 진짜의 항이 없습니다. 그러면 늘 가짜라고 답하면 됩니다.",
            "The discriminator's loss has no term of the real: always saying generated would do.",
        ),
        Mistake(
            _changed(lambda real, fake: -_loss(real, fake)),
            "판별자의 손실의 부호가 반대입니다. 최대화할 것에 -1을 곱하여 최소화합니다.",
            "The discriminator's loss has the wrong sign: what is maximized is minimized times -1.",
        ),
        Mistake(
            _changed(lambda real, fake: _loss(real, fake) / 2),
            "판별자의 손실이 절반입니다. 두 평균을 더하고 2로 나누지 않습니다.",
            "The discriminator's loss is half of what it should be: add the two means, undivided.",
        ),
        Mistake(
            _changed(
                lambda real, fake: F.softplus(-real).sum() + F.softplus(fake).sum(),
                lambda fake: F.softplus(-fake).sum(),
            ),
            "배치에 대해 더했습니다. 평균을 내십시오.",
            "You added up over the batch; take means.",
        ),
        Mistake(
            _changed(
                lambda real, fake: -(real.sigmoid().mean().log() + (-fake).sigmoid().mean().log())
            ),
            "평균의 로그를 구했습니다. 로그의 평균입니다.",
            "That is the logarithm of a mean; take the mean of logarithms.",
        ),
        Mistake(
            _changed(lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean()),
            "로그와 시그모이드가 없습니다. 그것은 14장의 비평자의 손실입니다.",
            "There is no logarithm and no sigmoid: those are the losses of a critic (chapter 14).",
        ),
        Mistake(
            _changed(
                lambda real, fake: -(real.sigmoid().mean() + (-fake).sigmoid().mean()),
                lambda fake: -fake.sigmoid().mean(),
            ),
            "로그가 빠졌습니다. -ln σ(D(x))입니다.",
            "The logarithm is missing: it is -ln sigmoid(D(x)).",
        ),
    ),
    hint=(
        "-ln σ(s) = softplus(-s), -ln(1 - σ(s)) = softplus(s)입니다.",
        "-ln sigmoid(s) = softplus(-s), and -ln(1 - sigmoid(s)) = softplus(s).",
    ),
)


def check_losses(answer: Losses) -> CheckResult:
    """Exercise 13.1: the discriminator's loss and the generator's, non-saturating, in nats.

    Args:
        answer: (D, G, x, z), two networks, real examples (B, F) and latents (M, L); D gives logits (B, 1).
            -> the two losses, in a tensor (2,) or a tuple.

    Example:
        >>> def losses(D, G, x, z):
        ...     real, fake = D(x), D(G(z))
        ...     return F.softplus(-real).mean() + F.softplus(fake).mean(), F.softplus(-fake).mean()
        >>> check_losses(losses)
        ✘ The values are right, but the discriminator's loss reaches the generator, and...
    """
    return LOSSES.check(answer)

"""Chapter 9, "VQ-VAE and voice conversion": the two terms of the loss that hold latents and codes together.

Both have the same value; which of them moves what is a matter of their gradients.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.gradients import flaw_of_gradient

Loss = Callable[[Tensor, Tensor, float], Tensor]


def _cases(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for M, D, beta in ((3, 2, 0.25), (5, 3, 0.4)):
        z, e = torch.randn(2, M, D, generator=generator)
        cases.append((z, e, beta))
    return cases


def _square(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().mean()


def _right(z: Tensor, e: Tensor, beta: float) -> Tensor:
    return _square(z.detach(), e) + beta * _square(z, e.detach())


# Their values are right.
_GRADIENTS = (
    Mistake(
        lambda z, e, beta: _square(z, e.detach()) + beta * _square(z.detach(), e),
        "두 항이 바뀌었습니다. beta는 인코더를 움직이는 항(e를 detach한 것)에 곱합니다.",
        "The terms have changed places: beta belongs to the one that moves the encoder (with e detached).",
    ),
    Mistake(
        lambda z, e, beta: (1 + beta) * _square(z, e),
        "detach가 없습니다. 두 항이 모두 z와 e를 함께 움직입니다.",
        "Nothing is detached: each of the two terms moves both z and e.",
    ),
    Mistake(
        lambda z, e, beta: _square(z, e) + beta * _square(z, e.detach()),
        "코드북 항에서 z를 detach하지 않아, 그 항도 인코더를 움직입니다.",
        "In the codebook term z is not detached: it now moves the encoder, too.",
    ),
    Mistake(
        lambda z, e, beta: _square(z.detach(), e) + beta * _square(z, e),
        "커밋먼트 항에서 e를 detach하지 않아, 그 항도 코드를 움직입니다.",
        "In the commitment term e is not detached: it now moves the codes, too.",
    ),
    Mistake(
        lambda z, e, beta: (1 + beta) * _square(z.detach(), e),
        "두 항에서 모두 z를 detach했습니다. 인코더가 배우지 않습니다.",
        "Both terms have z detached: nothing moves the encoder.",
    ),
    Mistake(
        lambda z, e, beta: (1 + beta) * _square(z, e.detach()),
        "두 항에서 모두 e를 detach했습니다. 코드가 움직이지 않습니다.",
        "Both terms have e detached: nothing moves the codes.",
    ),
    Mistake(
        lambda z, e, beta: (1 + beta) * _square(z.detach(), e.detach()),
        "값은 맞지만 모두 detach되어 아무것도 배우지 않습니다.",
        "The value is right, but everything is detached, and nothing learns.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    z, e, beta = _cases(torch.Generator().manual_seed(1))[1]
    return flaw_of_gradient(answer, _right, _GRADIENTS, (z, e), beta)


TWO_TERMS = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.ones(2, 2), torch.ones(2, 2), 0.25), (torch.zeros(1, 1), torch.ones(1, 1), 0.0)],
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            lambda z, e, beta: _square(z.detach(), e) + _square(z, e.detach()),
            "beta를 곱하지 않았습니다.",
            "The factor beta is not used.",
        ),
        Mistake(
            lambda z, e, beta: beta * (_square(z.detach(), e) + _square(z, e.detach())),
            "beta를 두 항에 모두 곱했습니다. 커밋먼트 항에만 곱합니다.",
            "Both terms are multiplied by beta; only the commitment term should be.",
        ),
        Mistake(
            lambda z, e, beta: _right(z, e, beta) * z.numel(),
            "합을 냈습니다. 평균입니다.",
            "That is the sum; take the mean.",
        ),
        Mistake(
            lambda z, e, beta: _square(z.detach(), e),
            "코드북 항뿐입니다. beta를 곱한 커밋먼트 항을 더하십시오.",
            "That is the codebook term alone; add the commitment term, times beta.",
        ),
        Mistake(
            lambda z, e, beta: (z.detach() - e).abs().mean() + beta * (z - e.detach()).abs().mean(),
            "절댓값의 평균입니다. 제곱의 평균입니다.",
            "Those are means of absolute values; take means of squares.",
        ),
    ),
    hint=(
        "두 항의 값은 같습니다. 무엇을 detach하는지만 다릅니다.",
        "Both terms have the same value; they differ in what is detached.",
    ),
)


def check_two_terms(answer: Loss) -> CheckResult:
    """Exercise 9.3: codebook term and commitment term.

    Args:
        answer: (z, e, beta), latents and their codes' vectors, both (M, D) -> a single number.

    Example:
        >>> check_two_terms(lambda z, e, beta: (1 + beta) * (z - e).square().mean())
        ✘ Nothing is detached: each of the two terms moves both z and e.
    """
    return TWO_TERMS.check(answer)

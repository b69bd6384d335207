"""Chapter 27, "What came after": residual quantization with one straight-through gradient for all stages.

Wrong gradients stand behind right values, so that a witness compares gradients.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.gradients import flaw_of_gradient


def _cases(generator: Generator) -> list[Case]:
    """Latents, codebooks, and codes, which need not be the nearest."""
    cases = []
    for M, Q, K, D in ((4, 2, 3, 2), (6, 3, 5, 3)):
        z, codebooks = (torch.randn(s, generator=generator) for s in ((M, D), (Q, K, D)))
        cases.append((z, codebooks, torch.randint(K, (Q, M), generator=generator)))
    return cases


def _vectors(codebooks: Tensor, codes: Tensor) -> Tensor:
    return torch.stack([book[k] for book, k in zip(codebooks, codes, strict=True)])  # (Q, M, D)


def _sum(codebooks: Tensor, codes: Tensor) -> Tensor:
    return _vectors(codebooks, codes).sum(0)


def _right(z: Tensor, codebooks: Tensor, codes: Tensor) -> Tensor:
    return _sum(codebooks, codes).detach() + (z - z.detach())


# Their values are right.
_GRADIENTS = (
    Mistake(
        lambda z, codebooks, codes: _sum(codebooks, codes),
        "값은 맞지만 z의 기울기를 옮겨 주는 항이 없습니다. 인코더는 배우지 못하고 코드북만 움직입니다.",
        "The values are right, but nothing copies the gradient to z: the encoder learns nothing, and only the "
        "codebooks move.",
    ),
    Mistake(
        lambda z, codebooks, codes: _sum(codebooks, codes).detach(),
        "값은 맞지만 모두 detach되어 기울기가 아무 데도 가지 않습니다.",
        "The values are right, but everything is detached: no gradient goes anywhere.",
    ),
    Mistake(
        lambda z, codebooks, codes: _sum(codebooks, codes) + (z - z.detach()),
        "값과 z의 기울기는 맞지만 코드북에도 기울기가 갑니다. 합도 detach하십시오.",
        "Values and z's gradient are right, but a gradient goes to the codebooks, too: detach the sum as well.",
    ),
    Mistake(
        lambda z, codebooks, codes: _sum(codebooks, codes).detach() + len(codes) * (z - z.detach()),
        "값은 맞지만 단마다 z의 기울기를 더해 기울기가 단의 수만큼 커졌습니다. 한 번만 더하십시오.",
        "The values are right, but z's gradient is copied at every stage, and as many times too large: copy "
        "it once.",
    ),
    Mistake(
        lambda z, codebooks, codes: _sum(codebooks, codes).detach() - (z - z.detach()),
        "값은 맞지만 z의 기울기의 부호가 반대입니다.",
        "The values are right, but z's gradient has the opposite sign.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    z, codebooks, codes = _cases(torch.Generator().manual_seed(1))[1]
    return flaw_of_gradient(answer, _right, _GRADIENTS, (z, codebooks), codes)


RESIDUAL_QUANTIZE = Exercise(
    right=_right,
    cases=_cases,
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            lambda z, codebooks, codes: _vectors(codebooks, codes)[-1],
            "마지막 단의 벡터만 나옵니다. 모든 단의 벡터를 더하십시오.",
            "Only the last stage's vector comes out; sum those of all stages.",
        ),
        Mistake(
            lambda z, codebooks, codes: _vectors(codebooks, codes)[0],
            "첫 단의 벡터만 나옵니다. 모든 단의 벡터를 더하십시오.",
            "Only the first stage's vector comes out; sum those of all stages.",
        ),
        Mistake(
            lambda z, codebooks, codes: _vectors(codebooks, codes).mean(0),
            "단의 평균입니다. 뒤의 단은 앞의 단에 더하는 보정이므로 합을 구하십시오.",
            "That is the stages' mean; a later stage corrects the earlier ones, so take the sum.",
        ),
        Mistake(
            lambda z, codebooks, codes: z - _sum(codebooks, codes),
            "남은 잔차가 나옵니다. 디코더가 받을 것은 코드의 합입니다.",
            "That is the residual which is left; the decoder gets the sum of the codes.",
        ),
        Mistake(
            lambda z, codebooks, codes: z + _sum(codebooks, codes).detach(),
            "z의 값이 더해져 있습니다. 값은 빼고 기울기만 남기십시오.",
            "The value of z is added; take it away, so that only its gradient is left.",
        ),
    ),
    hint=(
        "9장처럼 값이 코드의 합인 상수와, 값이 0이고 z에 대한 기울기가 1인 것을 더하십시오.",
        "As in chapter 9, add the sum of codes, a constant, and something of value 0 whose gradient in z is 1.",
    ),
)


def check_residual_quantize(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 27.2: the sum of the stages' vectors, with the straight-through gradient.

    Args:
        answer: (z, codebooks, codes), of shapes (M, D), (Q, K, D) and (Q, M) -> (M, D).

    Example:
        >>> check_residual_quantize(lambda z, e, k: sum(b[c] for b, c in zip(e, k)))
        ✘ The values are right, but nothing copies the gradient to z...
    """
    return RESIDUAL_QUANTIZE.check(answer)

"""Chapter 9, "VQ-VAE and voice conversion": a codebook's vectors with the gradient of the latents.

Wrong gradients stand behind right values, so that a witness compares gradients.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.gradients import flaw_of_gradient

Quantize = Callable[[Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    return [
        (torch.randn(M, D, generator=generator), torch.randn(K, D, generator=generator))
        for M, K, D in ((4, 3, 2), (6, 5, 3))
    ]


def _codes(z: Tensor, codebook: Tensor) -> Tensor:
    return codebook[torch.cdist(z, codebook).argmin(1)]


def _soft(z: Tensor, codebook: Tensor) -> Tensor:
    return torch.softmax(-torch.cdist(z, codebook), 1) @ codebook


def _right(z: Tensor, codebook: Tensor) -> Tensor:
    return _codes(z, codebook).detach() + (z - z.detach())


# Their values are right.
_GRADIENTS = (
    Mistake(
        lambda z, codebook: _codes(z, codebook),
        "값은 맞지만 기울기가 z가 아니라 코드북으로 갑니다. argmin에서 끊겼거나, "
        "z의 기울기가 +1 - 1로 지워졌습니다.",
        "The values are right, but the gradient goes to the codebook and not to z: the argmin cuts the way, or "
        "z's gradient cancels (+1 - 1).",
    ),
    Mistake(
        lambda z, codebook: _codes(z, codebook).detach(),
        "값은 맞지만 모두 detach되어 기울기가 아무 데도 가지 않습니다.",
        "The values are right, but everything is detached: no gradient goes anywhere.",
    ),
    Mistake(
        lambda z, codebook: (
            _codes(z, codebook).detach() + _soft(z, codebook) - _soft(z, codebook).detach()
        ),
        "값은 맞지만 argmin 대신 소프트맥스를 미분했습니다. 기울기는 그대로(항등) 지나가야 합니다.",
        "The values are right, but a softmax is differentiated in place of the argmin; the gradient has to "
        "pass as it is (the identity).",
    ),
    Mistake(
        lambda z, codebook: _codes(z, codebook) + (z - z.detach()),
        "값과 z의 기울기는 맞지만 코드북에도 기울기가 갑니다. e도 detach하십시오.",
        "Values and z's gradient are right, but a gradient goes to the codebook, too: detach e as well.",
    ),
    Mistake(
        lambda z, codebook: _codes(z, codebook).detach() - (z - z.detach()),
        "값은 맞지만 z의 기울기의 부호가 반대입니다.",
        "The values are right, but z's gradient has the opposite sign.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    z, codebook = _cases(torch.Generator().manual_seed(1))[1]
    return flaw_of_gradient(answer, _right, _GRADIENTS, (z, codebook))


QUANTIZE = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.tensor([[0.25]]), torch.tensor([[0.25], [1.0]]))],
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            lambda z, codebook: _soft(z, codebook),
            "코드들의 가중 평균입니다. 디코더는 코드북의 벡터 하나를 그대로 받아야 합니다.",
            "That is a weighted mean of codes; the decoder has to get one vector of the codebook as it is.",
        ),
        Mistake(
            lambda z, codebook: z + 0 * _codes(z, codebook),
            "z가 그대로 나옵니다. 값은 코드북의 벡터여야 합니다.",
            "Nothing is quantized, z comes out; the value has to be a vector of the codebook.",
        ),
        Mistake(
            lambda z, codebook: z + (z - _codes(z, codebook)).detach(),
            "부호가 바뀌어 2z - e가 나옵니다. z + sg[e - z]입니다.",
            "With the sign reversed, 2z - e comes out; it is z + sg[e - z].",
        ),
        Mistake(
            lambda z, codebook: z + _codes(z, codebook).detach(),
            "z가 더해져 있습니다. z의 값은 빼고 기울기만 남기십시오.",
            "The value of z is added to the code; take it away, so that only its gradient is left.",
        ),
    ),
    hint=(
        "값이 e인 것과, 값이 0이고 z에 대한 기울기가 1인 것을 더하십시오.",
        "Add something with the value e to something with the value 0 whose gradient in z is 1.",
    ),
)


def check_quantize(answer: Quantize) -> CheckResult:
    """Exercise 9.2: the nearest codes' vectors, with the straight-through gradient.

    Args:
        answer: (z, codebook), of shapes (M, D) and (K, D) -> (M, D).

    Example:
        >>> check_quantize(lambda z, codebook: codebook[torch.cdist(z, codebook).argmin(1)])
        ✘ The values are right, but the gradient goes to the codebook...
    """
    return QUANTIZE.check(answer)

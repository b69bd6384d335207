"""Chapter 12, "Singing voice conversion": back-translation, the loss of phase 2.

Whether what is generated counts as data is a matter of gradients, so that a witness compares them.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.singing_network import SingingNetwork, flaw_of_weights

BackTranslation = Callable[[SingingNetwork, Tensor, Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    draws = torch.Generator().manual_seed(1)
    cases: list[Case] = []
    for seed in (0, 1):
        s, u = torch.randn(4, 6, generator=draws), torch.randn(4, 2, generator=draws)
        cases.append((SingingNetwork(seed), s, torch.tensor([0, 2, 1, 0]), u))
    return cases


def _sung(net: SingingNetwork, s: Tensor, voice: Tensor) -> Tensor:
    """What D(E(s), voice) is."""
    return net.decode(net.encode(s), voice)


def _away(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).abs().mean()


def _right(net: SingingNetwork, s: Tensor, j: Tensor, u: Tensor) -> Tensor:
    generated = _sung(net, s, u).detach()
    return _away(_sung(net, generated, net.singers[j]), s)


# Their values are right.
_GRADIENTS = (
    Mistake(
        lambda net, s, j, u: _away(_sung(net, _sung(net, s, u), net.singers[j]), s),
        "값은 맞지만 생성한 것을 detach하지 않았습니다. 기울기가 생성 과정을 거슬러 갑니다. "
        "생성한 것은 데이터로 다룹니다.",
        "The value is right, but what is generated is not detached: gradients run back through the "
        "generation. It counts as data.",
    ),
    Mistake(
        lambda net, s, j, u: _right(net, s, j, u).detach(),
        "값은 맞지만 되돌리는 쪽까지 detach되어 아무것도 배우지 않습니다.",
        "The value is right, but the way back is detached as well, and nothing learns.",
    ),
    Mistake(
        lambda net, s, j, u: _away(
            net.decode(net.encode(_sung(net, s, u)).detach(), net.singers[j]), s
        ),
        "값은 맞지만 되돌릴 때의 잠재 벡터를 detach하여 인코더가 배우지 못합니다. "
        "끊을 곳은 생성한 것입니다.",
        "The value is right, but the latents on the way back are detached, and the encoder does not learn; "
        "cut at what is generated.",
    ),
    Mistake(
        lambda net, s, j, u: _away(
            _sung(net, _sung(net, s, u).detach(), net.singers[j].detach()), s
        ),
        "값은 맞지만 가수 벡터를 detach했습니다. 가수 벡터도 배워야 합니다.",
        "The value is right, but the singer's vector is detached; it has to learn, too.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    return flaw_of_weights(answer, _right, _GRADIENTS, _cases(torch.Generator())[1])


BACK_TRANSLATION = Exercise(
    right=_right,
    cases=_cases,
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            lambda net, s, j, u: _away(
                _sung(net, _sung(net, s, net.singers[j]).detach(), net.singers[j]), s
            ),
            "같은 가수의 목소리로 생성했습니다. 디코더가 아직 만나지 못한 목소리 u로 생성해야 합니다.",
            "That generates in the voice of the same singer; use u, in which these recordings were never sung.",
        ),
        Mistake(
            lambda net, s, j, u: _away(
                _sung(net, _sung(net, s, u).detach(), net.singers[j]), _sung(net, s, u).detach()
            ),
            "목표가 생성한 것입니다. 되돌린 것은 진짜 녹음 s와 견주어야 합니다.",
            "The target is what was generated; the way back has to be compared with s, the real recording.",
        ),
        Mistake(
            lambda net, s, j, u: _away(_sung(net, s, u), s),
            "가는 길만 있습니다. u로 부른 것은 s와 같을 까닭이 없습니다. j로 되돌린 다음 견주십시오.",
            "That is the way there alone: sung by u it need not equal s. Convert back to j before comparing.",
        ),
        Mistake(
            lambda net, s, j, u: _away(_sung(net, s, net.singers[j]), s),
            "생성한 것을 인코딩하지 않았습니다. 이것은 단계 1의 복원 항입니다.",
            "What is generated is not encoded; that is phase 1's reconstruction.",
        ),
        Mistake(
            lambda net, s, j, u: _away(_sung(net, _sung(net, s, u).detach(), u), s),
            "되돌릴 때에도 u를 썼습니다. 되돌릴 목소리는 s의 가수 j입니다.",
            "The way back uses u as well; it has to lead to j, the singer of s.",
        ),
        Mistake(
            lambda net, s, j, u: _away(_sung(net, _sung(net, s, net.singers[j]).detach(), u), s),
            "두 목소리가 바뀌었습니다. 먼저 u로 생성하고, j로 되돌립니다.",
            "The voices have changed places: generate in u first, then convert back to j.",
        ),
        Mistake(
            lambda net, s, j, u: (
                (_sung(net, _sung(net, s, u).detach(), net.singers[j]) - s).square().mean()
            ),
            "제곱의 평균입니다. 절댓값의 평균입니다.",
            "That is the mean of squares; take the mean absolute difference.",
        ),
        Mistake(
            lambda net, s, j, u: _right(net, s, j, u) * s.numel(),
            "합을 냈습니다. 평균입니다.",
            "That is the sum; take the mean.",
        ),
    ),
    hint=(
        "`with torch.no_grad():` 안에서 생성하고, 밖에서 되돌리십시오.",
        "Generate inside `with torch.no_grad():`, and convert back outside of it.",
    ),
)


def check_back_translation(answer: BackTranslation) -> CheckResult:
    """Exercise 12.4: the loss of the way back.

    Args:
        answer: (net, s, j, u): a `SingingNetwork`, recordings (B, T), their singers (B,), and for each a voice
            (B, V) to generate in -> a single number.

    Example:
        >>> check_back_translation(lambda net, s, j, u: _away(_sung(net, s, net.singers[j]), s))
        ✘ What is generated is not encoded; that is phase 1's reconstruction.
    """
    return BACK_TRANSLATION.check(answer)

"""Chapter 12, "Singing voice conversion": the loss of phase 1, which reconstructs and confuses the classifier.

A classifier that is cut off from the encoder has the right value, so that a witness compares gradients.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.singing_network import SingingNetwork, flaw_of_weights

PhaseOne = Callable[[SingingNetwork, nn.Module, Tensor, Tensor, float], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """A classifier better than guessing and one worse than that, each on average but not on every clip."""
    s = torch.randn(4, 6, generator=torch.Generator().manual_seed(2))
    weights = 2 * torch.randn(3, 3, generator=torch.Generator().manual_seed(2))
    cases: list[Case] = []
    for sign in (1, -1):
        classifier = nn.Linear(3, 3, bias=False)
        with torch.no_grad():
            classifier.weight.copy_(sign * weights)
        cases.append((SingingNetwork(3), classifier, s, torch.tensor([0, 1, 2, 1]), 0.5))
    return cases


def _difference(net: SingingNetwork, z: Tensor, s: Tensor, j: Tensor) -> Tensor:
    return (net.decode(z, net.singers[j]) - s).abs().mean()


def _confused(logits: Tensor, j: Tensor) -> Tensor:
    return F.cross_entropy(logits, j).clamp(max=math.log(logits.shape[1]))


def _right(
    net: SingingNetwork, classifier: nn.Module, s: Tensor, j: Tensor, weight: float
) -> Tensor:
    z = net.encode(s)
    return _difference(net, z, s, j) - weight * _confused(classifier(z), j)


def _with(confusion: Callable[[Tensor, Tensor], Tensor]) -> PhaseOne:
    """Right but for what is made of the classifier's logits."""

    def loss(
        net: SingingNetwork, classifier: nn.Module, s: Tensor, j: Tensor, weight: float
    ) -> Tensor:
        z = net.encode(s)
        return _difference(net, z, s, j) - weight * confusion(classifier(z), j)

    return loss


# Their values are right.
_GRADIENTS = (
    Mistake(
        lambda net, classifier, s, j, weight: (
            _difference(net, net.encode(s), s, j)
            - weight * _confused(classifier(net.encode(s).detach()), j)
        ),
        "값은 맞지만 분류기가 받는 z를 detach했습니다. 인코더에 혼동의 기울기가 가지 않습니다.",
        "The value is right, but the z that the classifier gets is detached: the encoder gets no gradient of "
        "the confusion.",
    ),
    Mistake(
        lambda net, classifier, s, j, weight: (
            _difference(net, net.encode(s).detach(), s, j)
            - weight * _confused(classifier(net.encode(s)), j)
        ),
        "값은 맞지만 디코더가 받는 z를 detach했습니다. 인코더는 복원을 배우지 못합니다.",
        "The value is right, but the z that the decoder gets is detached: the encoder does not learn to "
        "reconstruct.",
    ),
    Mistake(
        lambda net, classifier, s, j, weight: _right(net, classifier, s, j, weight).detach(),
        "값은 맞지만 모두 detach되어 아무것도 배우지 않습니다.",
        "The value is right, but everything is detached, and nothing learns.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    case = _cases(torch.Generator())[0]
    return flaw_of_weights(answer, _right, _GRADIENTS, case)


PHASE_ONE = Exercise(
    right=_right,
    cases=_cases,
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            _with(lambda logits, j: -_confused(logits, j)),
            "혼동 항의 부호가 반대입니다. 이러면 인코더가 분류기를 돕습니다. 분류기의 손실은 커져야 합니다.",
            "The confusion has the opposite sign: the encoder helps the classifier, whose loss should rise.",
        ),
        Mistake(
            lambda net, classifier, s, j, weight: _difference(net, net.encode(s), s, j),
            "복원 항뿐입니다. 분류기의 교차 엔트로피를 빼십시오.",
            "That is the reconstruction alone; take away the classifier's cross-entropy.",
        ),
        Mistake(
            _with(lambda logits, j: F.cross_entropy(logits, j)),
            "상한이 없습니다. 분류기가 찍는 것보다 나빠지면 더 얻을 것이 없어야 합니다. ln k까지만 세십시오.",
            "There is no bound: beyond guessing nothing should be gained. Count up to ln k only.",
        ),
        Mistake(
            _with(lambda logits, j: F.cross_entropy(logits, j).clamp(min=math.log(3))),
            "작은 쪽이 아니라 큰 쪽을 골랐습니다. min(CE, ln k)입니다.",
            "That takes the larger of the two; it is min(CE, ln k).",
        ),
        Mistake(
            _with(
                lambda logits, j: (
                    F.cross_entropy(logits, j, reduction="none").clamp(max=math.log(3)).mean()
                )
            ),
            "클립마다 ln k로 잘랐습니다. 먼저 클립에 대해 평균을 낸 다음 비교합니다.",
            "Each clip is bounded by ln k on its own; take the mean over clips first, and compare that.",
        ),
        Mistake(
            _with(
                lambda logits, j: F.cross_entropy(logits, j, reduction="sum").clamp(max=math.log(3))
            ),
            "클립에 대해 교차 엔트로피를 더했습니다. 평균입니다.",
            "The cross-entropy is summed over clips; take the mean.",
        ),
        Mistake(
            _with(lambda logits, j: _confused(logits.softmax(1), j)),
            "소프트맥스를 두 번 했습니다. `cross_entropy`는 로짓을 받습니다.",
            "The softmax is taken twice: `cross_entropy` expects logits.",
        ),
        Mistake(
            lambda net, classifier, s, j, weight: _right(net, classifier, s, j, 1.0),
            "혼동 항에 weight를 곱하지 않았습니다.",
            "The confusion is not multiplied by the weight.",
        ),
        Mistake(
            lambda net, classifier, s, j, weight: (
                _difference(net, net.encode(s), s, (j + 1) % 3)
                - weight * _confused(classifier(net.encode(s)), j)
            ),
            "다른 가수의 벡터로 디코딩했습니다. 단계 1에서는 부른 가수의 것입니다.",
            "That decodes with another singer's vector; in phase 1 it is that of the singer who sang.",
        ),
        Mistake(
            lambda net, classifier, s, j, weight: (
                (net.decode(net.encode(s), net.singers[j]) - s).square().mean()
                - weight * _confused(classifier(net.encode(s)), j)
            ),
            "제곱의 평균입니다. 복원 항은 절댓값의 평균입니다.",
            "That has the mean of squares; the reconstruction is the mean absolute difference.",
        ),
    ),
    hint=(
        "z를 한 번 구하여 디코더와 분류기에 모두 주십시오.",
        "Compute z once, and give it to both the decoder and the classifier.",
    ),
)


def check_phase_one(answer: PhaseOne) -> CheckResult:
    """Exercise 12.3: the loss of encoder, decoder and singers' vectors in phase 1.

    Args:
        answer: (net, classifier, s, j, weight): a `SingingNetwork`, latents to logits, recordings (B, T), their
            singers (B,), and lambda -> a single number.

    Example:
        >>> check_phase_one(lambda net, classifier, s, j, weight: _difference(net, net.encode(s), s, j))
        ✘ That is the reconstruction alone; take away the classifier's cross-entropy.
    """
    return PHASE_ONE.check(answer)

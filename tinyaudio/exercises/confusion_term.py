"""Chapter 11, "Translating music": the bounded term by which an encoder confuses a classifier of domains.

Beyond chance its gradient is zero, so that a witness compares gradients on both sides.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise, fixed
from tinyaudio.exercises.gradients import flaw_of_gradient

Term = Callable[[Tensor, Tensor, float], Tensor]

# Four clips of three domains: the classifier is right, right but for one clip, or wrong.
_SURE = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0], [1.0, 0.0, 0.5]])
_ALL_RIGHT: Case = (_SURE, torch.tensor([0, 1, 2, 0]), 0.5)
_ONE_WRONG: Case = (2 * _SURE, torch.tensor([0, 1, 2, 1]), 0.25)
_ALL_WRONG: Case = (2 * _SURE, torch.tensor([1, 2, 0, 1]), 0.3)


def _ce(logits: Tensor, domain: Tensor) -> Tensor:
    return F.cross_entropy(logits, domain)


def _bounded(logits: Tensor, domain: Tensor) -> Tensor:
    return _ce(logits, domain).clamp(max=math.log(logits.shape[1]))


def _right(logits: Tensor, domain: Tensor, weight: float) -> Tensor:
    return -weight * _bounded(logits, domain)


def _per_clip(logits: Tensor, domain: Tensor, weight: float) -> Tensor:
    each = F.cross_entropy(logits, domain, reduction="none")
    return -weight * each.clamp(max=math.log(logits.shape[1])).mean()


def _pushed(logits: Tensor, domain: Tensor, weight: float) -> Tensor:
    """The right value, with the gradient of the term without a bound."""
    ce = _ce(logits, domain)
    return -weight * (ce + (_bounded(logits, domain) - ce).detach())


# Their values are right.
_GRADIENTS = (
    Mistake(
        lambda logits, domain, weight: _right(logits, domain, weight).detach(),
        "값은 맞지만 기울기가 끊겼습니다. 인코더가 배우지 못합니다.",
        "The value is right, but its gradient is cut off: the encoder cannot learn from it.",
    ),
    Mistake(
        _pushed,
        "값은 맞지만 ln k을 넘어도 기울기가 남습니다. 한계 밖에서는 기울기가 0이어야 합니다.",
        "The value is right, but a gradient is left beyond ln k, where there should be none.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    for logits, domain, weight in (_ALL_RIGHT, _ALL_WRONG):
        flaw = flaw_of_gradient(answer, _right, _GRADIENTS, (logits,), domain, weight)
        if flaw:
            return flaw
    return None


CONFUSION = Exercise(
    right=_right,
    cases=fixed(_ALL_RIGHT, _ONE_WRONG, _ALL_WRONG),
    edges=[(torch.zeros(5, 2), torch.tensor([0, 1, 0, 1, 1]), 1.0)],
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            lambda logits, domain, weight: weight * _bounded(logits, domain),
            "부호가 반대입니다. 이대로면 인코더가 분류기를 돕습니다.",
            "The sign is reversed: like this the encoder helps the classifier.",
        ),
        Mistake(
            lambda logits, domain, weight: -weight * _ce(logits, domain),
            "ln k에서 멈추지 않습니다. 분류기가 자신 있게 틀릴수록 손실이 끝없이 작아집니다.",
            "It does not stop at ln k: the surer a wrong classifier is, the lower the loss, without end.",
        ),
        Mistake(
            _per_clip,
            "클립마다 따로 잘랐습니다. 배치의 평균을 먼저 내고 ln k과 비교하십시오.",
            "Every clip is bounded by itself; take the mean over the batch first, then compare it with ln k.",
        ),
        Mistake(
            lambda logits, domain, weight: (
                -weight * _ce(logits, domain).clamp(min=math.log(logits.shape[1]))
            ),
            "min이 아니라 max입니다. 우연보다 나은 분류기에는 기울기가 없습니다.",
            "That is the max, not the min: a classifier better than chance leaves no gradient.",
        ),
        Mistake(
            lambda logits, domain, weight: (
                -weight * _ce(logits, domain).clamp(max=math.log(len(logits)))
            ),
            "k 대신 배치의 크기를 썼습니다. k는 도메인의 수, logits의 열입니다.",
            "The size of the batch stands in the place of k, the number of domains: the columns of logits.",
        ),
        Mistake(
            lambda logits, domain, weight: (
                -weight * _ce(logits, domain).clamp(max=math.log2(logits.shape[1]))
            ),
            "한계를 비트로 구했습니다. 교차 엔트로피가 냇이므로 자연로그를 쓰십시오.",
            "The bound is in bits; the cross-entropy is in nats, so use the natural logarithm.",
        ),
        Mistake(
            lambda logits, domain, weight: (
                -((weight * _ce(logits, domain)).clamp(max=math.log(logits.shape[1])))
            ),
            "weight를 곱한 뒤에 잘랐습니다. 교차 엔트로피를 먼저 자르십시오.",
            "The bound is applied after weight; bound the cross-entropy itself.",
        ),
        Mistake(
            lambda logits, domain, weight: -_bounded(logits, domain),
            "weight를 곱하지 않았습니다.",
            "The factor weight is not used.",
        ),
        Mistake(
            lambda logits, domain, weight: _right(logits, domain, weight) * len(logits),
            "배치에 대해 더했습니다. 평균입니다.",
            "You added up over the batch; take the mean.",
        ),
    ),
    hint=(
        "교차 엔트로피를 구하고 clamp로 위를 막은 다음 부호를 바꾸십시오.",
        "Find the cross-entropy, bound it from above by clamp, then turn the sign.",
    ),
)


def check_confusion(answer: Term) -> CheckResult:
    """Exercise 11.2: the term that an encoder adds to its loss.

    Args:
        answer: (logits, domain, weight), of shapes (B, k) and (B,), and a number -> a single number.

    Example:
        >>> check_confusion(lambda logits, domain, weight: -weight * F.cross_entropy(logits, domain))
        ✘ It does not stop at ln k: the surer a wrong classifier is, the lower the loss, without end.
    """
    return CONFUSION.check(answer)

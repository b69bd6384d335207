"""Chapter 11, "Translating music": two losses against each other, each of which moves its own network.

Wrong gradients stand behind right values, so that a witness compares gradients.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise, fixed
from tinyaudio.exercises.gradients import flaw_of_gradient
from tinyaudio.objectives.confusion import classifier_loss, confusion_loss

Losses = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]


def _case(seed: int, k: int, weight: float) -> Case:
    """Six clips of k domains, which the classifier C tells apart by the encoder E better than by chance."""
    generator = torch.Generator().manual_seed(seed)
    x, encoder = torch.randn(6, 3, generator=generator), torch.randn(3, 2, generator=generator)
    classifier = torch.randn(2, k, generator=generator)
    return x, encoder, classifier, (x @ encoder @ classifier).argmax(1), weight


_CASES = (_case(1, 2, 0.5), _case(2, 3, 0.25))


def _losses(
    of_z: tuple[bool, bool], of_c: tuple[bool, bool], signs: tuple[int, int] = (1, 1)
) -> Answer:
    """Both losses, with latents and classifier detached in the encoder's and in the classifier's."""

    def answer(x: Tensor, E: Tensor, C: Tensor, domain: Tensor, weight: float) -> Tensor:
        z = x @ E
        (z1, z2), (c1, c2) = (
            [one.detach() if cut else one for cut in cuts] for one, cuts in ((z, of_z), (C, of_c))
        )
        of_encoder = confusion_loss(z1 @ c1, domain, weight)
        of_classifier = classifier_loss(z2 @ c2, domain)
        return torch.stack((signs[0] * of_encoder, signs[1] * of_classifier))

    return answer


_CUT, _KEPT = True, False
_right = _losses(of_z=(_KEPT, _CUT), of_c=(_CUT, _KEPT))

# Their values are right.
_GRADIENTS = (
    Mistake(
        _losses((_KEPT, _KEPT), (_CUT, _KEPT)),
        "분류기의 손실이 인코더까지 갑니다. 이대로면 인코더가 분류기를 돕습니다. z를 detach하십시오.",
        "The classifier's loss reaches the encoder, which then helps the classifier: detach z in it.",
    ),
    Mistake(
        _losses((_KEPT, _CUT), (_KEPT, _KEPT)),
        "혼동 항이 분류기를 움직입니다. 그 항에서 C를 detach하십시오. 이대로면 분류기가 일부러 틀립니다.",
        "The confusion term reaches the classifier, which then errs on purpose: detach C in it.",
    ),
    Mistake(
        _losses((_KEPT, _KEPT), (_KEPT, _KEPT)),
        "detach가 없습니다. 두 손실이 모두 두 신경망을 움직입니다.",
        "Nothing is detached: each of the two losses moves both networks.",
    ),
    Mistake(
        _losses((_CUT, _KEPT), (_KEPT, _CUT)),
        "detach한 것이 서로 바뀌었습니다. 혼동 항은 인코더를, 분류기의 손실은 분류기를 움직입니다.",
        "What is detached has changed places: the confusion term moves the encoder, the other the classifier.",
    ),
    Mistake(
        _losses((_CUT, _CUT), (_CUT, _KEPT)),
        "혼동 항에서 z까지 detach하여 인코더가 배우지 못합니다.",
        "In the confusion term z is detached, too, and the encoder does not learn.",
    ),
    Mistake(
        _losses((_CUT, _CUT), (_CUT, _CUT)),
        "모두 detach되어 아무것도 배우지 않습니다.",
        "Everything is detached, and nothing learns.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    x, encoder, classifier, domain, weight = _CASES[1]

    def of_parameters(one: Answer) -> Answer:
        return lambda E, C: one(x, E, C, domain, weight)

    mistakes = [Mistake(of_parameters(m.answer), m.korean, m.english) for m in _GRADIENTS]
    flaw = flaw_of_gradient(
        of_parameters(answer), of_parameters(_right), mistakes, (encoder, classifier)
    )
    known = {m.english: m for m in _GRADIENTS}
    return known.get(flaw.english, flaw) if flaw else None


TWO_LOSSES = Exercise(
    right=_right,
    cases=fixed(*_CASES),
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            _losses((_KEPT, _CUT), (_CUT, _KEPT), signs=(-1, 1)),
            "혼동 항의 부호가 반대입니다. 인코더는 교차 엔트로피를 키워야 합니다.",
            "The sign of the confusion term is reversed: the encoder has to raise the cross-entropy.",
        ),
        Mistake(
            _losses((_KEPT, _CUT), (_CUT, _KEPT), signs=(1, -1)),
            "분류기의 손실의 부호가 반대입니다. 분류기는 맞히려고 합니다.",
            "The sign of the classifier's loss is reversed: the classifier tries to be right.",
        ),
        Mistake(
            lambda x, E, C, domain, weight: _right(x, E, C, domain, weight).flip(0),
            "순서가 바뀌었습니다. 인코더의 항이 먼저입니다.",
            "The order is reversed: the encoder's term comes first.",
        ),
        Mistake(
            lambda x, E, C, domain, weight: (
                _right(x, E, C, domain, weight) * torch.tensor([1.0, weight])
            ),
            "weight를 두 손실에 모두 곱했습니다. 인코더의 항에만 곱합니다.",
            "Both losses are multiplied by weight; only the encoder's term should be.",
        ),
        Mistake(
            lambda x, E, C, domain, weight: _right(x, E, C, domain, 1.0),
            "weight를 곱하지 않았습니다.",
            "The factor weight is not used.",
        ),
    ),
    hint=(
        "두 손실은 같은 로짓에서 나오지만, 하나에서는 C를, 다른 하나에서는 z를 detach합니다.",
        "Both losses come from the same logits, but detach C in one of them and z in the other.",
    ),
)


def check_two_losses(answer: Losses) -> CheckResult:
    """Exercise 11.3: the encoder's term and the classifier's loss.

    Args:
        answer: (x, E, C, domain, weight), clips (B, d), encoder (d, m), classifier (m, k), domains (B,)
            -> both losses in one tensor (2,).

    Example:
        >>> check_two_losses(_losses((False, False), (False, False)))
        ✘ Nothing is detached: each of the two losses moves both networks.
    """
    return TWO_LOSSES.check(answer)

"""Chapter 23, "Every vocoder on one bench": feature maps of generated sound near those of real sound.

Wrong gradients stand behind right values, so that a witness compares gradients.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.gradients import flaw_of_gradient

Maps = Sequence[Sequence[Tensor]]
Matched = Callable[[Maps, Maps], Tensor]
SHAPES = (((2, 3), (4,)), ((3, 2, 2), (5,), (1, 2)))  # of two discriminators' maps


def _maps(generator: Generator) -> list[list[Tensor]]:
    return [[torch.randn(shape, generator=generator) for shape in one] for one in SHAPES]


def _cases(generator: Generator) -> list[Case]:
    """Differences of whole numbers and more, so that their squares and roots are others."""
    return [(_maps(generator), _maps(generator)) for _ in range(2)]


def _matched(
    term: Callable[[Tensor, Tensor], Tensor], keep: slice = slice(None), mean: bool = False
) -> Matched:
    """Terms of the maps that are kept of each discriminator, added up or averaged."""

    def answer(real: Maps, fake: Maps) -> Tensor:
        terms = [
            term(x, y)
            for ours, theirs in zip(real, fake, strict=True)
            for x, y in zip(ours[keep], theirs[keep], strict=True)
        ]
        total = torch.stack(terms)
        return total.mean() if mean else total.sum()

    return answer


def _l1(x: Tensor, y: Tensor) -> Tensor:
    return (x.detach() - y).abs().mean()


_right = _matched(_l1)

# Their values are right.
_GRADIENTS = (
    Mistake(
        _matched(lambda x, y: (x - y).abs().mean()),
        "진짜 소리의 특징에도 기울기가 갑니다. 판별자가 둘을 같게 만들도록 배웁니다. real을 detach하십시오.",
        "The gradient also goes into the features of real sound, and teaches the discriminator to make them "
        "alike: detach the real ones.",
    ),
    Mistake(
        _matched(lambda x, y: (x - y.detach()).abs().mean()),
        "반대쪽을 detach했습니다. 생성자가 기울기를 받지 못합니다.",
        "The wrong side is detached: the generator gets no gradient.",
    ),
    Mistake(
        _matched(lambda x, y: (x - y).detach().abs().mean()),
        "양쪽을 다 detach하여 아무것도 배우지 않습니다.",
        "Both sides are detached, and nothing learns.",
    ),
)


def _flat(answer: Answer) -> Answer:
    """The same of the maps one by one, those of real sound first."""

    def of_maps(*maps: Tensor) -> Tensor:
        kept = iter(maps)
        real, fake = ([[next(kept) for _ in one] for one in SHAPES] for _ in range(2))
        value: Tensor = answer(real, fake)
        return value

    return of_maps


def _witness(answer: Answer) -> Mistake | None:
    generator = torch.Generator().manual_seed(0)
    inputs = [x for _ in range(2) for one in _maps(generator) for x in one]
    mistakes = [Mistake(_flat(m.answer), m.korean, m.english) for m in _GRADIENTS]
    flaw = flaw_of_gradient(_flat(answer), _flat(_right), mistakes, inputs)
    known = {m.english: m for m in _GRADIENTS}
    return known.get(flaw.english, flaw) if flaw else None


MATCHED_FEATURES = Exercise(
    right=_right,
    cases=_cases,
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        Mistake(
            _matched(lambda x, y: (x.detach() - y).square().mean()),
            "제곱했습니다. 절댓값의 평균입니다.",
            "You squared the differences; take their absolute values.",
        ),
        Mistake(
            _matched(lambda x, y: (x.detach() - y).abs().sum()),
            "맵 안에서 더했습니다. 맵마다 평균을 내야 큰 맵이 손실을 차지하지 않습니다.",
            "Differences are added up inside a map; take the mean, or large maps take over the loss.",
        ),
        Mistake(
            _matched(_l1, mean=True),
            "맵들을 평균했습니다. 맵과 판별자에 대해서는 더합니다.",
            "Maps are averaged; add up over maps and discriminators.",
        ),
        Mistake(
            _matched(_l1, keep=slice(None, -1)),
            "마지막 맵이 빠졌습니다.",
            "The last maps are missing.",
        ),
        Mistake(
            _matched(_l1, keep=slice(-1, None)),
            "마지막 맵만 셌습니다. 모든 층의 맵을 더하십시오.",
            "Only the last maps count; add up those of all layers.",
        ),
        Mistake(
            lambda real, fake: _right(real[:1], fake[:1]),
            "첫 판별자만 셌습니다.",
            "Only the first discriminator counts.",
        ),
    ),
    hint=(
        "(x.detach() - y).abs().mean()을 모든 판별자의 모든 맵에 대해 더하십시오.",
        "Add up (x.detach() - y).abs().mean() over all maps of all discriminators.",
    ),
)


def check_matched_features(answer: Matched) -> CheckResult:
    """Exercise 23.3: feature matching.

    Args:
        answer: (real, fake), lists of each discriminator's maps -> a number.

    Example:
        >>> check_matched_features(_matched(lambda x, y: (x - y).abs().mean()))
        ✘ The gradient also goes into the features of real sound, and teaches the discriminator to make ...
    """
    return MATCHED_FEATURES.check(answer)

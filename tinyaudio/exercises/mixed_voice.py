"""Chapter 12, "Singing voice conversion": voices on the segments between two singers' vectors."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

MixedVoice = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]

FIRST, SECOND = torch.tensor([0, 3, 2, 1]), torch.tensor([1, 0, 3, 2])
ALPHA = torch.tensor([0.1, 0.35, 0.6, 0.8])


def _cases(generator: Generator) -> list[Case]:
    """Vectors around +2 and -2 in turn, so that the two ends of every segment differ."""
    signs = torch.tensor([2.0, -2.0, 3.0, -3.0])[:, None]
    return [(signs + torch.rand(4, 3, generator=generator), FIRST, SECOND, ALPHA)]


def _ends(singers: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    return singers[first], singers[second]


def _weighted(
    singers: Tensor, first: Tensor, second: Tensor, a: Tensor | float, b: Tensor | float
) -> Tensor:
    one, two = _ends(singers, first, second)
    return a * one + b * two


MIXED_VOICE = Exercise(
    right=lambda singers, first, second, alpha: _weighted(
        singers, first, second, alpha[:, None], 1 - alpha[:, None]
    ),
    cases=_cases,
    edges=[
        (torch.eye(2), torch.tensor([0, 0]), torch.tensor([1, 1]), torch.tensor([0.0, 1.0])),
        (torch.eye(3), torch.tensor([2]), torch.tensor([0]), torch.tensor([0.5])),
    ],
    mistakes=(
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, 1 + alpha[:, None], -alpha[:, None]
            ),
            "선분의 밖입니다. 가중치가 1보다 크거나 음수입니다. 둘 다 0과 1 사이여야 합니다.",
            "That lies beyond the segment: a weight is above 1 or negative; both have to be between 0 and 1.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, 1.0, alpha[:, None]
            ),
            "첫 벡터에 α를 곱하지 않았습니다. 가중치의 합이 1이 아닙니다.",
            "The first vector is not multiplied by alpha, and the weights do not add up to 1.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, alpha[:, None], 1.0
            ),
            "둘째 벡터에 1 − α를 곱하지 않았습니다. 가중치의 합이 1이 아닙니다.",
            "The second vector is not multiplied by 1 - alpha, and the weights do not add up to 1.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, alpha[:, None], alpha[:, None]
            ),
            "두 벡터에 모두 α를 곱했습니다. 둘째의 가중치는 1 − α입니다.",
            "Both vectors are multiplied by alpha; the second one's weight is 1 - alpha.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, alpha[:, None].sqrt(), (1 - alpha[:, None]).sqrt()
            ),
            "제곱의 합이 1인 가중치(소리를 교차 페이드할 때의 것)입니다. "
            "벡터의 선분에서는 가중치 자체의 합이 1입니다.",
            "The squares of those weights add up to 1, as in a cross-fade of sounds; on a segment the weights "
            "themselves do.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, 1 - alpha[:, None], alpha[:, None]
            ),
            "가중치가 바뀌었습니다. α는 첫 가수의 몫입니다.",
            "The weights have changed places: alpha is the share of the first singer.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(singers, first, second, 0.5, 0.5),
            "늘 가운데입니다. α가 쓰이지 않았습니다.",
            "That is always the midpoint: alpha is not used.",
        ),
        Mistake(
            lambda singers, first, second, alpha: _weighted(
                singers, first, second, alpha[0], 1 - alpha[0]
            ),
            "모든 클립에 첫 α를 썼습니다. α는 클립마다 하나씩입니다.",
            "All clips have the first alpha; there is one for each clip.",
        ),
        Mistake(
            lambda singers, first, second, alpha: singers[
                (alpha * first + (1 - alpha) * second).round().long()
            ],
            "벡터가 아니라 가수의 번호를 섞었습니다. 번호의 사이에는 아무도 없습니다.",
            "Numbers of singers are mixed, and not their vectors; there is nobody between two numbers.",
        ),
        Mistake(
            lambda singers, first, second, alpha: torch.where(
                alpha[:, None] > 0.5, singers[first], singers[second]
            ),
            "둘 가운데 하나를 골랐습니다. 벡터를 섞어야 합니다.",
            "That chooses one of the two; mix the vectors.",
        ),
    ),
    hint=(
        "가수마다 벡터를 꺼낸 다음 α를 `(B, 1)` 모양으로 바꾸어 곱하십시오.",
        "Look up the singers' vectors, then bring alpha to the shape `(B, 1)` and multiply.",
    ),
)


def check_mixed_voice(answer: MixedVoice) -> CheckResult:
    """Exercise 12.2: the voices u.

    Args:
        answer: (singers, first, second, alpha), of shapes (k, V), (B,), (B,) and (B,) -> (B, V).

    Example:
        >>> check_mixed_voice(lambda singers, first, second, alpha: (singers[first] + singers[second]) / 2)
        ✘ That is always the midpoint: alpha is not used.
    """
    return MIXED_VOICE.check(answer)

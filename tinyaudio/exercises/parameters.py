"""Chapter 5, "WaveNet": the number of parameters."""

from collections.abc import Callable

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _count(K: int, R: int, G: int, S: int, L: int) -> int:
    layers = L * (2 * R * 2 * G + 2 * G) + (L - 1) * (G * R + R)
    return K * R + layers + L * G * S + S + S * S + S + S * K + K


def _less(forgotten: Answer) -> Answer:
    """The number without some, or with as many more if that is negative."""
    return lambda K, R, G, S, L: _count(K, R, G, S, L) - forgotten(K, R, G, S, L)


def _sizes(generator: Generator) -> list[Case]:
    random_sizes = torch.randint(3, 40, (3, 4), generator=generator).tolist()
    return [
        (4, 2, 3, 5, 1),
        *((*sizes, L) for sizes, L in zip(random_sizes, (2, 5, 9), strict=True)),
    ]


COUNT = Exercise(
    right=_count,
    cases=_sizes,
    edges=[(256, 32, 32, 64, 20)],
    mistakes=(
        Mistake(
            _less(lambda K, R, G, S, L: 2 * G * L + R * (L - 1) + 2 * S + K),
            "편향이 빠졌습니다.",
            "The biases are not counted.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: -(G * R + R)),
            "마지막 층에는 다음 층으로 가는 1×1이 없습니다.",
            "The last layer has no 1x1 towards a next one.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: L * (2 * R * G + G)),
            "층마다 합성곱은 두 벌입니다. tanh에 하나, 시그모이드에 하나.",
            "Every layer has two convolutions: one for the tanh, one for the sigmoid.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: L * 2 * R * G),
            "탭을 하나만 세었습니다. 합성곱은 지금과 과거의 탭 둘을 봅니다.",
            "Only one tap was counted; the convolution looks at two.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: L * G),
            "게이트의 편향이 절반만 세어졌습니다. 2R → 2G의 편향은 2G개입니다.",
            "Only half of the biases of the gates were counted; 2R to 2G has 2G of them.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: K * R),
            "입력의 임베딩이 빠졌습니다.",
            "The embedding of the input is missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: -R),
            "임베딩에는 편향이 없습니다.",
            "The embedding has no bias.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: -(L - 1) * S),
            "스킵의 편향을 층마다 세었습니다. 모든 층의 편향은 하나로 합쳐집니다.",
            "The bias of the skips was counted for every layer; all are merged into one.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: S),
            "스킵(또는 출력층의 S → S)의 편향이 빠졌습니다.",
            "The bias of the skips, or of the S to S box, is missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: L * G * S + S),
            "스킵이 빠졌습니다. 층마다 G → S가 있습니다.",
            "The skips are missing: every layer has a box from G to S.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: (L - 1) * G * S),
            "스킵을 한 층에서만 세었습니다. 층마다 G → S가 있습니다.",
            "The skips of one layer only were counted; every layer has a box from G to S.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: G * S),
            "마지막 층(또는 첫 층)의 스킵이 빠졌습니다. 모든 층에서 스킵이 나갑니다.",
            "The skip of one layer is missing; every layer has one.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: (L - 1) * (G * R + R)),
            "다음 층으로 가는 1×1이 빠졌습니다.",
            "The 1x1 towards the next layers are missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: (L - 1) * R),
            "다음 층으로 가는 1×1의 편향이 빠졌습니다.",
            "The biases of the 1x1 towards the next layers are missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: S * S + S),
            "출력층의 S → S가 빠졌습니다.",
            "The box from S to S is missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: S * K + K),
            "마지막 상자 S → K가 빠졌습니다.",
            "The last box, from S to K, is missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: K),
            "마지막 상자 S → K의 편향이 빠졌습니다.",
            "The bias of the last box, from S to K, is missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: 2 * G * L),
            "게이트의 편향이 빠졌습니다.",
            "The biases of the gates are missing.",
        ),
        Mistake(
            _less(lambda K, R, G, S, L: (L - 1) * (2 * R * 2 * G + 2 * G)),
            "합성곱을 한 층에서만 세었습니다. 층은 L개입니다.",
            "The convolution of one layer only was counted; there are L.",
        ),
    ),
    hint=(
        "그림의 상자를 하나씩 세십시오. a → b인 상자의 가중치는 a·b개, 편향은 b개입니다.",
        "Go through the boxes of the figure: one from a to b has a b weights and b biases.",
    ),
)


def check_count(answer: Callable[[int, int, int, int, int], int]) -> CheckResult:
    """Exercise 5.4: the number of parameters of a WaveNet.

    Args:
        answer: (K, R, G, S, L): levels, channels of the stream, of z, of the skips, and layers of two
            taps, without a condition -> the number of parameters of `tinyaudio.models.wavenet.WaveNet`.

    Example:
        >>> check_count(lambda K, R, G, S, L: K * R)
        ✘ <lambda>(4, 2, 3, 5, 1) should be 112, not 8.
    """
    return COUNT.check(answer)

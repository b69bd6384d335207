"""Chapter 12, "Singing voice conversion": four versions of a recording, of which each undoes itself."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.data.augmentation import BACKWARDS, FLIPPED, N_VERSIONS, augment
from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Undo = Callable[[Tensor, int, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Two channels, so that it matters which axis is turned around; no palindromes, no zeros."""
    x = torch.rand(2, 5, generator=generator) + torch.arange(1.0, 6.0)
    return [(x, i, j) for i in range(N_VERSIONS) for j in range(N_VERSIONS)]


def _swapped(x: Tensor, version: int) -> Tensor:
    """With the two bits of a version exchanged."""
    return augment(x, 2 * (version & BACKWARDS) + (version & FLIPPED) // 2)


def _rows(x: Tensor, version: int) -> Tensor:
    """Backwards along the wrong axis."""
    return augment(x.flip(0) if version & BACKWARDS else x, version & FLIPPED)


UNDO = Exercise(
    right=lambda x, i, j: augment(x, i ^ j),
    cases=_cases,
    edges=[(torch.ones(1, 1), 1, 2), (torch.tensor([[1.0, 2.0]]), 3, 3)],
    mistakes=(
        Mistake(
            lambda x, i, j: augment(x, -(i + j) % N_VERSIONS),
            "번호를 4로 나눈 나머지로 계산했습니다(순환군). 버전은 저마다 자기 자신의 역원이므로, "
            "비트마다 따로 더해야 합니다.",
            "That reckons with numbers modulo 4, the cyclic group; here each version is its own inverse, "
            "and each bit adds up on its own.",
        ),
        Mistake(
            lambda x, i, j: augment(x, (i + j) % N_VERSIONS),
            "번호의 합을 4로 나눈 나머지를 썼습니다. 두 번 뒤집으면 원래대로이므로, "
            "받아올림 없이 비트마다 더해야 합니다.",
            "That is the sum modulo 4; turning around twice is nothing, so add each bit without a carry.",
        ),
        Mistake(
            lambda x, i, j: augment(x, i | j),
            "둘 가운데 하나에라도 있는 뒤집기를 했습니다. 둘에 모두 있는 것은 이미 상쇄되었습니다.",
            "That undoes what is in either of the two; what is in both has cancelled already.",
        ),
        Mistake(
            lambda x, i, j: augment(x, i & j),
            "둘에 모두 있는 뒤집기만 했습니다. 그것은 이미 상쇄되었고, 하나에만 있는 것이 남아 있습니다.",
            "That undoes what is in both of the two, which has cancelled; what is in only one of them is left.",
        ),
        Mistake(
            lambda x, i, j: augment(x, j),
            "나중 것(j)만 되돌렸습니다.",
            "Only the second version, j, is undone.",
        ),
        Mistake(
            lambda x, i, j: augment(x, i),
            "먼저 것(i)만 되돌렸습니다.",
            "Only the first version, i, is undone.",
        ),
        Mistake(
            lambda x, i, j: x,
            "아무것도 되돌리지 않았습니다.",
            "Nothing is undone.",
        ),
        Mistake(
            lambda x, i, j: _swapped(x, i ^ j),
            "두 비트가 바뀌었습니다. 1이 거꾸로, 2가 부호 반전입니다.",
            "The two bits have changed places: 1 is backwards, 2 is the sign.",
        ),
        Mistake(
            lambda x, i, j: _rows(x, i ^ j),
            "시간이 아니라 채널의 순서를 뒤집었습니다. 시간은 마지막 축입니다.",
            "The channels are turned around and not time, which is the last axis.",
        ),
        Mistake(
            lambda x, i, j: augment(x, (i ^ j) & BACKWARDS),
            "부호를 되돌리지 않았습니다.",
            "The sign is not undone.",
        ),
        Mistake(
            lambda x, i, j: augment(x, (i ^ j) & FLIPPED),
            "시간의 순서를 되돌리지 않았습니다.",
            "The order in time is not undone.",
        ),
    ),
    hint=(
        "거꾸로 재생한 횟수와 부호를 바꾼 횟수를 따로 세고, 짝수인지 홀수인지 보십시오.",
        "How often was it turned around, and how often was its sign flipped? Is each of the two even or odd?",
    ),
)


def check_undo(answer: Undo) -> CheckResult:
    """Exercise 12.1: a recording from its version j of version i.

    Args:
        answer: (x, i, j), a recording (C, T) of which first version i and of that version j was taken
            -> the recording as it was.

    Example:
        >>> check_undo(lambda x, i, j: augment(x, (i + j) % 4))
        ✘ That is the sum modulo 4; turning around twice is nothing, so add each bit without a carry.
    """
    return UNDO.check(answer)

"""Chapter 21, "NU-Wave: up to 48 kHz": how far the condition of a stack of gated layers reaches."""

from collections.abc import Callable

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Field = Callable[[int, int, int], int]


def _cases(generator: Generator) -> list[Case]:
    """Stacks that end in the middle of a cycle, with one tap and with more."""
    cases: list[Case] = []
    for kernel in (1, 3, 5):
        cycle, more = torch.randint(3, 5, (2,), generator=generator).tolist()
        cases.append((cycle + more - 1, cycle, kernel))
    return cases


def _dilations(n_layers: int, cycle: int) -> list[int]:
    return [2 ** (i % cycle) for i in range(n_layers)]


def _widest(dilations: list[int], kernel: int, *, above: int = 1) -> int:
    """The widest of all layers' reaches; W of layers from `above` on widens what comes in."""
    reaches = [
        (kernel - 1) * d + 2 * sum(dilations[max(i + above, 0) :]) for i, d in enumerate(dilations)
    ]
    return 1 + max(reaches)


CONDITION_FIELD = Exercise(
    right=lambda n_layers, cycle, kernel: _widest(_dilations(n_layers, cycle), kernel),
    cases=_cases,
    # one layer, and the paper's 30
    edges=[(1, 1, 1), (1, 10, 3), (30, 10, 1), (30, 10, 3)],
    mistakes=(
        Mistake(
            lambda n_layers, cycle, kernel: 1 + (kernel - 1) * max(_dilations(n_layers, cycle)),
            "V 하나의 범위입니다. 조건이 들어간 뒤에는 위층의 W가 범위를 넓힙니다.",
            "That is the reach of a single V; what has come in is widened by W of the layers above.",
        ),
        Mistake(
            lambda n_layers, cycle, kernel: 1 + (kernel - 1) * sum(_dilations(n_layers, cycle)),
            "층마다의 V를 모두 더했습니다. V는 차례로 이어지지 않습니다. 넓히는 것은 위층의 W입니다.",
            "You added up V of all layers, which do not follow one another; it is W above that widens.",
        ),
        Mistake(
            lambda n_layers, cycle, kernel: _widest(_dilations(n_layers, cycle), kernel, above=0),
            "조건이 들어가는 층의 W까지 세었습니다. 게이트에 더해지므로 그 층의 W는 거치지 않습니다.",
            "W of the layer itself is counted; the condition is added to the gates, behind that W.",
        ),
        Mistake(
            lambda n_layers, cycle, kernel: (
                1
                + (kernel - 1) * sum(_dilations(n_layers, cycle))
                + 2 * sum(_dilations(n_layers, cycle))
            ),
            "V의 범위와 W의 범위를 모든 층에서 더했습니다. 한 길은 V를 한 번만 지납니다.",
            "Both V and W are added up over all layers; one path passes V only once.",
        ),
        Mistake(
            lambda n_layers, cycle, kernel: _widest([2**i for i in range(n_layers)], kernel),
            "팽창이 계속 두 배가 됩니다. cycle개 층마다 1로 돌아와야 합니다.",
            "The dilation doubles for ever; after every cycle layers it begins again at 1.",
        ),
        Mistake(
            lambda n_layers, cycle, kernel: _widest(_dilations(n_layers, cycle), kernel) - 1,
            "가운데의 샘플 하나가 빠졌습니다.",
            "The sample in the middle is missing.",
        ),
    ),
    hint=(
        "맨 아래층에서 들어간 조건이 가장 멀리 퍼집니다. V에서 한 번, 위층의 W마다 한 번씩 넓어집니다.",
        "What comes in at the lowest layer goes furthest: it is widened once by V, and once by each W above.",
    ),
)


def check_condition_field(answer: Field) -> CheckResult:
    """An exercise of chapter 21: samples of the condition that one output sees.

    Args:
        answer: (n_layers, cycle, kernel): layers whose W has three taps, the layers after which dilations
            begin again, and the taps of V, odd and as far apart as W's -> samples.

    Example:
        >>> check_condition_field(lambda n_layers, cycle, kernel: 1)
        ✘ <lambda>(...) should be ...
    """
    return CONDITION_FIELD.check(answer)

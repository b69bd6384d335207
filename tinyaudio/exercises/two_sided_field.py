"""Chapter 19, "Diffusion vocoders": the receptive field of convolutions that look both ways."""

from collections.abc import Callable, Iterable

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    """Stacks that end in the middle of a cycle."""
    cases: list[Case] = [(5, 3)]
    for cycle in (3, 4, 6):
        whole, more = torch.randint(1, 3, (2,), generator=generator).tolist()
        cases.append((cycle * (1 + whole) + more, cycle))
    return cases


def _dilations(n_layers: int, cycle: int) -> Iterable[int]:
    return (2 ** (i % cycle) for i in range(n_layers))


def _right(n_layers: int, cycle: int) -> int:
    return 1 + 2 * sum(_dilations(n_layers, cycle))


TWO_SIDED_FIELD = Exercise(
    right=_right,
    cases=_cases,
    # one layer, and DiffWave's 30
    edges=[(1, 1), (1, 10), (30, 10)],
    mistakes=(
        Mistake(
            lambda n_layers, cycle: 1 + sum(_dilations(n_layers, cycle)),
            "한쪽만 세었습니다. 폭이 3인 합성곱은 과거와 미래로 각각 d샘플을 더 봅니다.",
            "Only one side is counted: a convolution of width 3 sees d samples more of the past and of the "
            "future.",
        ),
        Mistake(
            lambda n_layers, cycle: 2 * sum(_dilations(n_layers, cycle)),
            "가운데의 샘플 하나가 빠졌습니다.",
            "The sample in the middle is missing.",
        ),
        Mistake(
            lambda n_layers, cycle: 1 + 2 * sum(2**i for i in range(n_layers)),
            "팽창이 계속 두 배가 됩니다. cycle개 층마다 1로 돌아와야 합니다.",
            "The dilation doubles for ever; after every cycle layers it begins again at 1.",
        ),
        Mistake(
            lambda n_layers, cycle: _right(min(n_layers, cycle), cycle),
            "첫 주기만 세었습니다. 층은 모두 n_layers개입니다.",
            "Only the first cycle is counted; there are n_layers layers in all.",
        ),
        Mistake(
            lambda n_layers, cycle: _right(n_layers // cycle * cycle, cycle),
            "끝나지 않은 마지막 주기의 층이 빠졌습니다.",
            "The layers of the last cycle, which is not complete, are left out.",
        ),
        Mistake(
            lambda n_layers, cycle: _right(-(-n_layers // cycle) * cycle, cycle),
            "마지막 주기를 끝까지 채워 세었습니다. 층은 n_layers개뿐입니다.",
            "The last cycle is counted as if it were complete; there are only n_layers layers.",
        ),
        Mistake(
            lambda n_layers, cycle: 1 + 4 * sum(_dilations(n_layers, cycle)),
            "팽창이 2에서 시작합니다. 첫 층의 팽창은 1입니다.",
            "The dilations begin at 2; that of the first layer is 1.",
        ),
    ),
    hint=(
        "층 하나가 양쪽으로 몇 샘플씩 늘리는지 적고, 모든 층에 대해 더하십시오.",
        "Write down how many samples a layer adds on either side, and add up over the layers.",
    ),
)


def check_two_sided_field(answer: Callable[[int, int], int]) -> CheckResult:
    """An exercise of chapter 19: the receptive field of convolutions of width 3 that look both ways.

    Args:
        answer: (n_layers, cycle): layers, and after how many of them the dilations begin again at 1 -> the
            receptive field in samples.

    Example:
        >>> check_two_sided_field(lambda n_layers, cycle: 2 * n_layers + 1)
        ✘ <lambda>(5, 3) should be 21, not 11.
    """
    return TWO_SIDED_FIELD.check(answer)

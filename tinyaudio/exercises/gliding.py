"""The checker of exercise 6.5, which stands with those of its chapter, too."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr


def check_sweep(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.5: an oscillator whose pitch moves.

    Args:
        answer: (hz, sample_rate), hz of shape (T,) -> (T,).

    Example:
        >>> check_sweep(lambda hz, rate: torch.sin(2 * math.pi * hz * torch.arange(len(hz)) / rate))
        ✘ The pitch now times the time now...
    """

    def sine(cycles: Tensor) -> Tensor:
        return torch.sin(2 * math.pi * cycles)

    def turns(hz: Tensor, sample_rate: int) -> Tensor:
        return F.pad((hz / sample_rate).cumsum(0), (1, -1))

    def right(hz: Tensor, sample_rate: int) -> Tensor:
        return sine(turns(hz, sample_rate))

    mistakes = (
        Mistake(
            lambda hz, rate: sine(hz * torch.arange(len(hz)) / rate),
            tr(
                "지금 높이에 지금 시각을 곱했습니다. 높이가 바뀔 때마다 지금까지 돈 바퀴가 모두 바뀌어, "
                "부탁한 것보다 두 배쯤 빠르게 미끄러집니다. 표본마다 돈 만큼을 쌓으십시오.",
                "The pitch now times the time now: whenever the pitch moves, so do all turns made so far, "
                "and it glides about twice as fast as asked. Sum up what each sample turns.",
            ),
        ),
        Mistake(
            lambda hz, rate: sine((hz / rate).cumsum(0)),
            tr(
                "한 표본 앞섭니다. 첫 표본에서는 아직 돌지 않았으니 0이어야 합니다.",
                "A sample ahead: at the first one nothing has turned yet, and it should be 0.",
            ),
        ),
        Mistake(
            lambda hz, rate: torch.sin(turns(hz, rate)),
            tr(
                "한 바퀴는 2π입니다. 바퀴 수를 그대로 사인에 넣으면 여섯 배 넘게 느립니다.",
                "A turn is 2π; with turns as they are, the sine is more than six times too slow.",
            ),
        ),
        Mistake(
            lambda hz, rate: torch.cos(2 * math.pi * turns(hz, rate)),
            tr(
                "코사인입니다. 사인은 0에서 시작합니다.",
                "This is the cosine; a sine begins at 0.",
            ),
        ),
        Mistake(
            lambda hz, rate: sine(hz.mean() / rate * torch.arange(len(hz))),
            tr(
                "평균 높이로 고르게 돌았습니다. 끝은 맞지만 가는 길에 미끄러지지 않습니다.",
                "It turns evenly at the average pitch: it arrives in time, but does not glide.",
            ),
        ),
    )
    cases = [
        (torch.tensor([1.0, 2.0, 2.0, 1.0]), 8),
        (torch.linspace(200.0, 400.0, 50), 4_000),
    ]
    hint = tr(
        "c는 0에서 시작하고, 표본마다 hz[t] / sample_rate만큼 늘어납니다.",
        "c begins at 0, and grows by hz[t] / sample_rate at every sample.",
    )
    return check_answer(answer, right, cases, mistakes, hint)

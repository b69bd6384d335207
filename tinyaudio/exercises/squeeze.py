"""Chapter 23, "Every vocoder on one bench": neighbouring samples become channels."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Squeezed = Callable[[Tensor, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    return [(torch.randn(n * J, generator=generator), n) for n, J in ((3, 2), (4, 5))]


SQUEEZED = Exercise(
    right=lambda x, n: x.reshape(-1, n).T,
    cases=_cases,
    # one channel, one sample a channel
    edges=[(torch.arange(3.0), 1), (torch.arange(3.0), 3)],
    mistakes=(
        Mistake(
            lambda x, n: x.reshape(n, -1),
            "축이 바뀌었습니다. 채널 하나가 이어진 한 토막을 맡습니다. 이웃한 샘플은 서로 다른 채널로 갑니다.",
            "The wrong axis: a channel has a whole stretch of sound; neighbours must go to different channels.",
        ),
        Mistake(
            lambda x, n: x.reshape(-1, n),
            "전치가 빠졌습니다. 채널이 첫째 축입니다.",
            "Transpose it: channels are the first axis.",
        ),
        Mistake(
            lambda x, n: x.reshape(n, -1).T,
            "채널이 둘째 축이고, 채널마다 이어진 한 토막이 들어 있습니다.",
            "Channels are the second axis, and each has a whole stretch of the sound.",
        ),
        Mistake(
            lambda x, n: x.reshape(-1, n).T.flip(0),
            "채널의 순서가 거꾸로입니다. 채널 0이 묶음의 첫 샘플입니다.",
            "The channels are in reverse order: channel 0 has the first sample of each group.",
        ),
        Mistake(
            lambda x, n: x.reshape(-1, n).T.flip(1),
            "시간이 거꾸로입니다.",
            "Time runs backwards.",
        ),
    ),
    hint=(
        "x.reshape(-1, n)의 한 행이 이웃한 n개의 샘플입니다.",
        "A row of x.reshape(-1, n) has n neighbouring samples.",
    ),
)


def check_squeezed(answer: Squeezed) -> CheckResult:
    """Exercise 23.1: the squeeze of a waveform.

    Args:
        answer: (x, n), a waveform (T,) and how many samples become channels -> (n, T / n).

    Example:
        >>> check_squeezed(lambda x, n: x.reshape(-1, n))
        ✘ Transpose it: channels are the first axis.
    """
    return SQUEEZED.check(answer)

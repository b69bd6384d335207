"""Chapter 20, "What fills the top band": channels become samples between samples."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Shuffle = Callable[[Tensor, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    return [
        (torch.randn(channels, T, generator=generator), r)
        for channels, T, r in ((4, 3, 2), (6, 4, 3), (8, 2, 2))
    ]


def _right(x: Tensor, r: int) -> Tensor:
    return x.unflatten(0, (r, -1)).permute(1, 2, 0).flatten(1)


SHUFFLE = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.tensor([[1.0], [2.0]]), 1), (torch.tensor([[1.0], [2.0], [3.0]]), 3)],
    mistakes=(
        Mistake(
            lambda x, r: x.reshape(len(x) // r, -1),
            "채널을 차례로 이어 붙였습니다. 샘플을 하나씩 번갈아 놓으십시오.",
            "Channels stand one after another; their samples should alternate.",
        ),
        Mistake(
            lambda x, r: x.unflatten(0, (-1, r)).permute(0, 2, 1).flatten(1),
            "이웃한 채널 r개를 엮었습니다(pixel_shuffle의 순서). 여기서는 채널 d, d + D, ...를 엮습니다.",
            "r neighbouring channels are woven (the order of pixel_shuffle); weave channels d, d + D, ...",
        ),
        Mistake(
            lambda x, r: x.unflatten(0, (r, -1)).flip(0).permute(1, 2, 0).flatten(1),
            "순서가 거꾸로입니다. 첫 묶음의 채널이 샘플 0, r, 2r, ...입니다.",
            "The order is reversed: channels of the first group are samples 0, r, 2 r, ...",
        ),
        Mistake(
            lambda x, r: x[: len(x) // r].repeat_interleave(r, dim=1),
            "첫 묶음의 샘플을 되풀이했습니다. 나머지 묶음이 그 사이의 샘플입니다.",
            "Samples of the first group are repeated; the other groups are the samples between them.",
        ),
        Mistake(
            lambda x, r: x.unflatten(0, (r, -1)).mean(0).repeat_interleave(r, dim=1),
            "묶음들의 평균을 되풀이했습니다. 평균이 아니라 서로 다른 샘플입니다.",
            "The groups' mean is repeated; they are different samples, not to be averaged.",
        ),
        Mistake(
            lambda x, r: x.repeat_interleave(r, dim=1),
            "채널 수가 그대로입니다. r개의 채널이 하나가 됩니다.",
            "There are as many channels as before; r of them become one.",
        ),
    ),
    hint=(
        "채널 축을 (r, D)로 나누고, r의 축을 시간 축 바로 뒤로 옮긴 뒤 합치십시오.",
        "Split the axis of channels into (r, D), move that of r behind that of time, and merge them.",
    ),
)


def check_shuffle(answer: Shuffle) -> CheckResult:
    """Make one channel, r times as long, of r channels.

    Args:
        answer: (x, r), a signal (r D, T) and a ratio -> (D, r T), whose samples r t + k of channel d are
            sample t of channel d + k D.

    Example:
        >>> check_shuffle(lambda x, r: x.reshape(len(x) // r, -1))
        ✘ Channels stand one after another; their samples should alternate.
    """
    return SHUFFLE.check(answer)

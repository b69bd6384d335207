"""Chapter 2, "One sample at a time": the input, delayed by one sample."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _codes(generator: Generator) -> list[Case]:
    return [
        (torch.tensor([[130, 140, 120, 126]]), 128),
        (torch.randint(2, 60, (2, 9), generator=generator), 32),
        (torch.randint(2, 60, (3, 7), generator=generator), 61),
    ]


def _shift(codes: Tensor, silence: int, by: int = 1) -> Tensor:
    return F.pad(codes[:, :-by], (by, 0), value=silence)


SHIFT = Exercise(
    right=_shift,
    cases=_codes,
    mistakes=(
        Mistake(
            lambda codes, silence: codes,
            "신경망이 맞혀야 할 샘플을 그대로 봅니다. 한 칸 늦추어야 합니다.",
            "The network sees the very sample that it is to predict. Delay the input by one.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, 1:], (0, 1), value=silence),
            "반대로 밀었습니다. 신경망이 다음 샘플을 미리 봅니다.",
            "Shifted the wrong way: the network looks at the sample after the one it predicts.",
        ),
        Mistake(
            lambda codes, silence: codes.roll(-1, dims=1),
            "반대로 밀었고 맨 앞의 샘플이 맨 뒤로 갔습니다. 신경망이 다음 샘플을 미리 봅니다.",
            "Shifted the wrong way round: the network looks ahead, and the first sample went to the end.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, :-1], (1, 0)),
            "맨 앞에 0을 넣었습니다. 코드값 0은 침묵이 아니라 진폭 -1입니다.",
            "You put a 0 in front; code 0 is not silence but amplitude -1.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, :-1], (1, 0), value=128),
            "맨 앞에 언제나 128을 넣었습니다. 넘겨받은 silence를 넣으십시오.",
            "You always put 128 in front; put the silence that was passed.",
        ),
        Mistake(
            lambda codes, silence: codes.roll(1, dims=1),
            "맨 뒤의 샘플이 맨 앞으로 돌아왔습니다. 처음에 끝을 알려 주는 셈입니다.",
            "The last sample came round to the front: at the beginning the network knows the end.",
        ),
        Mistake(
            lambda codes, silence: codes.roll(1),
            "roll에 축을 주지 않아 앞 소리의 끝이 다음 소리의 처음으로 넘어갔습니다. 시간은 둘째 축입니다.",
            "roll without an axis: the end of one sound came to the beginning of the next. Time is axis 1.",
        ),
        Mistake(
            lambda codes, silence: torch.cat([codes[:, :1], codes[:, :-1]], dim=1),
            "첫 샘플을 맨 앞에 한 번 더 두었습니다. 신경망이 첫 샘플을 미리 봅니다. 거기에는 silence를 둡니다.",
            "The first sample stands in front once more, so that the network sees it; put silence there.",
        ),
        Mistake(
            lambda codes, silence: codes[:, :-1],
            "한 칸 짧습니다. 첫 샘플도 무엇인가에서 예측해야 하니 그 앞에 침묵을 두십시오.",
            "One too short: the first sample, too, is predicted from something. Put silence before it.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes, (1, 0), value=silence),
            "한 칸 깁니다. 마지막 샘플은 버리십시오.",
            "One too long: drop the last sample.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, :-1], (0, 1), value=silence),
            "silence를 맨 뒤에 붙였습니다. 늦추려면 맨 앞에 붙입니다.",
            "silence stands at the end; to delay, put it in front.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, 1:], (1, 0), value=silence),
            "첫 샘플을 silence로 바꾸었을 뿐 밀지 않았습니다.",
            "The first sample was replaced by silence, but nothing was moved.",
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, 1:], (0, 1)),
            "반대로 밀고 0을 붙였습니다. 신경망이 다음 샘플을 미리 봅니다.",
            "Shifted the wrong way, with a 0 behind: the network looks ahead.",
        ),
        Mistake(
            lambda codes, silence: _shift(codes, silence, by=2),
            "두 칸 늦습니다. 한 칸만 늦춥니다.",
            "Two places late: delay by one.",
        ),
        Mistake(
            lambda codes, silence: _shift(codes.T, silence).T,
            "배치 축을 밀었습니다. 시간은 둘째 축입니다.",
            "You moved along the batch; time is the second axis.",
        ),
        Mistake(
            lambda codes, silence: torch.full_like(codes, silence),
            "모두 silence입니다. 신경망이 과거를 보지 못합니다.",
            "Everything is silence: the network sees no past.",
        ),
    ),
    hint=("맨 뒤를 버리고 맨 앞에 silence를 붙입니다.", "Drop the last, put silence first."),
    codes=True,
)


def check_shift(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 2.3: the input of an autoregressive network, delayed by one sample.

    Args:
        answer: (codes, silence), codes of shape (B, T) -> the input, of the same shape.

    Example:
        >>> check_shift(lambda codes, silence: codes)
        ✘ The network sees the very sample that it is to predict...
    """
    return SHIFT.check(answer)

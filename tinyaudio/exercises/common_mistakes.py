"""Mistakes that any exercise may see: the right values, with a sign, an order or a place changed.

Their answers are functions of the right result.  They are looked for after the exercise's own.
"""

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import Mistake


def _single(y: Tensor) -> bool:
    return y.numel() == 1


def _moved(y: Tensor, by: int) -> Tensor | None:
    if _single(y):
        return None
    moved = y.roll(by, dims=-1)
    moved[..., 0 if by > 0 else -1] = 0
    return moved


COMMON = (
    Mistake(
        lambda y: -y,
        "크기는 맞지만 부호가 반대입니다.",
        "The size is right, but the sign is reversed.",
    ),
    Mistake(
        lambda y: None if _single(y) else torch.zeros_like(y),
        "모든 값이 0입니다.",
        "All values are 0.",
    ),
    Mistake(
        lambda y: y.mT if y.dim() == 2 and y.shape[0] != y.shape[1] else None,
        "값은 맞지만 행과 열이 바뀌었습니다. 전치하십시오.",
        "The values are right, but rows and columns are swapped: transpose them.",
    ),
    Mistake(
        lambda y: None if _single(y) else y.flip(-1),
        "값은 맞지만 순서가 거꾸로입니다.",
        "The values are right, but in reverse order.",
    ),
    Mistake(
        lambda y: _moved(y, 1),
        "한 칸 늦습니다. 첫 값이 둘째 자리에 있습니다.",
        "One place late: the first value stands in the second place.",
    ),
    Mistake(
        lambda y: _moved(y, -1),
        "한 칸 이릅니다. 둘째 값이 첫 자리에 있습니다.",
        "One place early: the second value stands in the first place.",
    ),
    Mistake(
        lambda y: None if _single(y) else y[..., :-1],
        "마지막 값이 빠졌습니다.",
        "The last value is missing.",
    ),
    Mistake(
        lambda y: None if _single(y) else y[..., 1:],
        "첫 값이 빠졌습니다.",
        "The first value is missing.",
    ),
    Mistake(lambda y: y + 1, "꼭 1만큼 큽니다.", "Exactly 1 too large."),
    Mistake(lambda y: y - 1, "꼭 1만큼 작습니다.", "Exactly 1 too small."),
    Mistake(lambda y: 2 * y, "꼭 두 배입니다.", "Exactly twice what it should be."),
    Mistake(lambda y: y / 2, "꼭 절반입니다.", "Exactly half of what it should be."),
)

# Right values, but codes that are no integers cannot index a table.
FLOAT_CODES = Mistake(
    lambda y: y.double(),
    "값은 맞지만 자료형이 실수입니다. 코드값은 정수형(torch.int64)이어야 합니다.",
    "The values are right, but of a floating-point dtype; codes are integers (torch.int64).",
)

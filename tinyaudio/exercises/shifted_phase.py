"""Chapter 14, "The Wasserstein distance and WaveGAN": phase shuffle."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Shuffle = Callable[[Tensor, Tensor], Tensor]
LARGEST = 2


def _activations(generator: Generator) -> list[Case]:
    """Shifts of both signs and of none, the largest first."""
    cases: list[Case] = []
    for C, T, shifts in ((1, 6, (2, -1)), (3, 7, (-2, 0, 1)), (2, 5, (1, 2, -2, -1))):
        x = torch.randn(len(shifts), C, T, generator=generator)
        cases.append((x, torch.tensor(shifts)))
    return cases


def _padded(mode: str) -> Shuffle:
    """The window of x with so many values beyond its ends that lies n to the left."""

    def shuffle(x: Tensor, shifts: Tensor) -> Tensor:
        wide, T = F.pad(x, (LARGEST, LARGEST), mode=mode), x.shape[2]
        rows = [row[:, LARGEST - n :][:, :T] for row, n in zip(wide, shifts.tolist(), strict=True)]
        return torch.stack(rows)

    return shuffle


_right = _padded("reflect")


def _edge_twice(x: Tensor, shifts: Tensor) -> Tensor:
    wide, T = torch.cat([x[..., :LARGEST].flip(2), x, x[..., -LARGEST:].flip(2)], 2), x.shape[2]
    rows = [row[:, LARGEST - n :][:, :T] for row, n in zip(wide, shifts.tolist(), strict=True)]
    return torch.stack(rows)


SHUFFLE = Exercise(
    right=_right,
    cases=_activations,
    edges=[(torch.arange(3.0).view(1, 1, 3), torch.tensor([0]))],
    mistakes=(
        Mistake(
            _padded("circular"),
            "한쪽 끝에서 밀려난 값이 다른 쪽 끝으로 돌아왔습니다(roll). 가장자리에서 반사하십시오.",
            "What leaves at one end comes back at the other (roll); reflect at the edge.",
        ),
        Mistake(
            _padded("constant"),
            "빈자리를 0으로 채웠습니다. 가장자리에서 반사하십시오.",
            "The gap is filled with zeros; reflect at the edge.",
        ),
        Mistake(
            _padded("replicate"),
            "빈자리를 가장자리 값으로 채웠습니다. 가장자리에서 반사하십시오.",
            "The gap is filled with the value at the edge; reflect there.",
        ),
        Mistake(
            _edge_twice,
            "반사하면서 가장자리 값을 두 번 썼습니다. 가장자리 값은 한 번만 나옵니다.",
            "The reflection repeats the value at the edge, which should stand there once.",
        ),
        Mistake(
            lambda x, shifts: _right(x, -shifts),
            "방향이 반대입니다. 양수는 오른쪽, 곧 더 늦은 쪽입니다.",
            "The direction is reversed: positive is to the right, which is later.",
        ),
        Mistake(
            lambda x, shifts: _right(x, shifts[:1].expand(len(x))),
            "배치 전체를 같은 만큼 밀었습니다. 클립마다 자기 이동량이 있습니다.",
            "The whole batch is shifted by one amount; every clip has its own.",
        ),
        Mistake(
            lambda x, shifts: _right(x, shifts.abs()),
            "음수도 오른쪽으로 밀었습니다.",
            "Negative shifts go to the right, too.",
        ),
        Mistake(
            lambda x, shifts: _right(x, shifts.clamp(min=0)),
            "음수는 밀지 않았습니다.",
            "Negative shifts do nothing.",
        ),
        Mistake(
            lambda x, shifts: _right(x, shifts.flip(0)),
            "이동량의 순서가 거꾸로입니다. i번 클립은 shifts[i]만큼 밉니다.",
            "The shifts are in reverse order: clip i is shifted by shifts[i].",
        ),
        Mistake(
            lambda x, shifts: x + 0,
            "아무것도 밀지 않았습니다.",
            "Nothing is shifted.",
        ),
    ),
    hint=(
        "출력의 t번 자리에서 읽을 곳은 t - n입니다. 범위를 벗어나면 가장자리에서 접으십시오.",
        "Place t of the output reads from t - n; where that is out of range, fold it back at the edge.",
    ),
)


def check_shuffle(answer: Shuffle) -> CheckResult:
    """Exercise 14.4: every example shifted by its own number of samples, reflected at its edges.

    Args:
        answer: (x, shifts), of shapes (B, C, T) and (B,) -> (B, C, T).

    Example:
        >>> def rolled(x, shifts):
        ...     return torch.stack([row.roll(int(n), 1) for row, n in zip(x, shifts, strict=True)])
        >>> check_shuffle(rolled)
        ✘ What leaves at one end comes back at the other (roll); reflect at the edge.
    """
    return SHUFFLE.check(answer)

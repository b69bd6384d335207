"""Chapter 4, "Dilated causal convolution": a convolution made causal."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _reach(w: Tensor, d: int) -> int:
    return (w.shape[2] - 1) * d


def _padded(x: Tensor, w: Tensor, d: int, left: int) -> Tensor:
    """As many outputs as inputs, with so many zeros on the left."""
    both = F.pad(x, (left, 2 * _reach(w, d) + d))
    return F.conv1d(both, w, dilation=d)[..., : x.shape[2]]


def _held(x: Tensor, w: Tensor, d: int) -> Tensor:
    return F.conv1d(F.pad(x, (_reach(w, d), 0), "replicate"), w, dilation=d)


def _wrapped(x: Tensor, w: Tensor, d: int) -> Tensor:
    return F.conv1d(F.pad(x, (_reach(w, d), 0), "circular"), w, dilation=d)


def _signals(generator: Generator) -> list[Case]:
    return [
        (torch.randn(1, 1, 24, generator=generator), torch.randn(1, 1, k, generator=generator), d)
        for k, d in ((2, 2), (3, 2), (3, 4), (5, 3))
    ]


CAUSAL = Exercise(
    right=lambda x, w, d: _padded(x, w, d, _reach(w, d)),
    cases=_signals,
    edges=[(torch.ones(1, 1, 3), torch.ones(1, 1, 4), 2), (torch.ones(1, 1, 3), torch.ones(1, 1, 1), 2)],
    mistakes=(
        Mistake(
            lambda x, w, d: _padded(x, w, d, _reach(w, d) // 2),
            "양쪽에 반씩 채웠습니다. 출력마다 탭의 절반은 미래를 봅니다.",
            "Padded on both sides: half of the taps look ahead.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, d, 0),
            "오른쪽에 채웠거나 앞을 잘랐습니다. 출력이 미래만 봅니다. 0은 왼쪽에 둡니다.",
            "Padded on the right, or cropped on the left: every output looks at the future alone.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, d, _reach(w, d) - 1),
            "한 칸 모자라게 채웠습니다. 출력이 바로 다음 샘플을 봅니다.",
            "One zero too few: every output looks at the next sample.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, d, _reach(w, d) + 1),
            "한 칸 많이 채웠습니다. 미래는 보지 않지만 출력이 한 칸 늦습니다.",
            "One zero too many: it does not look ahead, but all outputs are one late.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(F.pad(x, (_reach(w, d) + 1, 0)), w, dilation=d),
            "한 칸 많이 채워 출력이 하나 깁니다. (k - 1) d개만 채우십시오.",
            "One zero too many, so that there is one output more: pad (k - 1) d.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, d, w.shape[2] - 1),
            "팽창 계수 d를 곱하지 않고 k - 1개만 채웠습니다.",
            "You padded k - 1 zeros; with dilation it takes (k - 1) d.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(F.pad(x, (w.shape[2] - 1, 0)), w, dilation=d),
            "팽창 계수 d를 곱하지 않고 k - 1개만 채워 출력이 짧습니다. (k - 1) d개를 채우십시오.",
            "You padded k - 1 zeros, and the output is too short; with dilation it takes (k - 1) d.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(F.pad(x, (w.shape[2] * d, 0)), w, dilation=d),
            "k d개를 채워 출력이 깁니다. 탭 k개 사이의 간격은 k - 1개이므로 (k - 1) d개입니다.",
            "You padded k d zeros, and the output is too long; between k taps there are k - 1 distances.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, d, w.shape[2] * d),
            "k d개를 채워 출력이 d칸 늦습니다. (k - 1) d개를 채우십시오.",
            "You padded k d zeros, so that all outputs are late by d: pad (k - 1) d.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, d, d),
            "d개만 채웠습니다. 탭이 k개면 (k - 1) d개입니다.",
            "You padded d zeros; with k taps it takes (k - 1) d.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, 1, w.shape[2] - 1),
            "팽창 계수 d를 쓰지 않았습니다.",
            "The dilation d is not used.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w, 1, _reach(w, d)),
            "0은 (k - 1) d개 채웠지만 합성곱에 dilation=d가 빠졌습니다.",
            "There are (k - 1) d zeros, but the convolution lacks dilation=d.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(F.pad(x, (_reach(w, d), 0)), w),
            "합성곱에 dilation=d가 빠져 출력이 깁니다.",
            "The convolution lacks dilation=d, and the output is too long.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w.flip(2), d, _reach(w, d)),
            "탭을 뒤집었습니다. w의 맨 앞이 가장 오래된 샘플에 곱해집니다.",
            "The taps are the wrong way round: the first of w belongs to the oldest sample.",
        ),
        Mistake(
            lambda x, w, d: _padded(x, w.flip(2), d, 0),
            "시간을 거꾸로 돌린 것과 같습니다. 출력이 미래만 보고, w의 맨 앞이 가장 먼 미래에 곱해집니다. "
            "0은 왼쪽에 두고, x와 w는 그대로 쓰십시오.",
            "This is as if time ran backwards: outputs look ahead, and the first of w belongs to the farthest "
            "sample. Put the zeros on the left, and turn neither x nor w around.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(x, w, dilation=d, padding=_reach(w, d)),
            "양쪽에 채운 채 자르지 않아 출력이 깁니다. 끝에서 (k - 1) d개를 자르십시오.",
            "Padded on both sides and not cut: drop the last (k - 1) d outputs.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(x, w, dilation=d),
            "채우지 않아 출력이 짧습니다. 왼쪽에 0을 (k - 1) d개 채우십시오.",
            "Nothing is padded, and the output is too short: put (k - 1) d zeros on the left.",
        ),
        Mistake(
            lambda x, w, d: F.conv1d(x, w, dilation=d, padding=_reach(w, d))[..., : -_reach(w, d)],
            "탭이 하나이면 자를 것이 없는데 출력이 비었습니다. [..., :-0]은 아무것도 남기지 않습니다. "
            "x.shape[2]까지 남기십시오.",
            "With a single tap there is nothing to cut off, but the output is empty, as [..., :-0] is: keep "
            "what comes before x.shape[2].",
        ),
        Mistake(
            _held,
            "첫 샘플을 되풀이하여 채웠습니다. 소리의 앞은 0입니다.",
            "The first sample is repeated before the sound; there should be zeros.",
        ),
        Mistake(
            _wrapped,
            "소리의 끝을 앞에 붙였습니다. 그러면 출력의 처음이 미래를 봅니다. 앞은 0입니다.",
            "The end of the sound stands before its beginning, so that the first outputs look ahead.",
        ),
    ),
    hint=("0을 어느 쪽에 몇 개 채워야 합니까?", "On which side must 0s stand, and how many?"),
)  # fmt: skip


def check_causal(answer: Callable[[Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Exercise 4.2: a convolution made causal.

    Args:
        answer: (x, w, d), a signal (1, 1, T), taps (1, 1, k), oldest first, and the dilation
            -> (1, 1, T), each output from its own place and before.

    Example:
        >>> check_causal(lambda x, w, d: F.conv1d(F.pad(x, (0, (w.shape[2] - 1) * d)), w, dilation=d))
        ✘ Padded on the right, or cropped on the left...
    """
    return CAUSAL.check(answer)

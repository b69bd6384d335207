"""Chapter 7, "Making it fast": a ring buffer of three taps."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Case, Exercise

Taps = Callable[[Tensor, float, int], Any]


def _over_signal(taps: Taps) -> Callable[[int, list[float]], Any]:
    """Run an answer over a signal, with a ring buffer of length 2 d: the two taps of each sample."""

    @wraps(taps)
    def run(d: int, x: list[float]) -> Any:
        ring = torch.zeros(2 * d)
        pairs = [taps(ring, value, t) for t, value in enumerate(x)]
        if all(pair is None or pair is ... for pair in pairs):
            return None
        numbers = [as_tensor(pair) for pair in pairs]  # a view shows what is written later
        if any(pair is None for pair in numbers):
            return pairs
        return torch.stack([pair.double().flatten() for pair in numbers if pair is not None])

    return run


def _read(
    places: Callable[[Tensor, int], tuple[int, int]], first: bool = False, at: int = 0
) -> Taps:
    """Read two places, counted back from t, and write at t + `at`; `first` writes before it reads."""

    def taps(ring: Tensor, x: float, t: int) -> tuple[float, float]:
        n = len(ring)
        if first:
            ring[(t + at) % n] = x
        older, newer = (ring[(t - back) % n].item() for back in places(ring, n // 2))
        if not first:
            ring[(t + at) % n] = x
        return older, newer

    return taps


def _far(ring: Tensor, d: int) -> tuple[int, int]:
    return 2 * d, d


_taps = _read(_far)


def _shifting(ring: Tensor, x: float, t: int) -> tuple[float, float]:
    """A queue, not a ring: every value moves on by one place."""
    older, newer = ring[0].item(), ring[len(ring) // 2].item()
    ring[:-1] = ring[1:].clone()
    ring[-1] = x
    return older, newer


_MOVED = Mistake(
    _shifting,
    "값은 맞지만 한 번에 링 버퍼의 값이 여러 개 바뀌었습니다. 이미 적어 둔 값은 두고, x만 한 자리에 "
    "적으십시오.",
    "The pairs are right, but several places of the ring change at once: leave what is there, and write x "
    "into one place.",
)


def _moves_values(taps: Taps) -> Mistake | None:
    """Whether a call changes more than one place of the ring."""
    ring = torch.zeros(6)
    for t in range(18):
        before = ring.clone()
        taps(ring, t + 1.0, t)
        if (ring != before).sum() > 1:
            return _MOVED
    return None


def _signals(generator: Generator) -> list[Case]:
    lengths = ((1, 3), (2, 9), (3, 20), (5, 33))
    return [(d, (1 + torch.rand(n, generator=generator)).tolist()) for d, n in lengths]


TAPS = Exercise(
    right=_taps,
    cases=_signals,
    run=_over_signal,
    witness=_moves_values,
    mistakes=(
        _MOVED,
        Mistake(
            lambda ring, x, t: (ring[t % len(ring)].item(), ring[(t - len(ring) // 2) % len(ring)].item()),
            "새 값을 링 버퍼에 적지 않았습니다. 그래서 언제나 처음의 0이 나옵니다.",
            "The new value was never put into the ring: it gives its first zeros for ever.",
        ),
        Mistake(
            _read(_far, first=True),
            "읽기 전에 썼습니다. 가장 오래된 값이 지워져 지금 값이 나왔습니다.",
            "You wrote before you read: the oldest value was gone, and the present one came out.",
        ),
        Mistake(
            lambda ring, x, t: _taps(ring, x, t)[::-1],
            "(x_{t-d}, x_{t-2d})가 나왔습니다. 더 오래된 값이 먼저입니다. 쌍의 순서가 바뀌었거나, x를 "
            "x_{t-d}의 자리에 적은 것과 같습니다.",
            "The pair is (x_{t-d}, x_{t-2d}), and the older value comes first: it is as if the pair were "
            "swapped, or x written in the place of x_{t-d}.",
        ),
        Mistake(
            _read(lambda ring, d: (2, 1)),
            "바로 앞의 두 값입니다. 팽창 계수 d만큼 떨어진 값을 보아야 합니다.",
            "Those are the last two values; the taps are d apart.",
        ),
        Mistake(
            _read(lambda ring, d: (2 * d, d - 1)),
            "둘째 값이 한 칸 가깝습니다. 나머지를 구하는 자리를 다시 보십시오.",
            "The second value is one too near; look at the place that you take the remainder of.",
        ),
        Mistake(
            _read(lambda ring, d: (2 * d, d + 1)),
            "둘째 값이 한 칸 멉니다. 나머지를 구하는 자리를 다시 보십시오.",
            "The second value is one too far; look at the place that you take the remainder of.",
        ),
        Mistake(
            _read(lambda ring, d: (2 * d - 1, d)),
            "첫째 값이 한 칸 가깝습니다. x_{t-2d}는 새 값이 놓일 바로 그 자리에 있습니다.",
            "The first value is one too near: x_{t-2d} lies just where the new value will go.",
        ),
        Mistake(
            _read(lambda ring, d: (2 * d - 1, d - 1)),
            "두 값이 모두 한 칸 가깝습니다.",
            "Both values are one too near.",
        ),
        Mistake(
            _read(lambda ring, d: (d, d)),
            "둘 다 x_{t-d}입니다. 첫째는 x_{t-2d}여야 합니다. 나머지를 2d가 아니라 d로 구해도 이렇게 됩니다.",
            "Both are x_{t-d}; the first should be x_{t-2d}. Remainders by d, not by 2d, would give this.",
        ),
        Mistake(
            _read(lambda ring, d: (2 * d, 2 * d)),
            "둘 다 x_{t-2d}입니다. 둘째는 x_{t-d}여야 합니다.",
            "Both are x_{t-2d}; the second should be x_{t-d}.",
        ),
        Mistake(
            _read(lambda ring, d: (2 * d, 1)),
            "둘째 값이 바로 앞의 값입니다. x_{t-d}여야 합니다.",
            "The second value is the last one; it should be x_{t-d}.",
        ),
        Mistake(
            _read(_far, at=1),
            "(x_{t-1}, x_{t-d-1})이 나왔습니다. 읽는 자리와 적는 자리가 한 칸 어긋난 것과 같습니다. 첫째 값을 "
            "읽은 자리에 x를 적으십시오.",
            "The pair is (x_{t-1}, x_{t-d-1}), as if places read and written were one apart: write x where the "
            "first value was read.",
        ),
        Mistake(
            lambda ring, x, t: (_taps(ring, x, t)[1], 0.0),
            "첫째 값이 x_{t-d}이고 둘째 값은 언제나 0입니다. 링 버퍼의 절반만 쓴 것과 같습니다. 나머지는 2d로 "
            "구하십시오.",
            "The first value is x_{t-d}, and the second is always 0, as if half of the ring were never "
            "written: take remainders by 2d.",
        ),
    ),
    hint=("먼저 어느 자리를 읽을지 적어 보십시오.", "First say which two places are read."),
)  # fmt: skip


def check_taps(answer: Taps) -> CheckResult:
    """Exercise 7.3: a ring buffer for a layer of three taps.

    Args:
        answer: (ring, x, t), a tensor of length 2 d, the new value, the time -> the values 2 d and d
            ago; x is written into the ring buffer.

    Example:
        >>> check_taps(lambda ring, x, t: (0.0, 0.0))
        ✘ The new value was never put into the ring: it gives its first zeros for ever.
    """
    return TAPS.check(answer)

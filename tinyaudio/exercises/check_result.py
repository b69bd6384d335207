"""What a checker says, and how it finds out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isclose
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from tinyaudio.language import tr


@dataclass(frozen=True)
class CheckResult:
    """Whether an answer is right, and what there is to say about it.

    Example:
        >>> CheckResult(True, "well done")
        ✔ well done
    """

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.message}"


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, and what to say to who gives it."""

    answer: Callable[..., Any]
    message: str


def check_answer(
    answer: Callable[..., Any],
    right: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    mistakes: Sequence[Mistake],
    hint: str,
    tolerance: float = 1e-4,
) -> CheckResult:
    """Try an answer on some cases; when it is wrong, say which known mistake it makes.

    Args:
        answer: The reader's function.
        right: The solution.
        cases: Arguments to try, the simplest first.
        mistakes: Typical wrong answers; one is recognised if it agrees with the answer everywhere.
        hint: For who has not begun.
        tolerance: Largest relative difference that counts as equal; absolute below 1.

    Returns:
        Never raises: an answer that raises is wrong, and the message says what it raised.

    Example:
        >>> def half(x): return x / 2
        >>> forgot = Mistake(lambda x: x, "divide by two")
        >>> check_answer(lambda x: x, half, [(2.0,), (3.0,)], [forgot], "begin with x")
        ✘ divide by two
    """
    given = []
    for case in cases:
        try:
            given.append(answer(*case))
        except NotImplementedError:
            return CheckResult(False, tr("아직 비어 있습니다. ", "Not written yet. ") + hint)
        except Exception as error:  # whatever a reader's code can do
            what = f"{type(error).__name__}: {error}"
            called = f"{answer.__name__}({_shown(case)})"
            return CheckResult(
                False, tr(f"{called}에서 오류가 났습니다: {what}", f"{called} raised {what}")
            )
    if all(one is None or one is ... for one in given):
        return CheckResult(False, tr("아직 비어 있습니다. ", "Not written yet. ") + hint)
    wanted = [right(*case) for case in cases]
    if _agree(given, wanted, tolerance):
        return CheckResult(True, tr("맞았습니다.", "Correct."))
    for mistake in mistakes:
        if _agree(given, [mistake.answer(*case) for case in cases], tolerance):
            return CheckResult(False, mistake.message)
    case, got, want = next(
        one
        for one in zip(cases, given, wanted, strict=True)
        if not _agree([one[1]], [one[2]], tolerance)
    )
    called = f"{answer.__name__}({_shown(case)})"
    return CheckResult(
        False,
        tr(
            f"{called}의 값은 {_shown((want,))}이어야 하는데 {_shown((got,))}입니다.",
            f"{called} should be {_shown((want,))}, not {_shown((got,))}.",
        ),
    )


def _agree(given: Sequence[Any], wanted: Sequence[Any], tolerance: float) -> bool:
    return all(_equal(one, other, tolerance) for one, other in zip(given, wanted, strict=True))


def _equal(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, Tensor) and one.numel() == 1:
        one = one.item()
    if isinstance(other, Tensor) and other.numel() == 1:
        other = other.item()
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and torch.allclose(
            one.double(), other.double(), tolerance, tolerance
        )
    if not isinstance(one, Real) or not isinstance(other, Real):
        return False
    return isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def _shown(values: Sequence[Any]) -> str:
    return ", ".join(_short(value) for value in values)


def _short(value: Any) -> str:
    if isinstance(value, Tensor) and value.numel() > 1:
        return f"<{' × '.join(map(str, value.shape))}>"
    value = value.item() if isinstance(value, Tensor) else value
    return f"{value:.6g}" if isinstance(value, float) else repr(value)

"""The result of a check, and the comparison that all checkers share."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import isclose
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from tinyaudio.language import tr


@dataclass(frozen=True)
class CheckResult:
    """Whether an answer is right, and the message to its author.

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
    """A typical wrong answer, and the message to its author."""

    answer: Callable[..., Any]
    message: str


def check_answer(
    answer: Any,
    right: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    mistakes: Sequence[Mistake],
    hint: str,
    tolerance: float = 1e-4,
) -> CheckResult:
    """Compare an answer with the solution on some cases; if it is wrong, name the mistake if it is known.

    Args:
        answer: The reader's function, or whatever was passed in its place.
        right: The solution.
        cases: Arguments to try, the simplest first.
        mistakes: Typical wrong answers; one is recognised if it agrees with the answer everywhere.
        hint: Shown while the stub is unchanged.
        tolerance: Largest relative difference that counts as equal; absolute below 1.

    Returns:
        The result; an answer that raises is wrong, and the message says what it raised.  Every call has
        arguments of its own, so that an answer may write to them.

    Example:
        >>> def half(x): return x / 2
        >>> forgot = Mistake(lambda x: x, "divide by two")
        >>> check_answer(lambda x: x, half, [(2.0,), (3.0,)], [forgot], "begin with x")
        ✘ divide by two
    """
    if not callable(answer):
        kind = type(answer).__name__
        return CheckResult(
            False,
            tr(
                f"함수가 아니라 {kind} 값입니다. 함수를 건네십시오.",
                f"This is no function but of type {kind}. Pass the function.",
            ),
        )
    name = getattr(answer, "__name__", "answer")
    expected = [right(*deepcopy(case)) for case in cases]
    given = []
    for case in cases:
        try:
            given.append(answer(*deepcopy(case)))
        except NotImplementedError:
            return CheckResult(False, tr("아직 비어 있습니다. ", "Not written yet. ") + hint)
        except Exception as error:  # a reader's code may raise anything
            what = f"{type(error).__name__}: {error}"
            called = f"{name}({_shown(case)})"
            return CheckResult(
                False, tr(f"{called}에서 오류가 났습니다: {what}", f"{called} raised {what}")
            )
    if all(value is None or value is ... for value in given):
        return CheckResult(False, tr("아직 비어 있습니다. ", "Not written yet. ") + hint)
    if _agree(given, expected, tolerance):
        return CheckResult(True, tr("맞았습니다.", "Correct."))
    for mistake in mistakes:
        if _agree(given, [mistake.answer(*deepcopy(case)) for case in cases], tolerance):
            return CheckResult(False, mistake.message)
    case, actual, wanted = next(
        (case, actual, wanted)
        for case, actual, wanted in zip(cases, given, expected, strict=True)
        if not _equal(actual, wanted, tolerance)
    )
    called = f"{name}({_shown(case)})"
    return CheckResult(
        False,
        tr(
            f"{called}의 값은 {_shown((wanted,))}이어야 하는데 {_shown((actual,))}입니다.",
            f"{called} should be {_shown((wanted,))}, not {_shown((actual,))}.",
        ),
    )


def _agree(given: Sequence[Any], expected: Sequence[Any], tolerance: float) -> bool:
    return all(_equal(a, b, tolerance) for a, b in zip(given, expected, strict=True))


def _equal(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, Tensor) and a.numel() == 1:
        a = a.item()
    if isinstance(b, Tensor) and b.numel() == 1:
        b = b.item()
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and torch.allclose(a.double(), b.double(), tolerance, tolerance)
    if not isinstance(a, Real) or not isinstance(b, Real):
        return False
    return isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


def _shown(values: Sequence[Any]) -> str:
    return ", ".join(_short(value) for value in values)


def _short(value: Any) -> str:
    if isinstance(value, Tensor) and value.numel() > 1:
        return f"<{' × '.join(map(str, value.shape))}>"
    value = value.item() if isinstance(value, Tensor) else value
    return f"{value:.6g}" if isinstance(value, float) else repr(value)

"""The result of a check, how two results are compared, and how their difference is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tinyaudio.exercises.unwritten import nothing_returned
from tinyaudio.language import tr

SHOWN = 6  # a list or tensor of so many numbers is printed whole


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, and the message to its author.

    Attributes:
        answer: The wrong answer, a function like the reader's.
        korean: The message in Korean.
        english: The message in English.
    """

    answer: Callable[..., Any]
    korean: str
    english: str

    @property
    def message(self) -> str:
        """In the reader's language."""
        return tr(self.korean, self.english)


@dataclass(frozen=True)
class CheckResult:
    """Whether an answer is right, the message to its author, and the mistake if it is a known one.

    Example:
        >>> CheckResult(True, "well done")
        ✔ well done
    """

    passed: bool
    message: str
    mistake: Mistake | None = None

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.message}"


def as_tensor(value: Any) -> Tensor | None:
    """A number, a list or tuple of numbers, an array or a tensor, as a tensor; None for anything else.

    Example:
        >>> as_tensor([np.float32(1), torch.tensor(2)])
        tensor([1., 2.], dtype=torch.float64)
        >>> as_tensor("text") is None
        True
    """
    if isinstance(value, Tensor):
        return value.detach().cpu().resolve_conj().resolve_neg()
    if isinstance(value, list | tuple):
        value = [one.detach() if isinstance(one, Tensor) else one for one in value]
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError):  # of unequal shapes, or with gradients inside
        return None
    return torch.tensor(array.copy()) if array.dtype.kind in "biufc" else None


def equal(given: Any, wanted: Any, tolerance: float) -> bool:
    """Whether two results are the same; single numbers may have any number of dimensions.

    Args:
        given: A result, of whatever type.
        wanted: Another; if it is of integers, only those count as equal.
        tolerance: Largest relative difference; absolute below 1.

    Example:
        >>> equal(np.array([1, 2]), torch.tensor([1.0, 2.0]), 1e-4), equal(2.0001, 2, 1e-4)
        (True, False)
    """
    a, b = as_tensor(given), as_tensor(wanted)
    if a is None or b is None:
        return False
    if not (b.is_floating_point() or b.is_complex()):
        tolerance = 1e-6
    if a.numel() == b.numel() == 1:
        a, b = a.reshape(()), b.reshape(())
    kind = torch.complex128 if a.is_complex() or b.is_complex() else torch.float64
    return a.shape == b.shape and torch.allclose(
        a.to(kind), b.to(kind), rtol=tolerance, atol=tolerance, equal_nan=True
    )


def difference(call: str, given: Any, wanted: Any, tolerance: float) -> str:
    """How a wrong result differs: in kind, shape, dtype, or at which place first.

    Args:
        call: The call that gave it, as text.
        given: The wrong result.
        wanted: The right one.
        tolerance: As in `equal`.

    Example:
        >>> difference("f(2)", [1.0, 3.0], torch.tensor([1.0, 2.0]), 1e-4)
        'f(2)[1] should be 2, not 3.'
    """
    a, b = as_tensor(given), as_tensor(wanted)
    assert b is not None
    if given is None:
        return nothing_returned(call)
    if a is None:
        kind = type(given).__name__
        return tr(
            f"{call}: 숫자가 아니라 {kind} 값이 나왔습니다. 맞는 값: {shown(wanted)}.",
            f"{call} should be {shown(wanted)}, not a value of type {kind}.",
        )
    if a.numel() == b.numel() == 1:
        return _at(call, a.reshape(()), b.reshape(()))
    if a.shape != b.shape:
        if a.numel() == b.numel() and equal(a.reshape(b.shape), b, tolerance):
            return tr(
                f"{call}: 값은 맞지만 모양이 다릅니다. 맞는 모양: {_size(b)}, 나온 모양: {_size(a)}.",
                f"{call} has the right values, but the shape should be {_size(b)}, not {_size(a)}.",
            )
        return tr(
            f"{call}: 모양이 다릅니다. 맞는 모양: {_size(b)}, 나온 모양: {_size(a)}.",
            f"The shape of {call} should be {_size(b)}, not {_size(a)}.",
        )
    if a.is_complex() != b.is_complex():
        return tr(
            f"{call}: 자료형이 {a.dtype}입니다. {b.dtype}이어야 합니다.",
            f"The dtype of {call} should be {b.dtype}, not {a.dtype}.",
        )
    if not (a.is_floating_point() or a.is_complex()) and _cut_off(a, b):
        return tr(
            f"{call}: 자료형이 {a.dtype}이라서 소수점 아래가 잘렸습니다. 실수로 계산하십시오.",
            f"The dtype of {call} is {a.dtype}, which cuts fractions off; compute in floating point.",
        )
    double = torch.complex128 if b.is_complex() else torch.float64
    close = torch.isclose(a.to(double), b.to(double), rtol=tolerance, atol=tolerance)
    place = tuple((~close).nonzero()[0].tolist()) if not close.all() else ()
    return _at(f"{call}[{', '.join(map(str, place))}]", a[place], b[place])


def _at(place: str, given: Tensor, wanted: Tensor) -> str:
    """The difference of two numbers."""
    a, b = _number(given.item()), _number(wanted.item())
    if a == b:
        a, b = repr(given.item()), repr(wanted.item())
    if not torch.isfinite(given):
        return tr(
            f"{place}: 값이 {a}입니다. 맞는 값은 유한합니다: {b}. 0으로 나누거나 0의 로그를 구하지 않았습니까?",
            f"{place} is {a} and should be {b}; is there a division by 0, or the logarithm of 0?",
        )
    return tr(
        f"{place}: 값이 다릅니다. 맞는 값: {b}, 나온 값: {a}.", f"{place} should be {b}, not {a}."
    )


def _cut_off(integers: Tensor, wanted: Tensor) -> bool:
    """Whether these are the wanted numbers, their fractions dropped or rounded."""
    near = (wanted.double() - integers.double()).abs()
    return bool((near < 1).all()) and bool((integers != 0).any())


def _size(x: Tensor) -> str:
    return str(tuple(x.shape))


def _number(value: int | float | complex) -> str:
    if isinstance(value, complex):
        return f"{value.real:.4g}{value.imag:+.4g}j"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def shown(value: Any) -> str:
    """An argument or a result in a few characters.

    Example:
        >>> print(shown(torch.ones(2, 9)), shown([1, 2]), shown(torch.tensor([0.5, 1 / 3])), shown(print))
        <2 × 9> [1, 2] [0.5, 0.333333] print
    """
    if isinstance(value, dict) or (callable(value) and not hasattr(value, "__name__")):
        return type(value).__name__ if not hasattr(value, "__dataclass_fields__") else repr(value)
    if callable(value):
        return str(value.__name__)
    found = as_tensor(value)
    if found is None:
        return repr(value)
    if found.dim() == 0:
        return _number(found.item())
    if found.dim() == 1 and len(found) <= SHOWN:
        return f"[{', '.join(_number(one) for one in found.tolist())}]"
    return f"<{' × '.join(map(str, found.shape))}>"


def called(name: str, case: Sequence[Any]) -> str:
    """A call as text.

    Example:
        >>> called("f", (2, 0.5))
        'f(2, 0.5)'
    """
    return f"{name}({', '.join(map(shown, case))})"

"""What a checker knows of an exercise, and how it judges an answer."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from tinyaudio.exercises.check_result import (
    CheckResult,
    Mistake,
    as_tensor,
    called,
    difference,
    equal,
)
from tinyaudio.exercises.common_mistakes import COMMON, FLOAT_CODES
from tinyaudio.exercises.unwritten import is_stub, nothing_returned
from tinyaudio.language import tr

Answer = Callable[..., Any]
Case = tuple[Any, ...]


def fixed(*cases: Case) -> Callable[[torch.Generator], Sequence[Case]]:
    """Cases that are the same for every seed."""
    return lambda generator: cases


@dataclass(frozen=True, eq=False)
class Exercise:
    """A solution, cases to try, and typical mistakes.

    Every call has arguments of its own, so that an answer may write to them.

    Attributes:
        right: The solution.
        cases: Draws the cases, the simplest first, from a generator.
        mistakes: Typical wrong answers.  One is recognized if it agrees with the answer on all cases;
            if the answer fails on `edges` only, on those too.
        hint: Korean and English, shown while the stub is unchanged.
        edges: Cases of the ends of a range, of 0, of certainty, which an answer may miss that is right
            otherwise.
        run: Turns an answer into a function of a case, where the answer itself is none.
        witness: Finds a mistake in an answer whose values are right, as in its gradient.
        tolerance: Largest relative difference that counts as equal; absolute below 1.
        codes: Whether the result has to be of an integer dtype.

    Example:
        >>> forgot = Mistake(lambda x: x, "2로 나누십시오.", "Divide by 2.")
        >>> half = Exercise(lambda x: x / 2, fixed((2.0,), (3.0,)), [forgot], ("나눗셈", "division"))
        >>> half.check(lambda x: x)
        ✘ Divide by 2.
        >>> half.check(lambda x: x * 3)
        ✘ <lambda>(2) should be 1, not 6.
    """

    right: Answer
    cases: Callable[[torch.Generator], Sequence[Case]]
    mistakes: Sequence[Mistake]
    hint: tuple[str, str]
    edges: Sequence[Case] = ()
    run: Callable[[Answer], Answer] = lambda answer: answer
    witness: Callable[[Answer], Mistake | None] = lambda answer: None
    tolerance: float = 1e-4
    codes: bool = False

    def check(self, answer: Any, seed: int = 0) -> CheckResult:
        """Judge an answer.

        Args:
            answer: The reader's function, or whatever was passed in its place.
            seed: Of the cases.

        Returns:
            The result; an answer that raises is wrong, and the message says what it raised.
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
        known = _known(self, seed)
        for stage, cases in enumerate(known.stages):
            given = []
            for case in cases:
                try:
                    given.append(self.run(answer)(*deepcopy(case)))
                except NotImplementedError:
                    return self._blank()
                except Exception as error:  # a reader's code may raise anything
                    return _raised(called(name, case), error)
            if cases and all(value is None or value is ... for value in given):
                if given[0] is ... or is_stub(answer):
                    return self._blank()
                return CheckResult(False, nothing_returned(called(name, cases[0])))
            wanted = known.results(self.right, stage)
            if not self._agree(given, wanted):
                flaw = self._recognized(given, known, stage)
                return (
                    CheckResult(False, flaw.message, flaw)
                    if flaw
                    else CheckResult(False, self._first_difference(name, cases, given, wanted))
                )
            if self.codes and any(_is_fractional(one) for one in given):
                return CheckResult(False, FLOAT_CODES.message, FLOAT_CODES)
        try:
            flaw = self.witness(answer)
        except Exception as error:
            return _raised(name, error)
        if flaw:
            return CheckResult(False, flaw.message, flaw)
        return CheckResult(True, tr("맞았습니다.", "Correct."))

    def _agree(self, given: Sequence[Any], wanted: Sequence[Any]) -> bool:
        return all(equal(a, b, self.tolerance) for a, b in zip(given, wanted, strict=True))

    def _recognized(self, given: Sequence[Any], known: "_Known", stage: int) -> Mistake | None:
        """The mistake that gives these results; where the answer was right, so is the mistake.

        What is wrong on an earlier stage never meets the edges, where it might raise.
        """
        for mistake in self.mistakes:
            if all(
                self._agree(known.results(mistake.answer, i), known.results(self.right, i))
                for i in range(stage)
            ) and self._agree(given, known.results(mistake.answer, stage)):
                return mistake
        wanted = [as_tensor(one) for one in known.results(self.right, stage)]
        for mistake in COMMON:
            if self._agree(given, [mistake.answer(one) for one in wanted]):
                return mistake
        return None

    def _first_difference(
        self, name: str, cases: Sequence[Case], given: Sequence[Any], wanted: Sequence[Any]
    ) -> str:
        """Where results differ first, in words."""
        case, actual, expected = next(
            one
            for one in zip(cases, given, wanted, strict=True)
            if not equal(one[1], one[2], self.tolerance)
        )
        return difference(called(name, case), actual, expected, self.tolerance)

    def _blank(self) -> CheckResult:
        return CheckResult(False, tr("아직 비어 있습니다. ", "Not written yet. ") + tr(*self.hint))


def _is_fractional(value: Any) -> bool:
    found = as_tensor(value)
    return found is not None and (found.is_floating_point() or found.is_complex())


def _raised(call: str, error: Exception) -> CheckResult:
    what = f"{type(error).__name__}: {error}"
    return CheckResult(False, tr(f"{call}에서 오류가 났습니다: {what}", f"{call} raised {what}"))


class _Known:
    """The cases of a seed, and what the solution and the mistakes give on them, computed when needed."""

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.run = exercise.run
        ordinary = exercise.cases(torch.Generator().manual_seed(seed))
        self.stages = (ordinary, exercise.edges)
        self.found: dict[tuple[Answer, int], list[Any]] = {}

    def results(self, answer: Answer, stage: int) -> list[Any]:
        """What an answer gives on the ordinary cases, 0, or the edges, 1."""
        key = (answer, stage)
        if key not in self.found:
            self.found[key] = [self.run(answer)(*deepcopy(case)) for case in self.stages[stage]]
        return self.found[key]


@lru_cache(maxsize=4)
def _known(exercise: Exercise, seed: int) -> _Known:
    return _Known(exercise, seed)

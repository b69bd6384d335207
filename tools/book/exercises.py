"""A chapter's exercises outside their notebook: stub and solution executed, answers put to the checkers.

A checker ``check_half`` of ``tinyaudio.exercises.CHAPTER`` asks the `Exercise` called ``HALF`` in the
module that it is written in.  Its mistakes are the planted wrong answers: each has to be caught, by
its own name.
"""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tinyaudio.exercises import CheckResult, Exercise, Mistake
from tools.book import BookError
from tools.book.edition import select
from tools.book.source import Chapter, where

CALL = re.compile(r"(?m)^(check_\w+)\((\w+)\)\s*$")
Answer = Callable[..., Any]
Checker = Callable[[Any], CheckResult]


@dataclass(frozen=True)
class Cells:
    """An exercise cell and its solution, with what the cells above them import."""

    chapter: str
    place: str  # file:line
    checker: str
    imports: str
    stub: str
    solution: str


def exercises(chapter: Chapter) -> list[Cells]:
    """The exercises of a source, in order.

    Raises:
        BookError: An exercise puts nothing to a checker, or no solution follows it.
    """
    found, imports = [], []
    code = [cell for cell in chapter.cells if cell.kind == "code"]
    for cell, after in zip(code, [*code[1:], None], strict=True):
        imports += imports_of(cell.text)
        if "exercise" not in cell.tags:
            continue
        if after is None or "solution" not in after.tags:
            raise BookError(
                f"{where(chapter, cell)}: this exercise has no solution; "
                "write it in the next cell, tagged [solution, hide-cell]"
            )
        call = CALL.search(cell.text)
        if not call:
            raise BookError(
                f"{where(chapter, cell)}: this exercise asks no checker; end it with check_name(answer)"
            )
        texts = (select(one.text, "en") for one in (cell, after))
        found.append(Cells(chapter.name, where(chapter, cell), call[1], "\n".join(imports), *texts))
    return found


def imports_of(text: str) -> list[str]:
    """The import statements of a cell; none if it is not plain Python."""
    try:
        tree = ast.parse(select(text, "en"))
    except SyntaxError:
        return []
    return [ast.unparse(one) for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]


def run(exercise: Cells, code: str) -> Any:
    """The value of a cell's last line, with nothing before it but the chapter's imports.

    Raises:
        BookError: It raised; an exercise that needs other cells cannot be done, or graded, alone.
    """
    *body, last = ast.parse(exercise.imports + "\n" + code).body
    names: dict[str, Any] = {"__name__": "exercise"}
    try:
        exec(compile(ast.Module(body, []), exercise.place, "exec"), names)
        return eval(compile(ast.Expression(last.value), exercise.place, "eval"), names)  # type: ignore[attr-defined]
    except Exception as error:  # whatever a chapter's code can do
        raise BookError(
            f"{exercise.place}: {type(error).__name__}: {error}; an exercise may use the chapter's "
            "imports and what its own cell defines, nothing else"
        ) from error


def solution(exercise: Cells) -> Answer:
    """The function, or class, that the hidden solution puts to its checker."""
    name = CALL.search(exercise.solution)
    assert name, f"{exercise.place}: the solution asks no checker"
    return run(exercise, CALL.sub(name[2], exercise.solution))


def styles(answer: Answer) -> dict[str, Answer]:
    """An answer as readers write it who prefer NumPy, lists, one line, or writing to their arguments."""
    return {
        "plain": answer,
        "in place": in_place(answer),
        "NumPy": converted(answer, as_array),
        "list": converted(answer, as_list),
        "one line": lambda *arguments: answer(*arguments),
    }


def in_place(answer: Answer) -> Answer:
    """Zeros over the arguments when the result is computed, but not over what the answer itself wrote."""

    def styled(*arguments: Any) -> Any:
        before = [deepcopy(one) for one in arguments]
        value = answer(*arguments)
        if isinstance(value, torch.Tensor):
            if value.requires_grad:  # its gradient still needs them
                return value
            value = value.clone()
        if isinstance(value, list):  # which may hold an argument as it is
            value = deepcopy(value)
        for one, old in zip(arguments, before, strict=True):
            if isinstance(one, torch.Tensor) and not one.requires_grad and torch.equal(one, old):
                one.zero_()
        return value

    return styled


def converted(answer: Answer, convert: Callable[[Any], Any]) -> Answer:
    """The result as another type, unless it has a gradient."""

    def styled(*arguments: Any) -> Any:
        value = answer(*arguments)
        return value if getattr(value, "requires_grad", False) is True else convert(value)

    return styled


def as_array(value: Any) -> Any:
    """A NumPy array or scalar of a tensor or of numbers."""
    if isinstance(value, torch.Tensor):
        return value.resolve_conj().numpy()
    return np.asarray(value)[()] if isinstance(value, int | float | tuple) else value


def as_list(value: Any) -> Any:
    """A list, or a number, of a tensor; a list of a tuple."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def checkers(chapter: str) -> dict[str, Checker]:
    """The checkers of a chapter, by name.

    Raises:
        BookError: It has no module of checkers.
    """
    try:
        module = importlib.import_module(f"tinyaudio.exercises.{chapter}")
    except ModuleNotFoundError:
        raise BookError(
            f"tinyaudio/exercises/{chapter}.py: missing; write the checkers there"
        ) from None
    functions = inspect.getmembers(module, inspect.isfunction)
    return {name: function for name, function in functions if name.startswith("check_")}


def exercise_of(check: Checker) -> Exercise:
    """What a checker knows of its exercise.

    Raises:
        BookError: There is no `Exercise` of its name beside it.
    """
    name = check.__name__.removeprefix("check_").upper()
    found = getattr(sys.modules[check.__module__], name, None)
    if not isinstance(found, Exercise):
        raise BookError(f"{check.__module__}: {check.__name__} needs an Exercise called {name}")
    return found


def caught_shares(exercise: Exercise, seeds: Iterable[int]) -> dict[Mistake, float]:
    """For each planted mistake, the share of seeds in which its own message is the answer."""
    seeds = list(seeds) if is_random(exercise) else [0]
    caught = dict.fromkeys(exercise.mistakes, 0)
    for seed in seeds:
        for mistake in exercise.mistakes:
            caught[mistake] += exercise.check(mistake.answer, seed).mistake is mistake
    return {mistake: count / len(seeds) for mistake, count in caught.items()}


def is_random(exercise: Exercise) -> bool:
    """Whether the cases depend on the seed."""
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    exercise.cases(generator)
    return not torch.equal(before, generator.get_state())

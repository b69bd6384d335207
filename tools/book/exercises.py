"""A chapter's exercises outside their notebook: stub and solution executed, wrong answers planted.

Wrong answers stand with the checkers' tests, in ``tests/exercises/test_CHAPTER.py``:

    WRONG = {
        "check_half": [(lambda x: 2 * x, "doubled"), ...],  # (an answer, words of its feedback)
    }
"""

import ast
import importlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinyaudio.exercises.check_result import CheckResult
from tools.book import ROOT, BookError
from tools.book.edition import select
from tools.book.source import Chapter, where

CALL = re.compile(r"(?m)^(check_\w+)\((\w+)\)\s*$")
# Feedback of a checker that recognizes no particular mistake.
UNNAMED = re.compile(r"^[\w<>]+\(.*\) (should be|raised) ", re.DOTALL)


@dataclass(frozen=True)
class Exercise:
    """An exercise cell and its solution, with what the cells above them import."""

    chapter: str
    place: str  # file:line
    checker: str
    imports: str
    stub: str
    solution: str


@dataclass(frozen=True)
class Wrong:
    """A planted wrong answer, and words that its feedback must hold."""

    chapter: str
    checker: str
    answer: Callable[..., Any]
    words: str

    def check(self) -> CheckResult:
        """The checker's result on this answer."""
        module = importlib.import_module(f"tinyaudio.exercises.{self.chapter}")
        return getattr(module, self.checker)(self.answer)

    def caught(self) -> bool:
        """Whether it fails, and the feedback names the mistake."""
        result = self.check()
        named = self.words in result.message and not UNNAMED.search(result.message)
        return not result.passed and named


def exercises(chapter: Chapter) -> list[Exercise]:
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
        found.append(
            Exercise(chapter.name, where(chapter, cell), call[1], "\n".join(imports), *texts)
        )
    return found


def imports_of(text: str) -> list[str]:
    """The import statements of a cell; none if it is not plain Python."""
    try:
        tree = ast.parse(select(text, "en"))
    except SyntaxError:
        return []
    return [ast.unparse(one) for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]


def run(exercise: Exercise, code: str) -> Any:
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


def planted(chapter: str) -> list[Wrong]:
    """The wrong answers of a chapter.

    Raises:
        BookError: There are none to be found.
    """
    path = ROOT / "tests" / "exercises" / f"test_{chapter}.py"
    if not path.exists():
        raise BookError(f"tests/exercises/{path.name}: missing; plant wrong answers there in WRONG")
    spec = importlib.util.spec_from_file_location(f"planted_in_{chapter}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "WRONG"):
        raise BookError(
            f"tests/exercises/{path.name}: plants no wrong answers; "
            "write WRONG = {'check_name': [(answer, 'words of the message'), ...]}"
        )
    return [Wrong(chapter, name, *one) for name, answers in module.WRONG.items() for one in answers]

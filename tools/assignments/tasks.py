"""What is asked in a chapter: its exercises with number, title and points, from the book's source."""

import hashlib
import inspect
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.assignments import AssignmentError
from tools.book import LANGUAGES, SOURCES
from tools.book.edition import SETUP, select
from tools.book.exercises import CALL, Cells, Checker, checkers, exercise_of, exercises
from tools.book.source import Chapter, read

SETUP_CELLS = [
    re.sub(r"(?m)%pip.*$", "%pip .*", re.escape(select(SETUP, language))) for language in LANGUAGES
]
HEADING = re.compile(r"(?m)^### (?:연습|Exercise) (\d+\.\d+) (.+) \((★+), (\d+)(?:분| minutes)\)")


@dataclass(frozen=True)
class Task:
    """An exercise as an instructor sees it.

    Attributes:
        number: Such as "4.2".
        korean: Title.
        english: Title.
        points: As many as the exercise has stars.
        minutes: That it takes, as the book says.
        cells: Stub and solution.
        check: The checker that ships with the book.
        name: Of the function that the stub puts to it.
    """

    number: str
    korean: str
    english: str
    points: int
    minutes: int
    cells: Cells
    check: Checker
    name: str

    @property
    def checker(self) -> str:
        """The checker's name."""
        return self.cells.checker


def chapters(names: list[str] | None = None) -> list[Chapter]:
    """The chapters of these names or numbers that have exercises, in order; by default all.

    Raises:
        AssignmentError: There is none of a name, or it has no exercises.
    """
    with_tasks = {
        chapter.name: chapter
        for chapter in sorted(map(read, SOURCES.glob("*.md")), key=lambda one: one.number)
        if any("exercise" in cell.tags for cell in chapter.cells)
    }
    by_number = {str(chapter.number): name for name, chapter in with_tasks.items()}
    chosen = [by_number.get(name, name) for name in names or with_tasks]
    for name in chosen:
        if name not in with_tasks:
            raise AssignmentError(
                f"{name}: no chapter with exercises; there are {', '.join(with_tasks)}"
            )
    return [with_tasks[name] for name in dict.fromkeys(chosen)]


@lru_cache(maxsize=64)  # every submission asks again
def tasks(chapter: Chapter) -> list[Task]:
    """The exercises of a chapter, in order."""
    headings: list[dict[str, re.Match]] = []
    heading: dict[str, re.Match] = {}
    for cell in chapter.cells:
        for found in HEADING.finditer(cell.text):
            heading[cell.language or "ko"] = found
        if "exercise" in cell.tags:
            headings.append(heading)
            heading = {}
    made = []
    for words, cells in zip(headings, exercises(chapter), strict=True):
        call = CALL.search(cells.stub)
        if not call or set(words) != {"ko", "en"}:
            raise AssignmentError(
                f"{cells.place}: no heading such as ### Exercise 4.2 Title (★, 10 minutes)"
            )
        ko, en = words["ko"], words["en"]
        check = checkers(chapter.name)[cells.checker]
        made.append(Task(en[1], ko[2], en[2], len(en[3]), int(en[4]), cells, check, call[2]))
    return made


@lru_cache(maxsize=64)
def handed_out(chapter: Chapter) -> set[str]:
    """The text of a chapter's code cells in either language, but for stubs, which have to be run."""
    return {
        select(cell.text, language).strip()
        for cell in chapter.cells
        if cell.kind == "code" and not {"exercise", "solution"} & set(cell.tags)
        for language in ("ko", "en")
    }


def is_setup(cell: str) -> bool:
    """Whether a cell is the one that installs the package on Colab, of whatever edition."""
    return any(re.fullmatch(one, cell.strip()) for one in SETUP_CELLS)


def fingerprint(chapter: Chapter) -> str:
    """Of all that a key depends on: a chapter's exercises and the modules that ask about them."""
    parts = []
    for task in tasks(chapter):
        exercise_of(task.check)
        parts += [task.cells.solution, inspect.getsource(sys.modules[task.check.__module__])]
    parts.append(Path(__file__).with_name("questions.py").read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

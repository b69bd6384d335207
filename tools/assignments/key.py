"""The answer key: what the reference, and each typical mistake, gives on cases of an instructor's seed.

It lies in a folder outside the repository:

    seed.txt                 an integer that only the instructor knows
    reference/CHAPTER.py     optional: functions, named as in the notebook, in place of the book's solutions
    answers/CHAPTER.npz      written by ``python -m tools.assignments key FOLDER``

Another seed gives other cases, except for exercises whose cases are fixed: 16 of 121.
"""

import io
import re
import secrets
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tinyaudio.exercises import Mistake
from tinyaudio.exercises.check_result import as_tensor, equal
from tinyaudio.exercises.common_mistakes import COMMON, FLOAT_CODES
from tinyaudio.files import atomic_write
from tools.assignments import AssignmentError
from tools.assignments.questions import JUDGED, Observation, asked, observe, question, same
from tools.assignments.tasks import Task, fingerprint, tasks
from tools.book import ROOT
from tools.book.exercises import Answer, exercise_of, solution
from tools.book.source import Chapter


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and otherwise why not, in both languages."""

    right: bool
    korean: str = ""
    english: str = ""


@dataclass(frozen=True)
class Answers:
    """What the reference gives, and the exercise's mistakes, in their order."""

    right: Observation
    mistakes: list[Observation]


Key = dict[str, Answers]  # by checker
SAID = (
    (r"longer than ([\d.e+]+) s", r"\1초가 넘게 걸립니다."),
    (r"more than (\d+) MB of files", r"파일을 \1 MB 넘게 썼습니다."),
    (r"the process ended (.*)", r"프로세스가 끝나 버렸습니다 \1."),
    (r"raised (.*)", r"오류 \1"),
    (r"nothing", "아무것도 돌려주지 않습니다."),
    (r"of type (\w+), not a function", r"함수가 아니라 \1 값입니다."),
    (r"of type (\w+)", r"숫자가 아니라 \1 값입니다."),
    (r"(\d+) numbers", r"숫자가 \1개입니다."),
    (r"EOFError: it waits for input, which nobody gives", "입력을 기다립니다."),
)


def seed_of(folder: Path, new: int | None = None) -> int:
    """The seed of a key; a folder that has none gets a new one.

    Raises:
        AssignmentError: The folder lies in the repository, or its seed is no integer.
    """
    if folder.resolve().is_relative_to(ROOT):
        raise AssignmentError(
            f"{folder}: lies in the repository, which is public; keep the key elsewhere"
        )
    path = folder / "seed.txt"
    if new is not None or not path.exists():
        with atomic_write(path) as file:
            file.write(f"{secrets.randbelow(2**31) if new is None else new}\n".encode())
    try:
        return int(path.read_text())
    except ValueError:
        raise AssignmentError(f"{path}: should hold one integer") from None


def write(folder: Path, chapter: Chapter, seed: int) -> None:
    """Compute a chapter's key."""
    arrays: Observation = {"fingerprint": np.array(f"{fingerprint(chapter)} {seed}")}
    for task in tasks(chapter):
        exercise = exercise_of(task.check)
        answers = [reference(folder, task), *(one.answer for one in exercise.mistakes)]
        for i, answer in enumerate(answers):
            for place, value in observed(task, answer, seed).items():
                arrays[f"{task.checker}/{i}/{place}"] = value
    made = io.BytesIO()
    np.savez_compressed(made, **arrays)  # type: ignore[arg-type]
    with atomic_write(folder / "answers" / f"{chapter.name}.npz") as file:
        file.write(made.getvalue())


def reference(folder: Path, task: Task) -> Answer:
    """The instructor's own solution, if there is one, or else the book's.

    Raises:
        AssignmentError: The instructor's file cannot be run.
    """
    path = folder / "reference" / f"{task.cells.chapter}.py"
    if path.exists():
        own = types.ModuleType("reference")
        try:
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(own))
        except Exception as error:
            raise AssignmentError(f"{path}: {type(error).__name__}: {error}") from None
        if hasattr(own, task.name):
            return getattr(own, task.name)  # type: ignore[no-any-return]
    return solution(task.cells)


def observed(task: Task, answer: Answer, seed: int) -> Observation:
    """What an answer gives, judged where the exercise judges."""
    return judged(task, observe(answer, asked(question(task.check, seed))))


def judged(task: Task, found: Observation) -> Observation:
    """An observation with verdicts in place of results, where an exercise only asks for a property."""
    if task.checker not in JUDGED:
        return found
    judge = getattr(sys.modules[task.check.__module__], JUDGED[task.checker])
    made = {}
    for place, value in found.items():
        if value.dtype.kind in "biuf":
            value = np.array(judge(torch.tensor(value).float()))
        made[place] = value
    return made


def read(folder: Path, chapter: Chapter) -> Key:
    """A chapter's key.

    Raises:
        AssignmentError: There is none, or the exercises or the seed have changed since.
    """
    path, again = (
        folder / "answers" / f"{chapter.name}.npz",
        f"python -m tools.assignments key {folder}",
    )
    if not path.exists():
        raise AssignmentError(f"{path}: missing; run {again}")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    if str(arrays.pop("fingerprint")) != f"{fingerprint(chapter)} {seed_of(folder)}":
        raise AssignmentError(f"{path}: of another edition or seed; run {again}")
    key: dict[str, list[Observation]] = {}
    for name, value in arrays.items():
        check, i, place = name.split("/", 2)
        rows = key.setdefault(check, [])
        rows += [{} for _ in range(int(i) + 1 - len(rows))]
        rows[int(i)][place] = value
    return {check: Answers(rows[0], rows[1:]) for check, rows in key.items()}


def stages(found: Observation) -> list[list[str]]:
    """The places of an observation: ordinary cases, edges, gradients, the way; an empty stage is left out."""
    sorts = ("case", "edge", "slope", "watch")
    return [group for sort in sorts if (group := [one for one in found if one.startswith(sort)])]


def verdict(task: Task, given: Observation, answers: Answers) -> Verdict:
    """Judge what a submission gave, by arrays alone."""
    given, exercise = judged(task, given), exercise_of(task.check)
    passed: list[str] = []
    for places in stages(answers.right):
        if not alike(given, answers.right, places, exercise.tolerance):
            break
        if exercise.codes and any(given[one].dtype.kind in "fc" for one in places):
            return Verdict(False, FLOAT_CODES.korean, FLOAT_CODES.english)
        passed += places
    else:
        return Verdict(True, "맞았습니다.", "Correct.")
    for mistake, result in zip(exercise.mistakes, answers.mistakes, strict=True):
        if alike(given, result, [*passed, *places], exercise.tolerance):
            return Verdict(False, mistake.korean, mistake.english)
    return described(given, answers.right, places, exercise.tolerance)


def alike(a: Observation, b: Observation, places: list[str], tolerance: float) -> bool:
    """Whether two observations agree at these places."""
    return all(same(a.get(one), b.get(one), one, tolerance) for one in places)


def described(
    given: Observation, right: Observation, places: list[str], tolerance: float
) -> Verdict:
    """What is wrong, where no typical mistake is, without telling the right result."""
    wrong = [one for one in places if not same(given.get(one), right[one], one, tolerance)]
    words = next(
        (given[one] for one in wrong if one in given and given[one].dtype.kind == "U"), None
    )
    if words is not None:
        said = str(words)
        if said == "not written":
            return Verdict(False, "비어 있습니다.", "Not written.")
        if said == "not handed in":
            return Verdict(
                False, "이 연습의 함수가 없습니다.", "There is no function for this exercise."
            )
        return Verdict(False, f"결과를 얻지 못했습니다: {in_korean(said)}", f"No result: {said}")
    if places[0].startswith("slope"):
        return Verdict(
            False, "값은 맞지만 기울기가 다릅니다.", "The values are right, the gradients are not."
        )
    common = named(given, right, wrong)
    if common:
        return Verdict(False, common.korean, common.english)
    kind_ko, kind_en = (
        ("경계", "boundary") if places[0].startswith("edge") else ("보통", "ordinary")
    )
    count = f"{len(wrong)}/{len(places)}"
    return Verdict(
        False, f"{kind_ko} 경우 {count}개가 틀립니다.", f"Wrong in {count} of the {kind_en} cases."
    )


def in_korean(said: str) -> str:
    """What a submission's process says in place of a result; an error's own message stays."""
    for english, korean in SAID:
        if re.fullmatch(english, said, re.DOTALL):
            return re.sub(english, korean, said, flags=re.DOTALL)
    return said


def named(given: Observation, right: Observation, places: list[str]) -> Mistake | None:
    """The mistake of any exercise that explains all wrong results, such as a sign."""
    for mistake in COMMON:
        pairs = [(given.get(one), mistake.answer(as_tensor(right[one]))) for one in places]
        if all(x is not None and y is not None and equal(x, y, 1e-4) for x, y in pairs):
            return mistake
    return None

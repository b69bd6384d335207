"""Mark a folder of submissions: one table, and a page for each person.

Each notebook runs in a process of its own (``running``).  This process alone knows the answers, and compares
arrays with them.
"""

import csv
import hashlib
import io
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from tinyaudio.files import atomic_write
from tools.assignments import AssignmentError
from tools.assignments.key import Key, Verdict, read, seed_of, verdict
from tools.assignments.running import Limits, run
from tools.assignments.submissions import Submission, chapter_of, code_cells, submissions
from tools.assignments.tasks import Task, tasks
from tools.assignments.worker import NOT_RUN
from tools.book.source import Chapter

LANGUAGE = re.compile(r"(?m)^set_language\([\"'](ko|en)[\"']\)")  # in the setup cell
MOST_NAME = 200  # bytes; systems take 255


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""

    def __init__(self, marked: list["Marked"]) -> None:
        self.marked = marked


@dataclass
class Marked:
    """A submission with its verdicts, by chapter and checker."""

    submission: Submission
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    language: str = "ko"  # of its last notebook


def mark(
    folder: Path,
    key: Path,
    chapters: Sequence[Chapter],
    limits: Limits,
    progress: bool = True,
) -> list[Marked]:
    """Mark everything in a folder.

    Args:
        folder: Of submissions.
        key: The instructor's folder.
        chapters: Those that were set.
        limits: For each submission.
        progress: Whether to show a bar.

    Raises:
        AssignmentError: There is nothing to mark, or no key.
        Stopped: By Ctrl-C, with what was marked so far.
    """
    if not folder.is_dir():
        raise AssignmentError(f"{folder}: is no folder; name the one that holds the submissions")
    found = submissions(folder)
    if not found:
        raise AssignmentError(f"{folder}: holds no zip, no notebook and no folder")
    left = {one.name for one in folder.iterdir()} - {one.file for one in found}
    if others := sorted(one for one in left if not one.startswith(".")):
        print(f"no zip, no notebook and no folder: {', '.join(others)}", file=sys.stderr)
    keys = {chapter.name: read(key, chapter) for chapter in chapters}
    seed, marked = seed_of(key), []
    for one in tqdm(found, desc="marking", unit="submission", disable=not progress):
        try:
            marked.append(mark_one(one, chapters, keys, seed, limits))
        except KeyboardInterrupt:
            raise Stopped(marked) from None
        except Exception as error:  # one must not stop the rest
            marked.append(
                Marked(one, troubles=[f"the marker failed: {type(error).__name__}: {error}"[:300]])
            )
    return marked


def mark_one(
    one: Submission, chapters: Sequence[Chapter], keys: dict[str, Key], seed: int, limits: Limits
) -> Marked:
    """Mark what one person handed in."""
    marked = Marked(one, troubles=[one.trouble] if one.trouble else [])
    by_name = {chapter.name: chapter for chapter in chapters}
    for file, content in one.notebooks.items():
        try:
            cells, said = code_cells(content)
        except ValueError as error:
            marked.troubles.append(f"{file}: {error}")
            continue
        chapter = chapter_of(file, said, cells, by_name)
        if chapter is None:
            marked.troubles.append(f"{file}: of none of the chapters that are marked")
            continue
        if chosen := LANGUAGE.search("\n".join(cells)):
            marked.language = chosen[1]
        if any(name == chapter.name for name, _ in marked.verdicts):
            marked.troubles.append(f"{file}: another notebook of {chapter.name}; the better counts")
        given, troubles = run(cells, chapter, seed, limits)
        for task in tasks(chapter):
            try:
                result = verdict(task, given[task.checker], keys[chapter.name][task.checker])
            except Exception as error:  # of arrays that anybody may have written
                why = f"{type(error).__name__}: {error}"[:200]
                result = Verdict(False, f"채점하지 못했습니다: {why}", f"Not marked: {why}")
                marked.troubles.append(f"{task.number} was not marked; look at it yourself: {why}")
            place = (chapter.name, task.checker)
            if place not in marked.verdicts or result.right:  # of two notebooks, the better
                marked.verdicts[place] = result
        if all(marked.verdicts[chapter.name, task.checker].right for task in tasks(chapter)):
            troubles = [said for said in troubles if not said.startswith(NOT_RUN)]
        marked.troubles += troubles
    return marked


def write_table(path: Path, marked: Sequence[Marked], chapters: Sequence[Chapter]) -> None:
    """One row a submission: name, file, points of each exercise, their sum, the most there is, remarks."""
    columns = [(chapter.name, task) for chapter in chapters for task in tasks(chapter)]
    made = io.StringIO()
    rows = csv.writer(made)
    rows.writerow(
        ["name", "file", "points", "of", *(task.number for _, task in columns), "remarks"]
    )
    for one in marked:
        points = [earned(one, name, task) for name, task in columns]
        most = sum(task.points for _, task in columns)
        words = [
            one.submission.name,
            one.submission.file,
            sum(points),
            most,
            *points,
            "; ".join(one.troubles),
        ]
        rows.writerow([plain(word) for word in words])
    with atomic_write(path) as file:
        # With the mark that spreadsheets know UTF-8 by; names of files may be no text.
        file.write(b"\xef\xbb\xbf" + made.getvalue().encode(errors="backslashreplace"))


def plain(word: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(word, str):
        word = re.sub(r"[\x00-\x1f]+", " ", word)
        return f"'{word}" if word.startswith(("=", "+", "-", "@")) else word
    return word


def earned(one: Marked, chapter: str, task: Task) -> int:
    """The points of an exercise: all or none."""
    found = one.verdicts.get((chapter, task.checker))
    return task.points if found and found.right else 0


def write_feedback(
    folder: Path, marked: Sequence[Marked], chapters: Sequence[Chapter], language: str = ""
) -> None:
    """A page for each submission, called by its file's name, in one language or in its notebook's.

    Pages of an earlier marking are removed.
    """
    for page in folder.glob("*.md"):
        page.unlink()
    for one in marked:
        korean = (language or one.language) == "ko"
        asked = {chapter.name: tasks(chapter) for chapter in chapters}
        got = sum(earned(one, name, task) for name, some in asked.items() for task in some)
        most = sum(task.points for some in asked.values() for task in some)
        lines = [
            f"# {one.submission.name}",
            "",
            f"{'점수' if korean else 'Points'}: {got}/{most}",
            "",
        ]
        for chapter in chapters:
            if not any(name == chapter.name for name, _ in one.verdicts):
                missing = (
                    f"{chapter.number}장: 채점할 노트북이 없습니다."
                    if korean
                    else f"Chapter {chapter.number}: no notebook to mark."
                )
                lines.append(f"- ✘ {missing}")
                continue
            for task in asked[chapter.name]:
                found = one.verdicts[chapter.name, task.checker]
                points = f"{earned(one, chapter.name, task)}/{task.points}"
                title = task.korean if korean else task.english
                lines.append(
                    f"- {'✔' if found.right else '✘'} {task.number} {title} ({points}): "
                    + (found.korean if korean else found.english)
                )
        if one.troubles:
            lines += ["", "실행 중에 생긴 일:" if korean else "What happened while it ran:", ""]
            lines += [f"- {trouble}" for trouble in one.troubles]
        with atomic_write(folder / f"{page_name(one.submission.file)}.md") as file:
            file.write(("\n".join(lines) + "\n").encode("utf-8", errors="replace"))


def page_name(file: str) -> str:
    """A file's name without what no file's name may hold, and no longer than a system takes.

    A name that has to change gets a mark of its own, so that no two share a page.
    """
    name = re.sub(r"[/\\\x00-\x1f]", "_", file)
    whole = os.fsencode(name)
    if name == file and len(whole) <= MOST_NAME:
        return name
    mark = hashlib.sha256(os.fsencode(file)).hexdigest()[:8]
    return os.fsdecode(whole[: MOST_NAME - 9]).encode(errors="ignore").decode() + f"-{mark}"

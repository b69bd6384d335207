"""Mark a folder of submissions: one table, and a page for each person.

Each notebook runs in a process of its own (``worker``), which is ended when it does not come on; what was
not yet asked is then asked again without what stopped it.  This process alone knows the answers, and
compares arrays with them.
"""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from tinyaudio.files import atomic_write
from tools.assignments import AssignmentError
from tools.assignments.key import Key, Verdict, read, seed_of, verdict
from tools.assignments.questions import Observation, question, text
from tools.assignments.submissions import Submission, chapter_of, code_cells, submissions
from tools.assignments.tasks import Task, handed_out, tasks
from tools.book import ROOT
from tools.book.source import Chapter

BEGIN_SECONDS = 60  # of the processor, for the imports of a chapter
WAITING = (
    10  # so many times longer on the clock than on the processor: the machine is busy, or it sleeps
)
MOST_RESULT = 64 << 20  # bytes


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Attributes:
        seconds: Of the processor, for a cell and for an exercise, so that a busy machine costs no marks.
        memory: Bytes.
        files: Bytes.
    """

    seconds: float = 10
    memory: int = 2 << 30
    files: int = 256 << 20


@dataclass
class Marked:
    """A submission with its verdicts, by chapter and checker."""

    submission: Submission
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


def mark(
    folder: Path,
    key: Path,
    chapters: Sequence[Chapter],
    limits: Limits = Limits(),
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
    """
    if not folder.is_dir():
        raise AssignmentError(f"{folder}: is no folder; name the one that holds the submissions")
    found = submissions(folder)
    if not found:
        raise AssignmentError(f"{folder}: holds no zip, no notebook and no folder")
    keys = {chapter.name: read(key, chapter) for chapter in chapters}
    seed, marked = seed_of(key), []
    for one in tqdm(found, desc="marking", unit="submission", disable=not progress):
        try:
            marked.append(mark_one(one, chapters, keys, seed, limits))
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
        given, troubles = run(cells, chapter, seed, limits)
        marked.troubles += troubles
        for task in tasks(chapter):
            result = verdict(task, given[task.checker], keys[chapter.name][task.checker])
            place = (chapter.name, task.checker)
            if place not in marked.verdicts or result.right:  # of two notebooks, the better
                marked.verdicts[place] = result
    return marked


def run(
    cells: list[str], chapter: Chapter, seed: int, limits: Limits
) -> tuple[dict[str, Observation], list[str]]:
    """What the functions of a notebook give on the hidden cases, by checker, and what went wrong."""
    asked, unchanged = tasks(chapter), handed_out(chapter)
    job = {
        "imports": asked[-1].cells.imports.splitlines(),
        "cells": [cell for cell in cells if cell.strip() and cell.strip() not in unchanged],
        "questions": {task.checker: asdict(question(task.check, seed)) for task in asked},
        "names": {task.checker: task.name for task in asked},
        "seconds": limits.seconds,
        "memory": limits.memory,
        "skip": [],
    }
    found: dict[str, Observation] = {}
    troubles: list[str] = []
    with tempfile.TemporaryDirectory(prefix="submission-") as temporary:
        while len(found) < len(asked):
            folder = Path(temporary) / f"try {len(job['skip'])}"
            (folder / "out").mkdir(parents=True)
            (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
            end = attend(folder, limits)
            found |= results(folder / "out", [task for task in asked if task.checker not in found])
            troubles += said_troubles(folder / "out")
            if len(found) == len(asked) or not end:
                break
            at, why = end
            if at in job["skip"] or not at.startswith(("cell ", "exercise ")):
                troubles.append(why)
                break
            job["skip"] += [at, *(f"exercise {check}" for check in found)]
            if at.startswith("exercise "):
                found[at.removeprefix("exercise ")] = {"case 0": text(why)}
            else:
                troubles.append(f"a cell was left out: {why}")
            shutil.rmtree(folder, ignore_errors=True)
    nothing: Observation = {"case 0": text(troubles[-1] if troubles else "not handed in")}
    return {task.checker: found.get(task.checker, nothing) for task in asked}, list(
        dict.fromkeys(troubles)
    )


def attend(folder: Path, limits: Limits) -> tuple[str, str] | None:
    """Run a worker; None if it came to its end, or else where it was and why it ended."""
    home = folder / "home"
    home.mkdir()
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "TMPDIR": str(home),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(home),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "HF_HUB_OFFLINE": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.assignments.worker", str(folder)],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    before, since, used, why = "", time.monotonic(), 0.0, ""
    try:
        while process.poll() is None:
            time.sleep(0.05)
            at, now = place(folder), time.monotonic()
            if at != before:
                before, since, used = at, now, processor_seconds(process.pid)
            patience = BEGIN_SECONDS if before in ("", "start") else 1.5 * limits.seconds + 1
            spent = processor_seconds(process.pid) - used
            if spent > patience or now - since > WAITING * patience:
                why = f"longer than {limits.seconds:g} s"
            elif size(folder) > limits.files:
                why = f"more than {limits.files >> 20} MB of files"
            if why:
                break
    finally:
        process.kill()
        process.wait()
    at = place(folder)
    return (
        None if at == "end" else (at, why or f"the process ended (exit code {process.returncode})")
    )


def processor_seconds(pid: int) -> float:
    """What a process has used so far; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def place(folder: Path) -> str:
    """What a worker says that it does; a submission may write there, too."""
    try:
        with open(folder / "at", "rb") as file:
            return file.read(100).decode(errors="replace")
    except OSError:
        return ""


def size(folder: Path) -> int:
    """Bytes of all files in a folder, without following links."""
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(root, file)).st_size
            except OSError:
                pass
    return total


def results(out: Path, asked: list[Task]) -> dict[str, Observation]:
    """The observations that a worker wrote, read as data that anybody may have written."""
    found = {}
    for task in asked:
        path = out / f"{task.checker}.npz"
        try:
            if path.is_symlink() or not path.is_file():
                continue
            with zipfile.ZipFile(path) as packed:
                if sum(one.file_size for one in packed.infolist()) > MOST_RESULT:
                    raise ValueError("too large")
            with np.load(path, allow_pickle=False) as file:
                found[task.checker] = dict(file)
        except Exception as error:  # no arrays: a submission wrote the file itself
            found[task.checker] = {"case 0": text(f"unreadable results ({type(error).__name__})")}
    return found


def said_troubles(out: Path) -> list[str]:
    """What a worker says went wrong in cells."""
    try:
        path = out / "troubles.json"
        read = (
            json.loads(path.read_bytes()[:20_000])
            if path.is_file() and not path.is_symlink()
            else []
        )
        return [str(one)[:200] for one in read][:20]
    except (OSError, ValueError, TypeError, RecursionError):
        return ["unreadable results"]


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
        file.write(
            b"\xef\xbb\xbf" + made.getvalue().encode()
        )  # a mark that spreadsheets know UTF-8 by


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
    folder: Path, marked: Sequence[Marked], chapters: Sequence[Chapter], language: str
) -> None:
    """A page for each submission, called by its file's name, in Korean or English."""
    korean = language == "ko"
    for one in marked:
        lines = [f"# {one.submission.name}", ""]
        for chapter in chapters:
            if not any(name == chapter.name for name, _ in one.verdicts):
                continue
            for task in tasks(chapter):
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
        name = re.sub(r"[/\\\x00-\x1f]", "_", one.submission.file)
        with atomic_write(folder / f"{name}.md") as file:
            file.write(("\n".join(lines) + "\n").encode("utf-8", errors="replace"))

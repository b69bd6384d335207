"""Run one notebook of a submission in a process of its own, and bring back what its functions give.

The process (``worker``) is ended when it does not come on; what was not yet asked is then asked again,
without what stopped it.  What it leaves behind is read as data that anybody may have written.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.assignments.questions import Observation, question, text
from tools.assignments.tasks import Task, handed_out, is_setup, tasks
from tools.assignments.worker import HIDDEN
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


def run(
    cells: list[str], chapter: Chapter, seed: int, limits: Limits
) -> tuple[dict[str, Observation], list[str]]:
    """What the functions of a notebook give on the hidden cases, by checker, and what went wrong."""
    asked, unchanged = tasks(chapter), handed_out(chapter)
    cells = [cell for cell in cells if cell.strip()]
    job: dict[str, Any] = {
        # Its exercises import checkers, whose modules hold solutions.
        "imports": [line for line in asked[-1].cells.imports.splitlines() if HIDDEN not in line],
        "cells": cells,
        "handed_out": [
            i for i, cell in enumerate(cells) if cell.strip() in unchanged or is_setup(cell)
        ],
        "questions": {task.checker: asdict(question(task.check, seed)) for task in asked},
        "names": {task.checker: task.name for task in asked},
        "seconds": limits.seconds,
        "memory": limits.memory,
        "skip": [],
    }
    found: dict[str, Observation] = {}
    troubles: list[str] = []
    # All that a worker may say of where it is; the submission may write there, too.
    places = {f"cell {i}" for i in range(len(cells))}
    places |= {f"exercise {task.checker}" for task in asked}
    if len(job["handed_out"]) == len(cells):
        return {task.checker: {"case 0": text("not handed in")} for task in asked}, troubles
    with tempfile.TemporaryDirectory(prefix="submission-") as temporary:
        while len(found) < len(asked):
            folder = Path(temporary) / f"try {len(job['skip'])}"
            (folder / "out").mkdir(parents=True)
            (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
            end = attend(folder, limits, len(places) - len(job["handed_out"]) + 1)
            found |= results(folder / "out", [task for task in asked if task.checker not in found])
            troubles += said_troubles(folder / "out")
            if len(found) == len(asked) or not end:
                break
            at, why = end
            if at in job["skip"] or at not in places:
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


def attend(folder: Path, limits: Limits, n_places: int) -> tuple[str, str] | None:
    """Run a worker; None if it came to its end, or else where it was and why it ended.

    Each place has its limit, and so have all together, since a submission may say that it is ever elsewhere.
    """
    home = folder / "home"
    home.mkdir()
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "USER": "student",  # optimizers of PyTorch ask for it, and must not look in /etc/passwd
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
    end = since + WAITING * (BEGIN_SECONDS + n_places * (1.5 * limits.seconds + 1))
    try:
        while process.poll() is None:
            time.sleep(0.05)
            at, now = place(folder), time.monotonic()
            if at != before:
                before, since, used = at, now, processor_seconds(process.pid)
            patience = BEGIN_SECONDS if before in ("", "start") else 1.5 * limits.seconds + 1
            spent = processor_seconds(process.pid) - used
            if spent > patience or now - since > WAITING * patience or now > end:
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
        # neither through a link nor waiting at a pipe
        file = os.open(folder / "at", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return ""
    try:
        return os.read(file, 100).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(file)


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

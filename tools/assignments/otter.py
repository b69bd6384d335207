"""Otter-Grader, in an environment of its own: what it makes of a master, and how it marks.

CHAPTER/otter/ko|en/assigned/student       what Otter hands out
CHAPTER/otter/ko|en/assigned/autograder    a zip for ``otter run`` or Gradescope, and the solved notebook
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.assignments import AssignmentError
from tools.book.source import Chapter

MOST_SECONDS = 1800  # of the clock, for one notebook
INSTALL = (
    "Otter-Grader is not here: install it into an environment of its own, "
    "python3 -m venv ~/otter && ~/otter/bin/pip install -e '.[instructor]', and name it with "
    "--otter ~/otter/bin/otter"
)


def program(otter: str | None) -> str:
    """Where Otter lies; by default what the system finds.

    Raises:
        AssignmentError: Nowhere.
    """
    found = shutil.which(os.path.expanduser(otter or "otter"))
    if found is None:
        raise AssignmentError(INSTALL)
    return str(Path(found).absolute())


def assign(otter: str | None, out: Path, chapter: Chapter, language: str) -> Path:
    """Let Otter make of a chapter's master what students get and what the autograder gets.

    What it made of an earlier master is replaced.

    Args:
        otter: The program; by default what the system finds.
        out: The chapter's folder, with its masters.
        chapter: The chapter.
        language: Korean or English.

    Returns:
        The autograder, a zip.

    Raises:
        AssignmentError: Otter is not installed, or it failed; the reference, for one, did not pass.
    """
    folder = out / "otter" / language
    result = folder / "assigned"
    shutil.rmtree(result, ignore_errors=True)
    words = [program(otter), "assign", f"{chapter.name}.ipynb", "assigned"]
    done = run(words, folder)
    made = sorted((result / "autograder").glob("*autograder*.zip"))
    if done.returncode or not made:
        raise AssignmentError(f"{chapter.name}: otter assign failed: {last_line(done)}")
    return made[-1]


def check(otter: str | None, out: Path, chapter: Chapter, language: str) -> tuple[float, float]:
    """The points that Otter's autograder gives to the solved notebook and to the one that is handed out.

    Raises:
        AssignmentError: `assign` has not been run, or Otter failed.
    """
    made = out / "otter" / language / "assigned"
    zips = sorted((made / "autograder").glob("*autograder*.zip"))
    if not zips:
        raise AssignmentError(f"{made}: holds no autograder; run make with --key and --otter first")
    solved, untouched = (
        points(program(otter), zips[-1], made / kind / f"{chapter.name}.ipynb")
        for kind in ("autograder", "student")
    )
    return solved, untouched


def points(otter: str, autograder: Path, notebook: Path) -> float:
    """What ``otter run`` gives to a notebook.

    Raises:
        AssignmentError: It failed.
    """
    with tempfile.TemporaryDirectory(prefix="otter-") as folder:
        words = [
            otter,
            "run",
            str(notebook.absolute()),
            "-a",
            str(autograder.absolute()),
            "-o",
            folder,
        ]
        done = run(words, Path(folder))
        results = Path(folder) / "results.json"
        if done.returncode or not results.exists():
            raise AssignmentError(f"{notebook}: otter run failed: {last_line(done)}")
        tests = json.loads(results.read_text(encoding="utf-8"))["tests"]
        return float(sum(one.get("score", 0) for one in tests))


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Otter in a folder, whatever the encoding of what it says.

    Raises:
        AssignmentError: It does not come to its end.
    """
    try:
        return subprocess.run(
            words,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise AssignmentError(
            f"{' '.join(words[1:3])}: otter takes longer than {MOST_SECONDS} s"
        ) from None


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last that a program said."""
    return ((done.stdout + done.stderr).strip().splitlines() or ["no message"])[-1]

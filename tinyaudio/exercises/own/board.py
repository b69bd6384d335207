"""A local board: a CSV file with a line for every training of an own system.

Implements: `Entry`, `add_entry`; `require_board`, before time is spent on an entry.
See:        `tinyaudio.cli.exercise`, which adds to it.
"""

import csv
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from filelock import FileLock

from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write


@dataclass(frozen=True)
class Entry:
    """A line of the board.

    Attributes:
        when: Date and time, UTC.
        exercise: Name of the system.
        file: The reader's.
        parameters: Of the reader's network.
        minutes: Of training.
        steps: That were made.
        score: What is compared; lower is better.
        yours: The reader's.
        shipped: That of the model that comes with the package.
    """

    when: str
    exercise: str
    file: str
    parameters: int
    minutes: float
    steps: int
    score: str
    yours: float
    shipped: float


COLUMNS = [field.name for field in fields(Entry)]


def add_entry(path: Path, entry: Entry) -> tuple[int, int]:
    """Add a line to a board, which is made if it is not there.

    Returns:
        The rank of the line among those of its exercise, counted from 1, and how many these are.

    Raises:
        UserError: The file is no board, or cannot be written.
    """
    with lock_board(path):
        rows = read_rows(path) if path.exists() else []
        rows.append({name: str(value) for name, value in asdict(entry).items()})
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with atomic_write(path) as file:
            file.write(text.getvalue().encode())
    scores = [float(row["yours"]) for row in rows if row["exercise"] == entry.exercise]
    return 1 + sum(order(one) < order(entry.yours) for one in scores), len(scores)


def order(score: float) -> float:
    """What scores are ranked by: not a number comes last."""
    return math.inf if math.isnan(score) else score


def require_board(path: Path) -> None:
    """Raise a `UserError` where an entry could not be added."""
    with lock_board(path):
        if path.exists():
            read_rows(path)


@contextmanager
def lock_board(path: Path) -> Iterator[None]:
    """Make a board's folder, and wait until no other process is at the board.

    Raises:
        UserError: The folder cannot be written.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as problem:
        raise UserError(
            f"{path}: cannot be written ({problem.strerror}); name another by --board"
        ) from None
    try:
        yield
    finally:
        lock.release()


def read_rows(path: Path) -> list[dict[str, str]]:
    """The lines of a board.

    Raises:
        UserError: It is something else.
    """
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        rows = [dict(row) for row in reader]
        for row in rows:
            float(row["yours"])
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        rows, reader = [], csv.DictReader(io.StringIO())
    if [*(reader.fieldnames or [])] != COLUMNS:
        raise UserError(f"{path}: is no board of this command; name another by --board")
    return rows

"""Files that a crash, a full disk or a second process cannot leave half written.

Implements: `atomic_write`, and `locked`, which keeps a second process out of a folder.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from tinyaudio.errors import UserError


@contextmanager
def atomic_write(path: str | Path, error: type[UserError] = UserError) -> Iterator[BinaryIO]:
    """Open a file beside `path` for writing, and move it there when all has been written.

    At any moment `path` is either what it was or what it will be, whole. Missing folders are made.

    Args:
        path: The file to write or replace.
        error: What to raise if the system refuses, such as on a full disk.

    Yields:
        A binary file to write to.

    Raises:
        UserError: Of the class `error`; the earlier file is untouched and nothing is left behind.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_write(Path(folder) / "a" / "b.txt") as file:
        ...         _ = file.write(b"whole")
        ...     print((Path(folder) / "a" / "b.txt").read_text())
        whole
    """
    path = Path(path)
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # on the disk before it takes the old file's name
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp's files are private
        os.replace(temporary, path)
        temporary = None
    except OSError as problem:
        raise error(
            f"{path}: cannot be written ({problem.strerror or problem}). Free some space or choose"
            " another place; earlier files are untouched"
        ) from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, busy: UserError) -> Iterator[None]:
    """Make a folder, and keep a second process out of it; the system lets go when this one ends.

    Args:
        folder: To be written to by one process at a time.
        busy: What to raise if another process has it.

    Raises:
        UserError: `busy`, or one of its class if the folder cannot be written.

    Example:
        >>> with tempfile.TemporaryDirectory() as place:
        ...     with locked(Path(place) / "run", UserError("at work")):
        ...         sorted(path.name for path in Path(place).rglob("*"))
        ['.lock', 'run']
    """
    lock = FileLock(folder / ".lock", timeout=0, mode=0o666 & ~_umask())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise busy from None
    except OSError as problem:
        raise type(busy)(
            f"{folder}: cannot be written ({problem.strerror}); name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _umask() -> int:
    """The process's file creation mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

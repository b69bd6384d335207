"""Read what was handed in: zips of ``tinyaudio submit``, notebooks, or folders of either.

Nothing is unpacked.  What is in a zip is read with limits, whatever sizes it claims.
"""

import json
import os
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.book.source import Chapter

MOST_BYTES = 40 << 20  # of a notebook; the book's own take 1 MB
MOST_DEEP = 20  # folders in folders
MOST_FILES = 1000  # in a folder
MOST_PACKED = 200  # files in a zip


@dataclass(frozen=True)
class Submission:
    """What one person handed in.

    Attributes:
        name: The person's.
        file: Where it lies, relative to the folder.
        notebooks: Text by name.
        trouble: Why something was not read; empty if all was.
    """

    name: str
    file: str
    notebooks: dict[str, str]
    trouble: str = ""


def submissions(folder: Path) -> list[Submission]:
    """Everything that was handed in, sorted by file: each zip, notebook or folder directly in `folder`."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir() or path.suffix.lower() in (".zip", ".ipynb"):
            try:
                found.append(read_one(path, folder))
            except (OSError, ValueError) as error:  # such as a path too long for the system
                found.append(Submission(path.stem, path.name, {}, str(error)[:300]))
    return found


def read_one(path: Path, folder: Path) -> Submission:
    """A zip, a notebook, or a folder of notebooks and zips."""
    notebooks: dict[str, str] = {}
    troubles: list[str] = []
    name = path.name if path.is_dir() else path.stem
    for file in files_of(path, troubles):
        try:
            if file.suffix.lower() == ".zip":
                with zipfile.ZipFile(file) as packed:
                    said_troubles: list[str] = []
                    inside, said = unpacked(packed, said_troubles)
                    troubles += [f"{file.name}: {one}" for one in said_troubles]
                    if said and not alike(said, name):
                        troubles.append(f"{file.name}: says that it is by {said}")
                    if not inside and any(one.endswith(".zip") for one in packed.namelist()):
                        troubles.append(f"{file.name}: holds other zips; unpack it first")
                notebooks |= {f"{file.name}/{one}": text for one, text in inside.items()}
                name = said or name
            elif file.suffix.lower() == ".ipynb":
                within = file.relative_to(path.parent).as_posix()
                with file.open("rb") as opened:
                    notebooks[within] = limited(opened, file.name)
        except Exception as error:  # a damaged file fails in many ways, and must not stop the rest
            troubles.append(f"{file.name}: {error}")
    if not notebooks and not troubles:
        troubles.append("no notebook")
    name = unicodedata.normalize("NFC", name)  # macOS writes Hangul in parts
    return Submission(
        name, path.relative_to(folder).as_posix(), notebooks, "; ".join(troubles)[:300]
    )


def files_of(path: Path, troubles: list[str]) -> list[Path]:
    """A file, or those in a folder, in order; hidden ones and links are left out, as is what lies too deep."""
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    for root, folders, files in os.walk(path):
        here = Path(root)
        folders[:] = sorted(one for one in folders if not is_hidden(one))
        if folders and len(here.relative_to(path).parts) >= MOST_DEEP:
            troubles.append(f"folders in folders, more than {MOST_DEEP}, were not read")
            folders.clear()
        found += [here / one for one in sorted(files) if not is_hidden(one)]
        if len(found) > MOST_FILES:
            troubles.append(f"of more than {MOST_FILES} files, not all were read")
            break
    return [one for one in found[:MOST_FILES] if one.is_file() and not one.is_symlink()]


def is_hidden(name: str) -> bool:
    """Whether a file or folder is one that systems put there, such as ``.ipynb_checkpoints``."""
    return name == "__MACOSX" or (name.startswith(".") and name != "..")


def alike(said: str, name: str) -> bool:
    """Whether a name and that of a file may be one person's: one holds the other's letters and digits."""
    a, b = (
        "".join(filter(str.isalnum, unicodedata.normalize("NFC", one).casefold()))
        for one in (said, name)
    )
    return a in b or b in a


def unpacked(packed: zipfile.ZipFile, troubles: list[str]) -> tuple[dict[str, str], str]:
    """The notebooks in a zip, and the name that it gives; what cannot be read goes to `troubles`.

    Raises:
        ValueError: One is too large.
    """
    notebooks: dict[str, str] = {}
    name = ""
    if len(packed.infolist()) > MOST_PACKED:
        troubles.append(f"of more than {MOST_PACKED} files, not all were read")
    for one in packed.infolist()[:MOST_PACKED]:
        if sum(map(len, notebooks.values())) > 2 * MOST_BYTES:
            raise ValueError(f"more than {2 * MOST_BYTES >> 20} MB of notebooks in one zip")
        if one.filename.endswith(".ipynb") and not any(map(is_hidden, one.filename.split("/"))):
            with packed.open(one) as file:
                notebooks[one.filename] = limited(file, one.filename)
        elif one.filename == "submission.json":
            try:
                with packed.open(one) as file:
                    about = json.loads(limited(file, one.filename))
                name = str(about["name"])[:100]
            except (
                Exception
            ) as error:  # a damaged file fails in many ways; its notebooks still count
                troubles.append(f"submission.json: unreadable ({type(error).__name__})")
    return notebooks, name


def limited(file: Any, name: str) -> str:
    """The text of a file, if it is not too large.

    Raises:
        ValueError: It is.
    """
    content: bytes = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(
            f"{name}: more than {MOST_BYTES >> 20} MB; clear the outputs and submit again"
        )
    return content.decode("utf-8", errors="replace")


def code_cells(notebook: str) -> tuple[list[str], str]:
    """The code cells of a notebook, and the chapter that it says it is of.

    Raises:
        ValueError: It is no notebook.
    """
    try:
        read = json.loads(notebook)
        cells = [
            source if isinstance(source, str) else "".join(source)
            for cell in read["cells"]
            if cell.get("cell_type") == "code"
            for source in [cell.get("source", "")]
        ]
        about = read.get("metadata", {}).get("tinyaudio", {})
        name = Path(str(about.get("source", ""))).stem if isinstance(about, dict) else ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"is no notebook ({type(error).__name__})") from None
    return cells, name


def chapter_of(
    file: str, said: str, cells: list[str], chapters: dict[str, Chapter]
) -> Chapter | None:
    """The chapter of a notebook: as its file says, as it is named, or as its imports do."""
    for name in (said, Path(file).stem.split(" ")[0]):
        if name in chapters:
            return chapters[name]
    text = "\n".join(cells)
    return next(
        (one for name, one in chapters.items() if f"tinyaudio.exercises.{name} " in text), None
    )

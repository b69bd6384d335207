"""Read what was handed in: zips of ``tinyaudio submit``, notebooks, or folders of either.

Nothing is unpacked.  What is in a zip is read with limits, whatever sizes it claims.
"""

import io
import json
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.book.source import Chapter

MOST_BYTES = 40 << 20  # of a notebook; the book's own take 1 MB


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
            found.append(read_one(path, folder))
    return found


def read_one(path: Path, folder: Path) -> Submission:
    """A zip, a notebook, or a folder of notebooks and zips."""
    notebooks: dict[str, str] = {}
    troubles: list[str] = []
    name = path.name if path.is_dir() else path.stem
    files = [one for one in sorted(path.rglob("*")) if one.is_file()] if path.is_dir() else [path]
    for file in files:
        if file.is_symlink():
            continue
        try:
            if file.suffix.lower() == ".zip":
                with zipfile.ZipFile(file) as packed:
                    inside, said = unpacked(packed)
                notebooks |= {f"{file.name}/{one}": text for one, text in inside.items()}
                name = said or name
            elif file.suffix.lower() == ".ipynb":
                within = file.relative_to(path.parent).as_posix()
                notebooks[within] = limited(
                    io.BytesIO(file.read_bytes()[: MOST_BYTES + 1]), file.name
                )
        except Exception as error:  # a damaged file fails in many ways, and must not stop the rest
            troubles.append(f"{file.name}: {error}")
    if not notebooks and not troubles:
        troubles.append("no notebook")
    name = unicodedata.normalize("NFC", name)  # macOS writes Hangul in parts
    return Submission(
        name, path.relative_to(folder).as_posix(), notebooks, "; ".join(troubles)[:300]
    )


def unpacked(packed: zipfile.ZipFile) -> tuple[dict[str, str], str]:
    """The notebooks in a zip, and the name that it gives.

    Raises:
        ValueError: One is too large.
    """
    notebooks: dict[str, str] = {}
    name = ""
    for one in packed.infolist()[:200]:
        if sum(map(len, notebooks.values())) > 2 * MOST_BYTES:
            raise ValueError(f"more than {2 * MOST_BYTES >> 20} MB of notebooks in one zip")
        if one.filename.endswith(".ipynb") and "__MACOSX" not in one.filename:
            with packed.open(one) as file:
                notebooks[one.filename] = limited(file, one.filename)
        elif one.filename == "submission.json":
            with packed.open(one) as file:
                about = json.loads(limited(file, one.filename))
            if isinstance(about, dict):
                name = str(about.get("name", ""))[:100]
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

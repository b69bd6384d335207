"""Read a chapter's bilingual source.

A source is MyST Markdown.  ``+++ {"lang": "ko"}`` opens a Korean block, ``+++ {"lang": "en", "of":
"1a2b3c4d"}`` the English one that translates it, ``+++`` what both editions share.  ``of`` is the
hash of the Korean text that was translated: when that changes, the translation is stale until
``python -m tools.book accept`` marks it as checked.  A code cell is written once; in it,
and in what it prints, ``⟦소리|sound⟧`` is the one in Korean and the other in English.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from jupytext.myst import MystMetadataParsingError, myst_to_notebook

from tools.book import ROOT, BookError

BILINGUAL = re.compile(r"⟦([^|⟦⟧]*)\|([^|⟦⟧]*)⟧")


@dataclass(frozen=True)
class Cell:
    """One block of a source."""

    kind: str  # "markdown" or "code"
    language: str | None  # None: shared by both editions
    text: str
    line: int
    tags: tuple[str, ...] = ()
    alt: str = ""  # what a figure shows, for those who cannot see it
    of: str = ""  # an English block: hash of the Korean one it translates
    quiz: bool = False


@dataclass(frozen=True)
class Chapter:
    """One source."""

    path: Path
    number: int
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The notebooks' name."""
        return self.path.stem

    @property
    def code_hash(self) -> str:
        """Hash of all code cells."""
        return short_hash("\0".join(cell.text for cell in self.cells if cell.kind == "code"), 16)


def read(path: Path) -> Chapter:
    """Read one source.

    Raises:
        BookError: It cannot be read, or a Korean and an English block are not paired.
    """
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BookError(f"{name}: is not UTF-8 ({error.reason}); save it as UTF-8") from None
    return parse(path, text, name)


@lru_cache(maxsize=128)  # a command asks for the same chapters again and again
def parse(path: Path, text: str, name: Path) -> Chapter:
    """The source of a text; see `read`."""
    try:
        notebook = myst_to_notebook(text, "{code-cell}", "{raw-cell}", add_source_map=True)
    except MystMetadataParsingError as error:
        raise BookError(
            f"{name}: cannot read a cell's metadata ({error}); it must be JSON or YAML"
        ) from None
    cells = tuple(
        Cell(
            kind=cell.cell_type,
            language=cell.metadata.get("lang"),
            text=cell.source,
            line=line + 1,
            tags=tuple(cell.metadata.get("tags", ())),
            alt=cell.metadata.get("alt", ""),
            of=cell.metadata.get("of", ""),
            quiz=cell.metadata.get("quiz", False),
        )
        for cell, line in zip(notebook.cells, notebook.metadata["source_map"], strict=True)
        if cell.source.strip()
    )
    chapter = Chapter(path, notebook.metadata.get("number", 0), cells)
    pairs(chapter)
    return chapter


def pairs(chapter: Chapter) -> list[tuple[Cell, Cell]]:
    """The Korean blocks, each with its English one.

    Raises:
        BookError: A block is alone.
    """
    paired = []
    blocks = [cell for cell in chapter.cells if cell.language]
    for cell, following in pairwise([*blocks, None]):
        if cell.language == "ko":
            if following is None or following.language != "en":
                raise BookError(
                    f"{where(chapter, cell)}: this Korean block has no English one after it; write it"
                )
            paired.append((cell, following))
        elif cell.language != "en":
            raise BookError(
                f"{where(chapter, cell)}: unknown language {cell.language!r}; use 'ko' or 'en'"
            )
    if 2 * len(paired) != len(blocks):
        alone = next(
            c for c in blocks if c.language == "en" and all(c is not en for _, en in paired)
        )
        raise BookError(
            f"{where(chapter, alone)}: this English block follows no Korean one; write it, or remove this"
        )
    return paired


def where(chapter: Chapter, cell: Cell) -> str:
    """``file:line`` of a cell."""
    path = chapter.path
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{cell.line}"


def short_hash(text: str | bytes, digits: int = 8) -> str:
    """The first digits of the SHA-256."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:digits]


def accept(path: Path) -> int:
    """Stamp every English block with the Korean text it now translates; returns how many changed."""
    chapter, changed = read(path), 0
    lines = path.read_text(encoding="utf-8").split("\n")
    for ko, en in pairs(chapter):
        stamp = short_hash(ko.text)
        if en.of == stamp:
            continue
        # The marker stands above its block, perhaps with empty lines between.
        marker = max(i for i in range(en.line) if lines[i].startswith("+++"))
        metadata = json.loads(lines[marker].removeprefix("+++"))
        metadata = {"lang": "en", "of": stamp} | metadata | {"of": stamp}
        lines[marker] = f"+++ {json.dumps(metadata, ensure_ascii=False)}"
        changed += 1
    if changed:
        path.write_text("\n".join(lines), encoding="utf-8")
    return changed

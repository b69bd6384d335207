"""The edition that students get: the notebooks as they are, less the solutions.

Stubs stay, and have no output.  Everything else is as in the book, with its figures and sounds.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.book import LANGUAGES, BookError
from tools.book.pages import NAMES, page_path, written
from tools.book.run import fitting, relative
from tools.book.source import Chapter, read

# Marks a folder as written by this command, which may then overwrite it.
ABOUT = "ABOUT.txt"
ABOUT_TEXT = """\
tinyaudio: the student edition of the book, written by `python -m tools.book student`.
Notebooks in Korean (ko/) and in English (en/), without solutions.  Writing it again replaces them.
"""


def write(out: Path, sources: list[Path]) -> list[str]:
    """Write the student notebooks of these chapters, in both languages.

    Args:
        out: A folder; made if need be.
        sources: The chapters' sources.

    Returns:
        What was written, one line a chapter.

    Raises:
        BookError: The folder holds something else, or a notebook is missing or stale.
    """
    made, report = {}, []
    for path in sources:
        chapter = read(path)
        for language in LANGUAGES:
            made[out / language / f"{chapter.name}.ipynb"] = student(chapter, language)
        n = sum("exercise" in cell.tags for cell in chapter.cells)
        report.append(f"{chapter.name}: {n} exercise{'s' * (n != 1)}, no solutions")
    for language in LANGUAGES:
        # The chapters link to them.
        for name in (*NAMES, *(path.stem for path in written() if path.stem != "instructors")):
            page = page_path(language, name)
            if page.exists():
                made[out / language / page.name] = nbformat.read(page, 4)
    if out.exists() and not out.is_dir():
        raise BookError(f"{out}: is a file; name a folder")
    if out.exists() and any(out.iterdir()):
        about = out / ABOUT
        if not about.is_file() or about.read_text(encoding="utf-8") != ABOUT_TEXT:
            raise BookError(
                f"{out}: holds something else than a student edition; name a new or empty folder"
            )
    out.mkdir(parents=True, exist_ok=True)
    (out / ABOUT).write_text(ABOUT_TEXT, encoding="utf-8")
    for path, notebook in made.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return report


def student(chapter: Chapter, language: str) -> NotebookNode:
    """A chapter's notebook as it lies in the book, without solutions and without the exercises' outputs.

    Raises:
        BookError: The notebook is missing, or its outputs do not fit its code.
    """
    notebook = fitting(chapter, language, f"its {language} notebook cannot be handed out")
    kept = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "solution" in tags:
            continue
        if "exercise" in tags:
            cell.outputs, cell.execution_count = [], None
        kept.append(cell)
    notebook.cells = kept
    notebook.metadata["tinyaudio"] = {"source": relative(chapter.path), "edition": "student"}
    nbformat.validate(notebook)
    return notebook

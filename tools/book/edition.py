r"""Make one language's notebook of a bilingual source.

What Jupyter Book understands and Colab shows raw is resolved here to what both show: numbered
equations become ``\tag`` and plain links, terms and citations links, a quiz becomes foldable answers.
"""

import functools
import re
import tomllib

import nbformat
from nbformat import NotebookNode

from tools.book import ROOT, BookError
from tools.book.measured import PLACEHOLDER, sentences
from tools.book.references import resolve
from tools.book.source import BILINGUAL, Cell, Chapter, short_hash, where

EQUATION = re.compile(r"\$\$\n?((?:(?!\$\$).)*?)\n?\$\$ \((\w[\w-]*)\)", re.DOTALL)
REFERENCE = re.compile(r"\{eq\}`([\w-]+)`")
FILE = re.compile(r"(?<![\[`])`((?:benchmarks|tests|tinyaudio)/[\w/]+\.py)`(?!`)")
CHOICE = re.compile(r"^- \[([ x])\] (.+)\n((?:  .*\n?)+)", re.MULTILINE)

# Installed on Colab without their dependencies, so that Colab's torch stays; all are pure Python.
COLAB_PACKAGES = ("jaxtyping", "wadler-lindig")
# The same, where a chapter records the reader; psygnal has wheels for every Python of Colab.
RECORDER_PACKAGES = ("anywidget", "psygnal")

SETUP = """\
# ⟦Colab에서는 tinyaudio를 설치하되 torch는 그대로 둡니다.|On Colab: install tinyaudio, leave torch alone.⟧
import sys
if "google.colab" in sys.modules:
    %pip install -q --no-deps {address}/archive/refs/heads/main.zip {packages}
from tinyaudio.language import set_language
set_language("⟦ko|en⟧")"""


def edition(
    chapter: Chapter,
    language: str,
    *,
    measured: dict[str, float] | None = None,
) -> NotebookNode:
    """A notebook without outputs.

    Args:
        chapter: The source.
        language: "ko" or "en"; "⟦ko|en⟧" leaves both in the code cells, to be executed once.
        measured: The record of the last execution, from which ``{measured}`` in the text is filled.
    """
    numbers = equation_numbers(chapter)
    cells: list[NotebookNode] = []
    seen: dict[str, int] = {}
    for cell in with_setup(chapter):
        if cell.language not in (None, language):
            continue
        digest = short_hash(f"{cell.language}{cell.text}")
        seen[digest] = seen.get(digest, 0) + 1
        made = (
            nbformat.v4.new_code_cell(select(cell.text, language))
            if cell.kind == "code"
            else nbformat.v4.new_markdown_cell(
                markdown(chapter, cell, numbers).replace(
                    PLACEHOLDER, sentences(chapter, language, measured)
                )
            )
        )
        # An identifier that follows the content keeps differences between versions readable.
        made.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        if cell.tags:
            made.metadata["tags"] = list(cell.tags)
        if cell.alt:
            made.metadata["mystnb"] = {"image": {"alt": select(cell.alt, language)}}
        cells.append(made)
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
    )
    return notebook


def with_setup(chapter: Chapter) -> list[Cell]:
    """The chapter's cells, with the setup cell before the first code cell."""
    cells = list(chapter.cells)
    first = next((i for i, cell in enumerate(cells) if cell.kind == "code"), None)
    if first is not None:
        records = any("Recorder(" in cell.text for cell in cells if cell.kind == "code")
        packages = COLAB_PACKAGES + (RECORDER_PACKAGES if records else ())
        text = SETUP.format(address=repository(), packages=" ".join(packages))
        cells.insert(first, Cell("code", None, text, 0, ("setup", "hide-cell")))
    return cells


def repository() -> str:
    """The project's address, from the one line that holds it."""
    return read_repository((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@functools.cache
def read_repository(text: str) -> str:
    """The address in a pyproject.toml."""
    return str(tomllib.loads(text)["project"]["urls"]["Repository"])


def select(text: str, language: str) -> str:
    """Keep one language of every ``⟦ko|en⟧``."""
    if language not in ("ko", "en"):
        return text
    return BILINGUAL.sub(lambda both: both[1 if language == "ko" else 2], text)


def equation_numbers(chapter: Chapter) -> dict[str, str]:
    """Label -> number, in the order of appearance.

    Raises:
        BookError: A label stands twice in one language.
    """
    numbers: dict[str, str] = {}
    for language in ("ko", "en"):
        labels = []
        for cell in chapter.cells:
            if cell.kind == "markdown" and cell.language in (None, language):
                for match in EQUATION.finditer(cell.text):
                    if match[2] in labels:
                        raise BookError(
                            f"{where(chapter, cell)}: the equation label ({match[2]}) is taken; choose another"
                        )
                    labels.append(match[2])
        for label in labels:
            numbers.setdefault(label, f"{chapter.number}.{len(numbers) + 1}")
    return numbers


def markdown(chapter: Chapter, cell: Cell, numbers: dict[str, str]) -> str:
    """A text block as plain Markdown."""

    def number(match: re.Match[str]) -> str:
        return f'<a id="eq-{match[2]}"></a>\n\n$$\n{match[1]} \\tag{{{numbers[match[2]]}}}\n$$'

    def link(match: re.Match[str]) -> str:
        if match[1] not in numbers:
            raise BookError(
                f"{where(chapter, cell)}: no equation is labelled ({match[1]}); "
                "label one, or mend the reference"
            )
        return f'<a href="#eq-{match[1]}">({numbers[match[1]]})</a>'

    def code(match: re.Match[str]) -> str:
        if not (ROOT / match[1]).is_file():
            raise BookError(f"{where(chapter, cell)}: there is no {match[1]}; mend the path")
        return f"[`{match[1]}`]({repository()}/blob/main/{match[1]})"

    text = REFERENCE.sub(link, EQUATION.sub(number, resolve(chapter, cell)))
    text = FILE.sub(code, text)
    return quiz(chapter, cell, text) if cell.quiz else text


def quiz(chapter: Chapter, cell: Cell, text: str) -> str:
    """Choices that unfold to say whether they are right, and why: no kernel, no script.

    Raises:
        BookError: There are no choices, no right one, or one without a why.
    """
    marks = [match[1] for match in CHOICE.finditer(text + "\n")]
    begun = re.findall(r"(?m)^- \[", text)
    if len(marks) < 2 or "x" not in marks or len(begun) != len(marks):
        raise BookError(
            f"{where(chapter, cell)}: not a quiz; write two or more '- [ ] choice' lines, "
            "a '- [x]' for the right one, and an indented why under each"
        )

    def unfold(match: re.Match[str]) -> str:
        right = match[1] == "x"
        why = re.sub(r"^  ", "", match[3].strip("\n"), flags=re.MULTILINE)
        return (
            f'<details class="ta-choice"><summary>{match[2]}</summary>\n\n'
            f"{'✔' if right else '✘'} {why}\n\n</details>\n"
        )

    return CHOICE.sub(unfold, text + "\n").rstrip()

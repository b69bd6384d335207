"""CONTRIBUTING.md is right about writing a chapter, and the chapters keep its budgets."""

import re
import subprocess
import sys
import textwrap

import nbformat
import pytest

from tools.book import LANGUAGES, ROOT, SOURCES
from tools.book.edition import BILINGUAL
from tools.book.measured import PLACEHOLDER
from tools.book.source import pairs, read

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Writing a chapter")[1]
CHAPTERS = sorted(path.stem for path in SOURCES.glob("*.md"))
SECONDS_AVERAGE, SECONDS_WORST, NOTEBOOK_MB, CELL_LINES = 45, 90, 1.0, 12


def stored(name, language="ko"):
    path = ROOT / "book" / language / f"{name}.ipynb"
    return path, nbformat.read(path, 4)


def test_the_budgets_are_those_that_are_held_here():
    words = f"{SECONDS_AVERAGE} s on average, {SECONDS_WORST} s at worst; a notebook {NOTEBOOK_MB:.0f} MB"
    assert words in TEXT and f"a code cell 5–{CELL_LINES} lines" in TEXT


def test_the_whole_book_runs_in_its_time():
    seconds = [stored(name)[1].metadata["tinyaudio"]["measured"]["seconds"] for name in CHAPTERS]
    assert max(seconds) <= SECONDS_WORST and sum(seconds) / len(seconds) <= SECONDS_AVERAGE


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_keeps_its_budgets(name):
    for language in LANGUAGES:
        assert stored(name, language)[0].stat().st_size <= NOTEBOOK_MB * 1e6
    for cell in read(SOURCES / f"{name}.md").cells:
        if cell.kind == "code":
            lines = [line for line in cell.text.split("\n") if line.strip()]
            assert len(lines) <= CELL_LINES, f"book/src/{name}.md:{cell.line}"


def test_the_example_is_a_source(tmp_path):
    (example,) = re.findall(r"(?m)(?:^    .*\n|^\n)+(?=\| `python)", TEXT)
    path = tmp_path / "example.md"
    head = "---\nkernelspec: {name: python3, display_name: Python 3}\nnumber: 2\n---\n"
    path.write_text(head + textwrap.dedent(example).lstrip())
    chapter = read(path)
    [(ko, en)] = pairs(chapter)
    assert all(PLACEHOLDER in cell.text and "{eq}`tone`" in cell.text for cell in (ko, en))
    code = chapter.cells[-1]
    assert code.kind == "code" and BILINGUAL.search(code.text) and BILINGUAL.search(code.alt)


def test_the_commands_are_those_that_there_are():
    words = [sys.executable, "-m", "tools.book", "--help"]
    printed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    existing = set(re.findall(r"(?m)^    (\w+)", printed))
    named = set(re.findall(r"(?m)^\| `(?!python)(\w+)", TEXT)) | set(
        re.findall(r"tools\.book (\w+)", TEXT)
    )
    assert named == existing

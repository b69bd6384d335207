"""The student edition holds no solution, and runs as it is."""

import argparse
import json
import os
import re

import nbformat
import pytest
from nbclient import NotebookClient

from tools.book import LANGUAGES, SOURCES, BookError
from tools.book import __main__ as commands
from tools.book.check import sources
from tools.book.pages import NAMES
from tools.book.run import KERNEL_ENVIRONMENT
from tools.book.source import read
from tools.book.student import student, write

CHAPTERS = sorted(path.stem for path in SOURCES.glob("*.md"))
EDITIONS = [(name, language) for name in CHAPTERS for language in LANGUAGES]


def tagged(cells, tag):
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_no_text_of_a_solution_is_anywhere_in_the_file(name, language):
    """Line by line, but for lines that the chapter's own text and code show, too."""
    chapter = read(SOURCES / f"{name}.md")
    file = nbformat.writes(student(chapter, language))
    shown = {
        line.strip()
        for c in chapter.cells
        if "solution" not in c.tags
        for line in c.text.split("\n")
    }
    for cell in chapter.cells:
        if "solution" in cell.tags:
            assert json.dumps(cell.text, ensure_ascii=False)[1:-1] not in file
            secret = [line.strip() for line in cell.text.split("\n") if line.strip() not in shown]
            for line in secret:
                assert json.dumps(line, ensure_ascii=False)[1:-1] not in file
    assert '"solution"' not in file and "✔ 맞았" not in file and "✔ Correct" not in file


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_exercises_stay_without_their_outputs_and_all_else_as_it_was(name, language):
    chapter = read(SOURCES / f"{name}.md")
    book = nbformat.read(SOURCES.parent / language / f"{name}.ipynb", 4)
    made = student(chapter, language)
    stubs = tagged(made.cells, "exercise")
    assert [c.source for c in stubs] == [c.source for c in tagged(book.cells, "exercise")]
    assert all(c.outputs == [] and c.execution_count is None for c in stubs)
    rest = [c for c in book.cells if not {"exercise", "solution"} & set(c.metadata.get("tags", []))]
    assert [c for c in made.cells if c not in stubs] == rest


def run(path):
    """Execute a notebook in a kernel, from its own folder."""
    notebook = nbformat.read(path, 4)
    os.environ.update(KERNEL_ENVIRONMENT)
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    return notebook


def test_a_student_notebook_runs(book):
    """The small book's, whose stub is asked by the package's own checker: it fails, gently."""
    stub = "def half(x):\n    raise NotImplementedError\n"
    ask = (
        "from tinyaudio.exercises.exercise import Exercise, fixed\n"
        "print(Exercise(lambda x: x / 2, fixed((1.0,)), [], ('나누기', 'divide')).check(half))"
    )
    book.replace('print("✘ 12")', f"{stub}{ask}")
    commands.make_command(argparse.Namespace(chapters=[], again=False))
    out = book.root / "handed" / "out"  # as deep as the book, whose code opens ../../level.txt
    (book.root / "handed" / "level.txt").parent.mkdir()
    (book.root / "handed" / "level.txt").write_text("-3")
    write(out, sources([]))
    done = run(out / "en" / "small.ipynb")
    [exercise] = tagged(done.cells, "exercise")
    assert exercise.outputs[0].text == "✘ Not written yet. divide\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_student_notebook_runs(name, tmp_path):
    write(tmp_path / "out", sources([name]))
    done = run(tmp_path / "out" / "en" / f"{name}.ipynb")
    for exercise in tagged(done.cells, "exercise"):
        assert "✘ Not written yet. " in str(exercise.outputs)


# ------------------------------------------------------------------------------ the folder


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_written_is_said(book, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["book", "student", str(tmp_path / "a" / "b"), "small"])
    assert commands.main() == 0
    pages = {path.stem for path in (tmp_path / "a" / "b").glob("*/*.ipynb")}
    assert pages == {"small", *NAMES}
    assert len(files(tmp_path / "a" / "b")) == 2 * len(pages) + 1
    printed = capsys.readouterr().out
    assert "small: 1 exercise, no solutions" in printed and str(tmp_path / "a" / "b") in printed


def test_links_to_other_pages_find_them(tmp_path):
    """The glossary and the bibliography come along."""
    write(tmp_path / "out", sources([]))
    for folder in (tmp_path / "out" / language for language in LANGUAGES):
        linked = set()
        for path in folder.glob("*.ipynb"):
            linked |= set(re.findall(r"\]\(([\w/.-]+\.ipynb)", path.read_text(encoding="utf-8")))
        assert "glossary.ipynb" in linked
        assert [link for link in linked if not (folder / link).exists()] == []


def test_it_may_be_written_again(book, out):
    write(out, sources([]))
    before = files(out)
    (out / "en" / "small.ipynb").write_text("an old one")
    (out / "notes.txt").write_text("mine")
    write(out, sources([]))
    assert files(out) == before | {"notes.txt": b"mine"}


@pytest.mark.parametrize("name", ["notes.txt", "ABOUT.txt", "ko/small.ipynb"])
def test_a_folder_with_something_else_is_left_alone(book, out, name):
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    with pytest.raises(
        BookError, match="something else than a student edition; name a new or empty"
    ):
        write(out, sources([]))
    assert files(out) == {name: b"mine"}


def test_a_file_is_not_a_folder(book, out):
    (out / "x").write_text("mine")
    with pytest.raises(BookError, match="x: is a file; name a folder"):
        write(out / "x", sources([]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda book: book.notebook_path("en").unlink(), "en notebook .* it is missing; run"),
        (lambda book: book.replace("(3, 4)", "(3, 5)"), "its code changed; run"),
    ],
)
def test_what_does_not_fit_is_not_handed_out(book, tmp_path, change, why):
    change(book)
    with pytest.raises(
        BookError, match=rf"^book/src/small\.md: its .*{why} python -m tools.book make"
    ):
        write(tmp_path / "out", sources([]))
    assert not (tmp_path / "out").exists()


def test_the_small_book_holds_a_secret_worth_keeping(book):
    """The check of the files above would see one."""
    whole = nbformat.writes(book.notebook())
    assert re.search(r"✔ 12", whole) and "✔ 12" not in nbformat.writes(student(book.chapter, "ko"))

"""A chapter begun from the template runs, passes every check, and its exercises are tested, before a word is changed."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml

from tools.book import LANGUAGES, ROOT, BookError, new
from tools.book.new import begin, with_entry
from tools.book.source import read

COPIED = (
    *("tools", "tinyaudio", "book", "tests", "benchmarks"),
    *("pyproject.toml", "_toc.yml", "conftest.py"),
)
WORDS = [
    "last_sample",
    "--number",
    "99",
    "--title-ko",
    "지난 샘플",
    "--title-en",
    "The last sample",
]


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A copy of the project with a chapter begun; its folder, and what the command printed."""
    root = tmp_path_factory.mktemp("project")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    return root, book(root, "new", *WORDS)


@pytest.fixture(scope="module")
def made(begun):
    """The copy with the chapter accepted and executed."""
    book(begun[0], "accept", "last_sample")
    book(begun[0], "make", "last_sample")
    return begun[0]


def book(root, *words):
    """A command of the book's; returns what it printed."""
    done = call(root, "-m", "tools.book", *words)
    assert done.returncode == 0 or words == ("check",), done.stdout + done.stderr
    return done.stdout


def call(root, *words):
    """A Python program in the copy, which imports the copy's package."""
    settings = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=root, env=settings, capture_output=True, text=True)


@pytest.mark.slow
def test_the_new_chapter_fits(made):
    before, after = book(ROOT, "check"), book(made, "check")
    assert set(after.splitlines()) <= {
        *before.splitlines(),
        "every chapter fits its source, its code and its translation",
    }
    assert (made / "book" / "ko" / "last_sample.ipynb").exists()


def test_what_was_written_is_printed_with_the_next_steps(begun):
    root, printed = begun
    written = printed.split("A chapter that runs as it is.")[0].split()
    assert "book/src/last_sample.md" in written and all((root / path).exists() for path in written)
    for step in ("accept last_sample", "make last_sample", "check", "pytest tests/exercises"):
        assert f"python -m {'' if 'pytest' in step else 'tools.book '}{step}" in printed


@pytest.mark.slow
def test_its_exercises_are_proved(begun):
    root = begun[0]
    words = ("-q", "-p", "no:cacheprovider", "-k", "last_sample")
    # No shapes are checked here, which would take longer than all the proofs.
    words += ("-o", "addopts=--import-mode=importlib --doctest-modules")
    proofs = [
        *("tests/exercises/test_last_sample.py", "tests/exercises/test_every_exercise.py"),
        "tinyaudio/exercises/last_sample.py",
    ]
    done = call(root, "-m", "pytest", *words, *proofs)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 3 * 4 + 11


def test_its_code_is_formatted(begun):
    files = ["tinyaudio/exercises/last_sample.py", "tests/exercises/test_last_sample.py"]
    for command in (["check"], ["format", "--check"]):
        done = call(begun[0], "-m", "ruff", *command, *files)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_its_checkers_are_typed(begun):
    words = ("-m", "mypy", "--strict", "tinyaudio/exercises/last_sample.py")
    done = call(begun[0], *words)
    assert done.returncode == 0, done.stdout


def test_every_part_of_a_chapter_is_there(begun):
    """What every chapter has to have (the house rules), in both languages."""
    chapter = read(begun[0] / "book" / "src" / "last_sample.md")
    for language, parts in {
        "ko": (
            "# 99장 지난 샘플",
            "할 수 있습니다",
            "{measured}",
            "정정 ",
            "| 논문 | 우리",
            "힌트",
            "| 코드 | 테스트",
        ),
        "en": (
            "# Chapter 99. The last sample",
            "you can",
            "{measured}",
            "Correction ",
            "| paper | ours",
            "Hint",
            "| code | test",
        ),
    }.items():
        text = "\n".join(c.text for c in chapter.cells if c.language == language)
        assert [part for part in parts if part not in text] == []
        assert len(re.findall(r"\$\$ \(\w+\)", text)) == 2 and "{eq}" in text
        assert "{term}" in text and "{cite}" in text
        quizzes = [c.text for c in chapter.cells if c.quiz and c.language == language]
        assert [len(re.findall(r"(?m)^- \[", text)) for text in quizzes] == [3, 3, 3]
    code = "\n".join(c.text for c in chapter.cells if c.kind == "code")
    assert "train(state" in code and "untrained" in code and "compare(" in code
    assert any(c.alt for c in chapter.cells)
    assert sum("exercise" in c.tags for c in chapter.cells) == 3
    for cell in chapter.cells:
        if cell.kind == "code" and not cell.tags:
            assert 5 <= len([line for line in cell.text.split("\n") if line.strip()]) <= 12


@pytest.mark.slow
def test_it_shows_what_it_promises(made):
    for language in LANGUAGES:
        notebook = nbformat.read(made / "book" / language / "last_sample.ipynb", 4)
        outputs = str([cell.get("outputs") for cell in notebook.cells])
        assert outputs.count("<audio") == 4 and outputs.count("✔") == outputs.count("✘") == 3
        printed = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
        assert re.findall(": (True|False)$", printed, re.MULTILINE) == ["True", "True", "False"]
        assert not re.search("CHAPTER_|TITLE_", nbformat.writes(notebook))


def test_it_stands_in_the_contents_and_all_else_stays(begun):
    old, now = (path / "_toc.yml" for path in (ROOT, begun[0]))
    added = set(now.read_text().split("\n")) - set(old.read_text().split("\n"))
    assert added == {"      - file: book/ko/last_sample"}
    yaml.safe_load(now.read_text())


def test_a_second_one_of_that_number_is_refused(begun):
    root = begun[0]
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.suffix in (".md", ".yml")}
    done = call(root, "-m", "tools.book", "new", "next_sample", *WORDS[1:])
    message = "number 99 is taken by book/src/last_sample.md; choose another"
    assert (done.returncode, done.stderr.strip()) == (1, message)
    assert before == {p: p.stat().st_mtime_ns for p in before}


# ------------------------------------------------------------------------------ without a copy


@pytest.fixture
def small(book, monkeypatch):
    """The small book of the other tests, number 3, with a table of contents."""
    monkeypatch.setattr(new, "ROOT", book.root)
    (book.root / "_toc.yml").write_text(
        "# comment\nparts:\n- chapters:\n  - file: book/ko/small # low\n"
    )
    return book


def test_titles_may_hold_the_words_of_the_template(small):
    begin("odd", 5, "TITLE_EN", r"CHAPTER_NUMBER \1")
    text = (small.root / "book" / "src" / "odd.md").read_text()
    assert "# 5장 TITLE_EN\n" in text and "# Chapter 5. CHAPTER_NUMBER \\1\n" in text
    assert (small.root / "_toc.yml").read_text() == (
        "# comment\nparts:\n- chapters:\n  - file: book/ko/small # low\n  - file: book/ko/odd\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("Odd", 5, "가", "a"), "'Odd' cannot be a chapter's name; use lower_case_words"),
        (("../odd", 5, "가", "a"), "cannot be a chapter's name"),
        (("odd-one", 5, "가", "a"), "cannot be a chapter's name"),
        (("odd", 0, "가", "a"), "0 cannot be a chapter's number; count from 1"),
        (("odd", 3, "가", "a"), "number 3 is taken by book/src/small.md; choose another"),
        (("small", 5, "가", "a"), "book/src/small.md: exists; choose another name"),
        (("odd", 5, " ", "a"), "--title-ko: give a title of one line"),
        (("odd", 5, "가", "a\nb"), "--title-en: give a title of one line"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(small, words, message):
    before = sorted(small.root.rglob("*"))
    with pytest.raises(BookError, match=re.escape(message)):
        begin(*words)
    assert sorted(small.root.rglob("*")) == before


CONTENTS = """\
root: book/ko/index  # the cover
parts:
  - caption: 하나   # first
    chapters:
      - file: book/ko/a
      # between
      - file: book/ko/b  # b
  - caption: 부록
    chapters:
      - file: book/ko/glossary
"""


@pytest.mark.parametrize(
    ("number", "after"),
    [(1, "    chapters:"), (3, "      - file: book/ko/a"), (9, "      - file: book/ko/b  # b")],
)
def test_a_chapter_stands_in_the_order_of_the_numbers(number, after):
    made = with_entry(CONTENTS, "new", number, {"index": 0, "a": 2, "b": 5, "glossary": 0})
    lines = made.split("\n")
    assert lines[lines.index("      - file: book/ko/new") - 1] == after
    lines.remove("      - file: book/ko/new")
    assert "\n".join(lines) == CONTENTS


def test_contents_without_chapters_are_refused():
    with pytest.raises(BookError, match="lists no numbered chapter"):
        with_entry("parts: []\n", "new", 1, {"index": 0})

"""The record of what ran with Colab's packages, and the page that shows it."""

import json

import pytest

from tools import colab
from tools.book import ROOT, SOURCES
from tools.book.colab_status import RECORD, code_hash, status_text
from tools.book.run import path_of
from tools.book.source import read


@pytest.fixture
def recorded(book, monkeypatch):
    monkeypatch.setattr(colab, "ROOT", book.root)
    return book


def ran(book, language, date, result="passed", python="3.11.2"):
    """An outcome is recorded, of the notebook as it is."""
    row = {"date": date, "python": python, "torch": "2.11.0", "result": result, "seconds": 1.5}
    colab.record("small", language, row | {"code": code_hash(book.notebook(language))})


def row(chapter, language="en"):
    return status_text(language, [chapter])[1].split("\n")[-1]


def test_the_page_says_when_each_notebook_passed(recorded):
    assert row(recorded.chapter) == "| [3](small.ipynb) | not yet | not yet | – | – |"
    ran(recorded, "ko", "2026-11-30")
    assert (
        row(recorded.chapter, "ko") == "| [3](small.ipynb) | 2026-11-30 | 아직 | 3.11.2 | 2.11.0 |"
    )
    ran(recorded, "en", "2026-12-01", "failed: NameError: x", "3.12.1")
    colab.record("other", "ko", {})
    assert row(recorded.chapter) == (
        "| [3](small.ipynb) | 2026-11-30 | failed (2026-12-01) | 3.11.2, 3.12.1 | 2.11.0 |"
    )
    rows = json.loads((recorded.root / RECORD).read_text())
    assert rows.keys() == {"small", "other"} and rows["small"]["ko"]["date"] == "2026-11-30"


def test_the_page_says_whose_code_changed_since(recorded):
    for language in ("ko", "en"):
        ran(recorded, language, "2026-11-30")
    notebook = recorded.notebook("ko")
    notebook.cells[0].source += " More text."
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    recorded.replace("example.org/our", "example.org/your", recorded.root / "pyproject.toml")
    english = recorded.notebook("en")
    assert any("example.org/our/book" in cell.source for cell in english.cells)
    for language in ("ko", "en"):
        moved = notebook if language == "ko" else english
        for cell in moved.cells:
            cell.source = cell.source.replace("example.org/our", "example.org/your")
        recorded.write(moved, language)
    assert "| 2026-11-30 | 2026-11-30 |" in row(
        recorded.chapter
    )  # another address is the same code
    next(cell for cell in notebook.cells if cell.cell_type == "code").source += "\n# more"
    recorded.write(notebook, "ko")
    assert "| 2026-11-30, its code changed since | 2026-11-30 |" in row(recorded.chapter)
    recorded.notebook_path("ko").unlink()
    assert "| 2026-11-30, 그 뒤 코드가 바뀜 | 2026-11-30 |" in row(recorded.chapter, "ko")


def test_a_notebook_that_fails_is_recorded_with_its_reason(recorded, monkeypatch, tmp_path):
    def fail(*_):
        raise colab.CellExecutionError("...", "ValueError", "too short")

    path = path_of(recorded.chapter, "ko")
    monkeypatch.setattr(colab, "run", fail)
    assert colab.outcome(path, tmp_path, tmp_path)["result"] == "failed: ValueError: too short"
    monkeypatch.setattr(colab, "run", lambda *_: None)
    found = colab.outcome(path, tmp_path, tmp_path)
    assert found["result"] == "passed" and found["torch"] == colab.COLAB["torch"]
    assert found["code"] == code_hash(recorded.notebook("ko")) != code_hash(recorded.notebook("en"))


def test_the_record_is_of_chapters_that_there_are():
    rows = json.loads((ROOT / RECORD).read_text(encoding="utf-8"))
    assert rows.keys() <= {path.stem for path in SOURCES.glob("*.md")}
    assert all(one["result"] == "passed" for both in rows.values() for one in both.values())
    chapters = [read(path) for path in sorted(SOURCES.glob("*.md"))]
    assert status_text("ko", chapters)[1].count("\n") == 1 + len(chapters)

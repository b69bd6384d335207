"""The record of what ran with Colab's packages, and the page that shows it."""

import json

import pytest

from tools import colab
from tools.book import ROOT, SOURCES
from tools.book.colab_status import RECORD, status_text
from tools.book.run import path_of
from tools.book.source import read


@pytest.fixture
def recorded(book, monkeypatch):
    monkeypatch.setattr(colab, "ROOT", book.root)
    (book.root / RECORD).parent.mkdir()
    return book


def ran(date, result="passed", python="3.11.2"):
    return {"date": date, "python": python, "torch": "2.11.0", "result": result, "seconds": 1.5}


def row(chapter, language="en"):
    return status_text(language, [chapter])[1].split("\n")[-1]


def test_the_page_says_when_each_notebook_passed(recorded):
    assert row(recorded.chapter) == "| [3](small.ipynb) | not yet | not yet | – | – |"
    colab.record("small", "ko", ran("2026-11-30"))
    assert (
        row(recorded.chapter, "ko") == "| [3](small.ipynb) | 2026-11-30 | 아직 | 3.11.2 | 2.11.0 |"
    )
    colab.record("small", "en", ran("2026-12-01", "failed: NameError: x", "3.12.1"))
    colab.record("other", "ko", ran("2026-12-01"))
    assert row(recorded.chapter) == (
        "| [3](small.ipynb) | 2026-11-30 | failed (2026-12-01) | 3.11.2, 3.12.1 | 2.11.0 |"
    )
    rows = json.loads((recorded.root / RECORD).read_text())
    assert rows.keys() == {"small", "other"} and rows["small"]["ko"]["date"] == "2026-11-30"


def test_a_notebook_that_fails_is_recorded_with_its_reason(recorded, monkeypatch, tmp_path):
    def fail(*_):
        raise colab.CellExecutionError("...", "ValueError", "too short")

    path = path_of(recorded.chapter, "ko")
    monkeypatch.setattr(colab, "run", fail)
    assert colab.outcome(path, tmp_path, tmp_path)["result"] == "failed: ValueError: too short"
    monkeypatch.setattr(colab, "run", lambda *_: None)
    found = colab.outcome(path, tmp_path, tmp_path)
    assert found["result"] == "passed" and found["torch"] == colab.COLAB["torch"]


def test_the_record_is_of_chapters_that_there_are():
    rows = json.loads((ROOT / RECORD).read_text(encoding="utf-8"))
    assert rows.keys() <= {path.stem for path in SOURCES.glob("*.md")}
    assert all(one["result"] == "passed" for both in rows.values() for one in both.values())
    chapters = [read(path) for path in sorted(SOURCES.glob("*.md"))]
    assert status_text("ko", chapters)[1].count("\n") == 1 + len(chapters)

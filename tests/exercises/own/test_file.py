"""The reader's file: run beside its own modules, begun whole or not at all."""

import os
import sys

import pytest

from tinyaudio.errors import UserError
from tinyaudio.exercises.own.file import read_file, write_starter


def test_a_module_beside_the_file_is_found_while_it_runs(tmp_path):
    (tmp_path / "beside_it.py").write_text("def build(config): ...")
    (tmp_path / "mine.py").write_text("from beside_it import build")
    before = [*sys.path]
    read_file(tmp_path / "mine.py", ["build"])
    assert sys.path == before


def test_an_edit_is_seen_however_soon(tmp_path, monkeypatch):
    """Of a file as long as before, within the second that Python's cache of compiled files counts in."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for answer in "12":
        (tmp_path / "mine.py").write_text(f"def build(config): return {answer}")
        os.utime(tmp_path / "mine.py", (0, 0))
        assert read_file(tmp_path / "mine.py", ["build"]).function("build")(0) == int(answer)


def test_a_starter_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        write_starter(tmp_path / "file" / "mine.py", "text")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="No space left"):
        write_starter(tmp_path / "mine.py", "text")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]

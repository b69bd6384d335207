"""`tinyaudio submit`: one zip, or one line that says why not."""

import json
import zipfile

import pytest

from tests.command import run
from tinyaudio.cli import submit


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "내 과제 1.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {}}), encoding="utf-8")
    return path


def test_a_zip_holds_the_notebooks_and_the_name(notebook, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run("submit", notebook, "--name", " 홍  길동 / 2026 ")
    with zipfile.ZipFile(tmp_path / "홍 길동 _ 2026.zip") as packed:
        assert packed.namelist() == ["submission.json", "내 과제 1.ipynb"]
        assert json.loads(packed.read("submission.json"))["name"] == "홍 길동 / 2026"
        assert packed.read("내 과제 1.ipynb") == notebook.read_bytes()
    assert "홍 길동 _ 2026.zip: 1 notebooks of" in capsys.readouterr().out


def test_the_name_is_asked_for_at_a_terminal_only(notebook, tmp_path, monkeypatch, capsys):
    run("submit", notebook, code=2)
    assert "--name: say whose it is" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "Zoë")
    run("submit", notebook, "--out", tmp_path / "made" / "z.zip")
    assert (tmp_path / "made" / "z.zip").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.ipynb", None, "there is no such file; name the notebook that you saved"),
        ("text.ipynb", b"text", "is no notebook; name a file that ends in .ipynb"),
        ("cells.txt", b'{"cells": []}', "is no notebook; name a file that ends in .ipynb"),
        ("deep.ipynb", b'{"cells": ' + b"[" * 100_000, "is no notebook"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(name, content, words, tmp_path, capsys):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run("submit", tmp_path / name, "--name", "a", "--out", tmp_path / "z.zip", code=2)
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1 and not (tmp_path / "z.zip").exists()


def test_too_large_twice_the_same_and_no_name(notebook, tmp_path, monkeypatch, capsys):
    run("submit", notebook, notebook, "--name", "a", code=2)
    assert "two notebooks have this name" in capsys.readouterr().err
    run("submit", notebook, "--name", " - ", code=2)
    assert "--name: is empty" in capsys.readouterr().err
    monkeypatch.setattr(submit, "MOST_BYTES", 10)
    run("submit", notebook, "--name", "a", code=2)
    assert "clear the outputs" in capsys.readouterr().err


def test_a_notebook_is_not_overwritten_by_the_zip(notebook, capsys):
    before = notebook.read_bytes()
    run("submit", notebook, "--name", "a", "--out", notebook, code=2)
    assert "is a notebook to hand in; give the zip another name" in capsys.readouterr().err
    assert notebook.read_bytes() == before

"""``tinyaudio exercise``: exit codes, one line for what is wrong, nothing overwritten."""

import csv
from pathlib import Path

import pytest
import soundfile

from tests.command import run
from tinyaudio.cli.exercise import new_folder
from tinyaudio.errors import UserError
from tinyaudio.exercises.own import NAMES
from tinyaudio.language import set_language

RIGHT = Path(__file__).parent / "exercises" / "own" / "right"


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    """In English, and in a folder of its own: the board is written where the command is run."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    yield
    set_language("en")


def test_a_starter_is_written_once(tmp_path, capsys):
    path = tmp_path / "new" / "mine.py"
    run("exercise", "own-critic", "--start", path)
    assert "fill it, then tinyaudio exercise own-critic" in capsys.readouterr().out
    path.write_text("# mine")
    run("exercise", "own-critic", "--start", path, code=2)
    assert "is there already; choose another name" in capsys.readouterr().err
    assert path.read_text() == "# mine"


def test_a_right_file_and_a_wrong_one(tmp_path, capsys, monkeypatch):
    run("exercise", "own-critic", RIGHT / "my_critic.py")
    out = capsys.readouterr().out
    *checks, last = out.splitlines()
    assert out.count("✔") == len(checks) >= 7 and all(line[0] == "✔" for line in checks)
    assert last.startswith("to train it: tinyaudio exercise own-critic") and "--train" in last
    text = (RIGHT / "my_critic.py").read_text().replace("latents).detach()", "latents)")
    (tmp_path / "mine.py").write_text(text)
    words = ["--train", "--board", tmp_path / "board.csv"]
    run("exercise", "own-critic", tmp_path / "mine.py", *words, code=1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("✘ critic_loss sends a gradient")
    assert [one.name for one in tmp_path.iterdir() if one.name[0] != "."] == ["mine.py"]
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    run("exercise", "own-critic", tmp_path / "mine.py", code=1)
    assert "기울기가 생성자에 닿습니다" in capsys.readouterr().out


BUILD = "def build(config):\n    return {}\ndef weights(shipped, config):\n    return {{}}\n"
LOSSES = "def critic_loss(*a): ...\ndef generator_loss(*a): ...\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no such file; --start"),
        ("x = (\n", "line 1: does not import (SyntaxError"),
        ("import nothing_here", "line 1: does not import (ModuleNotFoundError"),
        ("\nraise SystemExit", "line 2: does not import (SystemExit"),
        ("x = 1", "has no function build"),
        (BUILD.format("None"), "has no function critic_loss"),
        (BUILD.format("3") + LOSSES, "build(config) returns int; return your torch.nn.Module"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, text, words):
    path = Path("mine.py")
    if text is not None:
        path.write_text(text)
    run("exercise", "own-critic", path, code=2)
    error = capsys.readouterr().err
    assert words in error and len(error.splitlines()) == 1 and str(path) in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["own-wavenett", "a.py"], "perhaps 'own-wavenet'"),
        (["own-wavenet"], "name your file"),
        (["own-wavenet", "a.py", "--start", "b.py"], "name your file"),
        (["own-wavenet", "--start", "b.py", "--train"], "leave --train out"),
        (["own-wavenet", "--start", "b.py", "--minutes", "3"], "leave --minutes out"),
    ],
)
def test_a_wrong_command_says_what_to_do(words, message, capsys):
    run("exercise", *words, code=2)
    assert message in capsys.readouterr().err


def test_help_says_that_the_file_is_run(capsys):
    run("exercise", "--help")
    out = capsys.readouterr().out
    assert "Python that is run on your machine" in out and all(name in out for name in NAMES)


def trained(name, folder, capsys, steps=2):
    file = folder / f"my_{name.removeprefix('own-')}.py"
    file.write_text((RIGHT / file.name).read_text())
    run("exercise", name, file, "--train", "--steps", steps, "--board", folder / "board.csv")
    out = file.with_suffix("").with_name(f"{file.stem}-1")
    assert (out / "curve.png").stat().st_size > 5_000
    lengths = [soundfile.info(out / f"{one}.wav").duration for one in ("yours", "shipped")]
    assert lengths[0] == lengths[1] > 0.9
    (row,) = csv.DictReader((folder / "board.csv").read_text().splitlines())
    assert row["steps"] == str(steps) and float(row["yours"]) > float(row["shipped"])
    assert "lower is better" in capsys.readouterr().out
    return out


def test_training_leaves_curve_sounds_and_a_line(tmp_path, capsys):
    out = trained("own-critic", tmp_path, capsys)
    run("exercise", "own-critic", tmp_path / "my_critic.py", "--train", "--out", out, code=2)
    assert "is there already; choose another name" in capsys.readouterr().err


def test_a_foreign_board_is_refused_before_the_tests(tmp_path, capsys):
    (tmp_path / "board.csv").write_text("a,b")
    words = ["own-critic", RIGHT / "my_critic.py", "--train", "--board", tmp_path / "board.csv"]
    run("exercise", *words, code=2)
    out, error = capsys.readouterr()
    assert not out and "is no board of this command" in error


def test_an_exception_in_training_is_one_line_and_leaves_no_folder(tmp_path, capsys):
    text = (RIGHT / "my_critic.py").read_text()
    file = tmp_path / "mine.py"
    file.write_text(text.replace("    m = mix", "    assert len(real) < 5, len(real)\n    m = mix"))
    words = ["--train", "--steps", 1, "--board", tmp_path / "board.csv"]
    run("exercise", "own-critic", file, *words, code=2)
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "raised" in one]
    assert "mine.py, line 34, raised AssertionError: " in line
    assert [one.name for one in tmp_path.iterdir() if one.name[0] != "."] == ["mine.py"]


def test_two_commands_do_not_take_the_same_folder(tmp_path):
    assert [new_folder(None, tmp_path / "mine.py").name for _ in "ab"] == ["mine-1", "mine-2"]
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="name another by --out"):
        new_folder(tmp_path / "file" / "out", tmp_path / "mine.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_system_trains(name, tmp_path, capsys):
    trained(name, tmp_path, capsys)

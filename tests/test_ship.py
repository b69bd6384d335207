"""A run's weights go into the package and its record into ``runs``, without this machine's folders."""

import json
import sys

import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.cli import main
from tinyaudio.errors import CheckpointError
from tools import ship

QUICK = "--steps 2 --warmup-steps 1 --batch-size 1 --n-samples 512 --eval-every 1".split()


@pytest.fixture
def train(monkeypatch):
    def command(*words):
        words = [str(word) for word in ("train", "wavenet", *QUICK, *words)]
        monkeypatch.setattr(sys, "argv", ["tinyaudio", *words])  # a record says it
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 0

    return command


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Ships a run, with more words if need be, into a folder that stands for the repository."""
    monkeypatch.setattr(ship, "ROOT", tmp_path / "repository")

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["ship", *map(str, words)])
        ship.main()

    return command


def test_weights_and_record_arrive_and_name_no_folder_of_this_machine(
    train, shipped, tmp_path, capsys
):
    out, kept = tmp_path / "first", tmp_path / "repository"
    train("--out", out)
    shipped(out, "notes")
    assert "notes: 2 steps, net" in capsys.readouterr().out
    small = open_run(kept / "tinyaudio" / "assets" / "models" / "notes")
    full = open_run(out)
    assert small.config == full.config and small.recipe.name == "wavenet"
    for half, whole in zip(
        small.models["net"].parameters(), full.models["net"].parameters(), strict=True
    ):
        torch.testing.assert_close(half, whole, rtol=1e-3, atol=1e-6)  # 16 bits
    assert (kept / "runs" / "notes" / "log.jsonl").read_text() == (out / "log.jsonl").read_text()
    record = (kept / "runs" / "notes" / "run.json").read_text()
    assert str(tmp_path) not in record and "--out runs/notes" in record
    assert json.loads(record)["config"]["steps"] == 2

    with pytest.raises(SystemExit):
        shipped(out, "notes", "--networks", "critic")
    assert "no network critic; there are: net" in capsys.readouterr().err


def test_a_generator_is_shipped_without_its_critic(shipped, tmp_path, monkeypatch):
    words = "train wavegan --steps 5 --batch-size 1 --device cpu".split()
    monkeypatch.setattr(sys, "argv", ["tinyaudio", *words])
    with pytest.raises(SystemExit):
        main([*words, "--out", str(tmp_path / "gan")])
    shipped(tmp_path / "gan", "gan", "--networks", "generator")
    place = tmp_path / "repository" / "tinyaudio" / "assets" / "models" / "gan"
    run = open_run(place)
    assert list(run.models) == ["generator"]
    (clip,) = run.recipe.commands["generate"](run.config, run.models, seeds=[1])
    assert clip.shape == (1, 1, 4_096)
    with pytest.raises(CheckpointError, match="'critic', which was not saved"):
        run.recipe.evaluate(run.config, run.models, [])

"""A run's weights go into the package and its record into ``runs``, without this machine's folders."""

import json
import sys

import pytest
import torch

from tinyaudio.checkpoints import load_weights
from tinyaudio.cli import main
from tinyaudio.models.wavenet import WaveNet
from tools import ship

QUICK = "--steps 2 --warmup-steps 1 --batch-size 1 --n-samples 512 --look-every 1".split()


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
    first, second, kept = tmp_path / "first", tmp_path / "second", tmp_path / "repository"
    train("--out", first)
    shipped(first, "notes")
    assert "notes: 2 steps" in capsys.readouterr().out
    ours = load_weights(WaveNet, kept / "tinyaudio" / "assets" / "models" / "notes")
    theirs = load_weights(WaveNet, first / "net")
    for mine, true in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, true, rtol=1e-3, atol=1e-6)  # 16 bits
    log, true = (folder / "log.jsonl" for folder in (kept / "runs" / "notes", first))
    assert json.loads(log.read_text().splitlines()[-1])["step"] == 2
    assert log.read_text() == true.read_text()

    train("--from", first, "--seed", 1, "--out", second)
    with pytest.raises(SystemExit):
        shipped(second, "more-notes")
    assert "say with --begun-with" in capsys.readouterr().err
    assert not (kept / "runs" / "more-notes").exists()
    shipped(second, "more-notes", "--begun-with", "notes", "--record-only")
    record = (kept / "runs" / "more-notes" / "run.json").read_text()
    assert str(tmp_path) not in record
    assert "--from runs/notes" in record and "--out runs/more-notes" in record
    assert json.loads(record)["config"]["seed"] == 1
    assert not (kept / "tinyaudio" / "assets" / "models" / "more-notes").exists()

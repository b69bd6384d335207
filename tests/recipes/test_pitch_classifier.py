"""The recipe of the pitch classifier: it learns, from procedural notes or NSynth's, and is scored on new instruments."""

import json
from dataclasses import replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import save
from tinyaudio.checkpoints import open_run
from tinyaudio.data.notes import Notes
from tinyaudio.recipe import networks
from tinyaudio.recipes.pitch_classifier import RECIPE
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
TOY = replace(RECIPE.tiny, n_samples=4_096, n_sounds=12, steps=40)
SMALL = "--batch-size 2 --n-sounds 4 --steps 2 --n-samples 4096 --eval-every 2 --save-every 2 --device cpu"


def test_it_learns():
    data = RECIPE.dataset(TOY, "train", None)
    batch = default_collate([data[i] for i in range(12)])
    assert batch["frames"].shape == (12, 255, 5) and batch["audio"].shape == (12, 1, 4_096)
    state = State(RECIPE.learners(TOY))
    first = RECIPE.evaluate(TOY, networks(state.learners), [batch])
    for _ in train(state, iter(lambda: batch, None), TOY.steps):
        pass
    last = RECIPE.evaluate(TOY, networks(state.learners), iter([batch]))
    assert last["accuracy"] > 0.8 > 0.2 > first["accuracy"]
    assert last["cross_entropy_nats"] < 0.5 * first["cross_entropy_nats"]


def test_instruments_are_held_out():
    parts = (RECIPE.dataset(TOY, split, None).sounds.notes for split in ("train", "valid"))
    names = [{notes.labels(i)["instrument_str"] for i in range(200)} for notes in parts]
    assert not names[0] & names[1]


def test_it_learns_from_nsynth(tmp_path, capsys):
    for split in ("train", "valid"):
        folder, labels = tmp_path / "nsynth" / f"nsynth-{split}", {}
        for item in (Notes(4, seconds=0.3, split=split)[i] for i in range(4)):
            audio = item.pop("audio")
            save(folder / "audio" / f"{item['note_str']}.wav", audio, 16_000)
            labels[item["note_str"]] = item
        (folder / "examples.json").write_text(json.dumps(labels))
    words = ["train", "pitch-classifier", *SMALL.split(), "--data", tmp_path / "nsynth"]
    run(*words, "--out", tmp_path / "run")
    net = open_run(tmp_path / "run").models["net"]
    assert net.probabilities(torch.zeros(1, 1, 4_096)).shape == (1, 61)
    run("generate", tmp_path / "run", "--out", tmp_path / "a.wav", code=2)
    assert "has no command 'generate'; it has: only evaluate" in capsys.readouterr().err

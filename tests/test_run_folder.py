"""A run that starts from the weights of another one: its weights, all else as it was drawn."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.command import run
from tinyaudio.audio import save
from tinyaudio.checkpoints import open_run, shipped
from tinyaudio.recipe import networks
from tinyaudio.resume import read_record
from tinyaudio.run_folder import init_from_run
from tinyaudio.train import State

SMALL = (
    "--batch-size 2 --n-samples 300 --steps 2 --ema-decay 0 --learning-rate 0.02"
    " --device cpu --eval-every 1 --save-every 1"
).split()


def scores(out):
    """What was logged of held-out sound, one evaluation after another."""
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [
        line["held_out/bits_per_sample"] for line in lines if "held_out/bits_per_sample" in line
    ]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """Two steps on notes."""
    out = tmp_path_factory.mktemp("runs") / "earlier"
    run("train", "wavenet", "--out", out, *SMALL)
    return out


def test_a_run_starts_where_another_ended_and_resumes_without_it(earlier, tmp_path, capsys):
    copy, out = tmp_path / "copy", tmp_path / "later"
    shutil.copytree(earlier, copy)
    words = ["train", "wavenet", "--from", copy, "--out", out, *SMALL]
    run(*words, "--minutes", 1e-9)  # stops after a step
    last = scores(earlier)[-1]
    assert abs(last - 8) > 0.01  # training moved it, in whichever direction
    assert scores(out)[0] == pytest.approx(last, abs=1e-6)
    assert json.loads((out / "run.json").read_text())["from"] == str(copy)

    shutil.rmtree(copy)  # what is not there cannot be loaded again
    capsys.readouterr()
    run(*words)
    assert "resuming wavenet" in capsys.readouterr().out
    assert read_record(out / "state.safetensors")["step"] == 2
    run(*words[:2], *words[4:], code=2)
    assert f"its from is {copy}, not None" in capsys.readouterr().err


@pytest.mark.parametrize("name", shipped())
def test_a_run_starts_from_a_model_of_the_package(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where no folder has this name
    opened = open_run(name)
    state = State(opened.recipe.learners(opened.config))
    modules = {one.name: one.module for one in state.learners if one.name in opened.models}
    assert modules.keys() == opened.models.keys()
    before = {n: {k: w.clone() for k, w in m.state_dict().items()} for n, m in modules.items()}
    init_from_run(state, opened.recipe, Path(name))
    for network, net in modules.items():
        trained = opened.models[network].state_dict()
        for module in (net, networks(state.learners)[network]):
            now = module.state_dict()
            assert now.keys() == trained.keys() == before[network].keys()
            assert all(torch.equal(now[k], w) for k, w in trained.items())
        assert any(not torch.equal(trained[k], w) for k, w in before[network].items())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("wavenet --from causal-notes", "made by the recipe 'autoregressive', not 'wavenet'"),
        ("wavenet --from {earlier} --size wn30", "of another size or model"),
        ("wavenet --from {earlier} --data {sounds}", "is (11, 64) in the file and missing"),
        ("wavenet --from {here}/none", "no such folder; give a folder that 'tinyaudio train"),
        ("wavenet --from {here}/none", "one of audiounet-x3, autoencoder-notes, causal-notes"),
    ],
)
def test_weights_that_do_not_fit_are_refused(words, message, earlier, tmp_path, capsys):
    save(tmp_path / "tone.wav", 0.5 * torch.sin(torch.arange(8_000) * 0.1)[None], 16_000)
    words = words.format(earlier=earlier, sounds=tmp_path, here=tmp_path)
    run("train", *words.split(), "--out", tmp_path / "out", "--device", "cpu", code=2)
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error
    assert not (tmp_path / "out" / "run.json").exists()  # the same command can be mended


def test_help_explains_it(capsys):
    run("train", "wavenet", "--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "--from RUN run, or model that comes with the package, whose weights to start" in text

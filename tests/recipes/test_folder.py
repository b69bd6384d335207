"""A run that begins with what another one has learned: its weights, all else as it was drawn."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from tinyaudio.checkpoints import SHIPPED, save_weights
from tinyaudio.cli import main
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipes import vocoder, wavenet
from tinyaudio.recipes.folder import begin_with, open_run, write_json
from tinyaudio.represent.oscillator import oscillator
from tinyaudio.resume import read_record

TOY = WaveNetConfig(stacks=1, layers=3, residual_channels=4, gate_channels=4, skip_channels=4)
SMALL = (
    "--batch-size 2 --n-samples 300 --steps 2 --ema-decay 0 --learning-rate 0.02"
    " --device cpu --look-every 1 --save-every 1"
).split()


def run(*words, code=0):
    """Run a command in this process."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == code


def scores(out):
    """What was held out, look by look."""
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


def test_a_run_begins_where_another_ended_and_resumes_without_it(earlier, tmp_path, capsys):
    copy, out = tmp_path / "copy", tmp_path / "later"
    shutil.copytree(earlier, copy)
    words = ["train", "wavenet", "--from", copy, "--out", out, *SMALL]
    run(*words, "--minutes", 1e-9)  # stops after a step
    learned = scores(earlier)[-1]
    assert abs(learned - 8) > 0.01  # it has learned something, right or wrong
    assert scores(out)[0] == pytest.approx(learned, abs=1e-6)
    assert json.loads((out / "run.json").read_text())["from"] == str(copy)

    shutil.rmtree(copy)  # what is not there cannot be loaded again
    capsys.readouterr()
    run(*words)
    assert "resuming wavenet" in capsys.readouterr().out
    assert read_record(out / "state.safetensors")["step"] == 2
    assert json.loads((out / "run.json").read_text())["from"] == str(copy)
    run(*words[:2], *words[4:], code=2)
    assert f"its from is {copy}, not None" in capsys.readouterr().err


@pytest.mark.parametrize("name", SHIPPED)
def test_a_run_begins_with_a_model_of_the_package(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where no folder has this name
    recipe, config, models = open_run(Path(name))
    state = recipe.build(config)
    drawn = {k: w.clone() for k, w in state.learners[0].module.state_dict().items()}
    begin_with(state, recipe, Path(name))
    learned = models["net"].state_dict()
    for module in (state.learners[0].module, recipe.models(state)["net"]):
        now = module.state_dict()
        assert now.keys() == learned.keys() == drawn.keys()
        assert all(torch.equal(now[k], w) for k, w in learned.items())
    assert any(not torch.equal(learned[k], w) for k, w in drawn.items())


def saved(recipe, config, out):
    """A run's folder, of weights that are nowhere zero."""
    torch.manual_seed(1)
    net = recipe.models(recipe.build(config))["net"]
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    save_weights(net, out / "net")
    about = {"recipe": recipe.__name__.rpartition(".")[2], "config": asdict(config)}
    write_json(out / "run.json", about)
    return net


@pytest.mark.parametrize("recipe", [wavenet, vocoder], ids=["wavenet", "vocoder"])
@torch.no_grad()
def test_what_the_other_lacks_begins_as_drawn_and_changes_nothing(recipe, tmp_path):
    told = recipe.Config.tiny().model.condition
    assert told.n_octaves  # else there is nothing to lack
    before = replace(told, n_octaves=0, n_sample_channels=0, frame_layers=0)
    config = replace(recipe.Config.tiny(), model=replace(TOY, condition=before))
    other = saved(recipe, config, tmp_path)
    state = recipe.build(replace(config, model=replace(TOY, condition=told)))
    begin_with(state, recipe, tmp_path)

    codes = torch.randint(256, (1, 512), generator=torch.manual_seed(2))
    parts = {"frames": torch.randn(1, told.n_frame_channels, 2)}
    if told.n_classes:
        parts["classes"] = torch.tensor([[3, 60]])
    cycles = oscillator(torch.full((1, 2), 200.0), 16_000, told.hop_length)
    expected = other(codes, Condition(**parts))
    assert expected.std() > 0.01
    if told.n_sample_channels:
        parts["samples"] = torch.rand(1, told.n_sample_channels, 512)
    for module in (state.learners[0].module, recipe.models(state)["net"]):
        assert torch.equal(module(codes, Condition(**parts, cycles=cycles)), expected)
        assert module.conditioner.waves.weight.eq(0).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("autoregressive --from wavenet-notes", "made by the recipe 'wavenet'; a run can only"),
        (
            "wavenet --from {earlier} --size large",
            "of another size (embed.weight); give the --size",
        ),
        ("wavenet --from {earlier} --data {sounds}", "the kind of sound that it was made with"),
        ("wavenet --from {here}/none", "no run.json in it; give a folder that 'tinyaudio train"),
        ("wavenet --from {here}/none", "one of causal-notes, wavenet-notes"),
    ],
)
def test_weights_that_cannot_be_begun_with_are_told(words, message, earlier, tmp_path, capsys):
    words = words.format(earlier=earlier, sounds=tmp_path, here=tmp_path)
    run("train", *words.split(), "--out", tmp_path / "out", "--device", "cpu", code=2)
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error
    assert not (tmp_path / "out" / "run.json").exists()  # the same command can be mended


def test_help_tells_it(capsys):
    run("train", "wavenet", "--help")
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "--from RUN run, or model that comes with the package, whose weights to begin with" in text
    )

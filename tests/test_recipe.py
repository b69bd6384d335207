"""A system of one's own in one file: trained, resumed bitwise, saved, opened and used, the package unchanged."""

import json
import runpy
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import pytest
import safetensors.torch
import torch
from torch import nn

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.checkpoints import open_run
from tinyaudio.cli.options import command_options
from tinyaudio.errors import CheckpointError, UserError
from tinyaudio.recipe import Recipe, RunConfig, network, option
from tinyaudio.recipes import NAMES, load_recipe, load_recipe_file, wavegan

SOURCE = Path(__file__).parent / "recipes" / "own_system.py"
ON_CPU = "--batch-size 4 --device cpu --eval-every 3 --save-every 2".split()


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The file in a folder outside the package and the tests."""
    return Path(shutil.copy(SOURCE, tmp_path_factory.mktemp("own") / "own_system.py"))


@pytest.fixture(scope="module")
def trained(recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "own"
    run("train", "--recipe", recipe, "--out", out, *ON_CPU)
    return out


def tensors(out):
    """All that training leaves: its state, and the weights of each network."""
    found = {}
    for file in sorted(out.rglob("*.safetensors")):
        place = file.relative_to(out).with_suffix("").as_posix()
        found |= {f"{place}:{k}": v for k, v in safetensors.torch.load_file(file).items()}
    return found


def test_it_trains_and_logs_both_learners_and_the_classifier(trained):
    lines = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    last = next(line for line in reversed(lines) if "critic/loss" in line)
    assert (
        last["step"] == 6
        and {"critic/cross_entropy", "critic/wasserstein", "generator/loss"} <= last.keys()
    )
    accuracy = [line["held_out/accuracy"] for line in lines if "held_out/accuracy" in line]
    assert len(accuracy) == 3 and all(0 <= a <= 1 for a in accuracy)
    assert json.loads((trained / "run.json").read_text())["recipe"] == "own_system"


def test_it_resumes_bitwise(recipe, trained, tmp_path):
    words = ["train", f"--recipe={recipe}", "--out", tmp_path / "halves", *ON_CPU]
    run(*words, "--minutes", 1e-9)  # one step
    run(*words)
    whole, halves = tensors(trained), tensors(tmp_path / "halves")
    assert (
        whole.keys() == halves.keys()
        and {"critic/model:classifier.bias", "generator/model:net.0.bias"} <= whole.keys()
    )
    assert all(torch.equal(value, halves[name]) for name, value in whole.items())


def test_it_is_opened_and_its_verb_is_a_command(recipe, trained, tmp_path, capsys):
    opened = open_run(trained, load_recipe_file(recipe))
    assert list(opened.models) == ["critic", "generator"]
    assert opened.config == replace(opened.recipe.tiny, batch_size=4, levels=(0.3, 0.6))
    verb = ["transform", trained, "--recipe", recipe, "--device", "cpu"]
    run(*verb, "--out", tmp_path / "a.wav", "--seeds", 3, 4, "--gain", 0.25)
    quiet = load(tmp_path / "a-4.wav")[0]
    save(tmp_path / "source.wav", torch.full((1, 64), 0.25), 16_000)
    run(
        *verb,
        "--out",
        tmp_path / "b.wav",
        "--seeds",
        4,
        "--gain",
        0.125,
        "--loud",
        "--source",
        tmp_path / "source.wav",
    )
    torch.testing.assert_close(load(tmp_path / "b.wav")[0], quiet + 0.25, atol=1e-4, rtol=0)
    capsys.readouterr()
    run("evaluate", trained, "--recipe", recipe, "--json", "--device", "cpu")
    assert 0 <= json.loads(capsys.readouterr().out)["accuracy"] <= 1
    run("transform", trained, "--recipe", recipe, "--help")
    assert "--gain FLOAT factor on the generated clip (default: 1.0)" in " ".join(
        capsys.readouterr().out.split()
    )
    run("train", "--recipe", recipe, "--help")
    assert "amplitudes of the tones (tiny: 0.3 0.6)" in " ".join(capsys.readouterr().out.split())


def test_a_run_starts_from_another_one(recipe, trained, tmp_path, capsys):
    words = ["train", "--recipe", recipe, "--from", trained, "--seed", 1, "--minutes", 1e-9]
    run(*words, "--out", tmp_path / "later", *ON_CPU)
    first = json.loads((tmp_path / "later" / "log.jsonl").read_text().splitlines()[0])
    assert first["step"] == 0
    run(*words, "--width", 4, "--out", tmp_path / "other", *ON_CPU, code=2)
    assert "of another size or model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("generate {run} --recipe {own} --out x.wav", "a run of own_system has no command 'generate'; it has: transform"),
        ("transform {run} --recipe {own} --out x.wav --pitch 60", "--pitch: 'tinyaudio transform' cannot be asked"),
        ("transform causal-notes --recipe {own} --out x.wav", "made by the recipe 'autoregressive', not 'own_system'"),
        ("evaluate {run}", "no recipe 'own_system'"),
        ("train --recipe {here}/none.py", "no such Python file"),
        ("train --recipe", "name a Python file"),
        ("train --recipe {broken}", "broken.py, line 2: does not import (ModuleNotFoundError: No module named 'nowhere')"),
        ("train --recipe {empty}", "has no recipe; end the file with RECIPE"),
        ("train --recipe {renamed}", "calls itself 'own_system'"),
        ("train --recipe {wavenet}", "is a recipe of the package"),
        ("train --recipe {own} --width 0", "--width 0: must be 1 or more"),
        ("train --recipe {own} --data {here}/none --from {run} --size wide --out {here}/wide", "of another size or model"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(words, message, recipe, trained, tmp_path, capsys):
    broken, empty, renamed, wavenet = (
        tmp_path / f"{n}.py" for n in ("broken", "empty", "renamed", "wavenet")
    )
    broken.write_text("import torch\nimport nowhere\n")
    empty.write_text("x = 1\n")
    renamed.write_text(SOURCE.read_text())
    wavenet.write_text(SOURCE.read_text())
    places = {"broken": broken, "empty": empty, "renamed": renamed, "wavenet": wavenet}
    words = words.format(run=trained, own=recipe, here=tmp_path, **places)
    run(*words.split(), code=2)
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


def test_learners_and_saved_networks_must_agree(recipe, trained, tmp_path, monkeypatch):
    copy = shutil.copytree(trained, tmp_path / "run")
    (copy / "critic").rename(copy / "judge")
    own = load_recipe_file(recipe)
    with pytest.raises(
        CheckpointError,
        match=r"holds the networks generator, judge, but .* makes critic, generator",
    ):
        open_run(copy, own)
    shutil.rmtree(copy / "judge")  # a shipped generator comes without its critic ...
    models = open_run(copy, own).models
    assert list(models) == ["generator"]
    with pytest.raises(
        CheckpointError, match="'critic', which was not saved; there are: generator"
    ):
        network(models, "critic", nn.Module)  # ... which only some commands need
    with pytest.raises(CheckpointError, match="is a Generator, not a Linear"):
        network(models, "generator", nn.Linear)
    shutil.rmtree(copy / "generator")
    with pytest.raises(CheckpointError, match="no weights in it yet"):
        open_run(copy, own)


def test_a_run_of_the_earlier_layout_is_refused_in_a_line(trained, tmp_path, capsys):
    copy = shutil.copytree(trained, tmp_path / "run")
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(
        json.dumps({k: v for k, v in record.items() if k != "format"} | {"tinyaudio": "0.1.0"})
    )
    for words in (["evaluate", copy], ["generate", copy, "--out", "x.wav"]):
        run(*words, code=2)
        assert (
            "a run of tinyaudio 0.1.0, whose layout this version does not read; train again"
            in capsys.readouterr().err
        )


def test_values_are_checked_where_the_configuration_is_made():
    for values, message in [
        ({"steps": 0}, "steps 0: must be 1 or more"),
        ({"seed": -1}, "seed -1: must be from 0 to 9223372036854775807"),
        ({"batch_size": 0}, "batch_size 0: must be 1 or more"),
    ]:
        with pytest.raises(UserError, match=message):
            RunConfig(**values)
    wavenet = load_recipe("wavenet").tiny
    for values, message in [
        ({"ema_decay": 1.5}, "ema_decay 1.5: must be from 0 to 1"),
        ({"learning_rate": float("nan")}, "learning_rate nan: must be 0 or more"),
        ({"recorded_fraction": -0.1}, "recorded_fraction -0.1: must be from 0 to 1"),
    ]:
        with pytest.raises(UserError, match=message):
            replace(wavenet, **values)
    assert replace(wavenet, warmup_steps=0).warmup_steps == 0


def test_a_keyword_without_a_type_has_that_of_its_default():
    def shorten(config, models, *, seconds=0.5, loud: Annotated[bool, "twice as loud"] = False):
        return []

    seconds, loud = command_options(shorten)
    assert (seconds.kind, seconds.help, seconds.default) == (float, "", 0.5)
    assert (loud.kind, loud.help, loud.flag) == (bool, "twice as loud", "--loud")


def test_a_recipe_that_does_not_keep_the_contract_is_refused():
    parts = {name: lambda *arguments: None for name in ("dataset", "learners", "evaluate")}
    with pytest.raises(TypeError, match="no size 'tiny'"):
        Recipe("x", "", {"paper": RunConfig()}, commands={}, **parts)
    for command in (
        lambda models, config: [],
        lambda config, models, seconds=1: [],
        lambda config, models, *, seconds: [],
    ):
        with pytest.raises(TypeError, match=r"must be \(config, models, \*, ...\)"):
            Recipe("x", "", {"tiny": RunConfig()}, commands={"generate": command}, **parts)
    assert option(1, "help").metadata["help"] == "help"


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_of_the_package(name):
    recipe = load_recipe(name)
    assert recipe.name == name and len(recipe.description.splitlines()[0]) < 112
    for config in recipe.sizes.values():
        saved = json.loads(json.dumps(asdict(config)))
        assert recipe.read_config(saved) == config
    path = Path(__file__).parents[1] / "tinyaudio" / "recipes" / f"{name.replace('-', '_')}.py"
    assert len(path.read_text().splitlines()) <= 120


def test_a_recipe_is_a_program(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["wavegan.py", "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(wavegan.__file__, run_name="__main__")
    assert stop.value.code == 0 and "usage: tinyaudio train wavegan" in capsys.readouterr().out

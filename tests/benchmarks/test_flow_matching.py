"""Flow matching beside diffusion: its recipe, rows of both, and runs that are not alike refused."""

import json
import sys
from dataclasses import replace

import pytest
import torch

from benchmarks import critics, flow_matching
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.errors import UserError
from tinyaudio.models.ddpm_unet import DDPMUNetConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import ddpm, load_recipe_file
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig
from tinyaudio.train import State, train

FLOW = load_recipe_file(flow_matching.RECIPE_FILE)
SMALL = {
    "model": DDPMUNetConfig(width=4, groups=2, multipliers=(1,), attention=()),
    "image": CompressedSTFTConfig(n_samples=1_024),
    "n_sounds": 40,
    "batch_size": 4,
}


def untrained(recipe, **changes):
    """A network that returns zeros."""
    config = replace(recipe.tiny, **SMALL | changes)
    return TrainedRun(recipe, config, networks(recipe.learners(config)), {})


@pytest.fixture
def few(monkeypatch):
    """Small enough for a test."""
    monkeypatch.setattr(critics, "N_COMPONENTS", 4)
    monkeypatch.setattr(critics, "N_CLUSTERS", 6)
    monkeypatch.setattr(flow_matching, "CALLS", (1, 2))


def test_the_recipe_is_that_of_ddpm_but_for_the_objective():
    for size in ("tiny", "narrow"):
        ours, theirs = FLOW.sizes[size], ddpm.RECIPE.sizes[size]
        names = (*flow_matching.ALIKE, "sample_rate", "seed", "steps")
        assert all(getattr(ours, name) == getattr(theirs, name) for name in names)
    a, b = (r.learners(replace(r.tiny, **SMALL))[0].module for r in (FLOW, ddpm.RECIPE))
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_the_recipe_learns_and_its_loss_is_the_same_every_time():
    config = replace(FLOW.tiny, **SMALL | {"learning_rate": 1e-2})
    [learner] = FLOW.learners(config)
    drums = FLOW.dataset(config, "train", None)
    batch = {"audio": torch.stack([drums[i]["audio"] for i in range(8)])}

    def loss():
        return FLOW.evaluate(config, {"net": learner.module}, [batch])["loss"]

    before = loss()
    assert before == loss() > 1
    torch.manual_seed(0)
    for _ in train(State([learner]), iter(lambda: batch, None), 80):
        pass
    assert loss() < 0.93 * before


@pytest.mark.parametrize("sampler", ["euler", "heun"])
def test_it_generates_a_clip_a_seed(sampler):
    run = untrained(FLOW)
    generate = run.recipe.commands["generate"]
    [clips] = generate(run.config, run.models, seeds=[3, 4], sampling_steps=2, sampler=sampler)
    assert clips.shape == (2, 1, 1_024) and bool(clips.isfinite().all())
    with pytest.raises(UserError, match="no sampler 'ddim'; there are: euler, heun"):
        generate(run.config, run.models, sampler="ddim")


@pytest.mark.usefixtures("one_thread", "few")
def test_the_command_has_a_row_for_each_way_and_number_of_calls(open_as, monkeypatch, capsys):
    open_as(ddpm=untrained(ddpm.RECIPE))
    monkeypatch.setattr(flow_matching, "open_flow", lambda place: untrained(FLOW))
    words = ["--ddpm-run", "ddpm", "--flow-run", "flow", "--sounds", "12", "--validation", "--json"]
    monkeypatch.setattr(sys, "argv", ["flow_matching", *words])
    flow_matching.main()
    found = json.loads(capsys.readouterr().out)
    drums = found["drums"]
    diffused = {f"ddpm_{s}_{n}" for s in critics.SAMPLERS for n in (1, 2)}
    flown = {"flow_euler_1", "flow_euler_2", "flow_heun_2"}
    assert set(drums) == diffused | flown | {"real_held_out", "mean", "gaussian"}
    assert drums["real_held_out"]["frechet_db2"] < drums["mean"]["frechet_db2"]
    distances = [drums[key]["frechet_db2"] for key in ("flow_euler_2", "flow_heun_2")]
    assert found["best_2"][1] == min(distances) and found["seconds_a_call"] > 0


@pytest.mark.parametrize("change", [{"n_sounds": 30}, {"seed": 1}, {"steps": 7}])
def test_runs_that_are_not_alike_are_refused(change):
    with pytest.raises(UserError, match=f"has {next(iter(change))} .*; train both alike"):
        flow_matching.check_alike(untrained(ddpm.RECIPE), untrained(FLOW, **change))
    with pytest.raises(UserError, match="--ddpm-run: is not a run of ddpm"):
        flow_matching.check_alike(untrained(FLOW), untrained(FLOW))

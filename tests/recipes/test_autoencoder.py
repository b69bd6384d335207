"""The recipe of autoencoder and VAE: both learn, every point of the plane is a sound, what is refused."""

from dataclasses import replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.errors import ConfigError
from tinyaudio.models.autoencoder import AutoencoderConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import autoencoder
from tinyaudio.train import State, train

RECIPE = autoencoder.RECIPE
SMALL = "--batch-size 2 --n-sounds 2 --steps 2 --eval-every 2 --save-every 2 --device cpu".split()
NET = AutoencoderConfig(channels=(8, 8, 8, 8), n_hidden=16)


@pytest.mark.parametrize("variational", [False, True])
def test_it_learns(variational):
    config = replace(RECIPE.tiny, model=NET, variational=variational, n_sounds=6, steps=80)
    config = replace(config, learning_rate=5e-3)
    data = RECIPE.dataset(config, "train", None)
    batch = default_collate([data[i] for i in range(6)])
    state = State(RECIPE.learners(config))
    first = RECIPE.evaluate(config, networks(state.learners), [batch])
    for _ in train(state, iter(lambda: batch, None), config.steps):
        pass
    last = RECIPE.evaluate(config, networks(state.learners), iter([batch]))
    assert last["error_db"] < 0.8 * first["error_db"]
    assert [*last] == ["error_db"] + ["kl_nats"] * variational


def test_the_paper_s_size_learns_from_bins_and_pitch():
    """Its data and its network; only the widths are less."""
    paper = RECIPE.sizes["paper"]
    assert paper.model == AutoencoderConfig.paper()
    with pytest.raises(ConfigError, match="batch_size 1: batch normalization needs 2 or more"):
        replace(paper, batch_size=1)
    thin = replace(paper.model, channels=(2,) * 9, n_hidden=4, n_latents=3, n_pitch_channels=2)
    config = replace(paper, model=thin, n_sounds=2)
    data = RECIPE.dataset(config, "train", None)
    assert data[0]["frames"].shape == (512, 256) and data[0]["audio"].shape == (1, 65_280)
    learner = RECIPE.learners(config)[0]
    loss, _ = learner.loss(default_collate([data[0], data[1]]), 0)
    assert loss.isfinite()
    net = {"net": learner.module.eval()}
    (clip,) = RECIPE.commands["generate"](config, net, at=[0.0, 1.0, 2.0], pitch=60)
    assert clip.shape == (1, 1, 65_280)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The shortest of runs of the command, of a VAE."""
    out = tmp_path_factory.mktemp("runs") / "vae"
    run("train", "autoencoder", "--size", "vae", "--out", out, *SMALL)
    return out


def test_a_point_is_a_sound_and_a_seed_is_a_point(trained, tmp_path):
    for name, words in {
        "a": ["--at", 0.5, -1],
        "b": ["--at", 0.5, -1],
        "c": ["--seeds", 1],
    }.items():
        run("generate", trained, *words, "--out", tmp_path / f"{name}.wav")
    a, b, c = (load(tmp_path / f"{name}.wav")[0] for name in "abc")
    assert a.shape == (1, 16_128) and torch.equal(a, b) and not torch.equal(a, c)
    run("generate", trained, "--seeds", 1, 2, "--out", tmp_path / "d.wav")
    assert torch.equal(load(tmp_path / "d-1.wav")[0], c)


def test_what_is_no_point_is_refused_in_a_line(trained, tmp_path, capsys):
    for words, message in [
        (["--at", 1], "--at: 1 numbers; the latent space of this run has 2"),
        (["--at", 1, "nan"], "argument --at: 'nan' is not a number"),
        (["--pitch", 128], "--pitch 128: must be from 0 to 127"),
        (["--seeds", -1], "seed -1"),
    ]:
        run("generate", trained, *words, "--out", tmp_path / "o.wav", code=2)
        assert message in capsys.readouterr().err


def test_a_folder_of_recordings(tmp_path):
    save(tmp_path / "sounds" / "one.wav", torch.rand(1, 60_000) - 0.5, 16_000)
    out = tmp_path / "own"
    run("train", "autoencoder", "--data", tmp_path / "sounds", "--out", out, *SMALL)
    run("evaluate", out, "--data", tmp_path / "sounds", "--clips", 1)
    conditioned = replace(RECIPE.tiny, model=replace(NET, n_pitch_channels=4))
    assert RECIPE.for_folder(conditioned, tmp_path).model == NET

"""The recipes of diffusion vocoders: they learn, follow any file, in as many steps as one likes, and refuse what is no sound."""

from dataclasses import replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.diffwave import DiffWaveConfig
from tinyaudio.models.wavegrad import WaveGradConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import diffwave, wavegrad
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
SMALL = "--batch-size 2 --n-samples 1024 --steps 2 --eval-every 2 --save-every 2 --device cpu"
TOYS = {
    "diffwave": (diffwave.RECIPE, DiffWaveConfig(8, 4, 4, strides=(8, 8))),
    "wavegrad": (wavegrad.RECIPE, WaveGradConfig(80, 16, (8, 8), (16, 8), (4, 8))),
}


@pytest.mark.parametrize("name", TOYS)
def test_it_learns(name):
    recipe, model = TOYS[name]
    config = replace(
        recipe.sizes["narrow"],
        model=model,
        n_samples=1_024,
        learning_rate=4e-3,
        warmup_steps=1,
        ema_decay=0.0,
    )
    data = recipe.dataset(config, "train", None)
    batch = default_collate([data[i] for i in range(4)])
    state = State(recipe.learners(config))
    losses = []
    for _ in train(state, iter(lambda: batch, None), 80):
        torch.manual_seed(0)  # the same noise at every step
        losses.append(state.logs["net/loss"])
    assert losses[-1] < 0.9 * losses[1]
    score = recipe.evaluate(config, networks(state.learners), [batch])
    assert 0 < score["prediction_error"] < 0.8


@pytest.mark.parametrize("name", TOYS)
def test_every_size_has_frames_of_its_hop_and_sound_of_a_level_near_1(name):
    recipe, _ = TOYS[name]
    for size in recipe.sizes.values():
        prepared = size.with_frames(default_collate([recipe.dataset(size, "valid", None)[1]]))
        assert prepared["audio"].shape == (1, 1, size.n_samples)
        assert prepared["frames"].shape == (1, 80, size.n_samples // size.hop_length)
        if size.prior:
            assert 0.5 < prepared["audio"].std() < 2
    with pytest.raises(ConfigError, match="n_samples 1000: must be a multiple of 64"):
        replace(recipe.tiny, n_samples=1_000)
    with pytest.raises(UserError, match="no prediction 'noise'"):
        recipe.learners(replace(recipe.tiny, prediction="noise"))


@pytest.fixture(scope="module", params=TOYS)
def trained(request, tmp_path_factory):
    """The shortest of runs of the command."""
    out = tmp_path_factory.mktemp("runs") / request.param
    run("train", request.param, "--out", out, *SMALL.split())
    return out


def test_the_command_makes_as_much_as_the_file_has_and_a_seed_twice_the_same(trained, tmp_path):
    model = tmp_path / "model.wav"
    save(model, 0.5 * torch.sin(torch.arange(3_001) * 0.1)[None], 16_000)
    made = []
    for name in ("one.wav", "two.wav"):
        words = ["--mel-of", model, "--sampling-steps", 3, "--out", tmp_path / name]
        run("generate", trained, *words)
        audio, rate = load(tmp_path / name)
        assert (audio.shape, rate) == ((1, 1_501), 8_000)
        made.append(audio)
    assert torch.equal(*made) and made[0].std() > 0.05
    run("generate", trained, *words[:4], "--seeds", 5, 0, "--out", tmp_path / "s.wav")
    other, same = (load(tmp_path / f"s-{seed}.wav")[0] for seed in (5, 0))
    torch.testing.assert_close(same, made[0], atol=1e-3, rtol=0)
    assert not torch.allclose(other, same, atol=1e-2)
    words = [
        "--seconds",
        0.1,
        "--sampling-steps",
        2,
        "--sampler",
        "dpm-solver",
        "--out",
        tmp_path / "d.wav",
    ]
    run("generate", trained, *words)
    assert load(tmp_path / "d.wav")[0].shape == (1, 800)


def test_silence_stays_soft_and_a_click_has_its_length(trained, tmp_path):
    """The noise begins 60 dB below full scale where the frames are at their floor."""
    for name, audio in {"silence": torch.zeros(1, 2_000), "click": torch.ones(1, 50)}.items():
        save(tmp_path / f"{name}.wav", audio, 8_000)
        words = ["--mel-of", tmp_path / f"{name}.wav", "--sampling-steps", 2]
        run("generate", trained, *words, "--out", tmp_path / "o.wav")
        made = load(tmp_path / "o.wav")[0]
        assert made.shape == audio.shape and (name == "click" or made.abs().max() < 0.05)


def test_what_is_no_sound_or_no_step_is_refused_in_a_line(trained, tmp_path, capsys):
    import soundfile

    soundfile.write(tmp_path / "nan.wav", torch.full((4_000,), torch.nan).numpy(), 8_000, "FLOAT")
    save(tmp_path / "good.wav", torch.zeros(1, 900), 8_000)
    good = ["--mel-of", tmp_path / "good.wav"]
    for words, message in [
        (["--mel-of", tmp_path / "nan.wav"], "nan.wav"),
        (["--mel-of", tmp_path / "none.wav"], "none.wav"),
        ([*good, "--seconds", 0], "not a single sample"),
        ([*good, "--sampler", "euler"], "no sampler 'euler'"),
        ([*good, "--sampling-steps", 0], "cannot sample in 0 steps"),
        ([*good, "--sampling-steps", 1_001], "cannot sample in 1001 steps"),
    ]:
        run("generate", trained, *words, "--out", tmp_path / "o.wav", code=2)
        error = capsys.readouterr().err.strip()
        assert message in error and "\n" not in error

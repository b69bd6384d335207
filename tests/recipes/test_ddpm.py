"""The recipe of DDPM: drums, notes or a folder; a stop leaves no trace, and every sampler makes clips."""

from dataclasses import replace

import pytest
import safetensors.torch
import torch

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.errors import UserError
from tinyaudio.models.ddpm_unet import DDPMUNetConfig
from tinyaudio.objectives.noise_schedule import COSINE, DDPM
from tinyaudio.recipe import networks
from tinyaudio.recipes.ddpm import RECIPE
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
TOY = replace(
    RECIPE.tiny,
    model=DDPMUNetConfig(width=8, groups=4, multipliers=(1, 2), attention=()),
    image=CompressedSTFTConfig(n_samples=1_024),
    n_sounds=12,
)
SMALL = "--batch-size 2 --n-sounds 4 --steps 4 --eval-every 4 --save-every 2 --device cpu"


def test_it_learns_to_see_drums_in_noise():
    """The loss of held-out hits falls from that of a new network, which returns zeros."""
    [learner] = RECIPE.learners(replace(TOY, learning_rate=1e-2))
    drums = RECIPE.dataset(TOY, "train", None)
    batch = {"audio": torch.stack([drums[i]["audio"] for i in range(12)])}
    held_out = [*batches_of(RECIPE.dataset(TOY, "valid", None), 32)]

    def loss():
        return RECIPE.evaluate(TOY, {"net": learner.module}, held_out)["loss"]

    before = loss()
    assert before == loss() > 0.9  # under the same noise
    for _ in train(State([learner]), iter(lambda: batch, None), 60):
        pass
    assert loss() < 0.95 * before


def test_sizes():
    """The paper's predicts noise under a linear schedule, 800,000 steps of 128 images at 2e-4."""
    paper = RECIPE.sizes["paper"]
    assert (paper.prediction, paper.batch_size, paper.steps) == ("epsilon", 128, 800_000)
    assert (paper.learning_rate, paper.ema_decay) == (2e-4, 0.9999)
    assert paper.model == DDPMUNetConfig.paper() and paper.diffusion.time.schedule is DDPM
    assert RECIPE.sizes["narrow"].diffusion.time.schedule is COSINE
    assert all(learner.ema for learner in RECIPE.learners(TOY))


def test_a_stop_leaves_no_trace(tmp_path):
    words = ["train", "ddpm", *SMALL.split()]
    run(*words, "--out", tmp_path / "whole")
    for _ in range(2):
        run(*words, "--out", tmp_path / "parts", "--minutes", 1e-9)  # a step each
    run(*words, "--out", tmp_path / "parts")
    whole, parts = (
        {
            f"{file.relative_to(out)}:{name}": value
            for file in sorted(out.rglob("*.safetensors"))
            for name, value in safetensors.torch.load_file(file).items()
        }
        for out in (tmp_path / "whole", tmp_path / "parts")
    )
    assert whole.keys() == parts.keys() and len(whole) > 60
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


def test_it_learns_from_recordings_and_every_sampler_is_a_command(tmp_path):
    save(tmp_path / "sounds" / "pip.wav", torch.rand(1, 9_000) - 0.5, 16_000)
    words = ["train", "ddpm", "--data", tmp_path / "sounds", *SMALL.split(), "--batch-size", 1]
    run(*words, "--out", tmp_path / "own")
    clips = []
    for sampler in ("ancestral", "ddim", "dpm-solver"):
        out = tmp_path / f"{sampler}.wav"
        more = ["--sampler", sampler, "--sampling-steps", 3, "--seeds", 4, "--out", out]
        run("generate", tmp_path / "own", *more)
        audio, rate = load(out)
        assert audio.shape == (1, 4_096) and rate == 16_000
        clips.append(audio)
    assert not torch.equal(clips[0], clips[1])


def test_a_clip_is_a_function_of_its_seed():
    models = networks(RECIPE.learners(TOY))
    generate = RECIPE.commands["generate"]
    both, one = (generate(TOY, models, seeds=seeds, sampling_steps=4)[0] for seeds in ([3, 5], [5]))
    torch.testing.assert_close(both[1:], one, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampling_steps": 0}, "cannot sample in 0 steps: from 1 to 1000"),
        ({"sampling_steps": 1_001}, "cannot sample in 1001 steps: from 1 to 1000"),
        ({"sampler": "euler"}, "no sampler 'euler'; there are: ancestral, ddim, dpm-solver"),
        ({"seeds": []}, "no seeds"),
    ],
)
def test_what_it_cannot_generate_is_said_in_a_line(options, message):
    models = networks(RECIPE.learners(TOY))
    with pytest.raises(UserError, match=message):
        RECIPE.commands["generate"](TOY, models, **options)


def test_weights_that_are_not_numbers_are_found():
    models = networks(RECIPE.learners(TOY))
    models["net"].last.bias.data.fill_(torch.nan)
    with pytest.raises(UserError, match="not finite at step 1 of 50"):
        RECIPE.commands["generate"](TOY, models)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": "square"}, "no noise schedule 'square'; choose cosine or linear"),
        ({"prediction": "noise"}, "no prediction 'noise'; choose one of epsilon, x0, v"),
    ],
)
def test_unknown_settings_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        RECIPE.learners(replace(TOY, **change))
    with pytest.raises(UserError, match="no material 'songs'; choose drums or notes"):
        RECIPE.dataset(replace(TOY, material="songs"), "train", None)

"""The recipe of speech: conditioned on phones, pitch and speaker, it generates the sentence that is asked for."""

from dataclasses import replace

import pytest
import torch

from tests.command import run
from tests.recipes.toy import TOY_NET
from tinyaudio.audio import load
from tinyaudio.data.sentence_frames import sentence_frames
from tinyaudio.data.speech.linguistic import N_CHANNELS
from tinyaudio.recipe import networks
from tinyaudio.recipes import speech
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
RECIPE = speech.RECIPE
TOY = replace(
    RECIPE.tiny,
    model=replace(TOY_NET, condition=speech.SPEAKER_AND_PHONES),
    n_samples=800,
    batch_size=4,
    steps=15,
    warmup_steps=1,
    learning_rate=2e-2,
)


def test_it_learns_and_every_part_of_the_condition_has_a_gradient():
    state = State(RECIPE.learners(TOY))
    items = RECIPE.dataset(replace(TOY, recorded_fraction=0.0), "train", None)
    batch = {k: torch.stack([items[i][k] for i in range(4)]) for k in items[0]}
    losses = [s.logs["net/loss"] for s in train(state, iter(lambda: batch, None), TOY.steps)]
    assert losses[0] == pytest.approx(8, abs=2e-6) and losses[-1] < losses[5] < losses[1]
    conditioner = state.learners[0].module.conditioner
    for part in (conditioner.classes[0], conditioner.frames):
        assert part.weight.grad.abs().sum() > 0
    held_out = batches_of(RECIPE.dataset(TOY, "valid", None), 4)
    score = RECIPE.evaluate(TOY, networks(state.learners), held_out)
    assert 0 < score["bits_per_sample"] < 8


def test_frames_last_as_long_as_is_asked_for():
    frames = sentence_frames(3, talker=12, n_frames=500)
    assert frames.shape == (N_CHANNELS, 500)
    assert torch.equal(frames[:, :200], sentence_frames(3, talker=12, n_frames=200))
    assert not torch.equal(frames, sentence_frames(4, talker=12, n_frames=500))


def test_the_command_trains_and_generates(tmp_path, capsys):
    out, wav = tmp_path / "run", tmp_path / "said.wav"
    small = "--batch-size 2 --n-samples 480 --steps 2 --eval-every 2 --save-every 2 --device cpu"
    run("train", "speech", "--out", out, *small.split())
    run("generate", out, "--sentence", 1, "--speaker", 2, "--seconds", 0.105, "--out", wav)
    audio, rate = load(wav)
    assert (audio.shape, rate) == ((1, 1_680), 16_000)
    for words, message in [
        (["--sentence", -1], "sentence -1: must be 0 or more"),
        (["--speaker", 100], "speaker 100: must be from 0 to 99"),
        (
            ["--pitch", 60],
            "--pitch: 'tinyaudio generate' cannot be asked for that of a run of speech",
        ),
    ]:
        run("generate", out, *words, "--out", wav, code=2)
        assert message in capsys.readouterr().err

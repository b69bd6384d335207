"""The recipe of speech: told phones, pitch and speaker, it says the sentence that is wished for."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.audio import load
from tinyaudio.cli import main
from tinyaudio.errors import UserError
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipes import speech
from tinyaudio.recipes.run import stack_clips
from tinyaudio.recipes.spoken import STRANGER
from tinyaudio.train import train

TOY = replace(
    speech.Config.tiny(),
    model=WaveNetConfig(
        stacks=1,
        layers=5,
        residual_channels=16,
        gate_channels=16,
        skip_channels=16,
        condition=speech.SPEAKER_AND_PHONES,
    ),
    n_samples=800,
    batch_size=4,
    steps=15,
    warmup_steps=1,
    learning_rate=2e-2,
    input_noise=0.0,  # losses can be compared
)


def run(*words, code=0):
    """Run a command in this process."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == code


def test_it_learns_and_every_part_of_what_it_is_told_is_listened_to():
    state = speech.build(TOY)
    items = speech.clips(replace(TOY, recorded=0.0), None, "train")
    batch = {k: torch.stack([items[i][k] for i in range(4)]) for k in items[0]}
    losses = [s.logs["net/loss"] for s in train(state, iter(lambda: batch, None), TOY.steps)]
    assert losses[0] == pytest.approx(8, abs=2e-6) and losses[-1] < losses[5] < losses[1]
    conditioner = state.learners[0].module.conditioner
    for part in (conditioner.classes[0], conditioner.frames):
        assert part.weight.grad.abs().sum() > 0
    held_out = stack_clips(speech.clips(TOY, None, "valid"))
    score = speech.evaluate(TOY, speech.models(state), held_out)
    assert 0 < score["bits_per_sample"] < 8


def test_a_wish_lasts_as_long_as_it_is_asked_to():
    known = speech.Wish(sentence=3, speaker=12).condition(4.996)
    assert known.frames.shape == (1, speech.N_CHANNELS, 500)
    assert known.classes.tolist() == [[12]]
    assert speech.Wish(speaker=19).condition(0.1).classes.tolist() == [[STRANGER]]  # held out
    assert not torch.equal(known.frames, speech.Wish(sentence=4, speaker=12).condition(5.0).frames)


@pytest.mark.parametrize(
    ("wish", "message"), [({"sentence": -1}, "from 0"), ({"speaker": 100}, "0 to 99")]
)
def test_impossible_wishes(wish, message):
    with pytest.raises(UserError, match=message):
        speech.Wish(**wish).condition(1.0)


def test_the_command_trains_scores_and_speaks(tmp_path, capsys):
    out, wav = tmp_path / "run", tmp_path / "said.wav"
    small = "--batch-size 2 --n-samples 480 --steps 2 --look-every 2 --save-every 2 --device cpu"
    run("train", "speech", "--out", out, *small.split())
    run("generate", out, "--sentence", 1, "--speaker", 2, "--seconds", 0.105, "--out", wav)
    audio, rate = load(wav)
    assert (audio.shape, rate) == ((1, 1_680), 16_000)
    run("generate", out, "--pitch", 60, "--out", wav, code=2)
    assert "--pitch: a run of speech cannot be asked for that" in capsys.readouterr().err

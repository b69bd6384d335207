"""The recipe of the mel vocoder: its frames fit its samples, and it speaks after any file."""

from dataclasses import replace

import pytest
import torch
from torch.utils.data import Dataset

from tinyaudio.audio import load, save
from tinyaudio.cli import main
from tinyaudio.data import recorded
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipes import vocoder
from tinyaudio.represent import mulaw
from tinyaudio.represent.logmel import HOP_LENGTH, log_mel
from tinyaudio.represent.oscillator import oscillator
from tinyaudio.train import train

TOY = replace(
    vocoder.Config.tiny(),
    model=WaveNetConfig(
        stacks=1,
        layers=5,
        residual_channels=16,
        gate_channels=16,
        skip_channels=16,
        condition=vocoder.MELS,
    ),
    n_samples=1_024,
    batch_size=4,
    steps=15,
    warmup_steps=1,
    learning_rate=2e-2,
    input_noise=0.0,  # losses can be compared
)


class Crops(list, Dataset):
    """Crops that are given."""


def run(*words, code=0):
    """Run a command in this process."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == code


def test_a_crop_s_frames_are_those_that_the_whole_recording_has_there():
    whole = recorded.recording("speech-ru-vm-intro").audio

    first = 40  # the frame that begins the crop, which comes with its margins
    start = (first - vocoder.MARGIN) * HOP_LENGTH
    length = 1_024 + 2 * vocoder.MARGIN * HOP_LENGTH
    item = vocoder.WithMels(Crops([{"audio": whole[:, start : start + length]}]), 16_000)[0]
    assert torch.equal(item["audio"], whole[:, first * HOP_LENGTH : first * HOP_LENGTH + 1_024])
    frames = log_mel(whole[None], 16_000)[0, :, first : first + 4]
    torch.testing.assert_close(item["frames"], frames, atol=1e-5, rtol=0)


def test_it_learns_from_what_it_is_told():
    state = vocoder.build(TOY)
    items = vocoder.clips(TOY, None, "train")
    batch = {k: torch.stack([items[i][k] for i in range(4)]) for k in items[0]}
    losses = [s.logs["net/loss"] for s in train(state, iter(lambda: batch, None), TOY.steps)]
    assert losses[0] == pytest.approx(8, abs=2e-6) and losses[-1] < losses[5] < losses[1]
    conditioner = state.learners[0].module.conditioner
    assert conditioner.frames.weight.grad.abs().sum() > 0
    assert conditioner.upsample.weight.grad.abs().sum() > 0


def test_the_command_trains_and_speaks_after_a_file_as_long_as_the_file(tmp_path, capsys):
    out, wav, model = tmp_path / "run", tmp_path / "again.wav", tmp_path / "model.wav"
    save(model, 0.5 * torch.sin(torch.arange(3_001) * 0.1)[None], 8_000)
    small = "--batch-size 2 --n-samples 512 --steps 2 --look-every 2 --save-every 2 --device cpu"
    run("train", "vocoder", "--out", out, *small.split())
    run("generate", out, "--mel-of", model, "--out", wav)
    audio, rate = load(wav)
    assert (audio.shape, rate) == ((1, 6_002), 16_000)
    run("generate", out, "--mel-of", tmp_path / "none.wav", "--out", wav, code=2)
    assert "none.wav" in capsys.readouterr().err
    run("generate", out, "--mel-of", model, "--draws", 0, "--out", wav, code=2)
    assert "at least one waveform" in capsys.readouterr().err


def test_what_it_is_told_while_it_learns_is_in_step_with_the_recording():
    whole = recorded.recording("speech-ru-vm-intro").audio
    crop = whole[:, 30_000 : 30_000 + 6_144 + 2 * vocoder.MARGIN * HOP_LENGTH]
    item = vocoder.WithMels(Crops([{"audio": crop}]), 16_000)[0]
    free = vocoder.condition_of(item["frames"][None], 16_000).samples[0]
    assert item["samples"].shape == free.shape == (4, 6_144)

    def init_ordinal_embedding(samples):
        draft = mulaw.expand(samples).sum(0)
        return torch.corrcoef(torch.stack([draft, item["audio"][0]]))[0, 1]

    assert init_ordinal_embedding(item["samples"]) > 0.4 > init_ordinal_embedding(free)


def test_a_draft_is_in_range():
    loud = torch.full((80, 6), 2.0)
    cycles = oscillator(torch.full((1, 6), 200.0), 16_000, HOP_LENGTH)[0]
    samples = vocoder.draft(loud, cycles, 16_000)
    assert samples.abs().max() == 1

"""The recipe of the mel vocoder: its frames fit its samples, and it follows any file."""

from dataclasses import replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tests.recipes.toy import TOY_NET
from tinyaudio.audio import load, save
from tinyaudio.recipes import vocoder
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
RECIPE = vocoder.RECIPE
TOY = replace(
    RECIPE.tiny,
    model=replace(TOY_NET, condition=vocoder.MELS),
    n_samples=1_024,
    batch_size=4,
    steps=15,
    warmup_steps=1,
    learning_rate=2e-2,
    history_noise=0.0,  # losses can be compared
)


def test_every_size_has_frames_of_its_hop():
    for size in RECIPE.sizes.values():
        assert size.model.condition.hop_length == size.hop_length
        item = RECIPE.dataset(size, "valid", None)[0]
        batch = {name: value[None] for name, value in item.items()}
        prepared = size.with_frames(batch)
        assert prepared["audio"].shape == (1, 1, size.n_samples)
        assert prepared["frames"].shape == (1, 80, size.n_samples // size.hop_length)


def test_pitch_and_voicing_are_two_more_channels():
    config = replace(RECIPE.sizes["narrow"], pitch=True)
    assert config.model.condition.n_frame_channels == 82
    assert RECIPE.tiny.model.condition.n_frame_channels == 80
    item = RECIPE.dataset(config, "valid", None)[0]
    with_pitch, without = (
        one.with_frames({"audio": item["audio"][None]})["frames"]
        for one in (config, RECIPE.sizes["narrow"])
    )
    assert with_pitch.shape == (1, 82, config.n_samples // config.hop_length)
    assert torch.equal(with_pitch[:, :80], without)


def test_the_narrow_size_has_one_speaker_and_other_sentences_held_out():
    config = RECIPE.sizes["narrow"]
    training, held_out = (
        RECIPE.dataset(config, split, None).voices for split in ("train", "valid")
    )
    sentences = [{one[i]["sentence"] for i in range(5)} for one in (training, held_out)]
    assert {one[i]["speaker"] for one in (training, held_out) for i in range(5)} == {1}
    assert not sentences[0] & sentences[1]


def test_it_learns_from_its_frames():
    state = State(RECIPE.learners(TOY))
    items = RECIPE.dataset(TOY, "train", None)
    batch = default_collate([items[i] for i in range(4)])
    losses = [s.logs["net/loss"] for s in train(state, iter(lambda: batch, None), TOY.steps)]
    assert losses[0] == pytest.approx(8, abs=2e-6) and losses[-1] < losses[5] < losses[1]
    conditioner = state.learners[0].module.conditioner
    assert conditioner.frames.weight.grad.abs().sum() > 0
    assert conditioner.upsample.weight.grad.abs().sum() > 0


def test_the_paper_s_size_is_16_bits_by_a_mixture_of_logistics():
    model = RECIPE.sizes["paper"].model
    assert (model.n_levels, model.n_mixtures, len(model.dilations)) == (65_536, 10, 24)


def test_the_command_trains_and_generates_as_much_as_the_file_has(tmp_path, capsys):
    out, wav, model = tmp_path / "run", tmp_path / "again.wav", tmp_path / "model.wav"
    save(model, 0.5 * torch.sin(torch.arange(3_001) * 0.1)[None], 8_000)
    small = "--batch-size 2 --n-samples 512 --steps 2 --eval-every 2 --save-every 2 --device cpu"
    run("train", "vocoder", "--out", out, *small.split())
    run("generate", out, "--mel-of", model, "--out", wav)
    audio, rate = load(wav)
    assert (audio.shape, rate) == ((1, 6_002), 16_000)
    run("generate", out, "--mel-of", tmp_path / "none.wav", "--out", wav, code=2)
    assert "none.wav" in capsys.readouterr().err

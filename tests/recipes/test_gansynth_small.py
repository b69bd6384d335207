"""The recipe of the small GANSynth: notes as images, with a template and without; a stop leaves no trace."""

from dataclasses import replace
from itertools import islice

import pytest
import safetensors.torch
import torch

from tests.command import run
from tinyaudio.audio import load
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.gansynth_small import GANSynthSmallConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes.gansynth_small import FAMILIES, RECIPE
from tinyaudio.represent.gansynth_image import to_image
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
TOY = replace(RECIPE.tiny, model=GANSynthSmallConfig.tiny(), n_sounds=12, steps=60, ema_decay=0.9)
SMALL = "--batch-size 2 --n-sounds 4 --steps 6 --eval-every 6 --save-every 2 --device cpu"


def tensors(out):
    """All that training leaves."""
    return {
        f"{file.relative_to(out)}:{name}": value
        for file in sorted(out.rglob("*.safetensors"))
        for name, value in safetensors.torch.load_file(file).items()
    }


def test_it_learns_from_the_five_families_at_24_pitches():
    notes, held_out = (
        RECIPE.dataset(replace(TOY, n_sounds=150), split, None) for split in ("train", "valid")
    )
    seen = notes.summary()
    assert seen["notes"] == 150 and seen["pitches"] == [48, 71]
    assert {family for of_source in seen["instruments"].values() for family in of_source} == {
        *FAMILIES
    }
    names = [
        {one.labels(i)["instrument_str"] for i in range(len(one))} for one in (notes, held_out)
    ]
    assert not names[0] & names[1]


def test_the_discriminator_learns_and_the_generator_follows():
    """With the generator still, pairs come in the right order; a discriminator that rests is deceived."""
    config = replace(TOY, learning_rate=5e-3, penalty_weight=0.1, steps=1_000)
    discriminator, generator = RECIPE.learners(config)
    batch = next(batches_of(RECIPE.dataset(config, "train", None), 4))
    generator.every = 1_000
    state = State([discriminator, generator])
    for _ in train(state, iter(lambda: batch, None), 20):
        pass
    assert state.logs["discriminator/real_above_generated"] == 1
    generator.every, discriminator.every = 1, 1_000
    losses = [one.logs["generator/loss"] for one in train(state, iter(lambda: batch, None), 50)]
    assert losses[-1] < losses[0] / 2


def test_the_paper_s_loss_trains_the_same_networks_without_a_template():
    """With the generator still, the estimated distance grows as far as a slope of 1 lets it."""
    config = replace(TOY, loss="wasserstein", penalty_weight=10.0, template=False, kind="phase")
    batch = next(batches_of(RECIPE.dataset(config, "train", None), 4))
    discriminator, generator = RECIPE.learners(config)
    generator.every = 1_000
    state = State([discriminator, generator])
    logs = [dict(one.logs) for one in train(state, iter(lambda: batch, None), 40)]
    distance, penalty = (
        [one[f"discriminator/{name}"] for one in logs] for name in ("wasserstein", "penalty")
    )
    assert distance[-1] > distance[0] + 3 and penalty[-1] < 1


def test_scores_of_real_notes_against_themselves_are_perfect(monkeypatch):
    """A generator that returns the held-out images has no difference of levels, and their spread."""
    models = networks(RECIPE.learners(TOY))
    batches = [*islice(batches_of(RECIPE.dataset(TOY, "valid", None), 12), 3)]
    images = iter([to_image(b["audio"], TOY.model.image) for b in batches])
    untrained = RECIPE.evaluate(TOY, models, batches)
    assert untrained["level_db"] > 3 and untrained["spread"] < 0.8
    monkeypatch.setattr(type(models["generator"]), "forward", lambda *_: next(images))
    assert RECIPE.evaluate(TOY, models, batches) == {"level_db": 0.0, "spread": 1.0}


def test_a_note_is_a_function_of_its_seed_and_pitch():
    models, generate = networks(RECIPE.learners(TOY)), RECIPE.commands["generate"]
    both, one, higher = (
        generate(TOY, models, seeds=seeds, pitch=pitch)[0]
        for seeds, pitch in (([3, 5], 60), ([5], 60), ([5], 61))
    )
    assert both.shape == (2, 1, 15_872)
    torch.testing.assert_close(both[1:], one, atol=1e-5, rtol=0)
    assert not torch.equal(one, higher) and not torch.equal(both[0], both[1])
    with pytest.raises(UserError, match=r"this model has learned 48 to 71"):
        generate(TOY, models, pitch=72)


@pytest.mark.parametrize("template", ["--template", "--no-template"])
def test_a_stop_leaves_no_trace_in_two_networks_and_an_average(tmp_path, template):
    words = ["train", "gansynth-small", template, *SMALL.split()]
    run(*words, "--out", tmp_path / "whole")
    run(*words, "--out", tmp_path / "parts", "--minutes", 1e-9)  # a step
    run(*words, "--out", tmp_path / "parts")
    whole, parts = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert whole.keys() == parts.keys() and len(whole) > 60
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())
    run("generate", tmp_path / "whole", "--pitch", 71, "--seeds", 4, "--out", tmp_path / "o.wav")
    audio, rate = load(tmp_path / "o.wav")
    assert audio.shape == (1, 15_872) and rate == 16_000


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="sample_rate 8000"):
        replace(TOY, sample_rate=8_000)
    with pytest.raises(ConfigError, match="loss hinge: must be relativistic or wasserstein"):
        replace(TOY, loss="hinge")

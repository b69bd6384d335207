"""The recipe of WaveGAN: drums, notes or a folder; both networks and the average come back from a stop bitwise."""

from dataclasses import replace

import pytest
import safetensors.torch
import torch

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.data.drums import Drums
from tinyaudio.errors import DataError, UserError
from tinyaudio.models.wavegan import WaveGANConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes.wavegan import RECIPE
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
TOY = replace(
    RECIPE.tiny,
    model=WaveGANConfig(n_latents=8, width=4, n_layers=2),
    n_sounds=12,
    critic_steps=1,
    ema_decay=0.9,
    steps=40,
)
SMALL = "--batch-size 2 --n-sounds 4 --ema-decay 0.9 --critic-steps 2 --steps 6 --eval-every 6 --save-every 2 --device cpu"


def tensors(out):
    """All that training leaves."""
    return {
        f"{file.relative_to(out)}:{name}": value
        for file in sorted(out.rglob("*.safetensors"))
        for name, value in safetensors.torch.load_file(file).items()
    }


def test_it_learns_from_drums_or_from_notes():
    drums, notes = (
        RECIPE.dataset(replace(TOY, material=m), "train", None) for m in ("drums", "notes")
    )
    assert len(drums) == len(notes) == 12
    assert torch.equal(drums[5]["audio"], Drums(12, 256)[5]["audio"])
    assert not torch.equal(drums[5]["audio"], notes[5]["audio"])
    with pytest.raises(DataError, match="no material 'songs'; choose drums or notes"):
        RECIPE.dataset(replace(TOY, material="songs"), "train", None)
    second = RECIPE.sizes["second"]  # as long as GANSynth's notes, and longer
    assert 15_872 <= second.model.n_samples == 16_384 and second.material == "notes"
    few = replace(second, n_sounds=2, model=TOY.model)
    assert RECIPE.dataset(few, "train", None).sounds.families == second.notes.families


def test_the_critic_learns_what_the_generator_then_follows():
    """With the generator still, the distance of held-out hits grows; a critic that rests is climbed."""
    config = replace(TOY, learning_rate=1e-2)
    critic, generator = RECIPE.learners(config)
    drums = RECIPE.dataset(config, "train", None)
    batch = {"audio": torch.stack([drums[i]["audio"] for i in range(12)])}
    held_out = [*batches_of(RECIPE.dataset(config, "valid", None), 32)]

    def distance(state):
        models = networks(state.learners)
        for net in models.values():
            net.eval()
        found = RECIPE.evaluate(config, models, held_out)["wasserstein"]
        for learner in state.learners:
            learner.module.train()
        return found

    generator.every = 1_000
    state = State([critic, generator])
    before = distance(state)
    for _ in train(state, iter(lambda: batch, None), 40):
        pass
    learned = distance(state)
    assert learned > before + 1
    generator.every, critic.every = 1, 1_000
    for _ in train(state, iter(lambda: batch, None), 60):
        pass
    assert distance(state) < learned - 1


def test_sizes():
    """The paper's has no average, five critic steps and its learning rate; narrow moves both in turn."""
    paper, narrow = RECIPE.sizes["paper"], RECIPE.sizes["narrow"]
    assert (paper.critic_steps, paper.penalty_weight, paper.ema_decay) == (5, 10, 0)
    assert (paper.learning_rate, paper.batch_size, paper.steps) == (1e-4, 64, 5 * 200_000)
    assert paper.model == WaveGANConfig.paper()
    assert [one.ema is not None for one in RECIPE.learners(narrow)] == [False, True]
    assert all(one.ema is None for one in RECIPE.learners(RECIPE.tiny))


def test_a_stop_leaves_no_trace_in_two_networks_and_an_average(tmp_path):
    words = ["train", "wavegan", *SMALL.split()]
    run(*words, "--out", tmp_path / "whole")
    for _ in range(2):
        run(*words, "--out", tmp_path / "parts", "--minutes", 1e-9)  # a step each
    run(*words, "--out", tmp_path / "parts")
    whole, parts = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert whole.keys() == parts.keys() and len(whole) > 60
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


def test_recordings_shorter_than_the_network_are_padded_and_silent_ones_left_out(tmp_path):
    for name, audio in {"click": torch.ones(1, 90), "pip": torch.rand(1, 2_000) - 0.5}.items():
        save(tmp_path / "sounds" / f"{name}.wav", audio, 16_000)
    save(tmp_path / "sounds" / "silence.wav", torch.zeros(1, 20_000), 16_000)
    words = ["train", "wavegan", "--data", tmp_path / "sounds", *SMALL.split(), "--batch-size", 1]
    with pytest.warns(UserWarning) as warned:
        run(*words, "--out", tmp_path / "own")
    remarks = " ".join(str(one.message) for one in warned)
    assert "silence.wav: is silent" in remarks and "shorter than a crop" in remarks
    run("generate", tmp_path / "own", "--seconds", 0.1, "--seeds", 4, "--out", tmp_path / "o.wav")
    audio, rate = load(tmp_path / "o.wav")
    assert audio.shape == (1, 1_600) and rate == 16_000


def test_more_than_a_clip_is_refused():
    models = networks(RECIPE.learners(TOY))
    generate = RECIPE.commands["generate"]
    for seconds in (0, 0.017, -1):
        with pytest.raises(UserError, match=r"clips last 0\.016 s at most"):
            generate(TOY, models, seconds=seconds)
    both, one = (generate(TOY, models, seeds=seeds)[0] for seeds in ([3, 5], [5]))
    torch.testing.assert_close(both[1:], one, atol=1e-6, rtol=0)  # a clip is a function of its seed

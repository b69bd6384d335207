"""The recipe of the VAE with a critic: two stages, bitwise resumption, and a file in another's voice."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.checkpoints import open_run
from tinyaudio.data.batches import Batches
from tinyaudio.data.voices import sentence, speaker, voice
from tinyaudio.errors import ConfigError
from tinyaudio.models.vae_wgan import VAEWGANConfig
from tinyaudio.recipes.vae_wgan import RECIPE
from tinyaudio.resume import load_state, save_state
from tinyaudio.train import State, train

TOY = replace(
    RECIPE.tiny,
    model=VAEWGANConfig(latent_channels=4, channels=16, critic_channels=8, speaker_channels=4),
    speakers=("0", "1"),
    n_samples=4_096,
    n_sounds=2,
    batch_size=4,
    steps=30,
    learning_rate=1e-2,
    critic_from=20,
)


@pytest.fixture(scope="module")
def trained():
    """A batch, a state after 30 steps on it, and the logs of each step."""
    state = State(RECIPE.learners(TOY))
    items = RECIPE.dataset(TOY, "train", None)
    batch = default_collate([items[i] for i in range(4)])
    logs = [dict(one.logs) for one in train(state, iter(lambda: batch, None), TOY.steps)]
    return batch, state, logs


def test_it_learns_and_the_second_stage_begins_at_its_step(trained):
    _, state, logs = trained
    assert logs[19]["net/log_likelihood"] > logs[0]["net/log_likelihood"]
    two = ["net/score" in one for one in logs]
    assert two.index(True) == TOY.critic_from and all(two[TOY.critic_from :])
    assert all("critic/wasserstein" in one and "critic/penalty" in one for one in logs)
    for learner in state.learners:
        assert all(p.grad is not None for p in learner.module.parameters())


def test_without_a_weight_there_is_no_critic_and_the_same_network():
    (alone,) = RECIPE.learners(replace(TOY, critic_weight=0.0))
    _, beside = RECIPE.learners(TOY)
    for one, other in zip(alone.module.parameters(), beside.module.parameters(), strict=True):
        assert torch.equal(one, other)


def test_without_a_penalty_the_critic_s_weights_are_clipped(trained):
    batch, _, _ = trained
    state = State(RECIPE.learners(replace(TOY, penalty_weight=0.0, critic_steps=2)))
    for one in train(state, iter(lambda: batch, None), 3):
        assert ("net/loss" in one.logs) == (one.step == 2)
        assert "critic/penalty" not in one.logs
        assert max(p.abs().max() for p in state.learners[0].module.parameters()) <= 0.01


def steps_of(state, last):
    """Train to a step as `tinyaudio.run` does: batch k is a function of the seed and k."""
    items = RECIPE.dataset(TOY, "train", None)
    for _ in train(
        state, Batches(items, TOY.batch_size, seed=TOY.seed).from_step(state.step), last
    ):
        pass


def test_two_learners_resume_bitwise_in_the_second_stage(tmp_path):
    """Latents and penalties are drawn at random."""
    config = replace(TOY, critic_from=2, steps=6)
    torch.manual_seed(1)
    unbroken, stopped, resumed = (State(RECIPE.learners(config)) for _ in range(3))
    torch.manual_seed(1)
    steps_of(unbroken, 6)
    torch.manual_seed(1)
    steps_of(stopped, 4)
    save_state(stopped, tmp_path / "state.safetensors")
    torch.manual_seed(99)  # whatever happens in between
    load_state(resumed, tmp_path / "state.safetensors")
    steps_of(resumed, 6)
    for whole, broken, part in zip(
        unbroken.learners, resumed.learners, stopped.learners, strict=True
    ):
        for name, value in whole.module.state_dict().items():
            assert torch.equal(value, broken.module.state_dict()[name]), name
        moved = zip(part.module.parameters(), broken.module.parameters(), strict=True)
        assert any(not torch.equal(a, b) for a, b in moved)


def test_held_out_sentences_are_scored(trained):
    _, state, _ = trained
    items = RECIPE.dataset(TOY, "valid", None)
    batches = [default_collate([items[i] for i in range(4)])]
    scores = RECIPE.evaluate(TOY, {"net": state.learners[1].module.eval()}, batches)
    assert 0 < scores["mel_db"] < 30 and 0 < scores["variance"] < 10


def test_the_config_survives_json_and_needs_two_speakers():
    assert RECIPE.read_config(json.loads(json.dumps(asdict(TOY)))) == TOY
    assert TOY.model.n_speakers == 2
    with pytest.raises(ConfigError, match="two or more"):
        replace(TOY, speakers=("0",))


def test_own_speakers_from_training_to_conversion(tmp_path, capsys):
    """The commands that a user types: short recordings, a silent one, batches of one."""
    people = tmp_path / "people"
    for k in range(2):
        for n in range(2):
            clip = voice(speaker(k), sentence(3 * n)).clip[:, :24_000]
            save(people / f"p{k}" / f"{n}.wav", clip, 16_000)
    save(people / "p0" / "silent.wav", torch.zeros(1, 20_000), 16_000)
    where = ("--data", people, "--out", tmp_path / "run")
    size = "--steps 3 --critic-from 1 --batch-size 1 --n-samples 25600".split()
    with pytest.warns(UserWarning, match="shorter than a crop of 3.00 s"):
        run("train", "vae-wgan", *where, *size)
    assert set(open_run(tmp_path / "run").models) == {"net", "critic"}
    one, model = people / "p0" / "0.wav", ("--model", tmp_path / "run")
    run("convert", one, tmp_path / "new.wav", "--to", "p1", *model)
    assert load(tmp_path / "new.wav")[0].shape == load(one)[0].shape
    save(tmp_path / "short.wav", load(one)[0][:, :3_000], 16_000)
    run("convert", tmp_path / "short.wav", tmp_path / "new.wav", *model)
    assert load(tmp_path / "new.wav")[0].shape == (1, 3_000)
    capsys.readouterr()
    run("convert", one, tmp_path / "x.wav", "--to", "p7", *model, code=2)
    assert "--to p7: this run has none of that name; it has: p0, p1" in capsys.readouterr().err
    run("convert", people / "p0" / "silent.wav", tmp_path / "x.wav", *model, code=2)
    assert "is silent; there is no voice to convert" in capsys.readouterr().err


def test_a_folder_of_one_speaker_is_refused(tmp_path, capsys):
    (tmp_path / "people" / "anna").mkdir(parents=True)
    where = ("--data", tmp_path / "people", "--out", tmp_path / "run")
    run("train", "vae-wgan", *where, "--steps", "1", code=2)
    assert "needs two speakers or more" in capsys.readouterr().err

"""The recipes of translation: they learn, confuse, resume, and translate a file to a domain by name."""

import json
import math
from dataclasses import asdict, replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tests.recipes.toy import TOY_NET
from tinyaudio.audio import load, save
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.mel_translation import MelTranslationConfig
from tinyaudio.models.translation import TranslationConfig
from tinyaudio.recipes import translation, translation_wavenet
from tinyaudio.resume import load_state, save_state
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
SMALL = {"domains": ("flute", "organ"), "n_sounds": 2, "batch_size": 4, "steps": 40}
TOYS = {
    translation: replace(
        translation.RECIPE.tiny,
        model=MelTranslationConfig(latent_channels=8, channels=24),
        n_samples=4_096,
        learning_rate=1e-2,
        **SMALL,
    ),
    translation_wavenet: replace(
        translation_wavenet.RECIPE.tiny,
        model=TranslationConfig(
            encoder=DilatedEncoderConfig(8, 6, (1, 2, 4), hop_length=100), decoder=TOY_NET
        ),
        n_samples=1_000,
        learning_rate=2e-2,
        encoder_learning_rate=5e-3,
        fused=False,
        **SMALL,
    ),
}


def batch_of(recipe, config):
    items = recipe.dataset(config, "train", None)
    return default_collate([items[i] for i in range(4)])


@pytest.fixture(scope="module", params=[translation, translation_wavenet], ids=["mel", "wavenet"])
def trained(request):
    """A recipe, its toy configuration, and a state after 40 steps on one batch with their losses."""
    recipe, config = request.param.RECIPE, TOYS[request.param]
    state, batch = State(recipe.learners(config)), batch_of(recipe, config)
    logs = [dict(one.logs) for one in train(state, iter(lambda: batch, None), config.steps)]
    return recipe, config, state, logs


def test_it_learns_and_every_parameter_takes_part(trained):
    _, _, state, logs = trained
    losses = [one["net/reconstruction"] for one in logs]
    assert losses[-1] < 0.8 * losses[0]
    for learner in state.learners:
        assert all(p.grad is not None for p in learner.module.parameters())


def test_the_net_s_loss_is_the_reconstruction_less_the_bounded_confusion(trained):
    _, config, _, logs = trained
    for one in logs:
        confusion = one["net/reconstruction"] - one["net/loss"]
        assert 0 <= confusion <= config.confusion * math.log(2) + 1e-6
    assert logs[0]["classifier/loss"] == pytest.approx(math.log(2), abs=0.1)


def test_held_out_melodies_are_scored(trained):
    recipe, config, state, _ = trained
    items = recipe.dataset(config, "valid", None)
    batches = [default_collate([items[i] for i in range(4)])]
    models = {one.name: one.module.eval() for one in state.learners}
    error, accuracy, chance = recipe.evaluate(config, models, batches).values()
    assert 0 < error < 30 and 0 <= accuracy <= 1 and chance == 0.5


def test_resume_is_bitwise(trained, tmp_path):
    recipe, config, _, _ = trained
    batch, whole, resumed = (
        batch_of(recipe, config),
        *(State(recipe.learners(config)) for _ in "ab"),
    )
    for _ in train(whole, iter(lambda: batch, None), 4):
        if whole.step == 2:
            save_state(whole, tmp_path / "state.safetensors")
    load_state(resumed, tmp_path / "state.safetensors")
    for _ in train(resumed, iter(lambda: batch, None), 4):
        pass
    for one, other in zip(whole.learners, resumed.learners, strict=True):
        expected = one.module.state_dict()
        assert all(torch.equal(v, expected[n]) for n, v in other.module.state_dict().items())


def test_the_config_survives_json_and_a_folder_gives_its_domains(trained, tmp_path):
    recipe, config, _, _ = trained
    assert recipe.read_config(json.loads(json.dumps(asdict(config)))) == config
    for name in ("choir", "harp", "piano"):
        (tmp_path / name).mkdir()
    own = recipe.for_folder(config, tmp_path)
    assert own.domains == ("choir", "harp", "piano") and own.model.n_domains == 3


@pytest.mark.parametrize(
    "name", ["translation", pytest.param("translation-wavenet", marks=pytest.mark.slow)]
)
def test_own_domains_from_training_to_translation(name, tmp_path, capsys):
    """The commands that a user types, on a folder of two domains."""
    for k, hz in enumerate((220, 330)):
        tone = torch.sin(2 * torch.pi * hz * torch.arange(40_000) / 16_000)[None] / 2
        save(tmp_path / "music" / f"d{k}" / "a.wav", tone, 16_000)
        save(tmp_path / "music" / f"d{k}" / "b.wav", tone[:, 3_000:], 16_000)
    where = ("--data", tmp_path / "music", "--out", tmp_path / "run")
    run("train", name, *where, "--steps", "1", "--batch-size", "1")
    one = tmp_path / "music" / "d0" / "b.wav"
    run("translate", one, tmp_path / "new.wav", "--to", "d1", "--model", tmp_path / "run")
    audio, sample_rate = load(tmp_path / "new.wav")
    assert audio.shape[1] == 37_000 * sample_rate // 16_000
    capsys.readouterr()
    run("translate", one, tmp_path / "x.wav", "--to", "d7", "--model", tmp_path / "run", code=2)
    assert "--to d7: this run has none of that name; it has: d0, d1" in capsys.readouterr().err
    silent = tmp_path / "silent.wav"
    save(silent, torch.zeros(1, 8_000), 16_000)
    run("translate", silent, tmp_path / "x.wav", "--model", tmp_path / "run", code=2)
    assert "is silent; there is no music to translate" in capsys.readouterr().err
    run("convert", one, tmp_path / "x.wav", "--model", tmp_path / "run", code=2)
    assert "has no command 'convert'; it has: translate" in capsys.readouterr().err

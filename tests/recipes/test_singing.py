"""The recipes of singing-voice conversion: both phases, bitwise resumption, and a file sung by another."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.data.augmentation import AugmentedCrops
from tinyaudio.data.voices import melody, speaker, voice
from tinyaudio.errors import ConfigError
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.mel_singing import MelSingingConfig
from tinyaudio.models.singing import SingingConversionConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipes import singing, singing_wavenet
from tinyaudio.recipes.speakers import SENTENCE
from tinyaudio.resume import load_state, save_state
from tinyaudio.train import State, train

SMALL_WAVENET = SingingConversionConfig(
    encoder=DilatedEncoderConfig(channels=8, latent_channels=8, dilations=(1, 2), hop_length=128),
    decoder=WaveNetConfig(
        stacks=1, layers=4, residual_channels=16, gate_channels=16, skip_channels=16
    ),
)
SHARED = {"speakers": ("0", "1"), "n_sounds": 2, "batch_size": 4, "steps": 30}
TOYS = {
    singing: replace(
        singing.RECIPE.tiny,
        model=MelSingingConfig(latent_channels=8, channels=24, singer_channels=8),
        n_samples=7_680,
        learning_rate=1e-2,
        backtranslation_from=20,
        **SHARED,
    ),
    singing_wavenet: replace(
        singing_wavenet.RECIPE.tiny,
        model=SMALL_WAVENET,
        n_samples=1_024,
        learning_rate=2e-2,
        encoder_learning_rate=2e-3,
        fused=False,
        backtranslation_from=26,
        **SHARED,
    ),
}


@pytest.fixture(scope="module", params=[singing, singing_wavenet], ids=["mel", "wavenet"])
def trained(request):
    """A recipe, its toy configuration, a batch, a state after 30 steps on it, and the logs of each step."""
    recipe, config = request.param.RECIPE, TOYS[request.param]
    state = State(recipe.learners(config))
    items = recipe.dataset(config, "train", None)
    batch = default_collate([items[i] for i in range(4)])
    logs = [dict(one.logs) for one in train(state, iter(lambda: batch, None), config.steps)]
    return recipe, config, batch, state, logs


def test_it_learns_and_phase_2_begins_at_its_step(trained):
    _, config, _, state, logs = trained
    losses = [one["net/reconstruction"] for one in logs]
    assert losses[-1] < 0.8 * losses[0]
    two = ["net/backtranslation" in one for one in logs]
    assert two.index(True) == config.backtranslation_from and all(two[two.index(True) :])
    assert all(0 <= one["classifier/accuracy"] <= 1 for one in logs)
    for learner in state.learners:
        assert all(p.grad is not None for p in learner.module.parameters())


def test_phase_1_alone_is_the_same_up_to_phase_2(trained):
    recipe, config, batch, _, logs = trained
    alone = State(recipe.learners(replace(config, backtranslation_from=0)))
    n = config.backtranslation_from
    for state, before in zip(train(alone, iter(lambda: batch, None), n), logs, strict=False):
        shared = {k: v for k, v in before.items() if k != "net/backtranslation" and k != "net/loss"}
        assert shared == {k: v for k, v in state.logs.items() if k != "net/loss"}


def test_a_run_resumes_bitwise_in_phase_2(trained, tmp_path):
    recipe, config, batch, finished, _ = trained

    def some(state, steps):
        for _ in train(state, iter(lambda: batch, None), steps):
            pass
        return state

    begun = some(State(recipe.learners(config)), config.steps - 2)
    save_state(begun, tmp_path / "state.safetensors", metadata={})
    torch.manual_seed(99)
    resumed = State(recipe.learners(config))
    load_state(resumed, tmp_path / "state.safetensors")
    some(resumed, config.steps)
    for one, other in zip(resumed.learners, finished.learners, strict=True):
        pairs = zip(one.module.parameters(), other.module.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


def test_the_confusion_s_gradient_leaves_the_classifier_alone(trained):
    recipe, config, batch, _, _ = trained
    net, classifier = recipe.learners(config)
    net.loss(batch, 0)[0].backward(inputs=[*net.module.parameters()])
    assert all(p.grad is None for p in classifier.module.parameters())
    classifier.loss(batch, 0)[0].backward()
    assert all(p.grad is not None for p in classifier.module.parameters())


def test_held_out_melodies_are_scored_as_they_are(trained):
    recipe, config, _, state, _ = trained
    items = recipe.dataset(config, "valid", None)
    batches = [default_collate([items[i] for i in range(4)])]
    models = {one.name: one.module.eval() for one in state.learners}
    quality, right = recipe.evaluate(config, models, batches).values()
    assert 0 < quality < 30 and 0 <= right <= 1
    for split, config_, augmented in (
        ("train", config, True),
        ("valid", config, False),
        ("train", replace(config, augmented=False), False),
    ):
        assert isinstance(recipe.dataset(config_, split, None), AugmentedCrops) == augmented


def test_the_config_survives_json_and_needs_two_singers(trained):
    recipe, config, _, _, _ = trained
    assert recipe.read_config(json.loads(json.dumps(asdict(config)))) == config
    assert config.model.n_singers == 2
    with pytest.raises(ConfigError, match="two singers or more"):
        replace(config, speakers=("0",))


def test_phase_2_leaves_nothing_on_the_cpu():
    config = replace(TOYS[singing], backtranslation_from=1)
    items = singing.RECIPE.dataset(config, "train", None)
    batch = default_collate([items[i] for i in range(2)])
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        with torch.device("cuda"):
            net, _ = singing.RECIPE.learners(config)
        fake = {name: mode.from_tensor(value).to("cuda") for name, value in batch.items()}
        loss, logs = net.loss(fake, 1)
    assert loss.device.type == logs["backtranslation"].device.type == "cuda"


@pytest.mark.parametrize(
    "name", ["singing", pytest.param("singing-wavenet", marks=pytest.mark.slow)]
)
def test_own_singers_from_training_to_conversion(name, tmp_path, capsys):
    """The commands that a user types, on a folder of two singers."""
    for k in range(2):
        for n in range(2):
            clip = voice(speaker(k), melody(n, notes=3), transpose=-5).clip
            save(tmp_path / "people" / f"p{k}" / f"{n}.wav", clip, 16_000)
    size = ("--n-sounds", "1", "--steps", "2", "--backtranslation-from", "1", "--batch-size", "2")
    where = ("--data", tmp_path / "people", "--out", tmp_path / "run")
    run("train", name, *where, *size)
    one = tmp_path / "people" / "p0" / "0.wav"
    capsys.readouterr()
    with_run = ("--model", tmp_path / "run")
    run("convert", one, tmp_path / "new.wav", "--to", "p1", *with_run)
    assert not capsys.readouterr().err
    before, sample_rate = load(one)
    after, rate = load(tmp_path / "new.wav")
    assert after.shape[1] == before.shape[1] * rate // sample_rate
    with pytest.warns(UserWarning, match="seems to be spoken, not sung"):
        run("convert", SENTENCE, tmp_path / "x.wav", *with_run)
    assert (tmp_path / "x.wav").exists()
    run("convert", one, tmp_path / "y.wav", "--to", "p7", *with_run, code=2)
    assert "--to p7: this run has none of that name; it has: p0, p1" in capsys.readouterr().err
    save(tmp_path / "silent.wav", torch.zeros(1, 8_000), 16_000)
    run("convert", tmp_path / "silent.wav", tmp_path / "y.wav", *with_run, code=2)
    assert "is silent; there is no voice to convert" in capsys.readouterr().err


def test_folders_without_two_singers_are_refused(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "one" / "anna").mkdir(parents=True)
    for name in ("empty", "one"):
        where = ("--data", tmp_path / name, "--out", tmp_path / "run")
        run("train", "singing", *where, "--steps", "1", code=2)
        assert "needs two speakers or more" in capsys.readouterr().err

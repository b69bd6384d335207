"""The recipes of HiFi-GAN, UnivNet and WaveGlow: they learn, follow any file, and refuse what is no sound."""

import json
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.recipe import networks
from tinyaudio.recipes import load_recipe
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
SMALL = "--batch-size 2 --n-samples 1024 --steps 2 --eval-every 2 --save-every 2 --device cpu"
NAMES = ("hifigan", "univnet", "waveglow")
# The share of the first held-out distance, in dB, that forty steps of two clips of 1,024 samples leave.
LEFT = {"hifigan": 0.6, "univnet": 0.9, "waveglow": 0.9}


def short(name, **changes):
    """A run that rises at once and has no average."""
    recipe = load_recipe(name)
    changes = {"n_samples": 1_024, "warmup_steps": 1, "ema_decay": 0.0} | changes
    return recipe, replace(recipe.sizes["narrow"], **changes)


# A GAN and a flow; UnivNet, a GAN with other discriminators, takes longest.
@pytest.mark.parametrize(
    "name", ["hifigan", "waveglow", pytest.param("univnet", marks=pytest.mark.slow)]
)
def test_it_learns(name):
    recipe, config = short(name, steps=40, learning_rate=2e-3)
    data = recipe.dataset(config, "train", None)
    batches = [default_collate([data[2 * i], data[2 * i + 1]]) for i in range(3)]
    held_out = [default_collate([recipe.dataset(config, "valid", None)[i] for i in range(2)])]
    state = State(recipe.learners(config))
    before = recipe.evaluate(config, networks(state.learners), held_out)
    again = recipe.evaluate(config, networks(state.learners), held_out)
    assert before == again  # the same noise every time
    for _ in train(state, (batches[i % 3] for i in range(40)), 40):
        pass
    after = recipe.evaluate(config, networks(state.learners), held_out)
    assert after["log_mel_db"] < LEFT[name] * before["log_mel_db"]
    if name == "waveglow":
        assert after["nats_per_sample"] < before["nats_per_sample"] - 0.3


@pytest.mark.parametrize("name", NAMES)
def test_every_size_has_frames_of_its_hop(name):
    recipe = load_recipe(name)
    assert recipe.sizes["narrow"].speaker == 1  # the data of `vocoder --size narrow`
    for size in recipe.sizes.values():
        prepared = size.with_frames(default_collate([recipe.dataset(size, "valid", None)[1]]))
        assert prepared["audio"].shape == (1, 1, size.n_samples)
        assert prepared["frames"].shape == (1, 80, size.n_samples // size.hop_length)
    with pytest.raises(ConfigError, match="n_samples 1000: must be a multiple of 64"):
        replace(recipe.tiny, n_samples=1_000)
    with pytest.raises(ConfigError, match="n_fft 500: must be a multiple of 128"):
        replace(recipe.tiny, n_fft=500)


@pytest.mark.parametrize("name", NAMES)
def test_a_silent_batch_has_a_finite_loss_and_score(name):
    recipe, config = short(name)
    learners = recipe.learners(config)
    batch = {"audio": torch.zeros(2, 1, config.n_samples + config.n_fft)}
    for _ in train(State(learners), iter([batch]), 1):
        pass
    assert recipe.evaluate(config, networks(learners), [batch])["log_mel_db"] >= 0


@pytest.mark.parametrize("name", NAMES)
def test_a_mel_of_another_number_of_bands_is_refused(name):
    recipe, config = short(name)
    net = networks(recipe.learners(config))
    with pytest.raises(UserError, match="64 bands: this network takes 80; make it with log_mel"):
        vocode(name, net, torch.zeros(1, 64, 5))


def vocode(name, models, frames):
    """Frames to sound, by whatever the network of that name needs."""
    if name == "waveglow":
        net = models["net"]
        return net.inverse(net.noise(frames.shape[2], 0), frames)
    return models["generator"](frames)


@pytest.fixture(scope="module", params=NAMES)
def trained(request, tmp_path_factory):
    """The shortest of runs of the command."""
    out = tmp_path_factory.mktemp("runs") / request.param
    run("train", request.param, "--out", out, *SMALL.split())
    return out


def test_the_command_makes_as_much_as_the_file_has_and_twice_the_same(trained, tmp_path):
    model = tmp_path / "model.wav"
    save(model, 0.5 * torch.sin(torch.arange(3_001) * 0.1)[None], 16_000)
    made = []
    for name in ("one.wav", "two.wav"):
        run("generate", trained, "--mel-of", model, "--out", tmp_path / name)
        audio, rate = load(tmp_path / name)
        assert (audio.shape, rate) == ((1, 1_501), 8_000)
        made.append(audio)
    assert torch.equal(*made) and made[0].std() > 0
    run("generate", trained, "--seconds", 0.1, "--out", tmp_path / "d.wav")
    assert load(tmp_path / "d.wav")[0].shape == (1, 800)


def test_silence_and_a_clip_shorter_than_a_frame_have_their_length(trained, tmp_path):
    for name, audio in {"silence": torch.zeros(1, 2_000), "click": torch.ones(1, 1)}.items():
        save(tmp_path / f"{name}.wav", audio, 8_000)
        words = ["--mel-of", tmp_path / f"{name}.wav", "--out", tmp_path / "o.wav"]
        run("generate", trained, *words)
        made = load(tmp_path / "o.wav")[0]
        assert made.shape == audio.shape and made.isfinite().all()


@pytest.mark.parametrize("trained", ["hifigan"], indirect=True)  # the file is read before a network
def test_what_is_no_sound_is_refused_in_a_line(trained, tmp_path, capsys):
    import soundfile

    soundfile.write(tmp_path / "nan.wav", torch.full((4_000,), torch.nan).numpy(), 8_000, "FLOAT")
    soundfile.write(tmp_path / "empty.wav", torch.zeros(0).numpy(), 8_000)
    save(tmp_path / "good.wav", torch.zeros(1, 900), 8_000)
    good = ["--mel-of", tmp_path / "good.wav"]
    for words, message in [
        (["--mel-of", tmp_path / "nan.wav"], "nan.wav"),
        (["--mel-of", tmp_path / "none.wav"], "none.wav"),
        (["--mel-of", tmp_path / "empty.wav"], "empty.wav"),
        ([*good, "--seconds", 0], "not a single sample"),
        ([*good, "--seconds", -1], "not a single sample"),
    ]:
        run("generate", trained, *words, "--out", tmp_path / "o.wav", code=2)
        error = capsys.readouterr().err.strip()
        assert message in error and "\n" not in error


def test_a_stop_leaves_no_trace_in_a_generator_its_average_and_discriminators(tmp_path):
    """The discriminators' spectral normalization has a state of its own."""
    words = ["train", "hifigan", *SMALL.split(), "--steps", 3, "--speaker", 1]
    run(*words, "--out", tmp_path / "whole")
    run(*words, "--out", tmp_path / "parts", "--minutes", 1e-9)  # a step
    run(*words, "--out", tmp_path / "parts")
    whole, parts = (
        {
            f"{file.relative_to(tmp_path / name)}:{key}": value
            for file in sorted((tmp_path / name).rglob("*.safetensors"))
            for key, value in safetensors.torch.load_file(file).items()
        }
        for name in ("whole", "parts")
    )
    assert whole.keys() == parts.keys() and any(key.endswith("._u") for key in whole)
    assert all(torch.equal(value, parts[key]) for key, value in whole.items())


def test_the_command_scores_a_run(trained, capsys):
    capsys.readouterr()
    run("evaluate", trained, "--json", "--clips", 2, "--device", "cpu")
    assert json.loads(capsys.readouterr().out)["log_mel_db"] > 0

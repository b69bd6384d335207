"""The recipe of the frame-rate vocoder: it learns from its start on, follows any file, and refuses what is no sound."""

from dataclasses import replace

import pytest
import torch

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.istft_vocoder import ISTFTVocoderConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import istft_vocoder
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
RECIPE = istft_vocoder.RECIPE
SMALL = "--batch-size 2 --n-samples 2048 --n-sounds 2 --steps 2 --eval-every 2 --save-every 2 --device cpu"
TOY = replace(
    RECIPE.tiny,
    model=ISTFTVocoderConfig(channels=16, n_blocks=1),
    n_samples=4_096,
    n_sounds=4,
    batch_size=4,
    steps=16,
)


@pytest.mark.parametrize("material", ["speech", "notes"])
def test_it_learns_from_where_the_start_is(material):
    config = replace(
        TOY, material=material, recorded_fraction=0.0, learning_rate=1e-2, ema_decay=0.0
    )
    data = RECIPE.dataset(config, "train", None)
    items = [data[i] for i in range(4)]
    batch = {name: torch.stack([item[name] for item in items]) for name in items[0]}
    state = State(RECIPE.learners(config))
    losses = []
    for _ in train(state, iter(lambda: batch, None), config.steps):
        torch.manual_seed(0)  # the same noise at every step
        losses.append(state.logs["net/loss"])
    assert losses[-1] < 0.95 * losses[1]
    score = RECIPE.evaluate(config, networks(state.learners), [batch])
    assert 0 < score["log_mel_db"] < 6


def test_the_material_decides_the_start():
    assert RECIPE.tiny.model.harmonic
    assert not replace(TOY, material="notes").model.harmonic
    assert not replace(TOY, harmonics=False).model.harmonic
    assert replace(TOY, sample_rate=24_000).model.sample_rate == 24_000
    with pytest.raises(ConfigError, match="material songs: must be speech or notes"):
        replace(TOY, material="songs")


def test_held_out_voices_are_scored_whole():
    batches = [*batches_of(RECIPE.dataset(TOY, "valid", None), 4)]
    assert batches[0]["audio"].shape == batches[0]["harmonics"].shape == (4, 1, 4_096 + 4 * 256)
    assert batches[0]["frames"].shape == (4, 80, 21)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The shortest of runs of the command."""
    out = tmp_path_factory.mktemp("runs") / "speech"
    run("train", "istft-vocoder", "--out", out, *SMALL.split())
    return out


def test_the_command_makes_as_much_as_the_file_has_twice_the_same(trained, tmp_path):
    model = tmp_path / "model.wav"
    save(model, 0.5 * torch.sin(torch.arange(3_001) * 0.1)[None], 8_000)
    made = []
    for name in ("one.wav", "two.wav"):
        run("generate", trained, "--mel-of", model, "--out", tmp_path / name)
        audio, rate = load(tmp_path / name)
        assert (audio.shape, rate) == ((1, 6_002), 16_000)
        made.append(audio)
    assert torch.equal(*made) and made[0].std() > 0.1
    run(
        "generate",
        trained,
        "--mel-of",
        model,
        "--seconds",
        0.1,
        "--rounds",
        0,
        "--out",
        tmp_path / "s.wav",
    )
    assert load(tmp_path / "s.wav")[0].shape == (1, 1_600)


def test_silence_and_a_clip_shorter_than_a_frame(trained, tmp_path):
    for name, audio in {"silence": torch.zeros(1, 4_000), "click": torch.ones(1, 90)}.items():
        save(tmp_path / f"{name}.wav", audio, 16_000)
        run("generate", trained, "--mel-of", tmp_path / f"{name}.wav", "--out", tmp_path / "o.wav")
        made = load(tmp_path / "o.wav")[0]
        assert made.shape == audio.shape and (name == "click" or made.abs().max() == 0)


def test_what_is_no_sound_is_refused_in_a_line(trained, tmp_path, capsys):
    import soundfile

    soundfile.write(tmp_path / "nan.wav", torch.full((4_000,), torch.nan).numpy(), 16_000, "FLOAT")
    save(tmp_path / "good.wav", torch.zeros(1, 900), 16_000)
    for words, message in [
        (["--mel-of", tmp_path / "nan.wav"], "nan.wav"),
        (["--mel-of", tmp_path / "none.wav"], "none.wav"),
        (["--mel-of", tmp_path / "good.wav", "--seconds", 0], "ask for one or more"),
        (["--mel-of", tmp_path / "good.wav", "--rounds", -1], "rounds -1"),
    ]:
        run("generate", trained, *words, "--out", tmp_path / "o.wav", code=2)
        error = capsys.readouterr().err.strip()
        assert message in error and "\n" not in error


def test_notes_train_without_a_soundfont_and_with_a_folder(tmp_path, capsys):
    words = ["train", "istft-vocoder", "--material", "notes", "--recorded-fraction", 0]
    run(*words, "--out", tmp_path / "notes", *SMALL.split())
    run("generate", tmp_path / "notes", "--seconds", 0.2, "--out", tmp_path / "o.wav")
    assert load(tmp_path / "o.wav")[0].shape == (1, 3_200)
    save(tmp_path / "sounds" / "one.wav", torch.rand(1, 150_000) - 0.5, 16_000)
    run(*words, "--data", tmp_path / "sounds", "--out", tmp_path / "own", *SMALL.split())
    with pytest.raises(UserError):
        RECIPE.dataset(TOY, "train", tmp_path / "nowhere")

"""The recipe of GANSynth: six variants, growing and resuming in a fade, notes and melodies."""

import json
import multiprocessing
import signal
from dataclasses import asdict, replace

import pytest
import safetensors.torch
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.data import default_collate

from tests.command import run as command
from tests.data.test_midi import write as write_midi
from tests.data.test_nsynth_folder import write as write_nsynth
from tests.test_devices import NO_OPS
from tinyaudio.audio import load
from tinyaudio.checkpoints import open_run
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.notes import Notes
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.gansynth import GANSynthConfig
from tinyaudio.models.growth import Growth
from tinyaudio.recipe import networks
from tinyaudio.recipes.gansynth import RECIPE, Config
from tinyaudio.resume import read_record
from tinyaudio.run import run
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
# Images of 8 frames and 16 bins, or 16 and 8; 2 notes a step fade in two resolutions in steps 2-4 and 6-8.
MODEL = GANSynthConfig(
    n_latents=4, start_frames=2, start_bins=4, n_resolutions=3, width=4, width_base=16, n_samples=48
)
TOY = replace(RECIPE.tiny, model=MODEL, growth=Growth(4, 4), n_sounds=16, batch_size=2, steps=12)
VARIANTS = [(kind, high) for kind in ("phase", "if", "if_mel") for high in (True, False)]


def batch_of(config, n=4):
    notes = RECIPE.dataset(config, "train", None)
    return default_collate([notes[i] for i in range(n)])


def trained(config, batch, n_steps):
    """The state after so many steps on a batch, and the logs of each."""
    state = State(RECIPE.learners(config))
    return state, [dict(one.logs) for one in train(state, iter(lambda: batch, None), n_steps)]


def models_of(config):
    torch.manual_seed(0)
    return networks(RECIPE.learners(config))


# ---------------------------------------------------------------------------- training


@pytest.mark.parametrize(("kind", "high_resolution"), VARIANTS)
@pytest.mark.parametrize(
    ("n_steps", "seeds"), [(15, range(1)), pytest.param(200, range(5), marks=pytest.mark.slow)]
)
def test_every_variant_stays_finite_while_it_grows(kind, high_resolution, n_steps, seeds):
    for seed in seeds:
        config = replace(TOY, kind=kind, high_resolution=high_resolution, seed=seed)
        state, logs = trained(config, batch_of(config), n_steps)
        assert len(logs) == n_steps and logs[-1]["discriminator/progress"] == 2
        assert all(abs(value) < float("inf") for one in logs for value in one.values())
        for learner in state.learners:
            assert all(torch.isfinite(p).all() for p in learner.module.parameters())
            assert all(p.grad is not None for p in learner.module.blocks[-1].parameters())


@pytest.mark.parametrize("audio", ["silence", "one note"])
def test_silence_and_copies_of_a_single_note_are_as_finite(audio):
    """Every image is the same, the deviation of a minibatch is zero, and there is one class."""
    config = replace(TOY, notes=NoteSelection(families=["organ"], pitches=(60, 60)))
    batch = batch_of(config, 1)
    batch = {name: value.expand(4, *value.shape[1:]) for name, value in batch.items()}
    if audio == "silence":
        batch["audio"] = torch.zeros(4, 1, 48)
    _, logs = trained(config, batch, 12)
    assert all(abs(value) < float("inf") for one in logs for value in one.values())


def test_the_discriminator_learns_the_pitches_of_real_notes_and_the_generator_follows():
    config = replace(
        TOY, growth=Growth(0, 0), learning_rate=1e-2, ema_decay=0.5,
        notes=NoteSelection(families=["organ"], pitches=(60, 61)),
    )  # fmt: skip
    state, logs = trained(config, batch_of(config, 8), 40)
    for name in ("discriminator", "generator"):
        first, last = (logs[i][f"{name}/cross_entropy"] for i in (0, -1))
        assert (
            first == pytest.approx(4.11, abs=0.7) and last < 2.5
        )  # ln 61, and ln 2 = 0.7 to guess
    scores = RECIPE.evaluate(config, networks(state.learners), [batch_of(config, 8)])
    assert scores["real/cross_entropy"] < 2.5 and scores["real/progress"] == 2


@pytest.mark.parametrize("step", [0, 3, 9])
@pytest.mark.parametrize("kind", ["phase", "if", "if_mel"])
def test_losses_leave_nothing_on_the_cpu_before_in_and_after_a_fade(kind, step, monkeypatch):
    for (owner, name), no_op in NO_OPS.values():
        monkeypatch.setattr(f"{owner}.{name}", no_op)
    config = replace(TOY, kind=kind)
    batch = batch_of(config)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        with torch.device("cuda"):
            learners = RECIPE.learners(config)
        fake = {name: mode.from_tensor(value).to("cuda") for name, value in batch.items()}
        for learner in learners:
            loss, logs = learner.loss(fake, step)
            assert loss.device.type == "cuda" and loss.shape == ()
            assert all(value.device.type == "cuda" for value in logs.values())


@pytest.mark.gpu
@pytest.mark.parametrize(("kind", "high_resolution"), VARIANTS)
def test_a_variant_grows_on_a_real_card(kind, high_resolution):
    from tinyaudio.run import move_to

    config = replace(TOY, kind=kind, high_resolution=high_resolution)
    state = State(RECIPE.learners(config))
    move_to(state, "cuda")
    for _ in train(state, iter(lambda: batch_of(config), None), 10):
        pass
    assert state.logs["discriminator/progress"] == 2
    (note,) = RECIPE.commands["generate"](config, networks(state.learners), seeds=[1], pitch=60)
    assert note.shape == (1, 1, 48) and torch.isfinite(note).all()


# ---------------------------------------------------------------------------- the run


def tensors(out):
    """All that training leaves."""
    return {
        f"{file.relative_to(out)}:{name}": value
        for file in sorted(out.rglob("*.safetensors"))
        for name, value in safetensors.torch.load_file(file).items()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run leaves that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    run(RECIPE, TOY, out, eval_every=100)
    return tensors(out)


def check_equal(whole, parts):
    assert whole.keys() == parts.keys() and len(whole) > 150
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


def test_stops_in_both_fades_leave_no_trace(whole, tmp_path):
    progress = []
    for _ in range(TOY.steps):  # one step at a time
        state = run(RECIPE, TOY, tmp_path, eval_every=100, minutes=1e-9)
        progress.append(state.logs["discriminator/progress"])
    assert progress == [0, 0, 0, 0.5, 1, 1, 1, 1.5, 2, 2, 2, 2]
    check_equal(whole, tensors(tmp_path))


@pytest.mark.posix
def test_a_kill_in_a_fade_leaves_no_trace(whole, tmp_path):
    settings = {"eval_every": 100, "save_every": 1}
    child = multiprocessing.get_context("fork").Process(
        target=run, args=(RECIPE, TOY, tmp_path), kwargs=settings
    )
    child.start()
    while child.exitcode is None and steps_of(tmp_path) < 4:  # the fade's one step has been saved
        child.join(0.01)
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL and 4 <= steps_of(tmp_path) < TOY.steps
    run(RECIPE, TOY, tmp_path, **settings)
    check_equal(whole, tensors(tmp_path))


def steps_of(out):
    """How far a run is, by its checkpoint."""
    state = out / "state.safetensors"
    return read_record(state)["step"] if state.exists() else 0


def test_an_unfinished_run_is_played_at_the_resolution_it_has_learned(tmp_path):
    run(RECIPE, replace(TOY, steps=4), tmp_path, eval_every=100)
    opened = open_run(tmp_path)
    assert all(net.progress.item() == 0.5 for net in opened.models.values())
    generator = opened.models["generator"]
    image = generator(torch.randn(1, 4), torch.tensor([60]))
    torch.testing.assert_close(
        image[..., ::2, ::2], image[..., 1::2, 1::2]
    )  # of 8 x 16, 4 x 8 pixels


def test_the_run_records_which_instruments_it_learned_from(tmp_path, capsys):
    config = replace(TOY, steps=1, n_sounds=60)
    run(RECIPE, config, tmp_path, eval_every=100)
    record = json.loads((tmp_path / "run.json").read_text())["dataset"]
    assert record == RECIPE.dataset(config, "train", None).summary()
    assert record["notes"] == 60 and {"acoustic", "electronic"} <= record["instruments"].keys()
    assert f"learning from {json.dumps(record)}" in capsys.readouterr().out


def test_nsynth_in_a_folder_is_learned_from_its_acoustic_instruments(tmp_path):
    for split in ("train", "valid"):
        write_nsynth(tmp_path / "nsynth" / f"nsynth-{split}", Notes(12, seconds=0.05, split=split))
    config = replace(TOY, steps=1, n_sounds=100)
    run(RECIPE, config, tmp_path / "run", folder=tmp_path / "nsynth", eval_every=100)
    record = json.loads((tmp_path / "run" / "run.json").read_text())["dataset"]
    assert [*record["instruments"]] == ["acoustic"] and 0 < record["notes"] <= 12


# ---------------------------------------------------------------------------- configurations


def test_sizes():
    """The paper's: 1.6 million notes a resolution, 11 million in all, 4 s of both resolutions."""
    paper = RECIPE.sizes["paper"]
    assert (paper.batch_size, paper.learning_rate, paper.ema_decay) == (8, 8e-4, 0.999)
    assert (paper.growth.fade, paper.growth.stable) == (800_000, 800_000)
    assert paper.steps * paper.batch_size == 11_000_000 and paper.model == GANSynthConfig.paper()
    assert paper.image.n_samples == 4 * paper.sample_rate == 64_000
    assert (paper.image.n_frames, paper.image.n_bins) == (128, 1024)
    low = replace(paper, high_resolution=False)
    assert (low.image.n_frames, low.image.n_bins, low.image.n_fft) == (256, 512, 1024)


@pytest.mark.parametrize("config", [TOY, RECIPE.tiny, RECIPE.sizes["paper"]])
def test_the_config_survives_json(config):
    assert RECIPE.read_config(json.loads(json.dumps(asdict(config)))) == config


def test_what_cannot_be_is_refused_before_training():
    with pytest.raises(ConfigError, match="kind ifs: must be one of phase, if, if_mel"):
        Config(kind="ifs")
    with pytest.raises(ConfigError, match="n_samples 31: must be a window"):
        replace(TOY, model=replace(MODEL, n_samples=31))


# ---------------------------------------------------------------------------- sound


def test_a_note_is_a_function_of_its_seed_and_pitch():
    models, generate = models_of(TOY), RECIPE.commands["generate"]
    (both,), (one,), (other,) = (
        generate(TOY, models, seeds=seeds, pitch=pitch)
        for seeds, pitch in (([3, 5], 60), ([5], 60), ([5], 61))
    )
    assert both.shape == (2, 1, 48) and both.abs().max() <= 1
    torch.testing.assert_close(both[1:], one, atol=1e-5, rtol=0)
    assert not torch.allclose(one, other, atol=1e-3)


def test_a_melody_is_played_by_one_latent_a_clip(tmp_path):
    models, generate = models_of(TOY), RECIPE.commands["generate"]
    tune = write_midi(tmp_path / "tune.mid", ([(60, 0.0, 0.1), (64, 0.25, 0.3), (60, 0.5, 1.0)], False))  # fmt: skip
    (clips,) = generate(TOY, models, seeds=[3, 5], melody=tune)
    assert clips.shape[:2] == (2, 1) and clips.shape[2] == 2_000 + 48  # 4 kHz; a note of 48 samples
    first, last = clips[0, 0, :48], clips[0, 0, 2_000:]
    torch.testing.assert_close(first, last)  # the same pitch by the same latent
    assert not torch.allclose(first, clips[1, 0, :48], atol=1e-3)


@pytest.mark.parametrize("pitch", [23, 85])
def test_a_pitch_that_was_not_learned_is_refused(pitch, tmp_path):
    models, generate = models_of(TOY), RECIPE.commands["generate"]
    with pytest.raises(UserError, match=f"pitch {pitch}: this model has learned 24 to 84"):
        generate(TOY, models, pitch=pitch)
    tune = write_midi(tmp_path / "tune.mid", ([(60, 0.0, 0.1), (pitch, 0.2, 0.3)], False))
    with pytest.raises(UserError, match=f"pitch {pitch}: .* or transpose the melody"):
        generate(TOY, models, melody=tune)


def test_the_commands_a_user_types(tmp_path, capsys):
    words = "--n-sounds 4 --steps 1 --batch-size 2 --kind phase --no-high-resolution --device cpu"
    command("train", "gansynth", *words.split(), "--out", tmp_path / "run")
    tune = write_midi(tmp_path / "tune.mid", ([(60, 0.0, 0.2), (67, 0.5, 0.8)], False))
    with_run = ("generate", tmp_path / "run")
    command(*with_run, "--seeds", 1, 2, "--pitch", 72, "--out", tmp_path / "note.wav")
    command(*with_run, "--melody", tune, "--out", tmp_path / "tune.wav")
    note, rate = load(tmp_path / "note-2.wav")
    assert note.shape == (1, 960) and rate == 4_000
    assert load(tmp_path / "tune.wav")[0].shape[1] > 2_000
    (tmp_path / "empty.mid").touch()
    capsys.readouterr()
    for wrong, message in (
        (("--pitch", 90), "pitch 90: this model has learned 24 to 84"),
        (("--melody", tmp_path / "empty.mid"), "empty.mid: is empty"),
        (("--melody", tmp_path / "none.mid"), "none.mid: no such file"),
    ):
        command(*with_run, *wrong, "--out", tmp_path / "x.wav", code=2)
        assert message in capsys.readouterr().err
    assert not (tmp_path / "x.wav").exists()

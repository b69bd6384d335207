"""The recipe of WaveNet on notes: it learns, is conditioned, resumes, and generates the note that is asked for."""

import json
import math
from dataclasses import replace
from itertools import repeat

import pytest
import safetensors.torch
import torch
from torch.utils.data import default_collate

from tests.command import run
from tests.recipes.toy import TOY_NET
from tinyaudio.audio import load, save
from tinyaudio.data.batches import Batches
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.notes import SPLITS
from tinyaudio.errors import UserError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import wavenet
from tinyaudio.recipes.nll import NLL, batch_condition
from tinyaudio.represent import mulaw
from tinyaudio.resume import read_record
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
RECIPE = wavenet.RECIPE
TOY = replace(
    RECIPE.tiny,
    model=replace(TOY_NET, condition=wavenet.FAMILY_AND_PITCH),
    n_samples=800,
    batch_size=4,
    steps=20,
    warmup_steps=1,
    learning_rate=2e-2,
)
SMALL = "--batch-size 2 --n-samples 400 --device cpu --eval-every 2 --save-every 2".split()


@pytest.fixture(scope="module")
def trained():
    """A toy after twenty steps on four notes, the losses on the way, and the notes."""
    state = State(RECIPE.learners(TOY))
    four = next(Batches(RECIPE.dataset(TOY, "train", None), TOY.batch_size).from_step(0))
    losses = [s.logs["net/loss"] for s in train(state, repeat(four), TOY.steps)]
    return networks(state.learners), losses, four


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """The shortest of runs of the command, on notes."""
    out = tmp_path_factory.mktemp("runs") / "notes"
    run("train", "wavenet", "--out", out, "--steps", 4, *SMALL)
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two recordings of one's own."""
    folder = tmp_path_factory.mktemp("sounds")
    for i in range(2):
        tone = 0.5 * torch.sin(torch.arange(8_000) * 0.1 * (i + 1))
        save(folder / f"{i}.wav", tone[None], 16_000)
    return folder


def test_it_starts_as_a_uniform_predictor_and_learns(trained):
    models, losses, four = trained
    assert losses[0] == pytest.approx(8, abs=2e-6)  # the last layer is zero; a float32 mean rounds
    assert losses[-1] < 7 and losses[-1] < losses[5] < losses[1]
    score = RECIPE.evaluate(TOY, models, [four])
    assert score["bits_per_sample"] == pytest.approx(losses[-1], abs=0.1)  # the average follows


@torch.no_grad()
def test_codes_start_ordinal_and_the_last_layer_s_input_has_the_scale_of_one():
    net = RECIPE.learners(RECIPE.tiny)[0].module
    codes = net.embed.weight
    near, far = codes.diff(dim=0), codes[128:] - codes[:128]
    assert near.square().mean() < 0.1 * far.square().mean()
    assert codes.square().mean() == pytest.approx(1, abs=0.2)
    inputs = []
    net.logits.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    net(torch.randint(256, (1, 4_000)), Condition(RECIPE.tiny.notes.classes("guitar", 60)))
    assert 0.3 < inputs[0].square().mean().sqrt() < 3  # PyTorch's own weights leave 0.07


def test_evaluation_is_the_mean_loss_of_all_held_out_clips(trained):
    models, _, _ = trained
    few = [*batches_of(RECIPE.dataset(TOY, "valid", None), 11)]
    assert [len(batch["audio"]) for batch in few] == [8, 3]
    loss = NLL(models["net"])
    one_by_one = [
        mean_loss(loss, models["net"], [{k: v[i : i + 1] for k, v in batch.items()}])
        for batch in few
        for i in range(len(batch["audio"]))
    ]
    score = RECIPE.evaluate(TOY, models, few)["bits_per_sample"]
    assert score == pytest.approx(sum(one_by_one) / 11, abs=1e-4)  # float32 sums in another order


def test_noise_on_the_history_makes_prediction_harder_and_is_no_target(trained):
    models, _, four = trained
    net = models["net"]
    clean, noisy = NLL(net), NLL(net, history_noise=40.0)
    torch.manual_seed(0)
    assert noisy(four, 0)[0] > clean(four, 0)[0] + 0.1
    uniform = RECIPE.learners(replace(TOY, history_noise=40.0))[0]
    assert uniform.loss(four, 0)[0].item() == pytest.approx(8, abs=2e-6)
    assert clean(four, 0)[0] == clean(four, 0)[0]  # and without it nothing is random


def test_the_first_samples_of_a_crop_count_only_where_the_note_begins(trained):
    models, _, four = trained
    net, n = models["net"], four["audio"].shape[2]
    onset = four | {"start": torch.zeros(4, dtype=torch.int64)}
    inside = four | {"start": torch.tensor([0, 7, 7, 7])}
    counted = NLL(net, n_context=300).weights(inside)
    assert (
        counted[0].sum() == n and (counted[1:, :300] == 0).all() and (counted[1:, 300:] == 1).all()
    )
    assert NLL(net, n_context=300)(onset, 0)[0].item() == pytest.approx(
        NLL(net)(onset, 0)[0].item(), abs=1e-5
    )
    # The rest is scored with the history that it has: equal to the mean of those terms alone.
    weights = NLL(net, n_context=300).weights(inside)
    codes = mulaw.encode(four["audio"].squeeze(1))
    logits = net(codes, batch_condition(four))
    nats = torch.nn.functional.cross_entropy(logits, codes, reduction="none")
    expected = nats[weights.bool()].mean().item() / math.log(2)
    assert NLL(net, n_context=300)(inside, 0)[0].item() == pytest.approx(expected, abs=1e-5)


def test_noise_is_switched_off_for_the_last_steps():
    config = replace(TOY, history_noise=40.0, noisy_fraction=0.5)
    learner = RECIPE.learners(config)[0]
    torch.nn.init.normal_(learner.module.logits.weight)
    batch = default_collate([RECIPE.dataset(config, "train", None)[0]])
    first, last = ([learner.loss(batch, step)[0].item() for _ in range(2)] for step in (0, 10))
    assert first[0] != first[1] and last[0] == last[1]


def test_instruments_of_the_splits_are_disjoint():
    def instruments(split):
        notes = RECIPE.dataset(TOY, split, None).notes
        return {notes.labels(i)["instrument_str"] for i in range(min(len(notes), 500))}

    training, held_out = instruments("train"), instruments("valid")
    assert len(training) > 200 and len(held_out) > 20  # of 352 and 44; else this would prove little
    assert not training & held_out
    assert {int(name[-3:]) for name in training} <= set(SPLITS["train"])


def test_a_clip_has_its_own_family_and_pitch_as_classes():
    clips = RECIPE.dataset(TOY, "train", None)
    for i in (0, 5, 77):
        family, pitch = clips[i]["classes"].tolist()
        labels = clips.notes.labels(i)
        assert FAMILIES[family] == labels["instrument_family_str"] and pitch == labels["pitch"]


@pytest.mark.parametrize("column", [0, 1])
def test_family_and_pitch_each_reach_the_prediction(column, trained):
    models, _, four = trained
    other = four["classes"].clone()
    other[:, column] += torch.where(other[:, column] < 10, 1, -1)
    loss = NLL(models["net"])
    assert loss(four, 0)[0] != loss(four | {"classes": other}, 0)[0]


def test_every_size_is_conditioned_on_family_and_pitch_or_on_nothing(tmp_path):
    for size in RECIPE.sizes.values():
        assert size.model.condition.n_classes == (11, 128)
        unconditional = RECIPE.for_folder(size, tmp_path)
        assert unconditional.model.condition is None
        assert replace(unconditional, model=size.model) == size
    assert RECIPE.sizes["paper"].model.dilations == 5 * [2**i for i in range(10)]


def test_a_mixture_for_16_bits_trains_by_the_same_loss():
    config = WaveNetConfig(
        **{**vars(TOY_NET), "n_levels": 2**16, "n_mixtures": 4, "condition": None}
    )
    learner = RECIPE.learners(replace(TOY, model=config))[0]
    bits = learner.loss({"audio": torch.zeros(1, 1, 400)}, 0)[0]
    assert 10 < bits < 20 and bits.requires_grad


def test_stopping_and_resuming_leaves_no_trace(notes, tmp_path, capsys):
    words = ["train", "wavenet", "--out", tmp_path / "halves", "--steps", 4, *SMALL]
    run(*words, "--minutes", 1e-9)  # stops after a step
    assert read_record(tmp_path / "halves" / "state.safetensors")["step"] == 1
    capsys.readouterr()
    run(*words)
    assert "resuming wavenet" in capsys.readouterr().out
    for file in ("state.safetensors", "net/model.safetensors"):
        one, two = (safetensors.torch.load_file(out / file) for out in (notes, tmp_path / "halves"))
        assert one.keys() == two.keys() and len(one) > 20
        assert all(torch.equal(value, two[name]) for name, value in one.items())


def test_the_note_that_is_asked_for_is_the_one_that_is_generated(notes, tmp_path):
    words = ["generate", notes, "--seconds", 0.03, "--device", "cpu", "--seeds", 3]
    clips = {}
    for name, asked in {
        "default": [],
        "same": ["--family", "vocal", "--pitch", 60],
        "pitch": ["--pitch", 61],
        "family": ["--family", "flute"],
    }.items():
        run(*words, *asked, "--out", tmp_path / f"{name}.wav")
        clips[name], sample_rate = load(tmp_path / f"{name}.wav")
        assert clips[name].shape == (1, 480) and sample_rate == 16_000
    assert torch.equal(clips["default"], clips["same"])
    assert not torch.equal(clips["default"], clips["pitch"])
    assert not torch.equal(clips["default"], clips["family"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("generate {notes} --out x.wav --family kazoo", "no family 'kazoo'; there are: bass"),
        ("generate {notes} --out x.wav --family flute --pitch 20", "a flute plays 48 to 84"),
        ("generate {notes} --out x.wav --mel-of x.wav", "--mel-of: 'tinyaudio generate' cannot"),
        ("generate {own} --out x.wav --pitch 60", "this run is unconditional"),
        ("train wavenet --data {folder} --recorded-fraction 0.5 --out {own}-2", "leave it out"),
        ("evaluate {notes} --data {folder}", "conditioned on family and pitch"),
        ("train wavenet --ema-decay 2 --out {own}-2", "--ema-decay 2.0: must be from 0 to 1"),
        ("train wavenet --history-noise -1 --out {own}-2", "must be 0 or more"),
        ("train wavenet --data {folder} --out {notes} --steps 4", "another run"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_line(words, message, notes, own, folder, capsys):
    run(*words.format(notes=notes, own=own, folder=folder).split(), code=2)
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


@pytest.fixture(scope="module")
def own(folder, tmp_path_factory):
    """A run on recordings."""
    out = tmp_path_factory.mktemp("runs") / "own"
    run("train", "wavenet", "--data", folder, "--out", out, "--steps", 2, *SMALL)
    return out


def test_one_s_own_sound_is_learned_without_labels(own, folder, tmp_path):
    record = json.loads((own / "run.json").read_text())
    assert record["config"]["model"]["condition"] is None
    run("evaluate", own, "--data", folder, "--device", "cpu")
    run("generate", own, "--out", tmp_path / "new.wav", "--seconds", 0.01, "--device", "cpu")
    assert load(tmp_path / "new.wav")[0].shape == (1, 160)
    with pytest.raises(UserError, match="family and pitch"):
        RECIPE.dataset(RECIPE.tiny, "train", folder)

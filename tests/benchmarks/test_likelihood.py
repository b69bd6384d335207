"""The benchmark scores the same held-out sound by networks and linear predictors."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from benchmarks import held_out_sound, likelihood, linear_prediction
from benchmarks.held_out_sound import KINDS, Clip, Kind
from tinyaudio.checkpoints import TrainedRun, open_run
from tinyaudio.data import soundfont
from tinyaudio.data.note_crops import NoteCrops
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH, UNKNOWN_SPEAKER
from tinyaudio.data.voices import Voices
from tinyaudio.errors import DataError, UserError
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.recipes import load_recipe
from tinyaudio.represent import mulaw

LINEAR = ("best_linear_bits", "plain_linear_bits", "adapted_linear_bits")


def uniform(codes, *condition):
    return torch.zeros(1, 256, codes.shape[1])


@pytest.fixture
def few(monkeypatch):
    """A handful of everything, and constants chosen in a hurry."""
    for name in ("N_TRAINING", "N_HELD_OUT"):
        monkeypatch.setattr(held_out_sound, name, 8)
        monkeypatch.setattr(held_out_sound, f"{name}_VOICES", 3)
    monkeypatch.setattr(linear_prediction, "TUNED_ON", 500)


@pytest.fixture
def noises():
    draws = np.random.default_rng(0)
    clips = [
        Clip(
            mulaw.encode(torch.from_numpy(0.1 * draws.standard_normal(1_920))).numpy(),
            {"pitch": 60 + n, "instrument_family": n},
        )
        for n in range(6)
    ]
    return Kind("noise", clips[:3], clips[3:])


def untrained(name, **changes):
    """A run of a recipe before any training."""
    recipe = load_recipe(name)
    config = replace(recipe.tiny, **changes)
    return TrainedRun(recipe, config, {"net": WaveNet(config.model).eval()}, {})


def no_soundfont(path=None):
    raise DataError("no soundfont found")


@pytest.mark.parametrize(
    ("kind", "font"), [*((kind, True) for kind in KINDS), ("soundfont", False)]
)
def test_held_out_sound_is_held_out(kind, font, few, monkeypatch):
    if font and kind == "soundfont":
        pytest.importorskip("tinysoundfont")
        pytest.importorskip("pretty_midi")
    if not font:
        monkeypatch.setattr(soundfont, "find_soundfont", no_soundfont)
        monkeypatch.setattr("tinyaudio.data.soundfont_notes.find_soundfont", no_soundfont)
    made = KINDS[kind]()
    assert made.training and len(made.held_out) >= 2  # two, for a standard error
    for clip in [*made.training, *made.held_out]:
        assert clip.codes.ndim == 1 and clip.codes.min() >= 0 and clip.codes.max() < 256
        assert len(np.unique(clip.codes)) > 20  # it is not silent
    for what in ("instrument", "speaker", "sentence"):
        training, held_out = (
            {clip.labels[what] for clip in part if what in clip.labels}
            for part in (made.training, made.held_out)
        )
        assert not training & held_out
    beginnings = {tuple(clip.codes[:8_000]) for clip in made.training}
    assert not any(tuple(clip.codes[:8_000]) in beginnings for clip in made.held_out)
    assert (made.source == "recorded notes of the package") == (not font)


def test_recorded_speech_is_held_out_by_name():
    from tinyaudio.data import recorded

    assert set(HELD_OUT_SPEECH) < set(recorded.names("speech"))
    held_out = KINDS["recorded"]().held_out
    assert len(held_out) == len(HELD_OUT_SPEECH)


def test_recorded_notes_have_the_labels_of_a_condition():
    for clip in held_out_sound.recorded_notes().held_out:
        assert 0 <= clip.labels["instrument_family"] < 11 and 24 <= clip.labels["pitch"] <= 84


def test_the_uniform_predictor_needs_8_bits(noises, monkeypatch):
    monkeypatch.setattr(linear_prediction, "TUNED_ON", 500)
    bits = likelihood.network_bits(uniform, noises.held_out)
    assert [b.shape for b in bits] == [clip.codes.shape for clip in noises.held_out]
    assert likelihood.mean(bits) == 8.0
    found = likelihood.compare(noises, {"uniform": bits})
    row = found["runs"]["uniform"]
    assert row["bits"] == found["uniform_bits"] == 8.0
    assert row["margin_bits"] == pytest.approx(found["best_linear_bits"] - 8, abs=1e-9)
    assert 0 < row["margin_standard_error"] < 0.1
    assert found["seconds"] == round(3 * 1_920 / 16_000, 1)


def test_bits_are_those_of_the_code_that_was_there(noises):
    """A network that gives the true code half of the probability needs one bit."""
    codes = torch.from_numpy(noises.held_out[0].codes)
    logits = torch.zeros(1, 256, len(codes))
    logits[0, codes, torch.arange(len(codes))] = np.log(255)
    (bits,) = likelihood.network_bits(lambda _: logits, noises.held_out[:1])
    np.testing.assert_allclose(bits, 1.0, atol=1e-5)


def test_each_clip_has_its_own_condition(noises):
    conditions = []

    def net(codes, condition):
        conditions.append(condition.classes.tolist())
        return uniform(codes)

    likelihood.network_bits(net, noises.held_out, likelihood.note_condition)
    assert conditions == [[[3, 63]], [[4, 64]], [[5, 65]]]


def test_notes_are_conditioned_as_in_training():
    item = NoteCrops(16_000, 320, "valid", seed=0)[3]
    family, pitch = item["classes"].tolist()
    condition = likelihood.note_condition({"instrument_family": family, "pitch": pitch}, 320)
    run = untrained("wavenet")
    torch.nn.init.normal_(run.models["net"].logits.weight)
    codes = mulaw.encode(item["audio"])
    (bits,) = likelihood.network_bits(
        run.models["net"], [Clip(codes[0].numpy(), {})], lambda *_: condition
    )
    batch = default_collate([item])
    expected = run.recipe.evaluate(run.config, run.models, [batch])["bits_per_sample"]
    assert bits.mean() == pytest.approx(expected, rel=1e-5) and abs(expected - 8) > 0.1


def test_speech_is_conditioned_on_labels_where_there_are_any():
    item = Voices(1, split="test")[0]
    n_samples = item["audio"].shape[1] // 160 * 160
    labelled = likelihood.speech_condition(item, n_samples)
    unlabelled = likelihood.speech_condition({}, n_samples)
    for condition in (labelled, unlabelled):
        assert condition.classes.tolist() == [[UNKNOWN_SPEAKER]]
        assert condition.frames.shape == (1, 25, n_samples // 160)
    assert (labelled.frames[0, :-2].sum(0) == 1).all() and not unlabelled.frames.any()
    net = untrained("speech").models["net"]
    begun = likelihood.speech_condition(item, 1_600)
    assert torch.equal(begun.frames, labelled.frames[:, :, :10])
    assert net(torch.full((1, 1_600), 128), begun).shape == (1, 256, 1_600)


def test_the_best_linear_is_at_least_as_good_as_the_plain_one_where_it_was_chosen(noises):
    short = [Clip(one.codes[:640], one.labels) for one in noises.training]
    found = likelihood.compare(Kind("noise", short, short), {})
    assert found["adapted_linear_bits"] <= found["best_linear_bits"] + 0.02
    assert found["best_linear_bits"] <= found["plain_linear_bits"] + 0.02


def test_the_shipped_network_scores_what_its_recipe_evaluates():
    run = open_run("causal-notes")
    crops = NoteCrops(16_000, 2_048, "valid", seed=0)
    items = [{"audio": crops[i]["audio"]} for i in range(6)]
    clips = [Clip(mulaw.encode(item["audio"][0]).numpy(), {}) for item in items]
    bits = likelihood.network_bits(run.models["net"], clips)
    expected = run.recipe.evaluate(run.config, run.models, [default_collate(items)])[
        "bits_per_sample"
    ]
    assert likelihood.mean(bits) == pytest.approx(expected, abs=1e-3) and expected < 5


def test_runs_are_scored_on_the_kinds_whose_labels_they_take():
    unconditional = load_recipe("wavenet").for_folder(load_recipe("wavenet").tiny, Path("folder"))
    for run, kinds in (
        (open_run("causal-notes"), [*KINDS]),
        (untrained("wavenet", model=unconditional.model), [*KINDS]),
        (untrained("wavenet"), ["notes", "soundfont"]),
        (untrained("speech"), ["voices", "recorded"]),
    ):
        assert [*likelihood.conditions_of("RUN", run)] == kinds


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: untrained("wavenet", sample_rate=8_000), "256 mu-law codes at 16000 Hz"),
        (lambda: untrained("vocoder"), "vocoder is conditioned on more than labels"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(run, message):
    with pytest.raises(UserError, match=message):
        likelihood.conditions_of("RUN", run())


def test_the_command_prints_every_kind(few, noises, one_thread, open_as, monkeypatch, capsys):
    monkeypatch.setattr(likelihood, "KINDS", {kind: lambda: noises for kind in KINDS})
    speech = untrained("speech")
    open_as(**{"causal-notes": open_run("causal-notes"), "mine": speech})
    arguments = ["likelihood", "--run", "mine", "--kinds", "notes", "voices"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--json"])
    likelihood.main()
    found = json.loads(capsys.readouterr().out)
    assert [*found] == ["notes", "voices"]
    assert all(0 < found[kind][name] < 8 for kind in found for name in LINEAR)
    assert [*found["notes"]["runs"]] == ["causal-notes"]
    assert [*found["voices"]["runs"]] == ["causal-notes", "mine"]
    assert found["voices"]["runs"]["mine"]["bits"] == 8  # untrained
    assert found["voices"]["runs"]["mine"]["unconditional_bits"] == 8
    assert "unconditional_bits" not in found["voices"]["runs"]["causal-notes"]

    monkeypatch.setattr(likelihood, "measure", lambda *_: found)  # the same, as a table
    monkeypatch.setattr(sys, "argv", arguments)
    likelihood.main()
    printed = capsys.readouterr().out
    assert printed.count("best_linear_bits") == 2 and printed.count("bits 8.0") == 2

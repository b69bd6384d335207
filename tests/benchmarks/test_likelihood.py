"""The benchmark scores held-out sound, the same for all, and says what it lacks."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks import likelihood, linear_prediction, told
from benchmarks.likelihood import KINDS, Clip, Kind
from tinyaudio import checkpoints
from tinyaudio.checkpoints import pretrained
from tinyaudio.data import soundfont
from tinyaudio.data.notes import Notes
from tinyaudio.data.voices import Voices
from tinyaudio.errors import DataError
from tinyaudio.metrics.pitch import midi_to_hz
from tinyaudio.models.condition import Condition
from tinyaudio.objectives.likelihood import bits_per_sample
from tinyaudio.recipes.run import HELD_OUT_CLIPS
from tinyaudio.recipes.sound import NoteCrops
from tinyaudio.recipes.spoken import HELD_OUT_SPEECH
from tinyaudio.represent import mulaw

NUMBERS = ("wavenet_bits", "best_linear_bits", "plain_linear_bits", "adapted_linear_bits")


def uniform(codes, *told):
    """Knows nothing."""
    return torch.zeros(1, 256, codes.shape[1])


@pytest.fixture
def few(monkeypatch):
    """A handful of everything, and constants chosen in a hurry."""
    for name in ("N_TRAINING", "N_HELD_OUT", "N_TRAINING_VOICES", "N_HELD_OUT_VOICES"):
        monkeypatch.setattr(likelihood, name, 8)
    monkeypatch.setattr(linear_prediction, "TUNED_ON", 500)


@pytest.fixture
def noises():
    draws = np.random.default_rng(0)
    made = [
        Clip(
            mulaw.encode(torch.from_numpy(0.1 * draws.standard_normal(2_000))).numpy(), {"pitch": n}
        )
        for n in range(6)
    ]
    return Kind("noise", made[:3], made[3:])


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
    made = KINDS[kind]()
    assert made.training and len(made.held_out) >= 2  # two, for a standard error
    for clip in [*made.training, *made.held_out]:
        assert clip.codes.ndim == 1 and clip.codes.min() >= 0 and clip.codes.max() < 256
        assert len(np.unique(clip.codes)) > 20  # it is not silent
    for what in ("instrument", "speaker", "sentence"):
        heard, asked = (
            {clip.fields[what] for clip in part if what in clip.fields}
            for part in (made.training, made.held_out)
        )
        assert not heard & asked
    seconds = {tuple(clip.codes[:8_000]) for clip in made.training}
    assert not any(tuple(clip.codes[:8_000]) in seconds for clip in made.held_out)
    assert (made.source == "recorded notes of the package") == (not font)


def test_recorded_speech_is_held_out_by_name():
    from tinyaudio.data import recorded

    assert set(HELD_OUT_SPEECH) < set(recorded.names("speech"))
    held_out = KINDS["recorded"]().held_out
    assert len(held_out) == len(HELD_OUT_SPEECH)


def test_recorded_notes_know_what_a_network_is_told():
    for clip in likelihood.recorded_notes().held_out:
        assert 0 <= clip.fields["instrument_family"] < 11 and 24 <= clip.fields["pitch"] <= 84


def test_a_network_that_knows_nothing_needs_8_bits(noises):
    bits = likelihood.network_bits(uniform, noises.held_out)
    assert [b.shape for b in bits] == [clip.codes.shape for clip in noises.held_out]
    assert likelihood.mean(bits) == 8.0
    found = likelihood.compare(noises, uniform)
    assert found["wavenet_bits"] == found["uniform_bits"] == 8.0
    assert found["margin_bits"] == pytest.approx(found["best_linear_bits"] - 8, abs=1e-9)
    assert 0 < found["margin_standard_error"] < 0.1
    assert found["seconds"] == round(3 * 2_000 / 16_000, 1)


def test_bits_are_those_of_the_code_that_was_there(noises):
    """A network that gives the true code half of the probability needs one bit."""
    codes = torch.from_numpy(noises.held_out[0].codes)
    logits = torch.zeros(1, 256, len(codes))
    logits[0, codes, torch.arange(len(codes))] = np.log(255)
    (bits,) = likelihood.network_bits(lambda _: logits, noises.held_out[:1])
    np.testing.assert_allclose(bits, 1.0, atol=1e-5)


def test_a_network_is_told_what_it_wants_to_know(noises):
    heard = []

    def net(codes, condition):
        heard.append(condition.classes.tolist())
        return uniform(codes)

    def pitch(fields, codes):
        assert codes.shape == (1, 2_000)
        return Condition(classes=torch.tensor([[fields["pitch"]]]))

    likelihood.network_bits(net, noises.held_out, told=pitch)
    assert heard == [[[3]], [[4]], [[5]]]


def test_the_shipped_models_take_what_they_are_told():
    clip, fields = Voices(1, split="test")[0]
    n_samples = clip.shape[1] // told.HOP_LENGTH * told.HOP_LENGTH
    codes = mulaw.encode(clip[:, :n_samples])
    speech = pretrained("wavenet-speech")
    bits = [bits_per_sample(speech(codes, told.said(f, codes)), codes) for f in (fields, {})]
    assert 0 < bits[0] < bits[1] < 8  # to know what is said helps
    _, fields = Notes(1, split="test", seconds=0.1)[0]
    known = told.note(fields, codes[:, :100])
    assert pretrained("wavenet-notes")(codes[:, :100], known).shape == (1, 256, 100)


def test_oscillator_and_loudness_are_told_coarsely_and_what_they_cost_is_counted():
    clip, fields = Notes(1, split="test", seconds=0.2)[0]
    codes = mulaw.encode(clip)
    known = told.note(fields, codes)
    begins, turns = known.cycles.unbind(2)
    assert torch.equal(begins * told.PLACES, (begins * told.PLACES).round())
    # Nothing but the places is told: each frame ends where the next begins, at about the pitch.
    torch.testing.assert_close((begins + turns)[:, :-1] % 1, begins[:, 1:] % 1, atol=1e-4, rtol=0)
    expected = midi_to_hz(fields["pitch"]) * 256 / 16_000
    assert (turns - expected).abs().max() <= 0.5
    levels = 40 * (known.frames - 1)  # whole decibels from -80 to 0: 81 of them
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    assert levels.min() >= -80 and levels.max() <= 0 and 81 <= 2**7
    one = [Clip(codes[0].numpy(), fields)]
    assert likelihood.mean(
        likelihood.network_bits(lambda codes, known: uniform(codes), one, told.note)
    ) == pytest.approx(8 + 14 / 256, abs=1e-3)


def test_without_a_checkpoint_its_numbers_are_null(noises):
    found = json.loads(json.dumps(likelihood.compare(noises, None)))
    assert [found[name] for name in ("wavenet_bits", "margin_bits", "margin_standard_error")] == [
        None
    ] * 3
    assert all(0 < found[name] < 8 for name in NUMBERS[1:])


def test_the_best_linear_is_at_least_as_good_as_the_plain_one_where_it_was_chosen(noises):
    found = likelihood.compare(Kind("noise", noises.training, noises.training), None)
    assert found["adapted_linear_bits"] <= found["best_linear_bits"] + 0.02
    assert found["best_linear_bits"] <= found["plain_linear_bits"] + 0.02


def test_a_checkpoint_scores_as_soon_as_it_ships(monkeypatch):
    net = SimpleNamespace()
    monkeypatch.setattr(checkpoints, "SHIPPED", {"causal-notes": net})
    assert [likelihood.shipped(kind) for kind in KINDS] == ["causal-notes", None, None, None]
    both = {"causal-notes": net, "wavenet-notes": net, "wavenet-speech": net}
    monkeypatch.setattr(checkpoints, "SHIPPED", both)
    notes, speech = "wavenet-notes", "wavenet-speech"
    assert [likelihood.shipped(kind) for kind in KINDS] == [notes, notes, speech, speech]


def test_a_shipped_checkpoint_scores_what_its_record_says():
    """On the crops that its run was judged by; since then it was stored in half precision."""
    record = Path(checkpoints.__file__).parent / "assets" / "models" / "causal-notes" / "about.json"
    crops = NoteCrops(16_000, 4_096, "valid", seed=0)
    clips = [Clip(mulaw.encode(crops[i]["audio"][0]).numpy(), {}) for i in range(HELD_OUT_CLIPS)]
    bits = likelihood.network_bits(pretrained("causal-notes"), clips)
    recorded = json.loads(record.read_text())["held_out_bits_per_sample"]
    assert likelihood.mean(bits) == pytest.approx(recorded, abs=0.002)


@pytest.mark.parametrize("json_wanted", [True, False])
def test_the_command_prints_every_kind(json_wanted, noises, monkeypatch, capsys):
    monkeypatch.setattr(linear_prediction, "TUNED_ON", 500)
    monkeypatch.setattr(likelihood, "KINDS", {kind: lambda: noises for kind in KINDS})
    monkeypatch.setattr(likelihood, "shipped", lambda kind: "nothing" if kind == "notes" else None)
    monkeypatch.setattr(checkpoints, "pretrained", lambda name: uniform)
    monkeypatch.setattr(sys, "argv", ["likelihood", *(["--json"] if json_wanted else [])])
    threads = torch.get_num_threads()
    try:
        likelihood.main()
    finally:
        torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    if json_wanted:
        found = json.loads(printed)
        assert list(found) == ["notes", "soundfont", "voices", "recorded"]
        assert all(set(NUMBERS) <= set(found[kind]) for kind in found)
        assert found["notes"]["checkpoint"] == "nothing" and found["notes"]["wavenet_bits"] == 8
        assert found["voices"]["checkpoint"] is found["voices"]["wavenet_bits"] is None
    else:
        assert printed.count("best_linear_bits") == 4 and "wavenet_bits           8.0" in printed

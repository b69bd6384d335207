"""The benchmark tells the right pitch from a wrong one, a family's timbre from another's, and asks for 75 notes."""

import json
import math
import sys
from dataclasses import replace

import pytest
import torch

from benchmarks import asked_pitch
from benchmarks.asked_pitch import (
    asked,
    harmonic_tone,
    mean_levels,
    off_cents,
    real,
    row,
    sawtooth,
)
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.metrics.timbre import harmonic_levels
from tinyaudio.recipes.wavenet import NARROW

FEW = NoteSelection(("flute", "organ"), (60, 62), velocities=(100,))
RATE = 8_000


def test_75_notes_are_asked_for():
    notes = asked(NARROW.notes)
    assert len(notes) == len(set(notes)) == 75
    assert {pitch for _, pitch in notes} == set(range(55, 80))
    assert {family for family, _ in notes} == {"flute", "organ", "brass"}
    wide = asked(NoteSelection())
    assert all(sum(family == one for one, _ in wide) <= 25 for family in NoteSelection().families)


def test_tones_are_off_by_as_many_cents():
    tone = harmonic_tone(57, torch.tensor([0.0, -6.0, -12.0]), RATE)
    assert off_cents(tone, 57, RATE) == pytest.approx(0, abs=5)
    assert off_cents(tone, 58, RATE) == pytest.approx(-100, abs=5)
    assert off_cents(tone, 69, RATE) == pytest.approx(-1200, abs=5)
    assert math.isinf(off_cents(torch.zeros(RATE), 57, RATE))


def test_a_tone_has_the_harmonics_and_the_level_it_was_given():
    levels = torch.tensor([0.0, -10.0, 5.0, -20.0])
    tone = harmonic_tone(57, levels, RATE)
    found = harmonic_levels(tone[1_600:5_600], 220.0, RATE)[:4]
    torch.testing.assert_close(found - found[0], levels, atol=0.2, rtol=0)
    assert 10 * math.log10(tone.square().mean()) == pytest.approx(-10, abs=0.01)


def test_a_family_s_own_sound_is_nearer_than_another_s():
    notes = asked(FEW)
    means = {note: mean_levels(note, RATE, "test", 100) for note in notes}
    clips = real(notes, RATE, "test", 0, 100)
    own = row(clips, clips, notes, RATE, means)
    assert own["notes"] == 6 and own["spread_db"] == 0
    assert own["harmonics_error_db"] < own["harmonics_error_other_family_db"]
    swapped = [(("organ" if family == "flute" else "flute"), pitch) for family, pitch in notes]
    wrong = row(clips, clips, swapped, RATE, means)
    assert wrong["harmonics_error_db"] == own["harmonics_error_other_family_db"]
    assert wrong["pitch"] == own["pitch"]  # which timbre does not change
    saw = sawtooth(notes, RATE)
    plain = row(saw, saw, notes, RATE, means)
    assert plain["pitch"] == 1
    assert plain["harmonics_error_db"] == pytest.approx(
        plain["harmonics_error_other_family_db"], abs=0.01
    )  # it has no family


def flutes(config, models, *, seconds=1.0, seeds=(0,), temperature=1.0, family="", pitch=60):
    """In tune at temperature 1, else 50 cents sharp; the level follows the seed."""
    off = 0.0 if temperature == 1 else 0.5
    levels = torch.tensor([0.0, -20.0 - seeds[0] % 7])
    clip = harmonic_tone(pitch + off, levels, config.sample_rate)
    yield from clip[None, None].split(5_000, dim=2)


def test_the_worse_run_is_reported_beside_real_notes(
    one_thread, open_as, run_with, monkeypatch, capsys
):
    run = run_with(flutes, config=replace(NARROW, notes=FEW))
    open_as(one=run, other=run)
    argv = ["asked_pitch", "--json", "--run", "one", "other", "--temperature", "1", "0.5"]
    monkeypatch.setattr(sys, "argv", argv)
    asked_pitch.main()
    found = json.loads(capsys.readouterr().out)
    rows = found["rows"]
    assert set(rows) == {"real", "mean_harmonics", "sawtooth"} | {
        f"{run}_at_{t}" for run in ("one", "other") for t in ("1", "0.5")
    }
    assert rows["one_at_1"]["pitch"] == 1 and rows["one_at_0.5"]["pitch"] == 0
    assert found["pitch_of_real"] == 0  # of the worst
    assert rows["one_at_1"]["level_db"] == pytest.approx(-10, abs=0.05)
    assert rows["one_at_1"]["spread_db"] > 0 and rows["sawtooth"]["spread_db"] == 0


def test_a_run_without_a_pitch_is_refused_in_one_line(one_thread, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["asked_pitch", "--run", "causal-notes"])
    with pytest.raises(SystemExit, match=r"autoregressive cannot .* no option --family$"):
        asked_pitch.main()

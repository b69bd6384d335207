"""The benchmark tells the right pitch from a wrong one, and asks for what families play."""

import json
import math
import sys

import pytest
import torch

from benchmarks import asked_pitch
from benchmarks.asked_pitch import asked, generated, off_cents, procedural, ratio, row, share
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.data import soundfont
from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.errors import DataError
from tinyaudio.metrics.pitch import midi_to_hz
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.recipes import wavenet


def tone(pitch, off=0.0, sample_rate=16_000, seconds=0.5):
    t = torch.arange(round(seconds * sample_rate)) / sample_rate
    phase = 2 * torch.pi * midi_to_hz(pitch + off / 100) * t
    return sum(torch.sin(k * phase) / k for k in (1, 2, 3, 4)) / 4


def test_tones_are_right_within_30_cents():
    notes = [(tone(57), 57), (tone(57, 25), 57), (tone(57, -35), 57), (tone(69), 57)]
    off = off_cents([*notes, (torch.zeros(8_000), 57)])
    assert off[:4] == pytest.approx([0, 25, -35, 1200], abs=3) and math.isinf(off[4])
    assert share(off) == 2 / 5 and share(off, octave_free=True) == 3 / 5
    assert share([]) is None
    assert row(off, [0.0, 0.0], [])["ratio"] == 0.4
    assert row(off, [0.0, 50.0], [0.0])["ratio_soundfont"] == 0.4
    assert row(off, [0.0, 50.0], [])["off_cents"] == pytest.approx(30, abs=3)
    assert ratio(0.5, None) is None and ratio(0.5, 0.0) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_pitches_are_within_the_familys_range(family):
    pitches = asked(family)
    low, high = RANGES[family].pitches
    assert len(set(pitches)) == asked_pitch.N_PITCHES
    assert low <= pitches[0] and pitches[-1] <= min(high, 84)
    assert pitches[-1] - pitches[0] >= 12


def test_a_temperature_is_chosen_on_other_pitches_and_instruments():
    pitches, others = asked("flute"), asked("flute", validation=True)
    assert others == [pitch + 1 for pitch in pitches[:-1]]
    notes, other_notes = procedural("flute"), procedural("flute", validation=True)
    assert [pitch for _, pitch in notes] == [p for p in pitches for _ in range(4)]
    assert [pitch for _, pitch in other_notes] == [p for p in others for _ in range(4)]
    assert all(clip.shape == (16_000,) for clip, _ in notes)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(asked_pitch, "N_PITCHES", 2)
    monkeypatch.setattr(asked_pitch, "N_SEEDS", 2)


@pytest.mark.parametrize(("validation", "first"), [(False, 0), (True, 1_000)])
def test_a_run_generates_every_pitch_with_seeds_of_its_own(few, validation, first, monkeypatch):
    requests = []

    def stream(model, n_samples, seeds, temperature):
        requests.append((model.condition.classes.tolist(), list(seeds), n_samples, temperature))
        return iter([torch.full((len(seeds), n_samples), 128)])

    monkeypatch.setattr(wavenet, "stream", stream)
    config = wavenet.RECIPE.tiny
    run = TrainedRun(wavenet.RECIPE, config, {"net": WaveNet(config.model)}, {})
    notes = generated(run, "flute", 0.8, validation)
    pitches = asked("flute", validation)
    assert requests == [
        ([[FAMILIES.index("flute"), pitch]], [first + 2 * i, first + 2 * i + 1], 16_000, 0.8)
        for i, pitch in enumerate(pitches)
    ]
    assert [pitch for _, pitch in notes] == [pitch for pitch in pitches for _ in range(2)]
    assert all(clip.shape == (16_000,) for clip, _ in notes)


def mistuned(config, models, *, seconds=1.0, seeds=(0,), temperature=1.0, family="", pitch=60):
    """Flutes in tune, guitars an octave too low with every second seed, all else 50 cents sharp."""
    for i, _ in enumerate(seeds):
        off = {"flute": 0.0, "guitar": -1200.0 * (i % 2)}.get(family, 50.0)
        clip = tone(pitch, off, config.sample_rate, seconds)[None]
        clips = clip if i == 0 else torch.cat([clips, clip])
    yield from clips[:, None].split(5_000, dim=2)


FEW = ["--families", "flute", "guitar", "bass"]


@pytest.fixture
def no_soundfont(monkeypatch):
    def missing(path=None):
        raise DataError("no soundfont found")

    monkeypatch.setattr(soundfont, "find_soundfont", missing)


def test_a_runs_errors_are_measured(
    few, no_soundfont, one_thread, open_as, run_with, monkeypatch, capsys
):
    open_as(ideal=run_with(mistuned, sample_rate=8_000))
    monkeypatch.setattr(sys, "argv", ["asked_pitch", "--json", "--run", "ideal", *FEW])
    asked_pitch.main()
    found = json.loads(capsys.readouterr().out)
    rows = found["families"]
    assert [rows[family]["generated"] for family in rows] == [1.0, 0.5, 0.0]
    assert [rows[family]["octave_free"] for family in rows] == [1.0, 1.0, 0.0]
    assert rows["bass"]["off_cents"] == pytest.approx(50, abs=5)
    assert all(rows[family]["procedural"] >= 0.75 for family in ("flute", "bass"))
    assert rows["flute"]["ratio"] == round(1 / rows["flute"]["procedural"], 3)
    assert found["all"]["notes"] == 12 and found["all"]["generated"] == 0.5
    assert found["lowest_ratio"] == 0 and found["below_target"] == ["guitar", "bass"]
    assert found["soundfont"] is None and found["all"]["soundfont"] is None


def test_without_a_run_there_are_only_controls(few, no_soundfont, one_thread, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["asked_pitch", "--families", "flute"])
    asked_pitch.main()
    out, err = capsys.readouterr()
    assert "procedural" in out and "generated" not in out and "ratio" not in out
    assert err.strip() == "no --run: only the controls are measured"


def test_a_run_without_a_pitch_is_refused_in_one_line(few, one_thread, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["asked_pitch", "--run", "causal-notes", *FEW])
    with pytest.raises(SystemExit, match=r"autoregressive cannot .* no option --family$"):
        asked_pitch.main()

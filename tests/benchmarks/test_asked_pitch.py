"""The benchmark tells the right pitch from a wrong one, and asks for what families play."""

import json
import math
import sys
from types import SimpleNamespace

import pytest
import torch

from benchmarks import asked_pitch
from benchmarks.asked_pitch import asked, generated, off_cents, procedural, ratio, row, share
from tinyaudio import checkpoints
from tinyaudio.data import soundfont
from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.errors import DataError
from tinyaudio.metrics.pitch import midi_to_hz
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.recipes.wavenet import Config


def tone(pitch, off=0.0):
    t = torch.arange(8_000) / asked_pitch.SAMPLE_RATE
    phase = 2 * torch.pi * midi_to_hz(pitch + off / 100) * t
    return sum(torch.sin(k * phase) / k for k in (1, 2, 3, 4)) / 4


def test_tones_are_right_within_30_cents():
    notes = [(tone(57), 57), (tone(57, 25), 57), (tone(57, -35), 57), (tone(69), 57)]
    off = off_cents([*notes, (torch.zeros(8_000), 57)])
    assert off[:4] == pytest.approx([0, 25, -35, 1200], abs=3) and math.isinf(off[4])
    assert share(off) == 2 / 5 and share(off, octave_free=True) == 3 / 5
    assert share([]) is None
    assert row(off, [], [0.0, 0.0], [])["ratio"] == 0.4
    assert row(off, [], [0.0, 50.0], [])["off_cents"] == pytest.approx(30, abs=3)
    assert row([0.0, 0.0], [0.0, 99.0], [0.0], [])["ratio_one_draw"] == 0.5
    assert ratio(0.5, None) is None and ratio(0.5, 0.0) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_asked_is_played(family):
    pitches = asked(family)
    low, high = RANGES[family].pitches
    assert len(set(pitches)) == asked_pitch.N_PITCHES
    assert low <= pitches[0] and pitches[-1] <= min(high, 84)
    assert pitches[-1] - pitches[0] >= 12


def test_a_temperature_is_chosen_on_other_pitches(few):
    low, high = asked("flute")
    assert asked("flute", validation=True) == [low + 1]
    for notes in generated(few, "flute", 1.0, validation=True):
        assert [pitch for _, pitch in notes] == [low + 1] * 2
    assert [pitch for _, pitch in procedural("flute", validation=True)] == [low + 1] * 4


def test_real_notes_are_those_that_are_asked():
    """By four instruments of which training heard none."""
    notes = procedural("organ")
    assert [pitch for _, pitch in notes] == [p for p in asked("organ") for _ in range(4)]
    assert all(clip.shape == (16_000,) for clip, _ in notes)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(asked_pitch, "N_PITCHES", 2)
    monkeypatch.setattr(asked_pitch, "N_SEEDS", 2)
    monkeypatch.setattr(asked_pitch, "SAMPLE_RATE", 3_200)  # a fifth of a second of everything
    torch.manual_seed(0)
    net = WaveNet(Config.tiny().model).eval()
    monkeypatch.setattr(checkpoints, "pretrained", lambda name: net)
    return net


def test_every_draw_is_told_its_pitch_and_a_note_is_their_mean(few, monkeypatch):
    told = []

    def stream(model, n_samples, seeds, temperature):
        told.append((model.condition.classes.tolist(), list(seeds)))
        return iter([torch.randint(256, (len(seeds), n_samples))])

    monkeypatch.setattr("tinyaudio.samplers.mean.stream", stream)
    means, ones = generated(few, "flute", 1.0)
    low, high = asked("flute")
    family = FAMILIES.index("flute")
    ((classes, seeds),) = told
    assert classes == [[family, low]] * 16 + [[family, high]] * 16
    assert seeds[::8] == [0, 1, 2, 3] and len(set(seeds)) == 32
    for notes in (means, ones):
        assert [pitch for _, pitch in notes] == [low, low, high, high]
    assert means[0][0].var() == pytest.approx(ones[0][0].var().item() / 8, rel=0.2)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_prints_every_family(few, arguments, monkeypatch, capsys):
    def missing(path=None):
        raise DataError("no soundfont found")

    monkeypatch.setattr(soundfont, "find_soundfont", missing)
    monkeypatch.setattr(asked_pitch, "off_cents", lambda notes: [0.0 for _ in notes])
    monkeypatch.setattr(sys, "argv", ["asked_pitch", *arguments])
    asked_pitch.main()
    printed = capsys.readouterr().out
    if not arguments:
        assert all(family in printed for family in FAMILIES) and "none" in printed
        return
    found = SimpleNamespace(**json.loads(printed))
    assert found.soundfont is None and list(found.families) == list(FAMILIES)
    assert found.all["notes"] == 4 * len(FAMILIES) and found.all["soundfont"] is None
    assert found.lowest_ratio == 1.0 and found.below_target == []

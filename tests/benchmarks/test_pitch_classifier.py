"""The benchmark of the pitch classifier, on one that knows the answers and on one that does not."""

import json
import sys

import pytest
import torch

from benchmarks import pitch_classifier
from tinyaudio.data.notes import Notes
from tinyaudio.models.pitch_classifier import PitchClassifier, PitchClassifierConfig


class Knows:
    """Answers with the pitches that it was given, moved by some semitones."""

    def __init__(self, notes, semitones=0):
        pitches = torch.tensor([notes[i]["pitch"] for i in range(len(notes))])
        self.answers = torch.eye(61)[(pitches - 24 + semitones) % 61].split(100)
        self.turn = -1

    def probabilities(self, clips):
        self.turn += 1
        return self.answers[self.turn]


def test_right_answers_octaves_and_semitones():
    notes = Notes(30, seconds=0.05, pitches=(40, 60))
    right, octave, wrong = (
        pitch_classifier.scored(Knows(notes, semitones), notes) for semitones in (0, 12, 1)
    )
    assert right["accuracy"] == right["octave_accuracy"] == octave["octave_accuracy"] == 1
    assert right["entropy"] == octave["accuracy"] == wrong["octave_accuracy"] == 0
    assert set(right["families"].values()) == {1.0} and len(right["families"]) > 5
    low, high = right["accuracy_interval"]
    assert low == pytest.approx(30 / (30 + 1.96**2), abs=1e-3) and high == 1  # Wilson's, all right


def test_the_command(open_as, run_with, monkeypatch, capsys):
    pytest.importorskip("tinysoundfont")
    torch.manual_seed(0)
    run = run_with(lambda config, models, *, seeds=(0,): [])
    run.models["net"] = PitchClassifier(PitchClassifierConfig.tiny()).eval()
    open_as(mine=run)
    monkeypatch.setattr(sys, "argv", ["x", "--json", "--run", "mine", "--notes", "4"])
    pitch_classifier.main()
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"held_out", "soundfont"} and found["soundfont"]["file"].endswith(".sf2")
    for row in found.values():
        assert row["notes"] == 4 and 4 < row["entropy"] < 4.12  # untrained: near ln 61

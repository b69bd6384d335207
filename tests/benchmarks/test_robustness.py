"""The robustness benchmark counts what it says it counts."""

import warnings

import numpy as np
import pytest
import torch

from benchmarks import robustness
from benchmarks.damage import kinds, mutant, whole_files
from tinyaudio.errors import AudioError


def test_every_kind_of_file_is_there():
    forms = {sample.form for sample in whole_files()}
    assert forms == {form for form, _ in kinds()}  # what cannot be written would be missing
    assert len(whole_files()) > 100
    assert forms >= {"WAV", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3", "RF64", "W64"}


def test_a_file_is_a_function_of_seed_and_number():
    assert mutant(77, 0) == mutant(77, 0)
    assert mutant(77, 0) != mutant(77, 1)


def test_some_hundred_files_do_no_wrong():
    result = robustness.measure(200, seed=0)
    assert result["files_tried"] == 200 and result["loaded"] > 100 and result["refused"] > 25
    for name in ("crashes", "hangs", "wrong_errors", "lost_unsaid"):
        assert result[name] == 0, result["offenders"]


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(next(s.data for s in whole_files() if s.form == "WAV"))
    return path


def outcome(monkeypatch, whole, result, n_samples=3200, is_whole=False):
    def stand_in(path, **part):
        if isinstance(result, str):
            warnings.warn(result, stacklevel=2)
            return torch.zeros(1, 3199), 16_000
        if isinstance(result, BaseException):
            raise result
        return result, 16_000

    monkeypatch.setattr(robustness, "load", stand_in)
    return robustness.load_outcome(whole, n_samples, is_whole)


def test_each_fault_is_told_from_the_others(monkeypatch, whole):
    assert robustness.load_outcome(whole, 3200, True) == "loaded"
    assert outcome(monkeypatch, whole, torch.zeros(1, 3199)).startswith("lost")
    assert outcome(monkeypatch, whole, torch.zeros(1, 3199), None) == "loaded"
    assert outcome(monkeypatch, whole, "a.wav: ends after 0.1 s") == "loaded"
    assert outcome(monkeypatch, whole, "a.wav: was clipped").startswith("lost")
    assert outcome(monkeypatch, whole, "a.wav: ends after 0.1 s", 3000, True).startswith("remark")
    assert outcome(monkeypatch, whole, AudioError("a.wav: no")) == "refused"
    assert outcome(monkeypatch, whole, AudioError("no name")).startswith("poor message")
    assert outcome(monkeypatch, whole, OSError("oh")).startswith("OSError")
    assert outcome(monkeypatch, whole, torch.full((1, 3200), 1.5)).startswith("not a clip")
    assert outcome(monkeypatch, whole, torch.full((1, 3200), np.nan)).startswith("not a clip")

"""One-shots: drums and notes from their onset, functions of their key, made once."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data.drums import Drums
from tinyaudio.data.notes import Notes
from tinyaudio.data.one_shots import N_HELD_OUT, OneShots, folder_or_one_shots
from tinyaudio.errors import DataError


def test_they_begin_as_the_sounds_that_they_are_taken_from():
    drums, notes = (OneShots(one, 9, 4_096, split="valid", seed=3) for one in ("drums", "notes"))
    assert torch.equal(drums[7]["audio"], Drums(9, 4_096, split="valid", seed=3)[7]["audio"])
    whole = Notes(9, 16_000, 1.0, "valid", 3)[7]["audio"]
    assert torch.equal(notes[7]["audio"], whole[:, :4_096])
    assert OneShots("notes", 1, 20_000)[0]["audio"].shape == (1, 20_000)


def test_a_sound_is_made_once_and_holds_no_more_than_its_length(monkeypatch):
    notes = OneShots("notes", 2, 1_000)
    assert notes[1]["audio"] is notes[1]["audio"]
    assert notes[1]["audio"].untyped_storage().nbytes() == 4_000


def test_splits_differ_and_folders_come_first(tmp_path):
    first = {s: OneShots("drums", 1, 1_024, split=s)[0]["audio"] for s in ("train", "test")}
    assert not torch.equal(first["train"], first["test"])
    sizes = ("drums", 30, 1_024, 16_000)
    assert len(folder_or_one_shots(None, *sizes, "train", 0)) == 30
    assert len(folder_or_one_shots(None, *sizes, "valid", 0)) == N_HELD_OUT
    save(tmp_path / "own.wav", torch.full((1, 16_000), 0.25), 16_000)
    item = folder_or_one_shots(tmp_path, *sizes, "all", 0)[0]["audio"]
    assert item.shape == (1, 1_024) and (item - 0.25).abs().max() < 1e-3


def test_bad_input():
    with pytest.raises(DataError, match="no material 'songs'; choose drums or notes"):
        OneShots("songs", 1, 1_024)
    with pytest.raises(DataError, match="no split 'dev'"):
        OneShots("notes", 1, 1_024, split="dev")
    with pytest.raises(DataError, match="8000: drums need 16000"):
        OneShots("drums", 1, 1_024, 8_000)
    with pytest.raises(IndexError):
        OneShots("drums", 3, 1_024)[3]

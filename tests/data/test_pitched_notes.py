"""Whole notes with their pitch, and the record of who plays them."""

import pytest
import torch

from tests.data.test_nsynth_folder import write
from tinyaudio.data.item import Described
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.notes import Notes
from tinyaudio.data.pitched_notes import N_HELD_OUT, folder_or_pitched_notes
from tinyaudio.errors import DataError


def notes_of(folder=None, n=20, split="train", **selection):
    return folder_or_pitched_notes(folder, 16_000, 800, n, split, 0, NoteSelection(**selection))


def test_procedural_notes_are_whole_and_kept():
    notes, source = notes_of(), Notes(20, seconds=0.05)
    for i in (0, 7, 19):
        assert torch.equal(notes[i]["audio"], source[i]["audio"])
        assert notes[i]["pitch"].item() == source[i]["pitch"]
    assert notes[7] is notes[7] and len(notes) == 20
    assert len(notes_of(split="valid")) == N_HELD_OUT
    with pytest.raises(IndexError):
        notes[20]


def test_the_summary_counts_instruments_by_source_and_family_of_the_notes_that_are_used():
    notes = notes_of(n=200, families=["brass", "organ"], pitches=(50, 60))
    labels = [notes.labels(i) for i in range(200)]
    summary = notes.summary()
    assert isinstance(notes, Described)
    assert summary["notes"] == 200 and summary["pitches"] == [50, 60]
    names = {one["instrument_str"] for one in labels}
    assert sum(n for families in summary["instruments"].values() for n in families.values()) == len(names)  # fmt: skip
    electric = {one["instrument_str"] for one in labels if one["instrument_source"] == 1 and one["instrument_family_str"] == "organ"}  # fmt: skip
    assert summary["instruments"]["electronic"]["organ"] == len(electric) > 0


def test_of_nsynth_only_acoustic_instruments_and_the_pitches_asked_for_are_used(tmp_path):
    """The mistake of the released code would be seen in the summary."""
    labels = write(tmp_path / "nsynth-train", Notes(40, seconds=0.02)).values()
    kept = [one for one in labels if one["instrument_source"] == 0 and 40 <= one["pitch"] <= 80]
    notes = notes_of(tmp_path, n=1_000, pitches=(40, 80))
    assert len(notes) == len(kept) and [*notes.summary()["instruments"]] == ["acoustic"]
    few = notes_of(tmp_path, n=3, pitches=(40, 80))  # spread over all names
    names = [few.labels(i)["note_str"] for i in range(3)]
    everything = sorted(one["note_str"] for one in kept)
    assert names == [everything[i * len(kept) // 3] for i in range(3)]
    assert torch.equal(few[1]["audio"], notes[len(kept) // 3]["audio"])
    item = notes[0]
    assert item["audio"].shape == (1, 800) and (item["audio"][:, 320:] == 0).all()
    assert item["pitch"].item() == notes.labels(0)["pitch"]


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no examples\.json"):
        notes_of(tmp_path)

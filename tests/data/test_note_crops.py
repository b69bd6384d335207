"""Crops of notes: procedural and recorded ones in a given fraction, with labels for both."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data import note_crops
from tinyaudio.data.clips import Clips
from tinyaudio.data.note_crops import NoteCrops, NoteSelection, folder_or_notes
from tinyaudio.data.notes import Notes
from tinyaudio.data.soundfont_notes import SoundfontNotes
from tinyaudio.errors import DataError


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_half_of_the_notes_are_recorded_and_all_have_labels(split):
    items = NoteCrops(16_000, 16_000, split, seed=0, recorded_fraction=0.5)
    settings = {"seconds": 1.0, "split": split}
    procedural, recorded = Notes(4, **settings), SoundfontNotes(4, **settings)
    for i in range(4):
        note = (recorded if i % 2 else procedural)[i]
        assert torch.equal(items[i]["audio"], note["audio"])
        assert items[i]["classes"].tolist() == [note["instrument_family"], note["pitch"]]


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, 0), (0.25, 10), (1.0, 40)])
def test_the_recorded_fraction_is_exact(fraction, expected, monkeypatch):
    played = []
    monkeypatch.setattr(
        SoundfontNotes, "__getitem__", lambda notes, i: played.append(i) or Notes(1)[0]
    )
    items = NoteCrops(16_000, 800, "train", seed=0, recorded_fraction=fraction)
    for i in range(40):
        items[i]
    assert len(played) == expected


def test_a_crop_is_a_part_of_its_note_at_a_place_of_its_own():
    items, again = (NoteCrops(16_000, 4_000, "train", seed=3) for _ in range(2))
    notes, starts = Notes(20, seconds=1.0, seed=3), set()
    for i in range(10):
        audio = items[i]["audio"]
        assert torch.equal(audio, again[i]["audio"])
        windows = notes[i]["audio"][0].unfold(0, 4_000, 1)
        (begins,) = (windows[:, :4] == audio[0, :4]).all(1).nonzero(as_tuple=True)
        (found,) = (n for n in begins.tolist() if torch.equal(windows[n], audio[0]))
        starts.add(found)
    assert len(starts) == 10 and min(starts) < 3_000 and max(starts) > 9_000


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_narrow_set_has_the_families_and_pitches_asked_for(fraction):
    selection = NoteSelection(("flute", "organ"), (60, 62), velocities=(75,))
    items = NoteCrops(16_000, 400, "train", 0, fraction, selection)
    classes = {tuple(items[i]["classes"].tolist()) for i in range(24)}
    assert classes == {(family, pitch) for family in (2, 6) for pitch in (60, 61, 62)}
    notes = items.recorded_notes if fraction else items.notes
    assert {notes[i]["velocity"] for i in range(10)} == {75}


def test_a_fraction_of_the_crops_begins_with_the_note_and_each_says_where_it_begins(monkeypatch):
    items = NoteCrops(8_000, 2_000, "train", seed=1, onset_fraction=0.5)
    note = items.notes[0]
    monkeypatch.setattr(Notes, "__getitem__", lambda notes, i: note)  # each takes a while
    found = [items[i] for i in range(200)]
    monkeypatch.undo()
    at_onset = sum(int(item["start"]) == 0 for item in found)
    assert 72 <= at_onset <= 128  # four standard deviations of a binomial
    for i in (0, 1, 2):
        whole, start = note["audio"], int(found[i]["start"])
        assert torch.equal(found[i]["audio"], whole[:, start : start + 2_000])


def test_a_note_that_was_not_selected_is_refused():
    selection = NoteSelection(("flute",), (60, 72))
    assert selection.classes("flute", 60).tolist() == [[2, 60]]
    for note, message in (
        (("organ", 60), "no family 'organ'; there are: flute"),
        (("flute", 73), "pitch 73: a flute plays 60 to 72"),
        (("flute", 59), "pitch 59"),
    ):
        with pytest.raises(DataError, match=message):
            selection.classes(*note)


def test_a_folder_takes_the_place_of_notes(tmp_path):
    save(tmp_path / "one.wav", torch.rand(1, 8_000), 16_000)
    assert isinstance(folder_or_notes(tmp_path, 16_000, 400, "all", seed=0), Clips)
    assert isinstance(folder_or_notes(None, 16_000, 400, "valid", seed=0), NoteCrops)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recorded_fraction": -0.1}, "from 0 to 1"),
        ({"recorded_fraction": float("nan")}, "from 0 to 1"),
        ({"n_samples": 0}, "both must be 1 or more"),
        ({"sample_rate": 0}, "both must be 1 or more"),
        ({"split": "all"}, "train, valid, test"),
        ({"selection": NoteSelection(families=("harp",))}, "no family 'harp'"),
        ({"selection": NoteSelection(pitches=(90, 99))}, "none of 90 to 99"),
    ],
)
def test_bad_input_gets_one_line_before_training(changes, message):
    with pytest.raises(DataError, match=message) as caught:
        NoteCrops(
            **{"sample_rate": 16_000, "n_samples": 400, "split": "train", "seed": 0} | changes
        )
    assert "\n" not in str(caught.value)


def test_only_recorded_notes_need_a_soundfont(monkeypatch):
    def none():
        raise DataError("no soundfont found")

    monkeypatch.setattr(note_crops, "find_soundfont", none)
    with pytest.raises(DataError, match="no soundfont"):
        NoteCrops(16_000, 400, "valid", seed=0, recorded_fraction=0.1)
    assert len(NoteCrops(16_000, 400, "valid", seed=0)) == 256

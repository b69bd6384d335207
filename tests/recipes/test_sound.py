"""Notes to learn from: procedural ones, real ones in the share that was asked for, labels for both."""

import pytest
import torch

from tinyaudio.data.notes import Notes
from tinyaudio.data.soundfont import SoundfontNotes
from tinyaudio.errors import DataError, UserError
from tinyaudio.recipes import sound
from tinyaudio.recipes.sound import NoteCrops, folder_or_notes


def crops(real):
    return folder_or_notes(None, 16_000, 16_000, "valid", seed=0, real=real)


def test_half_of_the_notes_are_real_and_all_have_labels():
    procedural, real = (
        Notes(64, seconds=1.0, split="valid"),
        SoundfontNotes(64, "valid", seconds=1.0),
    )
    for i in range(4):
        item = crops(0.5)[i]
        clip, fields = (real if i % 2 else procedural)[i]
        assert torch.equal(item["audio"], clip)
        assert item["classes"].tolist() == [fields["instrument_family"], fields["pitch"]]


@pytest.mark.parametrize(("real", "expected"), [(0.0, 0), (0.25, 10), (1.0, 40)])
def test_the_share_is_what_was_asked_for(real, expected, monkeypatch):
    played = []
    monkeypatch.setattr(
        SoundfontNotes, "__getitem__", lambda notes, i: played.append(i) or Notes(1)[0]
    )
    items = NoteCrops(16_000, 800, "train", seed=0, real=real)
    for i in range(40):
        items[i]
    assert len(played) == expected


def test_no_share_and_no_soundfont_are_said_before_training(monkeypatch):
    with pytest.raises(UserError, match="from 0 to 1"):
        crops(-0.1)

    def none():
        raise DataError("no soundfont found")

    monkeypatch.setattr(sound, "find_soundfont", none)
    with pytest.raises(DataError, match="no soundfont"):
        crops(0.1)
    assert len(crops(0.0)) == 64  # who asks for none needs none

"""Sounds that are made once, with their frames; notes and the user's recordings."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data.kept_frames import KeptFrames, sounds_with_frames
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.errors import DataError
from tinyaudio.represent.logmel import log_mel

FLUTES = NoteSelection(("flute",), (60, 60))


def test_an_item_is_a_note_from_its_onset_with_its_frames_and_labels():
    item = sounds_with_frames(None, 16_000, 4_096, "train", 0, 5, 80, FLUTES)[2]
    assert item["audio"].shape == (1, 4_096) and item["pitch"] == 60 and item["family"] == 2
    assert torch.equal(item["frames"], log_mel(item["audio"][None], 16_000)[0])
    assert item["audio"][0, :20].abs().max() < 0.1 * item["audio"].abs().max()


def test_each_sound_is_made_once():
    made = []

    class Counted(torch.utils.data.Dataset):
        def __len__(self):
            return 9

        def __getitem__(self, i):
            made.append(i)
            return {"audio": torch.full((1, 512), i / 10)}

    kept = KeptFrames(Counted(), lambda audio: audio, n_sounds=3)
    assert len(kept) == 3
    assert [kept[i]["audio"][0, 0].item() for i in (2, 0, 2, 2)] == pytest.approx(
        [0.2, 0, 0.2, 0.2]
    )
    assert made == [2, 0]
    with pytest.raises(IndexError):
        kept[3]


def test_recordings_have_no_labels_and_an_empty_set_is_refused(tmp_path):
    save(tmp_path / "one.wav", torch.rand(1, 40_000) - 0.5, 16_000)
    kept = sounds_with_frames(tmp_path, 16_000, 4_096, "train", 0, 4, 512, FLUTES)
    assert set(kept[0]) == {"audio", "frames"} and kept[0]["frames"].shape == (512, 17)
    with pytest.raises(DataError, match="no sound to learn from"):
        KeptFrames(torch.utils.data.TensorDataset(torch.zeros(0)), log_mel, 3)

"""NSynth as its archives unpack, a tiny tree of it."""

import json

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data.notes import Notes
from tinyaudio.data.nsynth_folder import NSynthFolder, split_of
from tinyaudio.errors import DataError


def write(folder, notes):
    """Notes with labels as a part of NSynth."""
    labels = {}
    for i in range(len(notes)):
        item = notes[i]
        audio = item.pop("audio")
        save(folder / "audio" / f"{item['note_str']}.wav", audio, notes.sample_rate)
        labels[item["note_str"]] = item
    (folder / "examples.json").write_text(json.dumps(labels))
    return labels


@pytest.fixture
def tree(tmp_path):
    for split in ("train", "valid"):
        write(tmp_path / f"nsynth-{split}", Notes(8, seconds=0.3, split=split))
    return tmp_path


def test_notes_come_with_family_and_pitch_from_their_onset(tree):
    found = NSynthFolder(tree, 16_000, 6_000, "train")
    labels = json.loads((tree / "nsynth-train" / "examples.json").read_text())
    for i, name in enumerate(sorted(labels)):
        item = found[i]
        family, pitch = item["classes"].tolist()
        assert (family, pitch) == (labels[name]["instrument_family"], labels[name]["pitch"])
        assert item["audio"].shape == (1, 6_000)
        assert (item["audio"][:, 4_800:] == 0).all() and item["audio"].any()  # 0.3 s, and padding
    assert len(NSynthFolder(tree, 16_000, 6_000, "all")) == 16
    halved = NSynthFolder(tree, 8_000, 1_000)[0]["audio"]
    assert halved.shape == (1, 1_000) and halved.any()


def test_the_subset_of_gansynth_is_acoustic_and_within_pitches(tree):
    labels = json.loads((tree / "nsynth-train" / "examples.json").read_text()).values()
    kept = [n for n in labels if n["instrument_source"] == 0 and 40 <= n["pitch"] <= 84]
    assert 0 < len(kept) < 8
    assert len(NSynthFolder(tree, 16_000, 100, "train", (40, 84), ("acoustic",))) == len(kept)
    with pytest.raises(
        DataError, match="has no note of pitches 1 to 2 and of acoustic instruments"
    ):
        NSynthFolder(tree, 16_000, 100, "train", (1, 2), ("acoustic",))


def test_one_folder_is_divided_by_instruments(tmp_path):
    labels = write(tmp_path, Notes(60, seconds=0.02))
    parts = {s: NSynthFolder(tmp_path, 16_000, 100, s).notes for s in ("train", "valid", "test")}
    names = {s: {labels["instrument_str"] for _, labels in notes} for s, notes in parts.items()}
    assert (
        sum(map(len, parts.values()))
        == len(NSynthFolder(tmp_path, 16_000, 100, "all"))
        == len(labels)
    )
    assert not names["train"] & (names["valid"] | names["test"])
    shares = torch.tensor([split_of(f"organ_electronic_{i:03d}") == "valid" for i in range(2_000)])
    assert shares.float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_what_is_not_nsynth_is_refused(tree, tmp_path):
    with pytest.raises(DataError, match="no split 'dev'"):
        NSynthFolder(tree, 16_000, 100, "dev")
    with pytest.raises(DataError, match=r"no examples\.json, and no folder \*test with one"):
        NSynthFolder(tree, 16_000, 100, "test")
    for text in ("{", '{"a": {"pitch": "high"}}', '{"a": 3}', "[1]"):
        (tree / "nsynth-train" / "examples.json").write_text(text)
        with pytest.raises(DataError, match="not NSynth's labels"):
            NSynthFolder(tree, 16_000, 100, "train")

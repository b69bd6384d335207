"""`tinyaudio data check` and training use the same files, and give the same reasons for leaving others out."""

import json
import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
import soundfile
import torch

from tests.command import in_child, run
from tinyaudio.audio import save
from tinyaudio.data import decoded as decoded_module
from tinyaudio.data.clips import Clips
from tinyaudio.errors import DataError

RATE = 16_000
NOISE = torch.rand(1, RATE, generator=torch.Generator().manual_seed(0)) - 0.5
TONE_HZ = 20_000  # above half of the training's rate
TONE = torch.sin(2 * torch.pi * TONE_HZ * torch.arange(48_000).double() / 48_000)
TONE = (0.5 * TONE * torch.hann_window(48_000, dtype=torch.float64))[None].float()


@pytest.fixture
def folder(tmp_path):
    """A good file, and one of each kind that cannot be used."""
    save(tmp_path / "good.wav", NOISE, RATE)
    save(tmp_path / "silent.wav", 0 * NOISE, RATE)
    save(tmp_path / "cancels.wav", torch.cat([NOISE, -NOISE]), RATE)
    save(tmp_path / "high.wav", TONE, 48_000)
    soundfile.write(
        tmp_path / "slow.wav", NOISE[0].numpy(), 60
    )  # 16,000 Hz is more than 256 times 60
    soundfile.write(tmp_path / "scale.wav", 32_768 * NOISE[0].numpy(), RATE, "FLOAT")
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "gone.wav").symlink_to(tmp_path / "elsewhere" / "gone.wav")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    return tmp_path


REASONS = {
    "silent": "is silent; record it again, louder",
    "cancels": "2 channels cancel each other when they are mixed to one",
    "high": "nothing below 8000 Hz",
    "slow": "cannot go from 60 Hz to 16000 Hz",
    "scale": "full scale is 1",
    "text": "cannot be decoded",
    "empty": "is empty",
    "gone": "which does not exist",
    "loop": "symbolic links",
    "pipe": "is not an ordinary file",
}


def training_leaves_out(folder, **settings):
    """The clips, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        settings = {"sample_rate": RATE, "n_samples": 100, "split": "all"} | settings
        clips = Clips(folder, **settings)
    return clips, [str(one.message) for one in caught]


def test_check_and_training_leave_out_the_same_files_for_the_same_reasons(folder, capsys):
    clips, remarks = training_leaves_out(folder)
    assert [path.name for path in clips.files] == ["good.wav"]
    run("data", "check", folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("1 of 11 files usable") and lines[-1].endswith(" seconds")
    for name, reason in REASONS.items():
        (remark,) = [one for one in remarks if f"{name}.wav" in one]
        (line,) = [one for one in lines if one.startswith(f"{name}.wav: ")]
        assert line == f"{name}.wav: {remark}" and reason in line


def test_check_uses_the_rate_of_the_training(folder, capsys):
    run("data", "check", folder, "--sample-rate", 48_000)
    high = [line for line in capsys.readouterr().out.splitlines() if line.startswith("high")]
    assert high == ["high.wav: 48000 Hz, 1.00 s, peak 0.500"]
    clips, _ = training_leaves_out(folder, sample_rate=48_000)
    assert "high.wav" in [path.name for path in clips.files]
    run("data", "check", folder, "--sample-rate", 10**6, code=2)
    assert "sample rate 1000000 Hz is outside" in capsys.readouterr().err


def test_stereo_that_cancels_in_part_is_used(tmp_path):
    save(tmp_path / "a.wav", torch.cat([NOISE, -0.9 * NOISE]), RATE)
    clips, remarks = training_leaves_out(tmp_path)
    assert len(clips.files) == 1 and remarks == []


def test_suffixes_of_sound_that_cannot_be_read_are_counted(folder, capsys):
    for name in ("a.m4a", "b.M4A", "c.wma", "notes.txt", ".hidden.m4a"):
        (folder / name).touch()
    _, remarks = training_leaves_out(folder)
    (remark,) = [one for one in remarks if ".m4a" in one]
    assert "2 .m4a, 1 .wma files" in remark and "convert" in remark and str(folder) in remark
    with pytest.warns(UserWarning, match=r"2 \.m4a, 1 \.wma files"):
        run("data", "check", folder)
    only = folder / "only"
    only.mkdir()
    (only / "a.aac").touch()
    with pytest.raises(DataError, match=r"no audio in .*1 \.aac files.*convert"):
        training_leaves_out(only)


def test_a_link_to_a_folder_is_named(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    save(other / "more.wav", NOISE, RATE)
    (folder / "linked").symlink_to(other)
    clips, remarks = training_leaves_out(folder)
    assert len(clips.files) == 1
    assert [one for one in remarks if "linked: is a link to a folder" in one]


def as_nobody(folder):
    """The files that training uses, and what it warns of, for a user who may not read what the tests may."""
    os.seteuid(65534)
    try:
        clips, remarks = training_leaves_out(folder)
    except DataError as error:
        return json.dumps([None, [str(error)]])
    return json.dumps([[path.name for path in clips.files], remarks])


@pytest.fixture
def open_place():
    """A folder to which another user can come: pytest's own lie in one that is closed to others."""
    place = Path(tempfile.mkdtemp())
    yield place
    shutil.rmtree(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_what_may_not_be_read_is_named(open_place):
    folder = open_place / "data"
    (folder / "closed").mkdir(parents=True)
    for name in ("good.wav", "mine.wav", "closed/a.wav"):
        save(folder / name, NOISE, RATE)
    (folder / "mine.wav").chmod(0)
    (folder / "closed").chmod(0)
    files, (refused,) = json.loads(in_child(lambda: as_nobody(folder)))
    assert files is None and f"{folder}: cannot be opened (Permission denied)" in refused
    open_place.chmod(0o755)
    files, remarks = json.loads(in_child(lambda: as_nobody(folder)))
    (folder / "closed").chmod(0o755)
    assert files == ["good.wav"]
    for name in ("mine.wav", "closed"):
        (remark,) = [one for one in remarks if f"{folder / name}" in one]
        assert "ermission denied" in remark


def test_a_file_that_goes_away_between_listing_and_reading_is_left_out(folder, monkeypatch):
    read_recording = decoded_module.read_recording

    def read_too_late(path, sample_rate):
        if path.name == "brief.wav":
            path.unlink()
        return read_recording(path, sample_rate)

    save(folder / "brief.wav", NOISE, RATE)
    monkeypatch.setattr(decoded_module, "read_recording", read_too_late)
    clips, remarks = training_leaves_out(folder)
    assert [path.name for path in clips.files] == ["good.wav"]
    assert [one for one in remarks if "brief.wav: no such file" in one]


def test_names_that_are_not_utf_8_are_used_and_split_by_their_bytes(tmp_path, capsysbinary):
    odd = os.fsdecode(b"caf\xe9.wav")
    for i in range(9):
        save(tmp_path / f"{i}.wav", NOISE, RATE)
    save(tmp_path / odd, NOISE, RATE)
    sides = []
    for split in ("train", "valid"):
        clips, _ = training_leaves_out(tmp_path, split=split)
        sides += [clips.files[segment.file].name for segment in clips.segments]
    assert sorted(sides) == sorted([*(f"{i}.wav" for i in range(9)), odd])
    run("data", "check", tmp_path)  # whose stdout is strict UTF-8 here
    printed = capsysbinary.readouterr().out
    assert b"10 of 10 files usable" in printed and b"caf\\udce9.wav: 16000 Hz" in printed


def test_a_crop_longer_than_the_files_is_said(tmp_path, capsys):
    for name in ("a", "b"):
        save(tmp_path / f"{name}.wav", NOISE, RATE)
    save(tmp_path / "long.wav", NOISE.repeat(1, 3), RATE)
    for n_samples, words in (
        (RATE, None),
        (20_000, "2 of 3 files are shorter than a crop of 1.25 s"),
    ):
        _, remarks = training_leaves_out(tmp_path, n_samples=n_samples, split="train")
        run("data", "check", tmp_path, "--n-samples", n_samples)
        out = capsys.readouterr().out
        if words:
            assert (
                len(remarks) == 1 and words in remarks[0] and "the longest has 48000" in remarks[0]
            )
            assert words in out
        else:
            assert remarks == [] and "shorter" not in out


def test_an_mp3_without_a_length_counts_with_all_its_sound(tmp_path, capsys):
    save(tmp_path / "a.mp3", torch.cat([0 * NOISE, NOISE], dim=1), RATE)
    data = (tmp_path / "a.mp3").read_bytes()
    place = max(data.find(b"Xing"), data.find(b"Info")) + 8
    (tmp_path / "a.mp3").write_bytes(data[:place] + bytes(4) + data[place + 4 :])
    clips, remarks = training_leaves_out(tmp_path)
    assert clips.sounds[0].length >= 2 * RATE and remarks == []
    run("data", "check", tmp_path)
    assert "2.0" in capsys.readouterr().out.splitlines()[0]


def test_check_names_a_constant_offset_and_the_same_sound_twice(tmp_path, capsys):
    save(tmp_path / "a.wav", 0.5 * NOISE, RATE)
    save(tmp_path / "b.flac", 0.5 * NOISE, RATE)
    save(tmp_path / "offset.wav", torch.cat([0.5 * NOISE, 0.5 * NOISE - 0.2]), RATE)
    run("data", "check", str(tmp_path))
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines()[:3])
    assert "offset" not in lines["a.wav"] and "same sound" not in lines["a.wav"]
    assert "the same sound as a.wav" in lines["b.flac"]
    assert "constant offset -0.1" in lines["offset.wav"]

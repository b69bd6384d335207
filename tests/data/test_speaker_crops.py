"""Crops of several speakers: labels, splits, folders, and what is refused."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data.speaker_crops import SpeakerCrops, speaker_folders
from tinyaudio.errors import DataError
from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums

RATE = 16_000


def crops(speakers=("0", "3"), split="train", folder=None, n_sounds=2, **more):
    return SpeakerCrops(folder, speakers, RATE, 4_096, split, 0, n_sounds, **more)


def test_speakers_come_in_turn_and_items_are_functions_of_their_number():
    one, two = crops(), crops()
    items = [one[i] for i in range(6)]
    assert [int(item["speaker"]) for item in items] == [0, 1, 0, 1, 0, 1]
    for i in (5, 0, 3):
        assert all(torch.equal(value, items[i][name]) for name, value in two[i].items())


def test_no_two_speakers_say_the_same_and_held_out_sentences_are_others():
    training, held_out = crops(n_sounds=3), crops(split="valid", n_sounds=3)
    said = [
        {one.sounds[k][j * 2 + k]["sentence"] for k in range(2) for j in range(3)}
        for one in (training, held_out)
    ]
    assert len(said[0]) == len(said[1]) == 6 and not said[0] & said[1]


def test_frames_are_those_of_the_whole_sound_and_fit_the_samples():
    made = crops()
    item, sound = made[2], made.sound(0, 1)
    whole = mel_and_pitch(sound["audio"][None], RATE, 1_024, 256)[0]
    first = next(
        i for i in range(whole.shape[1] - 16) if torch.equal(whole[:, i : i + 16], item["frames"])
    )
    assert torch.equal(sound["audio"][:, 256 * first :][:, :4_096], item["audio"])
    assert torch.equal(item["mean"], mean_voice(voice_sums(whole)))
    assert set(crops(framed=False)[2]) == {"audio", "speaker"}


def test_a_folder_of_speakers(tmp_path):
    for name, hz in (("anna", 220), ("ben", 110)):
        for i in range(3):
            tone = torch.sin(2 * torch.pi * hz * torch.arange((2 + i) * 4_000) / RATE)[None] / 2
            save(tmp_path / name / f"{i}.wav", tone, RATE)
    (tmp_path / ".hidden").mkdir()
    names = speaker_folders(tmp_path)
    assert names == ("anna", "ben")
    made = crops(names, folder=tmp_path)
    pitches = [made[i]["mean"][80] for i in range(4)]  # in octaves from 150 Hz
    assert pitches[0] > 0.3 and pitches[2] > 0.3 and pitches[1] < -0.3 and pitches[3] < -0.3
    assert len(crops(names, folder=tmp_path, split="all")) >= 6


def test_what_is_no_folder_of_speakers_is_refused(tmp_path):
    (tmp_path / "only").mkdir()
    with pytest.raises(DataError, match=r"1 folders; voice conversion needs two speakers or more"):
        speaker_folders(tmp_path)
    with pytest.raises(DataError, match="a folder a speaker"):
        speaker_folders(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    save(tmp_path / "only" / "a.wav", torch.rand(1, 8_000) / 2, RATE)
    with pytest.raises(DataError, match="empty"):
        crops(speaker_folders(tmp_path), folder=tmp_path)


@pytest.mark.parametrize("name", ["100", "anna", "-1"])
def test_a_procedural_speaker_that_does_not_exist(name):
    with pytest.raises(DataError, match="0 to 99"):
        crops((name, "1"))


def test_numbers_out_of_range():
    with pytest.raises(DataError, match="no split"):
        crops(split="test")
    with pytest.raises(DataError, match="multiple of 256"):
        SpeakerCrops(None, ("0", "1"), RATE, 4_000, "train", 0, 2)
    with pytest.raises(IndexError):
        crops()[100_000]

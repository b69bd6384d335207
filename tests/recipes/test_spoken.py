"""Spoken sound to learn from: shares, what is told and what is held back, and who is held out."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data import recorded
from tinyaudio.data.speech.linguistic import linguistic_frames
from tinyaudio.data.voices import Voices
from tinyaudio.errors import UserError
from tinyaudio.recipes.spoken import HELD_OUT_SPEECH, NOT_WHAT, NOT_WHO, STRANGER, Sentences, Spoken


def spoken(split="train", share=0.25, told=True, folder=None, n_samples=1_600):
    return Spoken(folder, 16_000, n_samples, split, seed=0, share=share, told=told)


def found_in(part, whole):
    """Whether a crop is a piece of a clip, sample by sample."""
    windows = whole[0].unfold(0, part.shape[1], 1)
    at = (windows[:, 0] == part[0, 0]).nonzero().flatten()
    return any(torch.equal(windows[i], part[0]) for i in at)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_as_many_recordings_as_the_share_says(share):
    items = spoken(share=share)
    real = [not items[i]["frames"].any() and items[i]["classes"] == STRANGER for i in range(40)]
    # Of the voices, a few are not told either: neither what they say nor who speaks.
    silent_too = 0.5 * NOT_WHO * NOT_WHAT * 40 * (1 - share)
    assert share * 40 <= sum(real) <= share * 40 + 4 * max(silent_too, 0)


def test_every_item_is_a_function_of_its_number():
    once, again = spoken(), spoken()
    for i in (7, 3, 7):
        for name, value in once[i].items():
            assert torch.equal(value, again[i][name])
    assert not torch.equal(once[3]["audio"], once[7]["audio"])


def test_the_frames_are_those_of_the_crop():
    voices = Voices(64, 16_000, "valid")
    items = spoken("valid", share=0.0)
    for i in (0, 5):
        item, (clip, fields) = items[i], voices[i]
        frames = linguistic_frames(fields)
        places = [
            n
            for n in range(frames.shape[1] - 10)
            if torch.equal(item["audio"], clip[:, n * 160 : n * 160 + 1_600])
        ]
        assert len(places) == 1
        assert torch.equal(item["frames"], frames[:, places[0] : places[0] + 10])


def test_speakers_who_were_held_out_are_strangers():
    items = spoken("valid", share=0.0)
    assert all(items[i]["classes"] == STRANGER for i in range(8))
    assert all(items[i]["frames"].any() for i in range(8))  # but what they say is told
    trained = {int(spoken(share=0.0)[i]["classes"]) for i in range(60)}
    assert STRANGER in trained and len(trained) > 10
    assert all(who % 10 < 8 for who in trained - {STRANGER})


def test_the_package_s_held_out_sentences_are_never_trained_on():
    kept = [recorded.recording(name).audio for name in HELD_OUT_SPEECH]
    assert len(Sentences(16_000, 400, "train", 0).clips) == 4
    for split, expected in (("train", False), ("valid", True)):
        crops = Sentences(16_000, 400, split, seed=0)
        for i in range(6):
            assert any(found_in(crops[i]["audio"], whole) for whole in kept) is expected


def test_a_folder_takes_the_place_of_the_package_s_sentences(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.wav", torch.full((1, 8_000), 0.1 * (i + 1)), 16_000)
    items = spoken(share=1.0, folder=tmp_path)
    assert {round(items[i]["audio"].mean().item(), 1) for i in range(20)} <= {0.1, 0.2, 0.3}
    assert (
        len(spoken("all", share=0.25, folder=tmp_path)) == 15
    )  # all of it is scored, nothing else


def test_bad_shares_and_lengths_are_named():
    with pytest.raises(UserError, match=r"share of 1\.5.*from 0 to 1"):
        spoken(share=1.5)
    with pytest.raises(UserError, match=r"1000 samples.*whole number of frames of 160"):
        spoken(n_samples=1_000)

"""Crops of speech: fractions, labels and when they are dropped, and what is held out."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data import recorded
from tinyaudio.data.speech.linguistic import linguistic_frames
from tinyaudio.data.speech_crops import (
    HELD_OUT_SPEECH,
    N_HELD_OUT,
    PHONE_DROPOUT,
    SPEAKER_DROPOUT,
    UNKNOWN_SPEAKER,
    SentenceCrops,
    SpeechCrops,
)
from tinyaudio.data.voices import Voices
from tinyaudio.errors import DataError


def crops(split="train", recorded_fraction=0.25, labels=True, folder=None, n_samples=1_600):
    return SpeechCrops(
        folder, 16_000, n_samples, split, seed=0, recorded_fraction=recorded_fraction, labels=labels
    )


def is_part_of(part, whole):
    """Whether a crop is a piece of a clip, sample by sample."""
    windows = whole[0].unfold(0, part.shape[1], 1)
    at = (windows[:, 0] == part[0, 0]).nonzero().flatten()
    return any(torch.equal(windows[i], part[0]) for i in at)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 1.0])
def test_the_recorded_fraction_is_exact(fraction, monkeypatch):
    taken = []
    sentences = SentenceCrops.__getitem__
    monkeypatch.setattr(
        SentenceCrops, "__getitem__", lambda crops, i: taken.append(i) or sentences(crops, i)
    )
    items = crops(recorded_fraction=fraction)
    for i in range(40):
        before = len(taken)
        item = items[i]
        if len(taken) > before:  # nothing is known of a recording
            null = items.null_condition()
            assert all(torch.equal(item[name], null[name]) for name in ("frames", "classes"))
    assert taken == list(range(int(40 * fraction)))


def test_labels_are_dropped_as_often_as_the_constants_say(monkeypatch):
    items = crops(recorded_fraction=0.0)
    sentence = items._sentence(0)  # which one it is makes no difference, and each takes a while
    monkeypatch.setattr(items, "_sentence", lambda i: sentence)
    first = [items[i] for i in range(3_000)]
    no_speaker = sum(int(item["classes"]) == UNKNOWN_SPEAKER for item in first)
    no_phones = sum(not item["frames"].any() for item in first)
    # Binomials of 3,000: four standard deviations.
    for n, p in ((no_speaker, SPEAKER_DROPOUT), (no_phones, PHONE_DROPOUT)):
        assert n == pytest.approx(3_000 * p, abs=4 * (3_000 * p * (1 - p)) ** 0.5)


def test_every_item_is_a_function_of_its_number():
    once, again = crops(), crops()
    for i in (7, 3, 7):
        for name, value in once[i].items():
            assert torch.equal(value, again[i][name])
    assert not torch.equal(once[3]["audio"], once[7]["audio"])
    assert crops(labels=False)[4].keys() == {"audio", "start"}
    assert torch.equal(crops(labels=False)[4]["audio"], once[4]["audio"])


def test_the_frames_are_those_of_the_crop():
    voices = Voices(64, 16_000, "valid")
    items = crops("valid", recorded_fraction=0.0)
    for i in (0, 5):
        item, voice = items[i], voices[i]
        frames = linguistic_frames(voice)
        places = [
            n
            for n in range(frames.shape[1] - 10)
            if torch.equal(item["audio"], voice["audio"][:, n * 160 : n * 160 + 1_600])
        ]
        assert len(places) == 1
        assert torch.equal(item["frames"], frames[:, places[0] : places[0] + 10])


def test_held_out_speakers_are_unknown_but_their_phones_are_not():
    items = crops("valid", recorded_fraction=0.0)
    assert all(items[i]["classes"] == UNKNOWN_SPEAKER for i in range(8))
    assert all(items[i]["frames"].any() for i in range(8))
    training = crops(recorded_fraction=0.0)
    trained = {int(training[i]["classes"]) for i in range(60)} - {UNKNOWN_SPEAKER}
    assert len(trained) > 10 and all(speaker % 10 < 8 for speaker in trained)


def test_the_package_s_held_out_sentences_are_never_trained_on():
    held_out = [recorded.recording(name).audio for name in HELD_OUT_SPEECH]
    assert len(SentenceCrops(16_000, 400, "train", 0).sentences) == 4
    for split, expected in (("train", False), ("valid", True)):
        items = SentenceCrops(16_000, 400, split, seed=0)
        for i in range(6):
            assert any(is_part_of(items[i]["audio"], whole) for whole in held_out) is expected


def test_evaluation_ends():
    for fraction in (0.0, 0.5, 1.0):
        items = crops("valid", fraction, labels=False)
        assert len(items) == N_HELD_OUT
        with pytest.raises(IndexError):
            items[N_HELD_OUT]


def test_a_folder_takes_the_place_of_the_package_s_sentences(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.wav", torch.full((1, 8_000), 0.1 * (i + 1)), 16_000)
    items = crops(recorded_fraction=1.0, folder=tmp_path)
    assert {round(items[i]["audio"].mean().item(), 1) for i in range(20)} <= {0.1, 0.2, 0.3}
    # "all" is everything in the folder, and nothing else.
    assert len(crops("all", recorded_fraction=0.25, folder=tmp_path)) == 15
    # Fewer held-out crops than recorded items are asked for: they come again.
    few = crops("valid", recorded_fraction=0.9, folder=tmp_path)
    assert few[N_HELD_OUT - 1]["audio"].mean() > 0.05


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recorded_fraction": 1.5}, r"fraction of 1\.5.*from 0 to 1"),
        ({"n_samples": 1_000}, r"1000 samples.*multiple of 160"),
        ({"split": "test"}, "train, valid, all"),
    ],
)
def test_bad_input_gets_one_line(changes, message):
    with pytest.raises(DataError, match=message):
        crops(**changes)

"""Frames of phones, pitch and voicing: exact, because the voices are."""

import math

import pytest
import torch

from tinyaudio.data.speech.content import PHONES
from tinyaudio.data.speech.linguistic import linguistic_frames
from tinyaudio.data.voices import Voices
from tinyaudio.errors import DataError

MADE_UP = {
    "phones": ["aa", "s"],
    "durations_s": [0.05, 0.03],
    "f0_hz": torch.full((1_600,), 300.0),
    "voiced": (torch.arange(1_600) < 800).float(),
    "sample_rate": 16_000,
}


def test_a_made_up_word_frame_by_frame():
    frames = linguistic_frames(MADE_UP)
    names = [list(PHONES)[i] for i in frames[:-2].argmax(0)]
    assert names == 5 * ["aa"] + 3 * ["s"] + 3 * ["sil"]
    assert frames[:-2].sum(0).eq(1).all()
    assert frames[-1].tolist() == 5 * [1.0] + 6 * [0.0]
    assert frames[-2].tolist() == 5 * [pytest.approx(math.log2(300 / 150))] + 6 * [0.0]


@pytest.mark.parametrize("rate", [16_000, 24_000])
def test_frames_do_not_depend_on_the_sample_rate(rate):
    frames = linguistic_frames(Voices(1, sample_rate=16_000)[0])
    again = linguistic_frames(Voices(1, sample_rate=rate)[0])
    assert frames.shape == again.shape
    assert torch.equal(frames[:-2], again[:-2])
    torch.testing.assert_close(frames[-2], again[-2], atol=1e-3, rtol=0)


def test_silence_differs_from_the_null_condition():
    assert linguistic_frames(MADE_UP | {"phones": ["sil", "sil"]}).abs().sum(0).min() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [({"phones": ["aa", "xx"]}, "no phone 'xx'"), ({"sample_rate": 22_050}, "multiple of 100")],
)
def test_what_cannot_be_framed_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        linguistic_frames(MADE_UP | change)

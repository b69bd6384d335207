"""Singing holds its pitch and speech does not: closed forms, procedural voices, and recordings."""

import math

import pytest
import torch

from tinyaudio.audio import resample
from tinyaudio.data import recorded
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.data.voices import Voices
from tinyaudio.represent.held_pitch import SUNG, held_pitch
from tinyaudio.represent.prosody import pitch_frames

RATE = 16_000
SECONDS = torch.arange(200) * 256 / RATE


def course(octaves, voiced=None):
    return torch.stack([octaves, torch.ones(200) if voiced is None else voiced])


@pytest.mark.parametrize("vibrato_hz", [5.0, 5.5, 6.0, 6.5])
def test_a_vibrato_is_held(vibrato_hz):
    """Half a semitone to either side, which would not be held if each frame counted."""
    wave = torch.sin(2 * math.pi * vibrato_hz * SECONDS) / 24
    assert held_pitch(course(wave)) > 0.95


def test_a_glide_is_not_and_what_is_not_voiced_does_not_count():
    assert held_pitch(course(SECONDS / 2)) == 0  # six semitones a second
    half = (torch.arange(200) < 100).float()
    assert held_pitch(course(torch.where(half > 0, 0.0, SECONDS), half)) == 1
    assert held_pitch(course(SECONDS, torch.zeros(200))) == 1  # nothing says that it is spoken
    assert held_pitch(torch.ones(2, 3)) == 0  # too short to hold anything


def test_procedural_singing_is_told_and_most_speech():
    shares = {}
    for singing in (True, False):
        items = Voices(16, RATE, split="test", singing=singing)
        clips = [items[i]["audio"] for i in range(16)]
        shares[singing] = [held_pitch(pitch_frames(clip[None], RATE, 256)[0]) for clip in clips]
    assert min(shares[True]) >= SUNG
    assert sum(share < SUNG for share in shares[False]) > 8


def test_recorded_speech_is_spoken():
    for name in HELD_OUT_SPEECH:
        one = recorded.recording(name)
        audio = resample(one.audio, one.sample_rate, RATE)
        assert held_pitch(pitch_frames(audio[None], RATE, 256)[0]) < SUNG

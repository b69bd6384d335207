"""The pitch of tones whose pitch is known, and how tracks are compared."""

import math
import sys

import pytest
import torch

from tinyaudio.data.notes import note
from tinyaudio.data.speech.content import sentence
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.data.voices import voice
from tinyaudio.errors import AudioError
from tinyaudio.metrics.pitch import cents, f0_track, midi_to_hz, note_hz, pitch_accuracy

RATE = 16_000
NAN = float("nan")


def tone(f0_hz, n_harmonics=1, seconds=0.5):
    t = torch.arange(int(seconds * RATE), dtype=torch.float64) / RATE
    phase = 2 * torch.pi * f0_hz * t
    return sum(torch.sin(k * phase) / k for k in range(1, n_harmonics + 1)).float() / 3


@pytest.mark.parametrize("f0_hz", [61.3, 110.0, 233.7, 587.0])
def test_the_pitch_of_a_tone(f0_hz):
    track = f0_track(tone(f0_hz, 8), RATE)
    assert track.shape == (1 + RATE // 2 // 256,)
    whole = track[3:-3]  # frames at the edge are partly silence
    assert not whole.isnan().any()
    # Far finer than pYIN's own grid of 20 cents.  Near the lowest pitch, where a frame holds a
    # period and a half of what it is compared with, it is off by 4.
    assert cents(whole, torch.tensor(f0_hz)).abs().max() < 5


@pytest.mark.parametrize("pitch", [24, 84])
def test_the_ends_of_the_keyboard(pitch):
    track = f0_track(tone(midi_to_hz(pitch), 6), RATE, low_hz=30, high_hz=1_100)
    assert (
        abs(1200 * math.log2(note_hz(track) / midi_to_hz(pitch))) < 10
    )  # 1,046 Hz is 15 samples, and YIN's parabola 8 cents off


def test_frame_n_is_centred_on_sample_n_hop():
    glide = torch.linspace(150, 300, RATE, dtype=torch.float64)
    track = f0_track(torch.sin(2 * torch.pi * (glide / RATE).cumsum(0)).float(), RATE)
    expected = glide[::256].float()
    # A frame off would be 2.4 Hz, 14 to 27 cents.
    assert cents(track[4 : len(expected) - 4], expected[4:-4]).abs().max() < 10


def test_noise_and_silence_have_no_pitch():
    noise = torch.randn(RATE // 2, generator=torch.Generator().manual_seed(0)) / 10
    assert f0_track(noise, RATE).isnan().float().mean() > 0.8
    assert math.isnan(note_hz(f0_track(torch.zeros(4_000), RATE)))


def test_agrees_with_what_a_voice_was_computed_from():
    take = voice(speaker(3), sentence(3, syllables=3), sample_rate=RATE)
    track = f0_track(take.clip, RATE)
    truth = torch.where(take.voiced > 0, take.f0_hz, torch.tensor(NAN))[::256]
    n = min(len(track), len(truth))
    assert pitch_accuracy(track[:n], truth[:n], 50, where_both_voiced=True) > 0.9


def test_agrees_with_what_a_note_was_computed_from():
    clip = note("organ", 37, 57, sample_rate=RATE, seconds=0.5)
    assert abs(1200 * math.log2(note_hz(f0_track(clip, RATE)) / 220)) < 30


def test_a_semitone_is_100_cents():
    semitone = cents(torch.tensor([midi_to_hz(61)]), torch.tensor([midi_to_hz(60)]))
    assert semitone.item() == pytest.approx(100, abs=1e-2)  # float32


def test_what_counts_as_right():
    reference = torch.tensor([200.0, 200.0, 200.0, 200.0, NAN, NAN])
    up = 200 * 2 ** (19 / 1200)
    estimate = torch.tensor([up, 400.0, NAN, 210.0, 200.0, NAN])
    assert pitch_accuracy(estimate, reference, 20) == 1 / 4
    assert pitch_accuracy(estimate, reference, 18) == 0
    assert pitch_accuracy(estimate, reference, 20, octave_free=True) == 2 / 4
    assert pitch_accuracy(estimate, reference, 20, where_both_voiced=True) == 1 / 3
    assert pitch_accuracy(reference, reference, 0) == 1


def test_an_octave_free_error_may_be_above_or_below():
    reference = torch.full((4,), 220.0)
    estimate = torch.tensor([55.0, 110.0, 440.0, 330.0])  # the last one is a fifth off
    assert pitch_accuracy(estimate, reference, 5, octave_free=True) == 3 / 4


def test_nothing_voiced_is_no_share():
    assert math.isnan(pitch_accuracy(torch.tensor([100.0]), torch.tensor([NAN]), 20))
    both = pitch_accuracy(torch.tensor([NAN]), torch.tensor([100.0]), 20, where_both_voiced=True)
    assert math.isnan(both) and math.isnan(note_hz(torch.empty(0)))


def test_bad_input_is_refused():
    with pytest.raises(AudioError, match="one channel"):
        f0_track(torch.zeros(2, 4_000), RATE)
    with pytest.raises(AudioError, match="one channel"):
        f0_track(torch.zeros(0), RATE)
    with pytest.raises(AudioError, match="3 and 4 frames"):
        pitch_accuracy(torch.zeros(3), torch.zeros(4), 20)


def test_librosa_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(AudioError, match="pip install librosa"):
        f0_track(torch.zeros(4_000), RATE)

"""Levels of harmonics: closed forms of tones whose harmonics are known."""

import math

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.metrics.timbre import harmonic_levels, harmonics_distance


def tone(amplitudes, hz=220.0, rate=8_000, seconds=0.5):
    t = torch.arange(round(seconds * rate)) / rate
    return sum(a * torch.sin(2 * math.pi * h * hz * t + h) for h, a in enumerate(amplitudes, 1))


@pytest.mark.parametrize("hz", [220.0, 221.3, 437.9])
def test_levels_are_those_of_the_sines(hz):
    amplitudes = [0.5, 0.05, 0.2, 0.01]
    levels = harmonic_levels(tone(amplitudes, hz), hz, 8_000)
    found = levels[:4] - levels[0]
    expected = [20 * math.log10(a / 0.5) for a in amplitudes]
    assert found.tolist() == pytest.approx(expected, abs=0.3)
    assert levels.mean().item() == pytest.approx(0, abs=1e-4)
    assert len(levels) == min(10, int(0.95 * 4_000 / hz))


def test_neither_loudness_nor_phase_nor_pitch_enters_but_timbre_does():
    bright, dull = [1, 0.7, 0.5, 0.4, 0.3], [1, 0.3, 0.1, 0.03, 0.01]
    one = harmonic_levels(tone(bright), 220.0, 8_000)[:5]
    other = harmonic_levels(0.01 * tone(bright, 330.0), 330.0, 8_000)[:5]
    assert harmonics_distance(one - one.mean(), other - other.mean()) < 0.3
    assert harmonics_distance(one, harmonic_levels(tone(dull), 220.0, 8_000)[:5]) > 5


def test_what_is_masked_does_not_count():
    clean = harmonic_levels(tone([1.0]), 220.0, 8_000)
    assert (clean[0] - clean[1]).item() == pytest.approx(60, abs=1e-3)


def test_bad_input_is_named():
    with pytest.raises(AudioError, match="fewer than ten periods of 220 Hz"):
        harmonic_levels(torch.zeros(300), 220.0, 8_000)
    with pytest.raises(AudioError, match="give one channel"):
        harmonic_levels(torch.zeros(2, 8_000), 220.0, 8_000)

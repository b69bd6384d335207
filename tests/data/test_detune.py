"""Pitch augmentation: what a segment out of tune keeps, and what is drawn."""

import numpy as np
import pytest
import torch

from tinyaudio.data.detune import SECONDS, detune, interpolate, shift_pitch

RATE = 16_000


def sine(hz, n=RATE):
    return torch.sin(2 * torch.pi * hz * torch.arange(n, dtype=torch.float64) / RATE).float()[None]


@pytest.mark.parametrize("semitones", [-0.5, 0.3, 2])
@pytest.mark.parametrize("hz", [110, 2_000, 6_000])
def test_a_sine_in_the_segment_has_the_shifted_frequency(semitones, hz):
    first, n = 4_000, 6_000
    shifted = shift_pitch(sine(hz), first, n, semitones)[0, first : first + n]
    t = torch.arange(n, dtype=torch.float64) - (n - 1) / 2
    ratio = 2 ** (semitones / 12)
    middle = 2 * torch.pi * hz / RATE * (first + (n - 1) / 2)
    expected = torch.sin(middle + 2 * torch.pi * hz / RATE * ratio * t)
    # The window is finite: 45 dB below a sine at three quarters of the Nyquist frequency.
    assert (shifted - expected).abs().max() < 6e-3


def test_no_shift_changes_nothing_and_nothing_outside_the_segment_changes():
    clip = torch.randn(1, 2_000)
    assert torch.allclose(shift_pitch(clip, 500, 700, 0), clip, atol=1e-5)
    shifted = shift_pitch(clip, 500, 700, 0.5, fade=50)
    assert torch.equal(shifted[:, :500], clip[:, :500])
    assert torch.equal(shifted[:, 1_200:], clip[:, 1_200:])
    assert (shifted - clip)[:, 600:1_100].abs().mean() > 0.1


def test_the_fade_leads_into_the_segment_and_out_of_it():
    clip = torch.ones(1, 1_000)
    other = shift_pitch(clip, 0, 1_000, 0.0, fade=99)  # constant: whatever the weight
    assert torch.allclose(other, clip, atol=1e-2)
    clip, fade = sine(440), 80
    plain, faded = (shift_pitch(clip, 4_000, 4_000, 0.5, f) for f in (0, fade))
    assert torch.equal(plain[:, 4_080:7_920], faded[:, 4_080:7_920])
    jumps = [(one[:, 1:] - one[:, :-1]).abs().max() for one in (plain, faded, clip)]
    assert jumps[1] < 1.3 * jumps[2] < jumps[0]


def test_what_is_in_the_middle_stays_there_and_nothing_moves_far():
    """An impulse at distance d from the middle moves to d / ratio: at most by 7.3 ms."""
    n = round(SECONDS[1] * RATE)
    for at in (200, n // 2, n - 200):
        clip = torch.zeros(1, n)
        clip[0, at] = 1
        moved = int(shift_pitch(clip, 0, n, -0.5).abs().argmax())
        assert abs(moved - (n / 2 + (at - n / 2) * 2 ** (0.5 / 12))) <= 1
        assert abs(moved - at) <= 0.0075 * RATE


def test_at_whole_places_the_clip_itself_is_read_and_beyond_it_zeros():
    clip = torch.randn(1, 40)
    read = interpolate(clip, torch.arange(-60.0, 100.0, dtype=torch.float64))[0]
    assert torch.allclose(read[60:100], clip[0], atol=1e-6)
    assert read[:60].abs().max() < 1e-6 and read[100:].abs().max() < 1e-6


def test_segments_and_shifts_are_drawn_uniformly_and_by_the_generator_alone():
    lengths, shifts = [], []
    clip = sine(1_000)
    for seed in range(200):
        other = detune(clip, RATE, np.random.default_rng(seed))
        changed = (other != clip)[0].nonzero()[:, 0]
        lengths.append((changed[-1] - changed[0] + 1).item() / RATE)
        inside = other[0, changed[0] + 200 : changed[-1] - 200]
        crossings = (inside[1:] * inside[:-1] < 0).sum() / (2 * len(inside)) * RATE
        shifts.append(12 * np.log2(crossings.item() / 1_000))
    assert 0.24 < min(lengths) < 0.26 and 0.49 < max(lengths) <= 0.5
    assert np.mean(lengths) == pytest.approx(0.375, abs=0.02)  # 4 standard errors
    assert -0.55 < min(shifts) < -0.4 and 0.4 < max(shifts) < 0.55
    assert np.mean(shifts) == pytest.approx(0, abs=0.09)
    assert torch.equal(*(detune(clip, RATE, np.random.default_rng(3)) for _ in range(2)))


def test_a_clip_shorter_than_the_segment():
    assert detune(torch.randn(1, 100), RATE, np.random.default_rng(0)).shape == (1, 100)

"""Measures of the high band in closed form, and what fools each."""

import math

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.metrics.high_band import (
    high_band_energy_db,
    high_band_envelope_db,
    high_band_hnr_error_db,
    noise_in_silence_db,
)
from tinyaudio.represent.band_split import split_bands

RATE, CUTOFF = 48_000, 8_000


def noise(seed=0, n=RATE // 2):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed)) / 10


def buzz(hz=200.0, n=RATE // 2):
    t = torch.arange(n, dtype=torch.float64) / RATE
    harmonics = range(1, int(24_000 / hz))
    return sum(torch.cos(2 * torch.pi * hz * k * t + k * k) for k in harmonics) / 100


@pytest.mark.parametrize("gain", [0.1, 1.0, 2.0])
def test_a_gain_of_the_high_band_is_its_decibels(gain):
    low, high = split_bands(noise(), RATE, CUTOFF)
    energy = high_band_energy_db(5 * low + gain * high, noise(), RATE, CUTOFF)
    envelope = high_band_envelope_db(5 * low + gain * high, noise(), RATE, CUTOFF)
    assert energy == pytest.approx(20 * math.log10(gain), abs=1e-3)
    assert envelope == pytest.approx(abs(20 * math.log10(gain)), abs=1e-3)


def test_an_empty_band_is_named():
    low, _ = split_bands(noise().double(), RATE, CUTOFF)
    assert high_band_energy_db(0 * low, noise(), RATE, CUTOFF) == -120
    assert high_band_energy_db(low, noise(), RATE, CUTOFF) == -120
    assert 50 < high_band_envelope_db(low, noise(), RATE, CUTOFF) <= 60


def test_the_envelope_is_not_fooled_by_the_right_energy_in_the_wrong_place():
    low, high = split_bands(noise(), RATE, CUTOFF)
    middle = split_bands(noise(), RATE, 16_000)[1]
    moved = low + middle * high.norm() / middle.norm()
    assert high_band_energy_db(moved, noise(), RATE, CUTOFF) == pytest.approx(0, abs=1e-3)
    assert high_band_envelope_db(moved, noise(), RATE, CUTOFF) > 30


def test_half_of_the_bands_are_squared_and_frames_averaged():
    low, high = split_bands(noise(), RATE, 16_000)  # six bands below, six above
    found = high_band_envelope_db(low + 10 * high, noise(), RATE, CUTOFF)
    assert found == pytest.approx(20 / math.sqrt(2), abs=0.2)
    clip = noise(n=2 * RATE)
    half = torch.cat([clip[:RATE], 10 * clip[RATE:]])
    assert high_band_envelope_db(half, clip, RATE, CUTOFF) == pytest.approx(10, abs=0.3)


def test_frames_without_a_high_band_do_not_count():
    clip = torch.cat([noise(), torch.zeros(RATE)])
    hissing = clip + 1e-6 * noise(1, n=len(clip))
    assert high_band_envelope_db(hissing, clip, RATE, CUTOFF) < 0.1


def test_noise_between_words_is_measured_where_the_reference_is_silent():
    reference = torch.cat([noise(), torch.zeros(RATE), noise(1)])
    hiss = 0.01 * noise(2, n=len(reference))  # noise has a root mean square of 0.1
    assert noise_in_silence_db(reference + hiss, reference) == pytest.approx(-60, abs=0.2)
    assert noise_in_silence_db(2 * reference, reference) == -120
    assert math.isnan(noise_in_silence_db(noise(), noise()))


@pytest.mark.parametrize("hz", [123.4, 200.0, 287.3])
def test_a_buzz_is_harmonic_up_to_the_top_of_the_band(hz):
    """Also where the period is no whole number of samples."""
    y, track = buzz(hz).float(), torch.full((1 + RATE // 2 // 256,), hz)
    hissing = split_bands(y, RATE, CUTOFF)[0] + split_bands(noise(), RATE, CUTOFF)[1] / 3
    assert high_band_hnr_error_db(y / 3, y, track, RATE, CUTOFF) < 0.01
    # noise is near 0 dB at the best lag within 48 cents, a buzz near 20
    assert high_band_hnr_error_db(hissing, y, track, RATE, CUTOFF) > 10


@pytest.mark.parametrize("snr_db", [0, 10])
def test_the_ratio_is_that_of_buzz_and_noise(snr_db):
    from tinyaudio.metrics.high_band import harmonics_to_noise_db

    clean = split_bands(buzz(n=2 * RATE), RATE, CUTOFF)[1]
    added = split_bands(noise(n=2 * RATE).double(), RATE, CUTOFF)[1]
    mixed = clean + added * clean.norm() / added.norm() * 10 ** (-snr_db / 20)
    found = harmonics_to_noise_db(mixed, torch.full((1 + 2 * RATE // 256,), 200.0), RATE)
    assert float(found[8:-8].median()) == pytest.approx(snr_db, abs=1.5)


def test_without_a_pitch_there_is_no_ratio():
    track = torch.full((1 + RATE // 2 // 256,), torch.nan)
    assert math.isnan(high_band_hnr_error_db(noise(), noise(), track, RATE, CUTOFF))
    with pytest.raises(AudioError, match="track of 3 frames"):
        high_band_hnr_error_db(noise(), noise(), track[:3], RATE, CUTOFF)


def test_bad_input_is_refused():
    low = split_bands(noise(), RATE, CUTOFF)[0]
    for measure in (high_band_energy_db, high_band_envelope_db):
        with pytest.raises(AudioError, match="nothing above 8000"):
            measure(noise(), torch.zeros_like(low), RATE, CUTOFF)
        with pytest.raises(AudioError, match="cut them to one length"):
            measure(noise(), noise(n=100), RATE, CUTOFF)
    with pytest.raises(AudioError, match="lower the cutoff"):
        high_band_envelope_db(noise(), noise(), RATE, 23_900)
    with pytest.raises(AudioError, match="one channel"):
        noise_in_silence_db(noise().view(2, -1), noise().view(2, -1))

"""An axis on which a transposition is a shift, and whose levels are decibels."""

import pytest
import torch

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.errors import AudioError
from tinyaudio.represent.log_frequency import (
    BANDS_A_SEMITONE,
    N_BANDS,
    log_frequency,
    log_frequency_filterbank,
)

RATE = 16_000


def tone(pitch, amplitude=1.0):
    return (
        amplitude
        * torch.sin(2 * torch.pi * midi_to_hz(pitch) / RATE * torch.arange(16_384.0))[None, None]
    )


def test_each_band_is_a_mean_of_bins():
    filters = log_frequency_filterbank(RATE)
    torch.testing.assert_close(filters.sum(1), torch.ones(N_BANDS))
    assert (filters >= 0).all()


@pytest.mark.parametrize("pitch", [36, 60, 69, 96, 108])
def test_a_pure_tone_is_highest_in_the_band_of_its_pitch(pitch):
    """Within a third of a semitone; at 65 Hz within the distance of two bins, two semitones."""
    band = log_frequency(tone(pitch), RATE)[0, :, 8].argmax().item()
    expected = BANDS_A_SEMITONE * (pitch - 24) + 1
    assert abs(band - expected) <= (1 if pitch >= 60 else 6)


def test_a_transposed_tone_is_shifted():
    low, high = (log_frequency(tone(pitch), RATE)[0, :, 8].clamp(min=0) for pitch in (81, 88))
    shift = BANDS_A_SEMITONE * 7
    similarity = torch.cosine_similarity(low[:-shift], high[shift:], dim=0)
    assert similarity > 0.95 > 0.5 > torch.cosine_similarity(low, high, dim=0)


def test_levels_are_decibels_over_40_and_silence_is_minus_one():
    loud, soft = (log_frequency(tone(69, a), RATE)[0, 136, 8] for a in (1.0, 0.1))
    assert (loud - soft).item() == pytest.approx(20 / 40, abs=1e-3)
    assert 0.8 < loud <= 1.01  # of full scale; a band is a mean over a lobe
    assert (log_frequency(torch.zeros(1, 1, 5_000), RATE) == -1).all()


def test_a_low_sample_rate_is_refused():
    with pytest.raises(AudioError, match="sample rate 8000 Hz: must be 8535 or more"):
        log_frequency(torch.zeros(1, 1, 5_000), 8_000)

"""Spectrograms of a network to sound: mel frames by the shipped vocoder, bins by Griffin-Lim."""

import pytest
import torch

from tinyaudio.data.recorded import recording
from tinyaudio.errors import UserError
from tinyaudio.represent.logbins import log_bands
from tinyaudio.samplers.shipped_vocoder import frames_to_audio, shipped_vocoder


@pytest.mark.parametrize(("n_bands", "within_db"), [(80, 3.0), (512, 3.0)])
def test_the_sound_has_the_levels_of_the_frames(n_bands, within_db):
    note = recording("violin-69").audio[None, :, 4_000:12_192]
    frames = log_bands(note, 16_000, n_bands)
    made = frames_to_audio(frames.expand(2, -1, -1), "notes")
    assert made.shape == (2, 1, 8_192)
    error = 40 * (log_bands(made[:1], 16_000, 80) - log_bands(note, 16_000, 80)).abs().mean()
    assert error < within_db


def test_levels_out_of_range_are_brought_into_it():
    assert frames_to_audio(torch.full((1, 80, 5), -3.0), "notes").abs().max() == 0


def test_another_rate_or_material_is_refused():
    assert shipped_vocoder("speech") is shipped_vocoder("speech")
    with pytest.raises(UserError, match="makes sound at 16000 Hz; train at that rate"):
        frames_to_audio(torch.zeros(1, 80, 5), "notes", 24_000)
    with pytest.raises(UserError, match="there are: speech, notes"):
        shipped_vocoder("birds")

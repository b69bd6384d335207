"""Log mel spectrograms: a scale that can be undone, and bands that hold a tone where it is."""

import math

import pytest
import torch

from tinyaudio.represent.logmel import FLOOR, from_log_mel, log_mel
from tinyaudio.represent.melscale import mel_to_hz


@pytest.mark.parametrize("hz", [200.0, 1000.0, 4000.0])
def test_a_tone_is_in_its_band_and_twice_as_loud_is_6_db_higher(hz):
    tone = 0.25 * torch.sin(2 * math.pi * hz * torch.arange(16_000) / 16_000)[None, None]
    frames = log_mel(tone, 16_000)[0, :, 10:-10]
    centres = mel_to_hz(torch.linspace(0, 15 + 27 * math.log(8) / math.log(6.4), 82))[1:-1]
    assert abs(centres - hz).argmin() == frames.mean(1).argmax()
    louder = log_mel(2 * tone, 16_000)[0, :, 10:-10]
    heard = frames > -0.5  # far from the floor, where rounding would show
    assert heard.any()
    rise_db = 40 * (louder - frames)[heard]
    torch.testing.assert_close(
        rise_db, torch.full_like(rise_db, 20 * math.log10(2)), atol=1e-3, rtol=0
    )


def test_it_is_undone_down_to_the_floor():
    magnitudes = torch.tensor([[[FLOOR, 1e-3, 0.5, 2.0]]])
    scaled = 1 + torch.log10(magnitudes) / 2
    torch.testing.assert_close(from_log_mel(scaled), magnitudes)
    assert log_mel(torch.zeros(1, 1, 1_000), 16_000).eq(-1).all()

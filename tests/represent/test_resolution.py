"""Spectrograms at several resolutions: sines in their bins, frames in their places, any length."""

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.represent.resolution import (
    RESOLUTIONS,
    SHORT_RESOLUTIONS,
    check_resolutions,
    magnitude_at,
)


@pytest.mark.parametrize("resolution", [*RESOLUTIONS, *SHORT_RESOLUTIONS])
def test_a_sine_peaks_at_half_the_window_s_sum_in_its_bin(resolution):
    n_fft, hop, window = resolution
    t = torch.arange(8_192)
    tone = torch.sin(2 * torch.pi * 32 / n_fft * t)[None, None]
    found = magnitude_at(tone, resolution)
    assert found.shape == (1, n_fft // 2 + 1, 1 + 8_192 // hop)
    middle = found[0, :, found.shape[2] // 2]
    assert middle.argmax() == 32 and middle.max().item() == pytest.approx(window / 4, rel=1e-2)


def test_a_click_is_in_the_frames_around_it():
    click = torch.zeros(1, 1, 1_000)
    click[..., 500] = 1
    level = magnitude_at(click, (512, 50, 240)).amax(1)[0]
    assert level.argmax() == 10 and level[10].item() == pytest.approx(1, abs=1e-3)
    assert level[7] == level[13] == 0 and level[8] > 0 and level[12] > 0


def test_any_length_and_wrong_numbers():
    assert magnitude_at(torch.ones(2, 1, 1), RESOLUTIONS[1]).shape == (2, 1025, 1)
    for wrong in [(512, 50), (512, 300, 240), (240, 50, 512), (512, 0, 240)]:
        with pytest.raises(UserError, match="resolution"):
            check_resolutions([wrong])

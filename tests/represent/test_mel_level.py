"""The level of mel frames: that of the waveform they were made of, and a floor."""

import pytest
import torch

from tinyaudio.represent.logmel import log_mel
from tinyaudio.represent.mel_level import LEAST, mel_level


@pytest.mark.parametrize("rms", [0.01, 0.2])
def test_it_is_the_deviation_of_white_noise_within_a_decibel(rms):
    draws = torch.Generator().manual_seed(0)
    noise = rms * torch.randn(1, 1, 64 * 200, generator=draws)
    level = mel_level(log_mel(noise, 8_000, 512, 64)[:, :, :-1], 64)
    assert level.shape == noise.shape
    assert 20 * (level.mean() / rms).log10().abs() < 1


def test_it_follows_a_sound_that_grows_and_has_a_floor():
    draws = torch.Generator().manual_seed(0)
    gain = torch.cat([torch.zeros(6_400), torch.linspace(0.1, 0.8, 6_400)])
    noise = gain * torch.randn(1, 1, 12_800, generator=draws)
    level = mel_level(log_mel(noise, 8_000, 512, 64)[:, :, :-1], 64)[0, 0]
    assert torch.equal(level[:5_000], torch.full((5_000,), LEAST))
    inside = slice(7_000, 12_000)
    assert 20 * (level[inside] / gain[inside]).log10().abs().mean() < 1.5


def test_between_frames_it_is_a_straight_line():
    frames = torch.full((1, 80, 3), -1.0)
    frames[:, 0, 1] = 1.0  # a magnitude of 1: a sixteenth
    level = mel_level(frames, 4)[0, 0]
    rising = torch.lerp(torch.tensor(LEAST), torch.tensor(1 / 16), torch.arange(5) / 4)
    torch.testing.assert_close(level, torch.cat([rising, rising.flip(0)[1:], rising[:1].expand(3)]))

"""Log-magnitude spectrograms of 512 bins: known levels, and back."""

import pytest
import torch

from tinyaudio.represent.logbins import from_log_bins, log_bands, log_bins
from tinyaudio.represent.spectrum import stft


def test_a_sine_at_full_scale_is_1_and_silence_is_minus_1():
    tone = torch.sin(2 * torch.pi * 1_000 * torch.arange(16_000) / 16_000)[None, None]
    levels = log_bins(tone)
    assert levels[0, 64, 20:40].mean().item() == pytest.approx(1, abs=1e-3)
    assert log_bins(torch.zeros(1, 1, 4_000)).unique().tolist() == [-1]
    quiet = log_bins(0.01 * tone)  # 40 dB are 1
    torch.testing.assert_close(levels[0, 64] - quiet[0, 64], torch.ones(64), atol=0.01, rtol=0)


def test_magnitudes_come_back_above_the_floor():
    audio = 0.5 * torch.randn(2, 1, 5_120, generator=torch.manual_seed(0))
    magnitude = stft(audio[:, 0]).abs()
    back = from_log_bins(log_bins(audio))
    assert back.shape == magnitude.shape
    torch.testing.assert_close(back[:, :512], magnitude[:, :512].clamp(min=0.0256))


def test_bands_by_their_height():
    audio = torch.zeros(1, 1, 4_096)
    assert log_bands(audio, 16_000, 80).shape == (1, 80, 17)
    assert torch.equal(log_bands(audio, 16_000, 512), log_bins(audio))
    with pytest.raises(ValueError, match="100 bands: must be 80, of mel, or 512, bins"):
        log_bands(audio, 16_000, 100)

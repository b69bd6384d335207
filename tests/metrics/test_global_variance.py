"""Global variance: of a clip against itself, of smoothed frames, and of what does not move."""

import pytest
import torch

from tinyaudio.data.voices import Voices
from tinyaudio.errors import UserError
from tinyaudio.metrics.global_variance import (
    frames_variance_ratio,
    global_variance_ratio,
    variance_ratio,
)


@pytest.fixture(scope="module")
def clip():
    return Voices(1)[0]["audio"]


@pytest.mark.parametrize("gain", [0.25, 1.0])
def test_a_clip_moves_as_much_as_itself_at_any_level(clip, gain):
    assert global_variance_ratio(gain * clip, clip, 16_000) == pytest.approx(1, abs=0.05)


def test_deviations_from_the_mean_at_half_the_size_have_a_quarter_of_the_variance():
    frames = torch.randn(3, 82, 40, generator=torch.Generator().manual_seed(0))
    smoothed = (frames + frames.mean(2, keepdim=True)) / 2
    assert frames_variance_ratio(smoothed, frames) == pytest.approx(0.25, rel=1e-4)
    assert frames_variance_ratio(frames, smoothed) == pytest.approx(4, rel=1e-4)


def test_neither_level_nor_pitch_counts():
    frames = torch.randn(3, 82, 40, generator=torch.Generator().manual_seed(0))
    other = frames + torch.randn(3, 1, 40)
    other[:, 80:] = 0
    assert frames_variance_ratio(other, frames) == pytest.approx(1, rel=1e-4)


def test_a_channel_counts_by_its_ratio_whatever_its_size():
    reference = torch.tensor([1.0, 1e4])
    assert variance_ratio(torch.tensor([4.0, 1e4]), reference) == pytest.approx(2, rel=1e-5)
    assert variance_ratio(torch.tensor([1.0, 4e4]), reference) == pytest.approx(2, rel=1e-5)


def test_what_is_averaged_over_time_moves_less(clip):
    """An average of the magnitudes of neighbouring frames is over-smoothing itself."""
    spectrum = torch.stft(clip[0], 1024, 256, window=torch.hann_window(1024), return_complex=True)
    around = torch.nn.functional.avg_pool1d(spectrum.abs()[None], 15, 1, 7)[0]
    smoothed = torch.istft(
        torch.polar(around, spectrum.angle()), 1024, 256, window=torch.hann_window(1024)
    )
    assert global_variance_ratio(smoothed[None], clip, 16_000) < 0.8


def test_silence(clip):
    silence = torch.zeros_like(clip)
    assert global_variance_ratio(silence, clip, 16_000) < 1e-3
    with pytest.raises(UserError, match="does not move"):
        global_variance_ratio(clip, silence, 16_000)
    assert variance_ratio(torch.zeros(3), torch.zeros(3)) == 1

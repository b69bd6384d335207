"""Log mel spectrograms: a scale that can be undone, and bands that hold a tone where it is."""

import math

import pytest
import torch

from tinyaudio.represent.logmel import FLOOR, from_log_mel, log_mel, middle_frames
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


@pytest.mark.parametrize(("n_fft", "hop_length"), [(1_024, 256), (512, 64)])
def test_a_crop_s_frames_are_those_that_the_whole_recording_has_there(n_fft, hop_length):
    torch.manual_seed(0)
    whole, margin = 0.3 * torch.randn(1, 1, 9_000), n_fft // 2
    first = 2 * n_fft // hop_length  # the frame that begins the crop
    begin = first * hop_length
    crop = whole[:, :, begin - margin : begin + 1_024 + margin]
    audio, frames = middle_frames(crop, log_mel(crop, 8_000, n_fft, hop_length), n_fft, hop_length)
    assert torch.equal(audio, whole[:, :, begin : begin + 1_024])
    expected = log_mel(whole, 8_000, n_fft, hop_length)[:, :, first : first + 1_024 // hop_length]
    torch.testing.assert_close(frames, expected, atol=1e-5, rtol=0)


def test_levels_do_not_depend_on_the_length_of_a_frame():
    tone = 0.25 * torch.sin(2 * math.pi * 500 * torch.arange(8_000) / 8_000)[None, None]
    long, short = (log_mel(tone, 8_000, n, 64)[0, :, 20:-20].amax() for n in (1_024, 512))
    assert abs(40 * (long - short)) < 3  # dB; unscaled it would be 6

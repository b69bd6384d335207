"""An equalizer: it comes near the levels, keeps the pitch, and is exact where nothing is to be done."""

import pytest
import torch

from tinyaudio.represent.equalizer import equalized
from tinyaudio.represent.logmel import HOP_LENGTH, log_mel

RATE = 16_000


def noise(seed, n_samples=6_000, n_clips=1):
    return 0.1 * torch.randn(n_clips, n_samples, generator=torch.manual_seed(seed))


def mels(audio):
    return log_mel(audio[:, None], RATE)


def apart_db(audio, frames):
    return 40 * (mels(audio) - frames).abs().mean()


def test_a_sound_with_its_own_levels_stays_as_it_is():
    audio = noise(0)
    torch.testing.assert_close(equalized(audio, mels(audio), RATE), audio, atol=1e-5, rtol=0)


def test_every_round_comes_nearer_to_the_levels_of_another_sound():
    """Of noise that rises and falls, at low frequencies more than at high ones."""
    smooth = noise(1).cumsum(1)
    wanted = mels(0.1 * (smooth - smooth.mean()) * torch.sin(torch.arange(6_000) / 700))
    distances = [apart_db(equalized(noise(2), wanted, RATE, n), wanted) for n in (0, 1, 3, 10)]
    assert distances[0] > 5 and distances == sorted(distances, reverse=True)
    assert distances[2] < distances[0] / 4


@pytest.mark.parametrize("gain", [0.1, 3.0])
def test_a_gain_is_found_in_one_round(gain):
    audio = noise(3)
    torch.testing.assert_close(
        equalized(audio, mels(gain * audio), RATE, 1), gain * audio, atol=1e-4, rtol=1e-3
    )


def test_a_tone_stays_where_it_was():
    tone = torch.sin(torch.arange(8_192) * 2 * torch.pi * 200 / 1_024)[None]
    found = equalized(tone, mels(0.2 * tone + 0.01 * noise(4, 8_192)), RATE)
    spectrum = torch.fft.rfft(found[0, 2_048:6_144] * torch.hann_window(4_096)).abs()
    assert spectrum.argmax() == 800  # of 4,096, as 200 of 1,024
    assert spectrum.max() / 1_024 == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("n_samples", [1, 255, 256, 1_000])
def test_length_stays_silence_stays_and_clips_are_apart(n_samples):
    audio = noise(5, n_samples, n_clips=2)
    audio[1] = 0
    frames = mels(noise(6, n_samples, n_clips=2))
    found = equalized(audio, frames, RATE)
    assert found.shape == audio.shape and not found[1].any()
    assert frames.shape[2] == 1 + -(-n_samples // HOP_LENGTH)
    torch.testing.assert_close(found[:1], equalized(audio[:1], frames[:1], RATE))

"""The log-mel distance in closed form."""

import math

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.metrics.spectral import log_mel_distance, log_stft_distance
from tinyaudio.represent.melscale import hz_to_mel, mel_to_hz

RATE = 16_000


def noise(seed=0, n=RATE):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed)) / 10


@pytest.mark.parametrize("gain", [0.5, 2.0, 10.0])
def test_louder_is_further_by_just_as_many_db(gain):
    expected = abs(20 * math.log10(gain))
    assert log_mel_distance(gain * noise(), noise(), RATE) == pytest.approx(expected, abs=1e-3)


def test_neither_sign_nor_the_loudness_of_both_matters():
    assert log_mel_distance(-noise(), noise(), RATE) == 0
    near, far = noise(1), noise(2)
    quiet = log_mel_distance(near / 100, far / 100, RATE)
    assert quiet == pytest.approx(log_mel_distance(near, far, RATE), abs=1e-2)


def test_halves_of_the_frames_are_averaged_not_their_squares():
    clip = noise(n=2 * RATE)
    half = torch.cat([clip[:RATE], 2 * clip[RATE:]])
    # 3.01 dB; a root mean square over all would say 4.26. A few frames hold some of both halves.
    assert log_mel_distance(half, clip, RATE) == pytest.approx(20 * math.log10(2) / 2, abs=0.05)


def test_bands_within_a_frame_are_squared():
    """A frame that is off in half of its bands by d is off by d over the root of two."""
    low, high = (noise(seed, n=4 * RATE) for seed in (0, 1))
    spectrum = torch.fft.rfft(torch.stack([low, high]))
    hz = torch.fft.rfftfreq(4 * RATE, 1 / RATE)
    middle = mel_to_hz(hz_to_mel(torch.tensor([8_000.0])) / 2)  # as many bands below as above
    split = torch.stack([spectrum[0] * (hz < middle), spectrum[1] * (hz >= middle)])
    below, above = torch.fft.irfft(split)
    found = log_mel_distance(4 * below + above, below + above, RATE)
    assert found == pytest.approx(20 * math.log10(4) / math.sqrt(2), abs=0.15)


def test_what_is_60_db_down_does_not_count():
    loud = noise()
    silence_after = torch.cat([loud, torch.zeros(RATE)])
    hiss_after = torch.cat([loud, 1e-4 * noise(1)])
    assert log_mel_distance(hiss_after, silence_after, RATE) < 1e-3  # where noise and silence meet


@pytest.mark.parametrize("n_fft", [256, 2_048])
def test_over_bins_a_gain_is_its_db_and_a_filter_s_its_response(n_fft):
    """A comb of two taps: |1 + z^-1| is 2 cos(pi f / rate), whose decibels are known in every bin."""
    assert log_stft_distance(2 * noise(), noise(), n_fft) == pytest.approx(6.02, abs=0.01)
    taps = noise() + noise().roll(1)
    bins = torch.arange(n_fft // 2) / n_fft
    expected = (20 * torch.log10(2 * torch.cos(math.pi * bins))).square().mean().sqrt()
    assert log_stft_distance(taps, noise(), n_fft) == pytest.approx(expected.item(), rel=0.1)


def test_a_clip_may_have_its_channel():
    assert log_mel_distance(noise()[None], noise()[None], RATE) == 0


def test_bad_input_is_refused():
    with pytest.raises(AudioError, match="cut them to one length"):
        log_mel_distance(noise(), noise(n=100), RATE)
    with pytest.raises(AudioError, match="one channel"):
        log_mel_distance(noise().view(2, -1), noise().view(2, -1), RATE)
    with pytest.raises(AudioError, match="silent"):
        log_mel_distance(noise(), torch.zeros(RATE), RATE)

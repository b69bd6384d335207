"""Pitch and voicing as frames: of a buzz, of noise, in step with the mel frames."""

import math

import pytest
import torch

from tinyaudio.data.voices import Voices
from tinyaudio.represent.logmel import log_mel
from tinyaudio.represent.prosody import REFERENCE_HZ, mel_and_pitch, pitch_frames


@pytest.mark.parametrize("hz", [100.0, 150.0, 400.0])
@pytest.mark.parametrize("hop_length", [64, 256, 100])
def test_a_buzz_has_its_pitch_and_is_periodic(hz, hop_length):
    t = torch.arange(8_000) / 16_000
    buzz = sum(torch.cos(2 * math.pi * hz * k * t) for k in range(1, 12)) / 12
    octaves, periodicity = pitch_frames(buzz[None, None], 16_000, hop_length)[0]
    inside = slice(2_000 // hop_length, 6_000 // hop_length)
    assert (octaves - math.log2(hz / REFERENCE_HZ))[inside].abs().max() < 0.01
    assert periodicity[inside].min() > 0.95


def test_noise_is_less_periodic_than_a_voice():
    noise = torch.randn(1, 1, 8_000, generator=torch.Generator().manual_seed(0))
    assert pitch_frames(noise, 16_000, 64)[0, 1].mean() < 0.4
    item = Voices(1)[0]
    periodicity = pitch_frames(item["audio"][None], 16_000, 256)[0, 1]
    voiced = item["voiced"][::256].bool()
    n = min(len(voiced), len(periodicity))
    periodicity, voiced = periodicity[:n], voiced[:n]
    assert periodicity[voiced].mean() > 0.9 and periodicity[~voiced].mean() < 0.7


@pytest.mark.parametrize("n_samples", [4_000, 4_096, 4_097])
@pytest.mark.parametrize("hop_length", [64, 256])
def test_they_stand_beside_the_mel_frames(n_samples, hop_length):
    audio = torch.randn(2, 1, n_samples, generator=torch.Generator().manual_seed(0)) / 4
    both = mel_and_pitch(audio, 16_000, 1_024, hop_length)
    mels = log_mel(audio, 16_000, 1_024, hop_length)
    assert torch.equal(both[:, :80], mels) and both.shape[1] == 82
    assert both.isfinite().all()

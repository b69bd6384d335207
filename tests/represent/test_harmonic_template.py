"""The harmonic template against the window's spectrum and against what analysis finds in a tone."""

import math

import pytest
import torch

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.errors import ConfigError
from tinyaudio.represent.gansynth_image import RANGE, ImageConfig, to_image
from tinyaudio.represent.harmonic_template import LOBE_DB, hann_spectrum, harmonic_template

IMAGE = ImageConfig.small()
BIN_HZ = IMAGE.sample_rate / IMAGE.n_fft


def tone(pitch):
    """All harmonics up to 4 kHz, of amplitude 1, with phases of their own, and how many they are."""
    t = torch.arange(IMAGE.n_samples, dtype=torch.float64) / IMAGE.sample_rate
    k = torch.arange(1, int(4_000 / midi_to_hz(pitch)) + 1)[:, None]
    partials = torch.cos(2 * math.pi * k * midi_to_hz(pitch) * t + k**2)
    return partials.sum(0)[None, None].float(), len(k)


def test_the_lobe_is_the_spectrum_of_the_window():
    """|DFT| of a Hann window of 1,024 samples, 64 times finer than a bin."""
    window = torch.hann_window(1_024, dtype=torch.float64)
    spectrum = torch.fft.rfft(window, 64 * 1_024).abs() / window.sum()
    bins = torch.arange(0, 4 * 64 + 1, dtype=torch.float64) / 64
    torch.testing.assert_close(hann_spectrum(bins), spectrum[: len(bins)], atol=2e-6, rtol=0)
    assert hann_spectrum(torch.tensor([2.0, -2.0, 3.0])).max() < 1e-6


@pytest.mark.parametrize("pitch", [48, 55, 64, 71])
def test_the_template_is_what_a_tone_shows(pitch):
    """Of a stationary tone: level and IF of every bin down to 24 dB below its harmonic, as analysis finds them."""
    audio, n_harmonics = tone(pitch)
    template = harmonic_template(range(48, 72), IMAGE)
    level, expected = template.level[pitch - 48], template.expected[pitch - 48, 5]
    highest = n_harmonics * midi_to_hz(pitch) / BIN_HZ + 2
    inside = (level > 1 - 24 / LOBE_DB) & (torch.arange(1, 257) < highest)
    magnitude, frequency = (
        to_image(audio, IMAGE)[0, :, 2:-2, inside] / RANGE
    )  # frames within the tone
    assert inside.sum() >= 2 * n_harmonics
    seen = 1 + 35 * (magnitude - 1) / LOBE_DB  # an image's 0.8 is 35 dB
    torch.testing.assert_close(seen, level[inside].expand_as(seen), atol=0.5 / LOBE_DB, rtol=0)
    off = torch.remainder(frequency - expected[inside] + 1, 2) - 1
    assert off.abs().max() < 0.02


def test_the_template_says_which_harmonic_is_near():
    template, bins = harmonic_template(range(48, 72), IMAGE), torch.arange(1, 257)
    harmonic = midi_to_hz(60) / BIN_HZ  # in bins: 16.7
    nearest = (bins / harmonic).round().clamp(min=1)
    offset = ((bins - nearest * harmonic) / 4).clamp(-1, 1)
    torch.testing.assert_close(template.offset[12], offset, atol=1e-5, rtol=0)
    for k, sign in ((1, -1), (2, 1), (7, -1)):
        assert sign * template.parity[12, round(k * harmonic) - 1] > 0.98
    assert (template.expected[:, 0] == 0).all() and template.expected.abs().max() <= 1


def test_images_of_other_conventions_are_refused():
    for other in (ImageConfig.paper(), ImageConfig.released()):
        with pytest.raises(ConfigError, match="must be as ImageConfig"):
            harmonic_template([60], other)

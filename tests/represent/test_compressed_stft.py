"""Compressed spectra: phase and ratios of levels as they should be, and the sound comes back."""

import pytest
import torch

from tinyaudio.data.drums import Drums
from tinyaudio.errors import AudioError
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig, to_audio, to_image
from tinyaudio.represent.spectrum import stft

CONFIG = CompressedSTFTConfig()


def sounds():
    """Six drum hits, one a kind."""
    hits = Drums(6, CONFIG.n_samples)
    return torch.stack([hits[i]["audio"] for i in range(6)])


@pytest.mark.parametrize("exponent", [0.3, 0.5, 1.0])
def test_sounds_come_back(exponent):
    """All but a click of the Nyquist frequency, which hits that begin at full strength have."""
    config = CompressedSTFTConfig(exponent=exponent)
    t = torch.arange(config.n_samples, dtype=torch.float64)
    swell = torch.hann_window(config.n_samples, dtype=torch.float64)
    soft = (swell * (torch.sin(0.3 * t) + 0.1 * torch.sin(2.0 * t)))[None, None]
    for audio, limit_db in ((soft, -80), (sounds(), -20)):
        image = to_image(audio, config)
        assert image.shape == (len(audio), *config.shape)
        error = (to_audio(image, config) - audio).square().sum(2)
        assert 10 * (error / audio.square().sum(2)).log10().max() < limit_db


def test_levels_are_raised_to_the_exponent_and_phases_stay():
    audio = sounds()
    real, imaginary = to_image(audio, CONFIG).unbind(1)
    spectrum = stft(audio[:, 0], CONFIG.n_fft, CONFIG.hop_length)[:, :-1]
    loud = spectrum.abs() > 1e-3
    found = torch.complex(real, imaginary)
    torch.testing.assert_close(
        found.abs()[loud], CONFIG.scale * spectrum.abs()[loud] ** CONFIG.exponent
    )
    turned = found[loud] / spectrum[loud]
    torch.testing.assert_close(
        turned.imag / turned.abs(), torch.zeros(len(turned)), atol=1e-4, rtol=0
    )


def test_drums_have_a_variance_near_1():
    """Which noise of variance 1 is added to."""
    hits = Drums(120, CONFIG.n_samples)
    audio = torch.stack([hits[i]["audio"] for i in range(120)])
    assert to_image(audio, CONFIG).square().mean().item() == pytest.approx(1, abs=0.2)


def test_silence_is_silence_and_has_gradients():
    silence = torch.zeros(1, 1, CONFIG.n_samples)
    assert not to_image(silence, CONFIG).any()
    image = torch.zeros(1, *CONFIG.shape, requires_grad=True)
    to_audio(image, CONFIG).square().sum().backward()
    assert image.grad.isfinite().all() and not to_audio(image, CONFIG).any()


def test_other_lengths_and_scales_are_refused():
    with pytest.raises(AudioError, match="4095 samples: these images are of 4096"):
        to_image(torch.zeros(1, 1, 4_095), CONFIG)
    for name in ("exponent", "scale"):
        for value in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(AudioError, match=f"{name} {value}: must be above 0"):
                CompressedSTFTConfig(**{name: value})

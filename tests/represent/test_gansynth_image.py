"""Notes as images: sizes, scale, conventions, and what comes back."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tinyaudio.data.notes import Notes
from tinyaudio.errors import AudioError, ConfigError
from tinyaudio.represent.gansynth_image import ImageConfig, to_audio, to_image
from tinyaudio.represent.ifreq import wrap
from tinyaudio.represent.image_config import RELEASED_A, RELEASED_B

KINDS = ("phase", "if", "if_mel")


@pytest.fixture(scope="module")
def note():
    return Notes(1, seconds=4.0, families=("organ",))[0]["audio"][None]


def snr_db(wanted, given):
    return (20 * torch.log10(wanted.norm() / (wanted - given).norm())).item()


@pytest.mark.parametrize("made", [ImageConfig.paper, ImageConfig.released])
@pytest.mark.parametrize(("high", "size"), [(False, (256, 512)), (True, (128, 1024))])
@pytest.mark.parametrize("kind", KINDS)
def test_four_seconds_have_the_papers_size(note, made, high, size, kind):
    config = made(kind, high)
    image = to_image(note, config)
    assert image.shape == (1, 2, *size) and image.isfinite().all()
    assert to_audio(image, config).shape == note.shape
    assert image[:, 0].min() >= -0.8 - 1e-6 and image[:, 0].max() < 0.9
    assert image[:, 1, 1:].abs().max() <= 0.8 + 1e-6


def test_frames_are_256_and_the_stride_happens_to_be():
    """64,000 samples in hops of 256 are 251 frames, which silence fills up to 256; at twice the hop, 126 to 128."""
    low, high = ImageConfig.paper(), ImageConfig.paper(high_resolution=True)
    assert [1 + c.n_samples // c.hop_length for c in (low, high)] == [251, 126]
    assert (low.n_frames, low.hop_length) == (256, 256)
    assert (high.n_frames, high.hop_length) == (128, 512)


def test_ln_of_a_millionth_becomes_minus_0_8_and_10_377_becomes_0_8():
    config = ImageConfig.released()
    silent = to_image(torch.zeros(1, 1, 64_000), config)
    assert silent[:, 0].sub(-0.8).abs().max() < 1e-6 and (silent[:, 1] == 0).all()
    assert to_audio(silent, config).isfinite().all()
    assert RELEASED_A * math.log(1e-6) + RELEASED_B == pytest.approx(-0.8, abs=2e-8)
    assert RELEASED_A * 10.377 + RELEASED_B == pytest.approx(0.8, abs=1e-4)
    loudest = ImageConfig.released().loudest
    assert 1.6 / (loudest - math.log(1e-6)) == pytest.approx(RELEASED_A, rel=1e-7)


def test_full_scale_is_0_8_in_the_papers_image():
    t = torch.arange(64_000, dtype=torch.float64) / 16_000
    tone = torch.sin(2 * torch.pi * 1_000 * t)[None, None]
    for high in (False, True):
        image = to_image(tone, ImageConfig.paper(high_resolution=high))
        assert image[:, 0].max().item() == pytest.approx(0.8, abs=1e-3)


def released_by_numpy(audio, n_fft, hop):
    """Padding in front, no centring, 0 Hz dropped, unwrapped phase: each frame by its own Fourier sum."""
    n_frames = 2 * 131_072 // n_fft
    padded = np.concatenate([np.zeros(hop * (n_frames - 1) + n_fft - len(audio)), audio])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    frames = [padded[hop * n : hop * n + n_fft] * window for n in range(n_frames)]
    spectrum = np.array([np.fft.rfft(frame)[1:] for frame in frames])
    phase = np.unwrap(np.angle(spectrum), axis=0)
    turn = np.concatenate([phase[:1], np.diff(phase, axis=0)]) / np.pi
    return RELEASED_A * np.log(np.abs(spectrum) + 1e-6) + RELEASED_B, 0.8 * turn, spectrum


@pytest.mark.parametrize("high", [False, True])
def test_the_released_convention_against_an_independent_computation(note, high):
    config = ImageConfig.released("if", high)
    image = to_image(note.double(), config)[0]
    level, turn, spectrum = released_by_numpy(
        note[0, 0].double().numpy(), config.n_fft, config.hop_length
    )
    np.testing.assert_allclose(image[0].numpy(), level, atol=1e-6)
    # Phases of silent bins are rounding errors: they are compared where there is sound, modulo a turn.
    sounds = torch.from_numpy(np.abs(spectrum) > 0.1)
    sounds[1:] &= sounds[:-1].clone()
    differ = wrap((image[1] - torch.from_numpy(turn)) / 0.8)[sounds]
    assert differ.abs().max() < 1e-5


def test_the_released_padding_loses_the_end_of_a_tone_and_ours_does_not():
    t = torch.arange(64_000, dtype=torch.float64) / 16_000
    tone = torch.sin(2 * torch.pi * 440 * t)[None, None]
    released, paper = ImageConfig.released("if"), ImageConfig.paper("if")
    back = to_audio(to_image(tone, released), released)
    assert snr_db(tone, back) == pytest.approx(20.1, abs=1)
    assert snr_db(tone[..., -2048:], back[..., -2048:]) == pytest.approx(5.2, abs=1)
    assert snr_db(tone[..., 2048:-2048], back[..., 2048:-2048]) > 100
    back = to_audio(to_image(tone, paper), paper)
    # Where a tone stops suddenly there is something at half the sample rate, which the paper drops.
    assert snr_db(tone[..., -2048:], back[..., -2048:]) > 90


@pytest.mark.parametrize("kind", ["phase", "if"])
def test_the_papers_image_returns_without_half_the_sample_rate(note, kind):
    config = ImageConfig.paper(kind)
    assert snr_db(note, to_audio(to_image(note, config), config)) > 70


def test_complex_mel_returns_and_if_mel_hardly_does(note):
    complex_mel, if_mel = ImageConfig.paper("complex_mel"), ImageConfig.paper("if_mel")
    assert snr_db(note, to_audio(to_image(note, complex_mel), complex_mel)) > 30
    assert snr_db(note, to_audio(to_image(note, if_mel), if_mel)) < 20


def test_the_small_image_holds_what_lies_from_its_first_bin_to_4_khz():
    config = ImageConfig.small()
    t = torch.arange(config.n_samples, dtype=torch.float64) / 16_000
    inside = torch.sin(2 * torch.pi * 440 * t)[None, None]
    beyond = torch.sin(2 * torch.pi * 5_000 * t)[None, None]
    image = to_image(inside, config)
    assert image.shape == (1, 2, 32, 256)
    assert image[0, 0, 16].argmax().item() == 27  # 440 / 15.625 is 28.2, and bins begin at 1
    assert snr_db(inside, to_audio(image, config)) > 50
    # 0 dB: nothing of it comes back.
    assert snr_db(beyond, to_audio(to_image(beyond, config), config)) == pytest.approx(0, abs=0.1)


def test_short_clips_are_followed_by_silence(note):
    config = ImageConfig.paper()
    short = note[..., :8_000]
    back = to_audio(to_image(short, config), config)
    assert snr_db(short, back[..., :8_000]) > 60 and back[..., 10_000:].abs().max() < 1e-4


def test_bad_input_is_one_line():
    config = ImageConfig.paper()
    with pytest.raises(AudioError, match="1000 samples do not fit an image of 256 frames"):
        to_image(torch.zeros(1, 1, 1_000), config)
    with pytest.raises(AudioError, match="give from a window, 1024, to 64000"):
        to_image(torch.zeros(1, 1, 64_001), config)
    with pytest.raises(AudioError, match=r"this configuration has \(2, 256, 512\)"):
        to_audio(torch.zeros(1, 2, 128, 1024), config)
    with pytest.raises(ConfigError, match=r"n_frames 100: holds 25344 of 64000 samples; take 251"):
        replace(config, n_frames=100)
    with pytest.raises(ConfigError, match="n_bins 600: must be 1 to n_fft / 2, 512"):
        replace(config, n_bins=600)
    with pytest.raises(ConfigError, match="n_samples 500: must be a window, 1024, or more"):
        replace(config, n_samples=500)
    with pytest.raises(ConfigError, match=r"epsilon 0\.0: must be above 0"):
        replace(config, epsilon=0.0)
    with pytest.raises(ConfigError, match="complex_mel needs 'middle'"):
        replace(config, kind="complex_mel")

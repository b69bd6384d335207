"""Resampling: lengths, sines, the passband, what folds back, and the direct formula."""

import math

import pytest
import torch

from tinyaudio.audio.resampling import resample, resample_direct
from tinyaudio.errors import AudioError

RATES = [(48_000, 16_000), (44_100, 16_000), (16_000, 48_000), (44_100, 48_000)]


def sine(frequency, sample_rate, seconds=0.5, dtype=torch.float32):
    t = torch.arange(round(seconds * sample_rate), dtype=torch.float64) / sample_rate
    return torch.sin(2 * torch.pi * frequency * t).to(dtype)


def middle(audio):
    """Away from the ends, where the filter still sees the silence outside."""
    quarter = audio.shape[-1] // 4
    return audio[..., quarter:-quarter]


@pytest.mark.parametrize("length", [0, 1, 12_345])
@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 16_000), (11_127, 16_000), (8_000, 7_919)])
def test_length_is_exact(length, from_hz, to_hz):
    out = resample(torch.zeros(2, length), from_hz, to_hz)
    assert out.shape == (2, math.ceil(length * to_hz / from_hz))


def test_length_is_exact_where_float32_cannot_count():
    """torchaudio rounds lengths beyond 2^24 to float32; here it returns one sample too few."""
    length = 2**25 + 1
    assert resample(torch.zeros(length), 32_000, 16_000).shape[-1] == 2**24 + 1


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_a_sine_stays_the_same_sine(from_hz, to_hz):
    """Amplitude, frequency and phase, so no delay either; -120 dB is the 20th bit."""
    frequency = 0.87 * min(from_hz, to_hz) / 2
    error = resample(sine(frequency, from_hz), from_hz, to_hz) - sine(frequency, to_hz)
    assert 20 * math.log10(middle(error).abs().max()) < -120


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_passband_ripple(from_hz, to_hz):
    for share in (0.01, 0.2, 0.5, 0.7, 0.8, 0.87):
        frequency = share * min(from_hz, to_hz) / 2
        out = middle(resample(sine(frequency, from_hz, dtype=torch.float64), from_hz, to_hz))
        t = torch.arange(len(out), dtype=torch.float64) / to_hz
        basis = torch.stack(
            [torch.sin(2 * torch.pi * frequency * t), torch.cos(2 * torch.pi * frequency * t)]
        )
        amplitude = torch.linalg.lstsq(basis.T, out[:, None]).solution.norm()
        assert abs(20 * math.log10(amplitude)) < 0.001


@pytest.mark.parametrize(
    ("share", "limit_db"), [(1.001, -59), (1.01, -90), (1.02, -100), (1.7, -100)]
)
@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 16_000), (44_100, 16_000)])
def test_little_folds_back(share, limit_db, from_hz, to_hz):
    out = middle(resample(sine(share * to_hz / 2, from_hz), from_hz, to_hz))
    level_db = 10 * math.log10(2 * out.double().square().mean())
    assert level_db < limit_db


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_table_and_formula_agree(from_hz, to_hz):
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(2, 3000, generator=generator, dtype=torch.float64) * 2 - 1
    by_table, by_formula = (f(noise, from_hz, to_hz) for f in (resample, resample_direct))
    assert (
        by_table - by_formula
    ).abs().max() < 1e-6  # -120 dB: the formula's table is interpolated


def test_odd_ratios_stay_small_and_right():
    """44,101 and 16,000 share no factor: the table would hold 710 million numbers."""
    out = resample(sine(1000, 44_101), 44_101, 16_000)
    assert (middle(out) - middle(sine(1000, 16_000, len(out) / 16_000))).abs().max() < 2e-6


def test_gradients_flow():
    audio = torch.randn(40, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: resample(x, 3, 2), audio, fast_mode=True)
    assert torch.autograd.gradcheck(lambda x: resample_direct(x, 3, 2), audio, fast_mode=True)


def test_any_layout_and_batch():
    audio = torch.randn(2, 480, 3).transpose(1, 2)  # not contiguous
    out = resample(audio, 48_000, 16_000)
    assert out.shape == (2, 3, 160)
    assert torch.allclose(out[1, 2], resample(audio[1, 2], 48_000, 16_000), atol=1e-6)


def test_the_same_rate_changes_nothing():
    audio = torch.randn(1, 100)
    assert resample(audio, 16_000, 16_000) is audio


@pytest.mark.parametrize(
    ("from_hz", "to_hz", "message"),
    [
        (0, 16_000, "sample rate 0 Hz is outside 1 to 768000 Hz"),
        (16_000, -1, "sample rate -1 Hz"),
        (16_000, 800_000, "sample rate 800000 Hz"),
        (1, 16_000, "more than 256 times"),
    ],
)
def test_impossible_rates_are_refused(from_hz, to_hz, message):
    with pytest.raises(AudioError, match=message):
        resample(torch.zeros(1, 10), from_hz, to_hz)


def test_results_beyond_memory_are_refused():
    with pytest.raises(AudioError, match="take it in parts"):
        resample(torch.zeros(1).expand(2**24), 1000, 256_000)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_torchaudio_agrees_to_its_own_precision(from_hz, to_hz):
    from torchaudio.functional import resample as theirs

    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 5000, generator=generator, dtype=torch.float64) * 2 - 1
    settings = {
        "lowpass_filter_width": 64,
        "rolloff": 0.9475937167399596,
        "beta": 14.769656459379492,
    }
    reference = theirs(noise, from_hz, to_hz, resampling_method="sinc_interp_kaiser", **settings)
    ours = resample(noise, from_hz, to_hz)
    # torchaudio's table is float64 here, but it computes the window's normalisation in float32.
    assert ours.shape == reference.shape and (ours - reference).abs().max() < 1e-6

"""Decimation: where tones fold, what each filter leaves, and no delay."""

import math

import pytest
import torch

from tinyaudio.audio.decimation import (
    decimate_butterworth,
    decimate_chebyshev,
    decimate_sinc,
    decimate_stft,
    decimate_unfiltered,
)
from tinyaudio.errors import AudioError

RATE = 48_000
FILTERED = [decimate_sinc, decimate_stft, decimate_chebyshev, decimate_butterworth]
ALL = [*FILTERED, decimate_unfiltered]


def tone(hz, n=RATE // 2):
    return torch.sin(2 * torch.pi * hz * torch.arange(n, dtype=torch.float64) / RATE)


def level_db(audio):
    """Of a tone of amplitude 1 that is 0; its ends are left out."""
    middle = audio[len(audio) // 4 : -(len(audio) // 4)]
    return 10 * math.log10(2 * middle.square().mean() + 1e-30)


@pytest.mark.parametrize("ratio", [2, 3])
@pytest.mark.parametrize("hz", [13_000, 19_000, 23_500])
def test_without_a_filter_a_tone_folds(hz, ratio):
    """It is no noise but a tone, at |f - k fs| and as loud as before."""
    new_rate = RATE // ratio
    k = round(hz / new_rate)
    folded = decimate_unfiltered(tone(hz), ratio)
    spectrum = torch.fft.rfft(folded * torch.hann_window(len(folded), dtype=torch.float64)).abs()
    peak = spectrum.argmax() * new_rate / len(folded)
    assert peak == abs(hz - k * new_rate)
    assert level_db(folded) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("ratio", [2, 3])
@pytest.mark.parametrize("decimate", FILTERED)
def test_with_one_it_is_gone(decimate, ratio):
    assert level_db(decimate(tone(1.3 * RATE / 2 / ratio), ratio)) < -80


# 2 % above half the new rate and 10 % below it, in dB, at ratio 3: the table of the module
TABLE = [
    (decimate_stft, -64, 0),
    (decimate_chebyshev, -59, -24),
    (decimate_butterworth, -40, -20),
    (decimate_unfiltered, 0, 0),
]


@pytest.mark.parametrize(("decimate", "above", "below"), TABLE)
def test_the_table_of_filters(decimate, above, below):
    assert level_db(decimate(tone(1.02 * 8_000), 3)) == pytest.approx(above, abs=0.6)
    assert level_db(decimate(tone(0.90 * 8_000), 3)) == pytest.approx(below, abs=0.6)


def test_the_sinc_of_the_table():
    assert level_db(decimate_sinc(tone(1.02 * 8_000), 3)) < -140
    assert level_db(decimate_sinc(tone(0.90 * 8_000), 3)) == pytest.approx(-0.02, abs=0.005)


@pytest.mark.parametrize(("ratio", "near", "far"), [(2, -62, -94), (3, -35, -64)])
def test_the_filter_of_the_public_code_leaks_as_measured(ratio, near, far):
    """A tone 0.5 % and 2 % above half the new rate, by NU-Wave's own filter."""
    half = RATE / 2 / ratio
    assert level_db(decimate_stft(tone(1.005 * half), ratio)) == pytest.approx(near, abs=0.5)
    assert level_db(decimate_stft(tone(1.02 * half), ratio)) == pytest.approx(far, abs=0.5)


@pytest.mark.parametrize("decimate", ALL)
def test_a_low_tone_keeps_its_level_and_its_time(decimate):
    wanted = tone(1_000)[::3]
    error = (decimate(tone(1_000), 3) - wanted)[1_000:-1_000]
    # 0.1 dB of ripple, which the Chebyshev filter has, would be 0.0116; a delay of a sample 0.38
    assert error.abs().max() < 0.012


@pytest.mark.parametrize("decimate", ALL)
@pytest.mark.parametrize("length", [0, 1, 100, 3_001])
def test_lengths(decimate, length):
    out = decimate(torch.zeros(2, 1, length), 3)
    assert out.shape == (2, 1, math.ceil(length / 3))
    assert out.dtype == torch.float32 and torch.equal(out, torch.zeros_like(out))


@pytest.mark.parametrize("decimate", ALL)
def test_ratio_1_and_bad_input(decimate):
    x = tone(5_000)
    assert torch.allclose(decimate(x, 1), x, atol=1e-6)
    with pytest.raises(AudioError, match="whole number from 1"):
        decimate(x, 0)

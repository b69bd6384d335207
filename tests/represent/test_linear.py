"""Linear quantization: PCM's integers, and 6.02 dB a bit."""

import math

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.represent import linear


@pytest.mark.parametrize("bits", [1, 2, 8, 16])
def test_every_code_survives_the_round_trip(bits):
    codes = torch.arange(-(2 ** (bits - 1)), 2 ** (bits - 1))
    assert len(codes) == 2**bits
    assert torch.equal(linear.encode(linear.decode(codes, bits), bits), codes)


def test_sixteen_bits_span_two_to_the_fifteenth():
    ends = linear.encode(torch.tensor([-2.0, 2.0]), bits=16).tolist()
    assert ends == [-(2**15), 2**15 - 1]


def snr_db(x, bits):
    error = linear.quantize(x, bits).double() - x
    return 10 * math.log10(x.square().mean() / error.square().mean())


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16])
def test_each_bit_is_worth_six_db(bits):
    """Even noise over the levels' own range has power (1/3) and error (4^(1-b) / 12) of ratio 4^b."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(400_000, generator=generator, dtype=torch.float64)
    noise = 2 * noise - 1 - 2.0**-bits  # half a step around each of the 2^b levels
    assert snr_db(noise, bits) == pytest.approx(
        6.0206 * bits + 10 * math.log10(1 + 3 * 4.0**-bits), abs=0.03
    )  # 0.03 dB: 400,000 draws know a power to 0.2 %


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_full_scale_sine_gains_another_one_point_eight_db(bits):
    """6.02 b + 1.76 dB, for a sine as high as the highest level, so that nothing is clipped."""
    t = torch.arange(200_000, dtype=torch.float64)
    x = (1 - 2.0 ** (1 - bits)) * torch.sin(2 * torch.pi * 0.0123456789 * t)
    lower_db = 20 * math.log10(1 - 2.0 ** (1 - bits))
    # Below 8 bits the error of a sine is too uneven for the formula: at 6, 0.8 dB off.
    assert snr_db(x, bits) == pytest.approx(6.0206 * bits + 1.761 + lower_db, abs=0.2)


def test_the_error_is_at_most_half_a_step():
    x = torch.linspace(-1, 0.99, 10_001, dtype=torch.float64)
    assert (linear.quantize(x, 8).double() - x).abs().max() <= 0.5 / 128


def test_impossible_requests_are_refused():
    for bits in (0, 25):
        with pytest.raises(AudioError, match="choose from 1 to 24"):
            linear.quantize(torch.zeros(3), bits)
    with pytest.raises(AudioError, match="do not fit 8 bits"):
        linear.decode(torch.tensor([128]), bits=8)
    with pytest.raises(AudioError, match="NaN"):
        linear.encode(torch.tensor([float("nan")]), bits=8)

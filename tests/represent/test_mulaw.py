"""Mu-law: the numbers that are known, and the properties that hold everywhere."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyaudio.errors import AudioError
from tinyaudio.represent import mulaw


@pytest.mark.parametrize("n_levels", [2, 3, 16, 255, 256, 1024, 65536])
def test_every_code_survives_the_round_trip(n_levels):
    codes = torch.arange(n_levels)
    assert torch.equal(mulaw.encode(mulaw.decode(codes, n_levels), n_levels), codes)


def test_the_two_middle_codes_are_almost_silence():
    low, high = mulaw.decode(torch.tensor([127, 128])).tolist()
    closed_form = (256 ** (1 / 255) - 1) / 255  # 8.62e-5
    assert math.isclose(high, closed_form, rel_tol=1e-4) and low == -high
    assert mulaw.encode(torch.zeros(1)).item() == 128


@given(st.floats(-1, 1), st.sampled_from([4, 256, 4096]))
@settings(max_examples=300, deadline=None)
def test_rounding_is_to_the_nearest_level(x, n_levels):
    """In the compressed domain no other level is nearer; half a step is 1 / mu."""
    audio = torch.tensor([x], dtype=torch.float64)
    code = mulaw.encode(audio, n_levels)
    level = 2 * code.double() / (n_levels - 1) - 1
    distance = (mulaw.compress(audio, n_levels) - level).abs().item()
    assert distance <= 1 / (n_levels - 1) + 1e-12


def test_the_largest_error_is_near_full_scale():
    """0.0216, near |x| = 0.98: half a step times the slope of the expansion."""
    x = torch.linspace(-1, 1, 400_001, dtype=torch.float64)
    error = (mulaw.decode(mulaw.encode(x)).double() - x).abs()
    assert error.max().item() == pytest.approx(0.0216, abs=1e-4)
    assert x[error.argmax()].abs().item() == pytest.approx(0.98, abs=0.005)


@pytest.mark.parametrize(("amplitude", "expected_db"), [(1, 38.4), (0.1, 37.6), (0.01, 33.7)])
def test_the_error_follows_the_level(amplitude, expected_db):
    """Eight linear bits lose 20 dB with each factor of ten; mu-law hardly loses any."""
    t = torch.arange(48_000, dtype=torch.float64) / 16_000
    x = amplitude * torch.sin(2 * torch.pi * 440.3 * t)
    error = mulaw.decode(mulaw.encode(x)).double() - x
    snr_db = 10 * math.log10(x.square().mean() / error.square().mean())
    assert snr_db == pytest.approx(expected_db, abs=0.15)


def test_compress_and_expand_undo_each_other_with_gradients():
    x = torch.linspace(-1, 1, 201, dtype=torch.float64)
    assert torch.allclose(mulaw.expand(mulaw.compress(x)), x, atol=1e-12)
    inside = (x[x.abs() > 1e-3]).requires_grad_()
    assert torch.autograd.gradcheck(mulaw.compress, inside)
    assert torch.autograd.gradcheck(mulaw.expand, inside)


def test_half_precision_is_computed_in_single():
    x = torch.linspace(-1, 1, 999)
    half = x.to(torch.bfloat16)
    assert torch.equal(mulaw.encode(half), mulaw.encode(half.float()))


def test_outside_values_are_clipped():
    assert mulaw.encode(torch.tensor([-7.0, float("inf")])).tolist() == [0, 255]


@pytest.mark.parametrize("codes", [[0, 256], [-1, 3]])
def test_codes_outside_the_levels_are_refused(codes):
    with pytest.raises(AudioError, match=r"codes from .* do not fit 256 levels, 0 to 255"):
        mulaw.decode(torch.tensor(codes))


def test_impossible_requests_are_refused():
    with pytest.raises(AudioError, match="at least 2"):
        mulaw.encode(torch.zeros(3), n_levels=1)
    with pytest.raises(AudioError, match="NaN"):
        mulaw.encode(torch.tensor([0.0, float("nan")]))

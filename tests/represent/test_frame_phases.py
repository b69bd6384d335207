"""Phases at the frames of a stride: those of the sampled sinusoid, and the power that one filter holds in closed form."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.represent.frame_phases import by_one_filter, frame_phases


def tone(period, n=65_536):
    return torch.sin(2 * math.pi * torch.arange(n, dtype=torch.float64) / period)


@pytest.mark.parametrize(("hz", "stride"), [(440.0, 64), (440.0, 256), (1_000.0, 16), (97.3, 5)])
def test_phases_are_those_of_the_analytic_signal_at_every_frame(hz, stride):
    t = torch.arange(50, dtype=torch.float64) * stride / 16_000
    found = frame_phases(hz, stride, 50).double()
    torch.testing.assert_close(torch.sin(found), torch.sin(2 * math.pi * hz * t), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.cos(found), torch.cos(2 * math.pi * hz * t), atol=1e-5, rtol=0)
    assert found.min() >= -math.pi - 1e-6 and found.max() < math.pi


def test_a_stride_of_whole_periods_has_one_phase_and_any_other_goes_around():
    assert frame_phases(1_000, 64, 100).unique().numel() == 1
    phases = frame_phases(440, 64, 100)  # 1.76 periods: after 25 frames it begins anew
    assert phases.mul(1e4).round().unique().numel() == 25
    torch.testing.assert_close(phases[:25], phases[25:50], atol=1e-4, rtol=0)


@pytest.mark.parametrize(("period", "stride"), [(36.4, 256), (36.4, 64), (36.4, 16), (36.4, 4)])
def test_one_filter_holds_a_share_of_a_sinusoid_s_power_that_is_known(period, stride):
    r"""(1 + |D|) / 2 with D = 1/S \sum_k exp(2 i w k): the plane's larger axis."""
    audio = tone(period, 91 * stride)  # the phases have gone around a whole number of times
    made = by_one_filter(audio, stride)
    k = torch.arange(stride, dtype=torch.float64)
    D = torch.exp(4j * math.pi * k / period).mean().abs().item()
    share = (made.square().sum() / audio[: len(made)].square().sum()).item()
    assert share == pytest.approx((1 + D) / 2, abs=1e-4)


@pytest.mark.parametrize("stride", [64, 32, 8])  # of whole periods, and of halves
def test_one_filter_is_enough_where_the_stride_is_a_whole_number_of_half_periods(stride):
    audio = tone(16)
    torch.testing.assert_close(by_one_filter(audio, stride), audio)


def test_bad_input():
    with pytest.raises(UserError, match="0 Hz, stride 4"):
        frame_phases(0, 4, 3)
    with pytest.raises(UserError, match="stride 9: must be from 1 to the sound's 8 samples"):
        by_one_filter(torch.zeros(8), 9)
    assert by_one_filter(torch.zeros(8), 3).tolist() == [0.0] * 6

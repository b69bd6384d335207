"""Disturbed pasts: as loud and as noisy as asked, and left alone as often as asked."""

import math

import pytest
import torch

from tinyaudio.objectives.exposure import LOUDER, PERIODS, disturbed, gone_round
from tinyaudio.represent import mulaw

SINE = 0.2 * torch.sin(torch.arange(4_000) * 0.1).expand(400, -1)


def shown(audio=SINE, **options):
    torch.manual_seed(0)
    plain = {"noise": 0, "echo": 1, "lags": [1, 8, 64], "gain_db": 0, "undisturbed": 0}
    return disturbed(audio, 256, **plain | options)


def test_undisturbed_it_is_the_codes():
    assert torch.equal(shown(), mulaw.encode(SINE))


@pytest.mark.parametrize("undisturbed", [0.0, 0.25, 0.75])
def test_so_many_are_left_as_they_are(undisturbed):
    past = shown(noise=200, gain_db=40, undisturbed=undisturbed)
    share = (past == mulaw.encode(SINE)).all(1).double().mean()
    assert abs(share - undisturbed) < 0.07  # three deviations of a binomial share


def test_the_noise_is_as_loud_as_asked_and_centred():
    error = (shown(noise=8) - mulaw.encode(SINE)).double()
    widths = error.square().mean(1).sqrt()
    # The width is even between 0 and 8; noise that comes back late reaches it only after a while.
    assert widths.max() < 9.5 and widths.min() < 0.5
    assert 3 < widths.mean() < 4.5
    assert abs(error.mean()) < 0.3


def test_without_an_echo_the_noise_is_white():
    quiet = torch.zeros(100, 4_000)
    for echo, least, most in ((0, -0.02, 0.02), (1, 0.1, 0.9)):
        error = (shown(quiet, noise=20, echo=echo, lags=[8]) - 128).double()
        again = (error[:, 8:] * error[:, :-8]).mean() / error.square().mean()
        assert least < again < most


def test_no_code_is_out_of_range():
    past = shown(noise=2_000)
    assert past.min() == 0 and past.max() == 255


def test_a_level_wanders_as_far_as_asked_in_half_of_the_clips():
    sound = mulaw.decode(shown(gain_db=30))
    heard = sound.unfold(1, 63, 63).square().mean(2).sqrt()  # 63 samples are a period
    level = 20 * (heard / 0.2 * math.sqrt(2)).log10()
    moved = level.abs().amax(1) > 0.5
    assert 0.4 < moved.double().mean() < 0.6
    assert -31 < level.min() < -28 and 5 < level.max() <= 30 * LOUDER + 0.5
    assert level[moved].diff(n=2, dim=1).abs().median() < 0.3  # straight, in decibels


def test_what_it_is_made_from_stays_what_it_was():
    audio = SINE.clone()
    shown(audio, noise=10, gain_db=40)
    assert torch.equal(audio, SINE)


@pytest.mark.parametrize("lag", [1, 5, 50])
def test_noise_goes_round_as_the_formula_says(lag):
    x = torch.randn(2, 200, generator=torch.manual_seed(0))
    g = torch.tensor([[0.7], [0.0]])
    y = torch.zeros_like(x)
    for t in range(200):
        back = g[:, 0] * y[:, t - lag] if t >= lag else 0
        y[:, t] = (1 - g[:, 0] ** 2).sqrt() * x[:, t] + back
    found = gone_round(x, torch.full((2, 1), lag), g)
    torch.testing.assert_close(found, y, atol=1e-5, rtol=0)


def test_noise_that_goes_round_stays_as_loud_as_it_was():
    x = torch.randn(20, 50_000, generator=torch.manual_seed(0))
    y = gone_round(x, torch.full((20, 1), 4), torch.full((20, 1), 0.9))
    assert y.square().mean() == pytest.approx(1, abs=0.02)


def test_half_of_the_noise_comes_back_after_a_few_periods_if_they_are_known():
    quiet, period = torch.zeros(400, 4_000), torch.full((400,), 30.4)
    error = (shown(quiet, noise=20, lags=[9], periods=period) - 128).double()
    spectrum = torch.fft.rfft(error - error.mean(1, keepdim=True), 8_192)
    repeats = torch.fft.irfft(spectrum.abs() ** 2)
    repeats = repeats / repeats[:, :1]
    after = [round(m * 30.4) for m in PERIODS]
    several = repeats[:, after].amax(1) > 0.15
    dilation = repeats[:, 9] > 0.15
    assert 0.3 < several.double().mean() < 0.6 and 0.3 < dilation.double().mean() < 0.6
    assert (several & dilation).double().mean() < 0.05

"""Schedules against closed forms and the numbers of the papers; what is no schedule is refused."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.objectives.noise_schedule import (
    DDPM,
    DIFFWAVE_50,
    DIFFWAVE_200,
    DIFFWAVE_FAST,
    NUWAVE,
    NUWAVE_FAST,
    WAVEGRAD,
    NoiseSchedule,
    cosine,
    linear,
    zero_terminal_snr,
)

PAPERS = (DDPM, DIFFWAVE_50, DIFFWAVE_200, DIFFWAVE_FAST, WAVEGRAD, NUWAVE, NUWAVE_FAST)


@pytest.mark.parametrize(
    ("schedule", "n_steps", "left"),
    [
        (DDPM, 1_000, 4.04e-5),
        (DIFFWAVE_50, 50, 0.280),
        (DIFFWAVE_200, 200, 0.13),
        (WAVEGRAD, 1_000, 6.6e-3),
        (NUWAVE, 1_000, 4.95e-2),
        (NUWAVE_FAST, 8, 0.089),
    ],
)
def test_what_is_left_of_the_signal_after_the_papers_last_steps(schedule, n_steps, left):
    assert len(schedule) == n_steps
    assert schedule.alpha_bars[-1].item() == pytest.approx(left, rel=0.02)


def test_alpha_bar_is_the_product_that_single_steps_make():
    for schedule in (*PAPERS, cosine(50)):
        product = 1.0
        for beta, alpha_bar in zip(
            schedule.betas.tolist(), schedule.alpha_bars.tolist(), strict=True
        ):
            product *= 1 - beta
            assert alpha_bar == pytest.approx(product, rel=1e-12)


def test_the_marginal_is_what_iterated_steps_lead_to():
    """x_t = sqrt(1 - beta) x_{t-1} + sqrt(beta) eps: mean and variance step by step, exactly."""
    for schedule in (*PAPERS, cosine(200), zero_terminal_snr(DDPM)):
        mean, variance = 1.0, 0.0
        for beta in schedule.betas.tolist():
            mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
        alpha_bar = schedule.alpha_bars[-1].item()
        assert mean == pytest.approx(math.sqrt(alpha_bar), rel=1e-9, abs=1e-12)
        assert variance == pytest.approx(1 - alpha_bar, rel=1e-9)


def test_first_steps_keep_their_precision():
    """A millionth is less than float32's spacing at 1 times ten, and must not be rounded away."""
    assert 1 - WAVEGRAD.alpha_bars[0].item() == pytest.approx(1e-6, rel=1e-9)


def test_the_cosine_is_one_but_for_the_last_beta():
    schedule = cosine(1_000)
    t = torch.arange(1, 1_000, dtype=torch.float64) / 1_000
    f = torch.cos(math.pi / 2 * (t + 0.008) / 1.008).square()
    start = math.cos(math.pi / 2 * 0.008 / 1.008) ** 2
    torch.testing.assert_close(schedule.alpha_bars[:-1], f / start)
    assert schedule.betas[-1] == 0.999


@pytest.mark.parametrize("schedule", [DDPM, DIFFWAVE_50, NUWAVE, cosine(100)])
def test_zero_terminal_snr_keeps_the_first_step_and_ends_in_noise_alone(schedule):
    rescaled = zero_terminal_snr(schedule)
    assert rescaled.alpha_bars[-1] == 0 and rescaled.betas[-1] == 1
    assert rescaled.alpha_bars[0].item() == pytest.approx(schedule.alpha_bars[0].item(), rel=1e-12)
    # a straight line from the old square roots to the new ones
    old, new = schedule.alpha_bars.sqrt(), rescaled.alpha_bars.sqrt()
    slopes = new.diff() / old.diff()
    torch.testing.assert_close(slopes, slopes[0].expand_as(slopes), rtol=1e-6, atol=0)
    assert len(zero_terminal_snr(rescaled)) == len(schedule)  # once more changes nothing
    torch.testing.assert_close(zero_terminal_snr(rescaled).alpha_bars, rescaled.alpha_bars)


def test_spaced_steps_end_with_the_last_and_are_all_steps_at_most():
    assert torch.equal(DDPM.spaced(1_000), DDPM.alpha_bars)
    assert torch.equal(DDPM.spaced(1), DDPM.alpha_bars[-1:])
    assert torch.equal(DDPM.spaced(4), DDPM.alpha_bars[[249, 499, 749, 999]])
    for n in (1, 3, 7, 50, 199, 200):
        few = DIFFWAVE_200.spaced(n)
        assert len(few) == n and few[-1] == DIFFWAVE_200.alpha_bars[-1] and (few.diff() < 0).all()


@pytest.mark.parametrize(
    ("betas", "message"),
    [
        ([], "one beta a step"),
        ([[0.1]], "one beta a step"),
        ([0.1, 0.05], "beta falls from 0.1 to 0.05 at step 2"),
        ([0.0, 0.1], "beta 0 of step 1 is not between 0 and 1"),
        ([0.1, 1.0], "beta 1 of step 2 is not between"),
        ([0.1, 1.5], "beta 1.5 of step 2"),
        ([-0.1, 0.1], "beta -0.1 of step 1"),
        ([0.1, math.nan], "beta nan of step 2"),
        ([0.1, math.inf], "beta inf of step 2"),
        ([1e-20, 0.1], "too small for double precision"),
    ],
)
def test_what_is_no_schedule_is_refused(betas, message):
    with pytest.raises(UserError, match=message):
        NoiseSchedule(torch.tensor(betas, dtype=torch.float64))


def test_only_zero_terminal_snr_may_touch_1_and_must():
    with pytest.raises(UserError, match=r"the last beta is 1, not 0\.2"):
        NoiseSchedule([0.1, 0.2], zero_terminal_snr=True)
    with pytest.raises(UserError, match="beta 1 of step 1"):
        NoiseSchedule([1.0, 1.0], zero_terminal_snr=True)
    assert NoiseSchedule([0.1, 1.0], zero_terminal_snr=True).alpha_bars[-1] == 0


def test_steps_that_there_are_not_are_refused():
    for n in (0, -1, 51):
        with pytest.raises(UserError, match=f"cannot sample in {n} steps: from 1 to 50"):
            DIFFWAVE_50.spaced(n)
    for make in (
        lambda: linear(1, 0.1, 0.2),
        lambda: cosine(0),
        lambda: zero_terminal_snr(NoiseSchedule([0.1])),
    ):
        with pytest.raises(UserError, match="give at least 2"):
            make()

"""Samplers of diffusion models against the exact denoiser of a Gaussian, for which all of them are known."""

import itertools
import math
import weakref

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.objectives.diffusion_time import ContinuousLevel, DiscreteTime
from tinyaudio.objectives.noise_schedule import (
    DDPM,
    DIFFWAVE_50,
    NUWAVE,
    NUWAVE_FAST,
    cosine,
    zero_terminal_snr,
)
from tinyaudio.samplers.diffusion import sample, trajectory
from tinyaudio.samplers.diffusion_steps import (
    DDIM,
    Point,
    ancestral,
    dpm_solver,
    log_snr,
    posterior_std,
    solver,
)

MEAN, STD = 0.7, 0.3


def no_noise():
    """For steps that need none."""
    return torch.zeros(())


ALL = [ancestral, DDIM(), DDIM(0.5), dpm_solver]


def exact(diffusion, mean=MEAN, std=STD):
    """The best network for clips of independent numbers from N(mean, std^2)."""
    schedule = diffusion.time.schedule

    def network(x, time):
        level = isinstance(diffusion.time, ContinuousLevel)
        a = time.double() ** 2 if level else schedule.alpha_bars[time.round().long()]
        a = a.reshape(-1, *[1] * (x.ndim - 1))
        x_0 = mean + a.sqrt() * std**2 / (a * std**2 + 1 - a) * (x - a.sqrt() * mean)
        noise = (x - a.sqrt() * x_0) / (1 - a).sqrt()
        return diffusion.target(x_0, noise, a.flatten()).to(x)

    return network


# ---------------------------------------------------------------------------- single steps


@pytest.mark.parametrize("schedule", [DDPM, DIFFWAVE_50, NUWAVE])
def test_the_posterior_s_identities(schedule):
    """What an ancestral step does to the mean sqrt(abar_t) x_0 and the variance 1 - abar_t."""
    alpha_bars = [1.0, *schedule.alpha_bars.tolist()]
    zero, one = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    for beta, (after, before) in zip(
        schedule.betas.tolist(), itertools.pairwise(alpha_bars), strict=True
    ):
        of_clean = ancestral([Point(zero, one, before)], after, no_noise).item()
        of_x = ancestral([Point(one, zero, before)], after, no_noise).item()
        variance = posterior_std(before, after) ** 2
        # rel: 1 - abar of the first steps has lost ten of sixteen digits
        assert variance == pytest.approx(beta * (1 - after) / (1 - before), rel=1e-6)
        assert of_clean + of_x * math.sqrt(before) == pytest.approx(math.sqrt(after), rel=1e-9)
        assert of_x**2 * (1 - before) + variance == pytest.approx(1 - after, rel=1e-6, abs=1e-15)
    assert posterior_std(schedule.alpha_bars[0].item(), 1.0) == 0


@pytest.mark.parametrize("step", ALL)
def test_the_last_step_returns_the_estimate_and_adds_no_noise(step):
    def noise():
        raise AssertionError("noise after the last step")

    x, clean = torch.randn(2, 3), torch.randn(2, 3)
    points = [Point(x, clean - 1, 0.5), Point(x, clean, 0.9)]
    torch.testing.assert_close(step(points, 1.0, noise), clean)


@pytest.mark.parametrize(("before", "after"), [(0.3, 0.6), (0.0, 0.2), (0.899, 0.9), (0.01, 0.99)])
def test_ddim_at_eta_1_is_ancestral_sampling(before, after):
    x, clean, z = torch.randn(3, 50, dtype=torch.float64)
    points = [Point(x, clean, before)]
    torch.testing.assert_close(
        DDIM(1.0)(points, after, lambda: z), ancestral(points, after, lambda: z)
    )


def test_the_first_dpm_step_is_ddim():
    x, clean = torch.randn(2, 50, dtype=torch.float64)
    for before, after in ((0.3, 0.6), (0.0, 0.2), (0.5, 1.0)):
        points = [Point(x, clean, before)]
        torch.testing.assert_close(
            dpm_solver(points, after, no_noise), DDIM()(points, after, no_noise)
        )


def test_a_second_dpm_step_carries_the_estimate_on():
    """An estimate that is a straight line in lambda is met at the middle of the step."""
    first, before, after = (torch.tensor(v).sigmoid().item() for v in (-2.0, -1.0, 1.0))
    slope = 0.25  # of the estimate, in lambda, half the logit
    points = [Point(torch.zeros(1), slope * torch.tensor([log_snr(a)]), a) for a in (first, before)]
    middle = slope * (log_snr(before) + log_snr(after)) / 2
    straight = dpm_solver([Point(torch.zeros(1), torch.tensor([middle]), before)], after, no_noise)
    torch.testing.assert_close(dpm_solver(points, after, no_noise), straight)


# ---------------------------------------------------------------------------- all steps


PAIRS = [(ALL[0], "epsilon"), (ALL[1], "x0"), (ALL[2], "v"), (ALL[3], "epsilon")]


# What a network predicts becomes an estimate of x_0 before the step, which knows no more of it.
@pytest.mark.parametrize(
    ("step", "prediction"),
    [
        pytest.param(*pair, marks=[] if pair in PAIRS else pytest.mark.slow)
        for pair in itertools.product(ALL, ["epsilon", "x0", "v"])
    ],
)
def test_with_the_exact_denoiser_a_thousand_steps_return_the_data(step, prediction):
    """Mean and deviation; 20,000 numbers have standard errors of 0.0021 and 0.0015."""
    diffusion = GaussianDiffusion(DiscreteTime(DDPM), prediction)
    clips = sample(exact(diffusion), diffusion, DDPM.spaced(1_000), (1, 10_000), [0, 1], step=step)
    assert clips.mean().item() == pytest.approx(MEAN, abs=0.008)
    assert clips.std().item() == pytest.approx(STD, abs=0.006)


@pytest.mark.parametrize("schedule", [cosine(1_000), zero_terminal_snr(DDPM)])
@pytest.mark.parametrize("step", ALL)
def test_schedules_that_end_in_noise_alone_do_as_well(schedule, step):
    diffusion = GaussianDiffusion(DiscreteTime(schedule), "v")
    clips = sample(
        exact(diffusion), diffusion, schedule.spaced(200), (1, 10_000), [0, 1], step=step
    )
    assert clips.mean().item() == pytest.approx(MEAN, abs=0.008)
    assert clips.std().item() == pytest.approx(STD, abs=0.02)


def test_eight_ancestral_steps_of_nuwave_have_too_little_variance():
    """A perfect network comes out at 0.06 of 0.1; the same calls by DPM-Solver++ at 0.10."""
    diffusion = GaussianDiffusion(ContinuousLevel(NUWAVE))
    network = exact(diffusion, mean=0.0, std=0.1)
    found = {
        step: sample(network, diffusion, NUWAVE_FAST.alpha_bars, (1, 20_000), [0], step=step).std()
        for step in (ancestral, dpm_solver)
    }
    assert found[ancestral].item() == pytest.approx(0.062, abs=0.002)
    assert found[dpm_solver].item() == pytest.approx(0.103, abs=0.002)


def solution(x, before, after, std):
    """Where the probability flow takes a number of N(0, std^2) data: its quantile stays."""
    spread = [math.sqrt(a * std**2 + 1 - a) for a in (before, after)]
    return x * spread[1] / spread[0]


@pytest.mark.parametrize(("step", "order"), [(DDIM(), 1), (dpm_solver, 2)])
def test_both_solvers_converge_at_their_orders(step, order):
    """Halving the steps in lambda halves the error of DDIM and quarters that of DPM-Solver++(2M)."""
    start, end, std, errors = -3.0, 2.0, 0.5, []
    for n in (20, 40, 80, 160):
        grid = (2 * torch.linspace(start, end, n + 1, dtype=torch.float64)).sigmoid().tolist()
        x, points = torch.ones(1, dtype=torch.float64), []
        for before, after in itertools.pairwise(grid):
            factor = math.sqrt(before) * std**2 / (before * std**2 + 1 - before)
            points.append(Point(x, factor * x, before))
            x = step(points, after, no_noise)
        errors.append(abs(x.item() - solution(1.0, grid[0], grid[-1], std)))
    slopes = [math.log2(a / b) for a, b in itertools.pairwise(errors)]
    assert slopes[-1] == pytest.approx(order, abs=0.1)


# ---------------------------------------------------------------------------- seeds, batches, trajectories

DIFFUSION = GaussianDiffusion(DiscreteTime(DDPM), "x0")


def half(x, t):
    """A network without an opinion of its own, by clip."""
    return x / 2 + t[:, None, None] / 2_000


def test_sampling_keeps_no_more_than_the_last_points():
    """A thousand steps of a large batch would not fit into memory."""
    seen, alive = [], []

    def network(x, t):
        seen.append(weakref.ref(x))
        alive.append(sum(one() is not None for one in seen))
        return 0.5 * x

    sample(network, GaussianDiffusion(DiscreteTime(DDPM), "x0"), DDPM.spaced(40), (1, 4), [0, 1])
    assert len(alive) == 40 and max(alive) <= 3


@pytest.mark.parametrize("step", ALL)
def test_a_clip_is_a_function_of_its_seed_whatever_its_batch(step):
    many = sample(half, DIFFUSION, DDPM.spaced(7), (1, 16), [5, 3, 8], step=step)
    for i, seed in enumerate([5, 3, 8]):
        alone = sample(half, DIFFUSION, DDPM.spaced(7), (1, 16), [seed], step=step)
        assert torch.equal(many[i], alone[0])
    assert not torch.equal(many[0], many[1])
    parts = sample(half, DIFFUSION, DDPM.spaced(7), (1, 16), [5, 3, 8], step=step, at_once=2)
    assert torch.equal(many, parts)


def test_every_clip_gets_its_own_row_of_the_condition():
    def network(x, t, target):
        return target.expand_as(x)

    target = torch.tensor([1.0, -2.0])[:, None, None]
    for at_once in (2, 1):
        clips = sample(
            network, DIFFUSION, DDPM.spaced(5), (1, 4), [0, 1], condition=target, at_once=at_once
        )
        torch.testing.assert_close(clips, target.expand(2, 1, 4))


def test_a_trajectory_begins_with_noise_and_ends_with_the_clip():
    points = [*trajectory(half, DIFFUSION, DDPM.spaced(6), (1, 4_000), [0])]
    assert len(points) == 7
    assert points[0].x.std().item() == pytest.approx(1, abs=0.05)
    assert [p.alpha_bar for p in points] == [*DDPM.spaced(6).flip(0).tolist(), 1.0]
    assert torch.equal(points[-1].x, points[-1].clean)
    torch.testing.assert_close(points[-1].x, points[-2].clean)
    times = DiscreteTime(DDPM).network_input(DDPM.spaced(6)).flip(0)
    for point, t in zip(points, times, strict=False):
        torch.testing.assert_close(point.clean, half(point.x, t.float().expand(1)))


def test_clipping_is_of_the_estimate_and_not_of_the_noisy_clip():
    wild = [*trajectory(lambda x, t: 9 * x, DIFFUSION, DDPM.spaced(50), (1, 500), [0], clip=1)]
    assert all(point.clean.abs().max() <= 1 for point in wild)
    assert wild[5].x.abs().max() > 1.5  # noise is not cut off
    diffusion = GaussianDiffusion(DiscreteTime(DDPM))
    free, clipped = (
        sample(exact(diffusion), diffusion, DDPM.spaced(50), (1, 500), [0], clip=c)
        for c in (None, 100.0)
    )
    assert torch.equal(free, clipped)


def test_the_network_sees_the_level_it_was_trained_with():
    """A noisy clip of the training and one of sampling are given the same time."""
    seen = []

    def network(x, t):
        seen.append(t[0].item())
        return x

    for time, wanted in (
        (DiscreteTime(DDPM), [999, 749, 499, 249]),
        (ContinuousLevel(DDPM), DDPM.alpha_bars[[999, 749, 499, 249]].sqrt().tolist()),
    ):
        seen.clear()
        sample(network, GaussianDiffusion(time, "x0"), DDPM.spaced(4), (1, 4), [0])
        assert seen == pytest.approx(wanted)


def test_renoised_clips_have_the_marginal_of_training():
    """x_t on the way has the variance of a noisy clip, at every step."""
    diffusion = GaussianDiffusion(DiscreteTime(DDPM))
    way = trajectory(exact(diffusion, 0.0), diffusion, DDPM.alpha_bars, (1, 20_000), [0])
    for point in itertools.islice(way, 100, None, 200):
        wanted = math.sqrt(point.alpha_bar * STD**2 + 1 - point.alpha_bar)
        assert point.x.std().item() == pytest.approx(wanted, rel=0.03)


# ---------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": []}, "no seeds"),
        ({"seeds": [-1]}, "seed -1"),
        ({"alpha_bars": torch.zeros(0)}, "cannot sample in 0 steps"),
        ({"alpha_bars": torch.tensor([0.2, 0.5])}, "must fall from step to step"),
        ({"alpha_bars": torch.tensor([1.0, 0.5])}, "below 1"),
        ({"alpha_bars": torch.tensor([0.5, math.nan])}, "must fall"),
        ({"clip": 0}, "clip 0"),
        ({"clip": math.nan}, "clip nan"),
        ({"network": lambda x, t: x * math.nan}, "not finite at step 1 of 4"),
        ({"network": lambda x, t: x / (t[0] > 500)}, "not finite at step 3 of 4"),
    ],
)
def test_what_cannot_be_sampled_is_refused(change, message):
    options = {"network": half, "diffusion": DIFFUSION, "alpha_bars": DDPM.spaced(4)}
    options |= {"shape": (1, 8), "seeds": [0]} | change
    with pytest.raises(UserError, match=message):
        sample(**options)


def test_noise_cannot_be_subtracted_where_there_is_nothing_else():
    with pytest.raises(UserError, match="predict v or x0"):
        sample(
            lambda x, t: x,
            GaussianDiffusion(DiscreteTime(DDPM)),
            zero_terminal_snr(DDPM).spaced(4),
            (1, 8),
            [0],
        )
    with pytest.raises(
        UserError, match="no sampler 'euler'; there are: ancestral, ddim, dpm-solver"
    ):
        solver("euler")
    for eta in (-0.1, 1.1, math.nan):
        with pytest.raises(UserError, match="must be from 0, no new noise, to 1"):
            DDIM(eta)

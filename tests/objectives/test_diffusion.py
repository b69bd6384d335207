"""The diffusion objective: what a network is given, what it should return, and the score that it learns."""

import math
import warnings

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from tinyaudio.errors import UserError
from tinyaudio.objectives.diffusion import (
    PREDICTIONS,
    GaussianDiffusion,
    add_noise,
    diffusion_loss,
)
from tinyaudio.objectives.diffusion_time import ContinuousLevel, DiscreteTime
from tinyaudio.objectives.noise_schedule import (
    DDPM,
    DIFFWAVE_50,
    DIFFWAVE_FAST,
    NUWAVE,
    NUWAVE_FAST,
    WAVEGRAD,
    NoiseSchedule,
    zero_terminal_snr,
)
from tinyaudio.objectives.schedule_search import grid_search
from tinyaudio.train import Learner, State, train

# ---------------------------------------------------------------------------- noise, and what undoes it


def test_add_noise_is_what_single_steps_add_up_to():
    """The same x_0 through every step of a schedule: mean and variance of a million numbers."""
    torch.manual_seed(0)
    schedule, n = NoiseSchedule([0.1, 0.2, 0.4]), 400_000
    x = torch.full((n,), 2.0)
    for beta in schedule.betas.tolist():
        x = math.sqrt(1 - beta) * x + math.sqrt(beta) * torch.randn(n)
    at_once = add_noise(
        torch.full((n, 1), 2.0), torch.randn(n, 1), schedule.alpha_bars[-1].expand(n)
    )
    for found in (x, at_once):
        left = schedule.alpha_bars[-1].item()
        assert found.mean().item() == pytest.approx(2 * math.sqrt(left), abs=0.006)
        assert found.var().item() == pytest.approx(1 - left, abs=0.006)


def test_every_clip_has_its_own_strength():
    x, noise = torch.ones(3, 1, 4), 10 * torch.ones(3, 1, 4)
    found = add_noise(x, noise, torch.tensor([1.0, 0.36, 0.0]))
    torch.testing.assert_close(found[:, 0, 0], torch.tensor([1.0, 8.6, 10.0]))


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("time", [DiscreteTime(DDPM), ContinuousLevel(WAVEGRAD)])
def test_the_clip_comes_back_from_what_should_be_predicted(prediction, time):
    torch.manual_seed(0)
    diffusion = GaussianDiffusion(time, prediction)
    alpha_bar, _ = time.draw(64)
    x_0, noise = torch.randn(2, 64, 1, 8, dtype=torch.float64)
    output = diffusion.target(x_0, noise, alpha_bar)
    x_t = add_noise(x_0, noise, alpha_bar)
    torch.testing.assert_close(diffusion.clean(output, x_t, alpha_bar), x_0)


def test_v_is_the_velocity_on_the_circle():
    """x_t = cos(phi) x_0 + sin(phi) eps, of which v is the derivative by phi [Salimans & Ho, appendix D]."""
    x_0, noise = torch.randn(2, 5, 3, dtype=torch.float64)
    phi, small = torch.linspace(0.1, 1.4, 5, dtype=torch.float64), 1e-6
    ahead, behind = (add_noise(x_0, noise, (phi + d).cos().square()) for d in (small, -small))
    v = GaussianDiffusion(DiscreteTime(DDPM), "v").target(x_0, noise, phi.cos().square())
    torch.testing.assert_close(v, (ahead - behind) / (2 * small), atol=1e-7, rtol=1e-7)


def test_noise_is_the_score_but_for_a_factor():
    """E[eps | x_t] = - sqrt(1 - abar) grad log p(x_t), for a mixture of two Gaussians, by autograd."""
    means, stds, weights = (
        torch.tensor(v, dtype=torch.float64) for v in ([-1.0, 2.0], [0.3, 0.7], [0.4, 0.6])
    )
    for alpha_bar in (0.9, 0.5, 0.1):
        x = torch.linspace(-3, 3, 41, dtype=torch.float64)[:, None].requires_grad_()
        noisy_means = math.sqrt(alpha_bar) * means
        noisy_vars = alpha_bar * stds**2 + 1 - alpha_bar
        log_parts = weights.log() - (x - noisy_means) ** 2 / (2 * noisy_vars) - noisy_vars.log() / 2
        (score,) = torch.autograd.grad(torch.logsumexp(log_parts, 1).sum(), x)
        # of each part, x_0 given x_t has a mean in closed form; eps follows from x_0
        posterior = torch.softmax(log_parts, 1)
        of_part = means + math.sqrt(alpha_bar) * stds**2 / noisy_vars * (x - noisy_means)
        x_0 = (posterior * of_part).sum(1, keepdim=True)
        epsilon = (x - math.sqrt(alpha_bar) * x_0) / math.sqrt(1 - alpha_bar)
        torch.testing.assert_close(epsilon.detach(), -math.sqrt(1 - alpha_bar) * score)


# ---------------------------------------------------------------------------- time


def test_steps_are_all_drawn_and_given_as_they_are():
    torch.manual_seed(0)
    time = DiscreteTime(DIFFWAVE_50)
    alpha_bar, t = time.draw(50 * 200)
    counts = torch.bincount(t.long(), minlength=50)
    assert len(counts) == 50 and counts.min() > 140 and counts.max() < 260
    assert torch.equal(alpha_bar, DIFFWAVE_50.alpha_bars[t.long()])
    assert torch.equal(time.network_input(alpha_bar), t)


def test_levels_are_uniform_between_neighbours_and_never_outside():
    torch.manual_seed(0)
    schedule = NoiseSchedule([0.19, 0.75])  # levels 1, 0.9, 0.45
    alpha_bar, level = ContinuousLevel(schedule).draw(40_000)
    torch.testing.assert_close(alpha_bar.sqrt(), level)
    assert level.min() >= 0.45 and level.max() <= 1
    upper, lower = level[level > 0.9], level[level <= 0.9]
    assert len(upper) / 40_000 == pytest.approx(0.5, abs=0.01)
    assert upper.mean().item() == pytest.approx(0.95, abs=0.001)
    assert lower.mean().item() == pytest.approx(0.675, abs=0.004)
    assert lower.std().item() == pytest.approx(0.45 / math.sqrt(12), rel=0.02)


def test_a_short_schedule_lies_between_the_steps_of_a_long_one():
    """All of DiffWave's six: none is left out, in order, and each level is that of its fractional step."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps = DiscreteTime(DIFFWAVE_50).network_input(DIFFWAVE_FAST.alpha_bars)
    assert len(steps) == 6 and (steps.diff() > 0).all() and steps[0] == 0 and steps[-1] <= 49
    levels, below = DIFFWAVE_50.alpha_bars.sqrt(), steps.long().clamp(max=48)
    between = levels[below] + (steps - below) * (levels[below + 1] - levels[below])
    torch.testing.assert_close(between, DIFFWAVE_FAST.alpha_bars.sqrt())


def test_levels_beyond_training_are_given_as_the_last_one_and_warned_of():
    time = ContinuousLevel(NUWAVE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.testing.assert_close(
            time.network_input(NUWAVE_FAST.alpha_bars), NUWAVE_FAST.alpha_bars.sqrt()
        )
    with pytest.warns(UserWarning, match=r"1 of 2 noise levels are outside .* 0\.2224 to 1"):
        found = time.network_input(torch.tensor([0.5, 0.001], dtype=torch.float64))
    assert found[1] == NUWAVE.alpha_bars[-1].sqrt()
    with pytest.warns(UserWarning, match="2 of 3"):
        steps = DiscreteTime(DIFFWAVE_50).network_input(torch.tensor([0.99999, 0.5, 0.01]))
    assert steps[0] == 0 and 0 < steps[1] < 49 and steps[2] == 49


def test_a_schedule_of_one_step_has_step_0():
    time = DiscreteTime(NoiseSchedule([0.5]))
    assert torch.equal(time.network_input(torch.tensor([0.5])), torch.zeros(1, dtype=torch.float64))


# ---------------------------------------------------------------------------- the loss


def knowing(x_0, diffusion):
    """A network that knows the clips, and returns exactly what should be predicted."""
    schedule = diffusion.time.schedule

    def network(x_t, time):
        is_level = isinstance(diffusion.time, ContinuousLevel)
        alpha_bar = time.double() ** 2 if is_level else schedule.alpha_bars[time.long()]
        a = alpha_bar.reshape(-1, 1, 1)
        noise = (x_t - a.sqrt() * x_0) / (1 - a).sqrt()
        return diffusion.target(x_0, noise, alpha_bar)

    return network


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("time", [DiscreteTime(DDPM), ContinuousLevel(WAVEGRAD)])
@pytest.mark.parametrize("error", ["squared", "absolute"])
def test_the_loss_of_a_network_that_knows_is_zero(prediction, time, error):
    torch.manual_seed(0)
    x_0 = torch.randn(16, 1, 8, dtype=torch.float64)
    diffusion = GaussianDiffusion(time, prediction)
    value, logs = diffusion_loss(knowing(x_0, diffusion), diffusion, error=error)({"audio": x_0}, 0)
    assert value.item() == pytest.approx(0, abs=1e-9) and logs == {}


def test_the_loss_of_a_network_that_returns_zeros_is_the_target_s_size():
    torch.manual_seed(0)
    batch = {"audio": torch.zeros(64, 1, 500)}
    diffusion = GaussianDiffusion(DiscreteTime(DDPM))
    found = {
        error: diffusion_loss(lambda x, t: 0 * x, diffusion, error=error)(batch, 0)[0].item()
        for error in ("squared", "absolute")
    }
    assert found["squared"] == pytest.approx(1, abs=0.03)  # of N(0, 1)
    assert found["absolute"] == pytest.approx(math.sqrt(2 / math.pi), abs=0.02)


def test_a_network_gets_a_time_for_each_clip_and_the_condition():
    seen = []

    def network(x, t, mel):
        seen.append((x.shape, t, mel))
        return x

    torch.manual_seed(0)
    diffusion = GaussianDiffusion(DiscreteTime(DDPM), "x0")
    loss = diffusion_loss(
        network, diffusion, clean=lambda b: b["image"], condition=lambda b: b["mel"]
    )
    loss({"image": torch.zeros(8, 2, 4, 4), "mel": torch.arange(8)}, 0)
    shape, t, mel = seen[0]
    assert shape == (8, 2, 4, 4) and t.shape == (8,) and t.dtype == torch.float32
    assert len(set(t.tolist())) > 4 and torch.equal(mel, torch.arange(8))


def test_training_finds_the_best_denoiser_of_a_gaussian():
    """For x_0 from N(0, s^2) and one step, the best factor of x_t is s^2 sqrt(a) / (s^2 a + 1 - a) for x_0."""
    torch.manual_seed(0)
    alpha_bar, std = 0.6, 0.5
    net = nn.Linear(1, 1, bias=False)
    diffusion = GaussianDiffusion(DiscreteTime(NoiseSchedule([1 - alpha_bar])), "x0")
    loss = diffusion_loss(lambda x, t: net(x), diffusion)
    learner = Learner("net", net, loss, torch.optim.Adam(net.parameters(), 0.02))
    data = ({"audio": std * torch.randn(4_096, 1)} for _ in range(300))
    for _ in train(State([learner]), data, 300):
        pass
    best = std**2 * math.sqrt(alpha_bar) / (std**2 * alpha_bar + 1 - alpha_bar)
    assert net.weight.item() == pytest.approx(best, rel=0.03)


@pytest.mark.parametrize("time", [DiscreteTime(DDPM), ContinuousLevel(WAVEGRAD)])
def test_the_loss_stays_on_the_device_of_the_clips(time):
    loss = diffusion_loss(lambda x, t: x + t[:, None, None], GaussianDiffusion(time, "v"))
    with FakeTensorMode(allow_non_fake_inputs=True):
        value, _ = loss({"audio": torch.zeros(4, 1, 8, device="cuda")}, 0)
    assert value.device.type == "cuda" and value.dtype == torch.float32


# ---------------------------------------------------------------------------- what is refused


def test_noise_cannot_be_predicted_where_there_is_nothing_else():
    time = DiscreteTime(zero_terminal_snr(DDPM))
    with pytest.raises(UserError, match="predict v or x0"):
        GaussianDiffusion(time)
    for prediction in ("x0", "v"):
        diffusion = GaussianDiffusion(time, prediction)
        x_0 = torch.randn(4, 1, 8)
        output = diffusion.target(x_0, torch.randn(4, 1, 8), torch.zeros(4))
        found = diffusion.clean(output, torch.randn(4, 1, 8), torch.zeros(4))
        torch.testing.assert_close(found, x_0)


def test_unknown_words_are_refused():
    with pytest.raises(UserError, match="no prediction 'noise'; choose one of epsilon, x0, v"):
        GaussianDiffusion(DiscreteTime(DDPM), "noise")
    with pytest.raises(UserError, match="no error 'l3'; choose one of squared, absolute"):
        diffusion_loss(lambda x, t: x, GaussianDiffusion(DiscreteTime(DDPM)), error="l3")


# ---------------------------------------------------------------------------- schedules by search


def test_the_search_finds_the_best_of_its_grid():
    wanted = NoiseSchedule([3e-3, 2e-2, 0.7])
    tried = []

    def score(schedule):
        tried.append(schedule)
        return (schedule.betas / wanted.betas).log().abs().sum().item()

    best, distance = grid_search(score, (-3, -2, -1))
    torch.testing.assert_close(best.betas, wanted.betas)
    assert len(tried) == 9**3 and distance == pytest.approx(0, abs=1e-9)


def test_a_part_of_the_grid_repeats_nothing_and_is_a_function_of_its_seed():
    def tried(seed):
        found = []
        grid_search(
            lambda s: found.append(tuple(s.betas.tolist())) or 1.0, (-4, -3, -2, -1), 100, seed
        )
        return found

    one = tried(0)
    assert len(one) == len(set(one)) == 100 and one == tried(0) != tried(1)


def test_what_cannot_be_searched_is_refused():
    for options in ({"exponents": ()}, {"n_trials": 0}):
        with pytest.raises(UserError, match="no schedule to try"):
            grid_search(lambda s: 0.0, **options)
    with pytest.raises(UserError, match="must rise"):
        grid_search(lambda s: 0.0, (-1, -1))
    with pytest.raises(UserError, match="finite score"):
        grid_search(lambda s: math.nan, (-1,))

"""Solving the flow: orders of accuracy, exact lines, and clips that are functions of their seeds."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.samplers.flow_matching import euler, heun, sample, trajectory


def gaussian_velocity(x, t, std=0.2):
    """E[x_1 - x_0 | x_t] of data of deviation 0.2: carries x_0 to 0.2 x_0."""
    t = t.reshape(-1, *[1] * (x.ndim - 1))
    return (t * std**2 - (1 - t)) / ((1 - t) ** 2 + (t * std) ** 2) * x


def error(step, n):
    [*_, last] = trajectory(gaussian_velocity, torch.ones(1, 1, dtype=torch.float64), n, step=step)
    return (last - 0.2).abs().item()


def test_euler_is_of_first_order_and_heun_of_second():
    assert math.log2(error(euler, 64) / error(euler, 128)) == pytest.approx(1, abs=0.15)
    assert math.log2(error(heun, 64) / error(heun, 128)) == pytest.approx(2, abs=0.25)


@pytest.mark.parametrize("step", [euler, heun])
def test_one_step_is_exact_where_there_is_one_clip(step):
    """Every path ends at it, and the velocity along each is constant."""
    clip = torch.tensor([[0.3, -0.7]])
    to_clip = lambda x, t: (clip - x) / (1 - t).clamp(min=1e-6)[:, None]  # noqa: E731
    if step is heun:  # at the end of its only step the velocity is 0 / 0
        to_clip = lambda x, t: (clip - torch.zeros(1, 2)).expand_as(x)  # noqa: E731
    [_, last] = trajectory(to_clip, torch.zeros(1, 2), 1, step=step)
    torch.testing.assert_close(last, clip)


def test_the_first_step_goes_to_the_mean_of_the_data():
    """E[x_1 | x_0] = E[x_1]: a single step of Euler's gives every clip the mean."""
    mean = lambda x, t: torch.full_like(x, 0.4) - x  # noqa: E731
    clips = sample(mean, (1, 4), seeds=[0, 1, 2], n_steps=1)
    torch.testing.assert_close(clips, torch.full((3, 1, 4), 0.4))


def test_a_network_is_called_once_a_step_by_euler_and_twice_by_heun():
    calls = []

    def network(x, t, condition):
        calls.append(t[0].item())
        assert torch.equal(condition, rows)
        return torch.zeros_like(x)

    rows = torch.arange(2.0)
    for step, expected in (
        (euler, [0, 0.25, 0.5, 0.75]),
        (heun, [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1]),
    ):
        calls.clear()
        sample(network, (1, 3), seeds=[0, 1], n_steps=4, step=step, condition=rows)
        assert calls == expected


def test_a_clip_is_a_function_of_its_seed():
    whole = sample(gaussian_velocity, (1, 5), seeds=[3, 4, 5], n_steps=3, at_once=2)
    [alone] = sample(gaussian_velocity, (1, 5), seeds=[5], n_steps=3)
    torch.testing.assert_close(whole[2], alone)
    assert not torch.equal(whole[0], whole[1])


def test_what_it_cannot_do_is_said_in_a_line():
    with pytest.raises(UserError, match="cannot sample in 0 steps; give at least 1"):
        sample(gaussian_velocity, (1, 5), seeds=[0], n_steps=0)
    with pytest.raises(UserError, match="no seeds"):
        sample(gaussian_velocity, (1, 5), seeds=[], n_steps=1)
    with pytest.raises(UserError, match="not finite at step 2 of 3"):
        sample(lambda x, t: x / (t[0] < 0.3), (1, 5), seeds=[0], n_steps=3)

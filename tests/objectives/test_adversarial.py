"""Wasserstein losses against closed forms."""

import pytest
import torch
from torch import nn

from tinyaudio.objectives.adversarial import (
    gradient_penalty,
    wasserstein_critic,
    wasserstein_generator,
)
from tinyaudio.train import Learner, State, train


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
def test_penalty_of_a_linear_critic_is_its_excess_slope_squared(slope):
    x = torch.randn(6, 1, 9)
    direction = slope * torch.ones(9) / 3
    penalty = gradient_penalty(lambda x: (x.squeeze(1) * direction).sum(1), x, torch.randn(6, 1, 9))
    assert penalty.item() == pytest.approx((slope - 1) ** 2, abs=1e-6)


def test_one_sided_leaves_gentle_slopes_alone():
    x = torch.randn(4, 3)
    gentle, steep = (
        gradient_penalty(lambda x, a=a: a * x[:, 0], x, x + 1, one_sided=True) for a in (0.5, 3.0)
    )
    assert gentle.item() == 0
    assert steep.item() == pytest.approx(4.0, rel=1e-5)


def test_penalty_looks_where_it_is_told():
    """f(x) = x^2 is as steep as 2x, so the penalty tells where it was taken."""
    real, generated = torch.full((1, 1), 4.0), torch.zeros(1, 1)
    for m in (0.0, 0.25, 1.0):
        penalty = gradient_penalty(lambda x: x.square().sum(1), real, generated, torch.tensor([m]))
        assert penalty.item() == pytest.approx((abs(8 * m) - 1) ** 2, rel=1e-5)


def test_a_flat_critic_has_a_finite_gradient():
    critic = nn.Linear(2, 1)
    nn.init.zeros_(critic.weight)
    x = torch.randn(3, 2)
    gradient_penalty(lambda x: critic(x).squeeze(1), x, x + 1).backward()
    assert torch.isfinite(critic.weight.grad).all()


def test_a_trained_critic_measures_the_shift_of_two_gaussians():
    """For a shift by W the penalised optimum is W + W^2 / (2 lambda): 2.2 at W = 2, lambda = 10."""
    torch.manual_seed(0)
    critic = nn.Sequential(
        nn.Linear(1, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0)
    )
    loss = wasserstein_critic(critic, lambda z: z + 2, lambda n: torch.randn(n, 1))
    learner = Learner(
        "critic", critic, loss, torch.optim.Adam(critic.parameters(), 2e-3, betas=(0.5, 0.9))
    )
    data = ({"audio": torch.randn(256, 1)} for _ in range(800))
    distances = [
        state.logs["critic/wasserstein"] for state in train(State([learner]), data, steps=800)
    ]
    # the estimate of one batch of 256 scatters by 2 / sqrt(256) = 0.125; the last hundred by a tenth of it
    assert sum(distances[-100:]) / 100 == pytest.approx(2.2, rel=0.05)


def test_generator_climbs_the_critic():
    loss = wasserstein_generator(lambda x: x.mean(1), lambda z: 3 * z, lambda n: torch.ones(n, 4))
    value, _ = loss({"audio": torch.zeros(5, 4)}, 0)
    assert value.item() == -3.0

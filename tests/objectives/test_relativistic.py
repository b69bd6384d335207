"""The relativistic losses against their formulas; conditions and labels as in test_adversarial."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.objectives.relativistic import (
    gradient_square,
    relativistic_discriminator,
    relativistic_generator,
)


def latents(n):
    return torch.ones(n, 2)


REAL = {"audio": torch.tensor([[1.0, 0.0], [3.0, 0.0]])}


def linear(slope):
    return lambda x: x @ torch.tensor(slope)


def test_pairs_are_compared_by_their_difference():
    """Real clips score 1 and 3, generated ones 2 and 2, whatever the scores' common offset."""
    expected = (math.log1p(math.exp(1)) + math.log1p(math.exp(-1))) / 2
    for offset in (0.0, 100.0):

        def scores(x, offset=offset):
            return x[:, 0] + offset

        loss = relativistic_discriminator(scores, lambda z: 2 * z, latents, 0.0)
        total, logs = loss(REAL, 0)
        assert total.item() == pytest.approx(expected, rel=1e-5)
        assert logs["real_above_generated"].item() == 0.5
        loss = relativistic_generator(scores, lambda z: 2 * z, latents)
        assert loss(REAL, 0)[0].item() == pytest.approx(expected, rel=1e-5)  # 1 and -1 again


def test_who_cannot_tell_pays_ln_2():
    total, logs = relativistic_discriminator(linear([0.0, 0.0]), lambda z: z, latents)(REAL, 0)
    assert total.item() == pytest.approx(math.log(2))
    assert logs["r1"] == logs["r2"] == 0


def test_the_penalties_are_squared_slopes_at_the_data_and_at_what_is_generated():
    """D(x) = |x|^2 / 2 has slope x: R1 = (1 + 9) / 2 at the real clips, R2 = 8 at (2, 2)."""
    loss = relativistic_discriminator(
        lambda x: x.square().sum(1) / 2, lambda z: 2 * z, latents, penalty_weight=3.0
    )
    total, logs = loss(REAL, 0)
    assert logs["r1"].item() == pytest.approx(5) and logs["r2"].item() == pytest.approx(8)
    without = (F.softplus(torch.tensor([4 - 0.5, 4 - 4.5])).mean() + 1.5 * 13).item()
    assert total.item() == pytest.approx(without, rel=1e-5)


def test_each_loss_moves_its_own_network():
    D, G = nn.Linear(2, 1), nn.Linear(2, 2)
    both = [*D.parameters(), *G.parameters()]

    def scores(x):
        return D(x).squeeze(1)

    total, _ = relativistic_discriminator(scores, G, latents)(REAL, 0)
    moved = torch.autograd.grad(total, both, allow_unused=True)
    # The bias moves no difference of scores, and no slope.
    assert moved[0].abs().sum() > 0 and moved[2] is None and moved[3] is None
    total, _ = relativistic_generator(scores, G, latents)(REAL, 0)
    moved = torch.autograd.grad(total, [*G.parameters()])
    assert all(gradient.abs().sum() > 0 for gradient in moved)


def test_the_penalty_has_a_gradient():
    D, x = nn.Linear(2, 1), torch.zeros(3, 2, requires_grad=True)
    gradient_square(D(x).squeeze(1), x).backward()
    torch.testing.assert_close(D.weight.grad, 2 * D.weight.detach())


def test_both_of_two_modes_are_kept():
    """A generator that can make either of two points, or both, makes both."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
    D = nn.Sequential(nn.Linear(1, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))

    def scores(x):
        return D(x).squeeze(1)

    def draw(n):
        return torch.randn(n, 2)

    d_loss = relativistic_discriminator(scores, G, draw, penalty_weight=0.2)
    g_loss = relativistic_generator(scores, G, draw)
    d_adam = torch.optim.Adam(D.parameters(), lr=4e-3, betas=(0.0, 0.9))
    g_adam = torch.optim.Adam(G.parameters(), lr=4e-3, betas=(0.0, 0.9))
    for step in range(300):
        batch = {"audio": (2 * torch.randint(2, (64, 1)) - 1) + 0.1 * torch.randn(64, 1)}
        for adam, loss in ((d_adam, d_loss), (g_adam, g_loss)):
            adam.zero_grad()
            loss(batch, step)[0].backward()
            adam.step()
    made = G(draw(2_000)).detach()
    assert 0.25 < (made > 0).float().mean() < 0.75
    assert (made.abs() - 1).abs().median() < 0.3

"""Bits a sample: what is known in closed form."""

import math

import pytest
import torch
from torch import nn

from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.objectives.likelihood import bits_per_sample, likelihood
from tinyaudio.train import Learner, State, train


@pytest.mark.parametrize("n_levels", [2, 256, 65_536])
def test_knowing_nothing_costs_the_logarithm(n_levels):
    codes = torch.randint(n_levels, (2, 9))
    assert bits_per_sample(torch.zeros(2, n_levels, 9), codes).item() == pytest.approx(
        math.log2(n_levels), abs=1e-5
    )


def test_is_the_entropy_when_the_model_is_the_source():
    p = torch.tensor([0.5, 0.25, 0.125, 0.125])
    codes = torch.tensor([[0, 0, 0, 0, 1, 1, 2, 3]])  # in just these shares
    logits = p.log()[None, :, None].expand(1, 4, 8)
    assert bits_per_sample(logits, codes).item() == pytest.approx(1.75, abs=1e-6)


def test_an_untrained_network_needs_eight_bits():
    loss = likelihood(CausalNet(CausalNetConfig(channels=4, layers=2)))
    value, _ = loss({"audio": torch.rand(3, 1, 50) * 2 - 1}, 0)
    assert value.item() == pytest.approx(8, abs=1e-6)


def test_learns_a_markov_source_down_to_its_entropy():
    """Each code is the one before, with probability 0.9, or else the other of two: 0.469 bits."""
    torch.manual_seed(0)
    net = CausalNet(CausalNetConfig(n_levels=2, channels=16, layers=2))

    def loss(batch, step):
        return bits_per_sample(net(batch["codes"]), batch["codes"]), {}

    def data():
        while True:
            yield {"codes": (torch.rand(16, 128) < 0.1).long().cumsum(1) % 2}

    learner = Learner("net", net, loss, torch.optim.Adam(net.parameters(), 1e-2))
    losses = [s.logs["net/loss"] for s in train(State([learner]), data(), 200)]
    entropy = -0.9 * math.log2(0.9) - 0.1 * math.log2(0.1)
    assert sum(losses[-50:]) / 50 == pytest.approx(entropy, abs=0.02)


def test_works_with_any_network_that_gives_logits():
    class Constant(nn.Module):
        def forward(self, codes):
            return torch.zeros(len(codes), 16, codes.shape[1])

    value, logs = likelihood(Constant(), n_levels=16)({"audio": torch.zeros(1, 1, 5)}, 0)
    assert value.item() == pytest.approx(4) and logs == {}

"""A WaveNet learns a source down to its entropy, and to use its condition."""

import math
from dataclasses import replace

import pytest
import torch

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives.likelihood import bits_per_sample
from tinyaudio.train import Learner, State, cosine, train

SMALL = WaveNetConfig(
    n_levels=4, stacks=1, layers=3, residual_channels=16, gate_channels=16, skip_channels=32
)
P_NOISE = torch.tensor([0.85, 0.05, 0.05, 0.05])  # of e


def second_order(n_clips, n_samples, seed):
    """x_t = x_{t-1} + x_{t-2} + e_t modulo 4: one of the two past codes alone carries no information."""
    g = torch.Generator().manual_seed(seed)
    e = torch.multinomial(P_NOISE, n_clips * n_samples, replacement=True, generator=g)
    e = e.view(n_clips, n_samples)
    x = torch.zeros_like(e)
    for t in range(n_samples):
        past = sum(x[:, t - d] if t >= d else torch.tensor(2) for d in (1, 2))
        x[:, t] = (past + e[:, t]) % 4
    return x


def test_learns_a_source_of_second_order_down_to_its_entropy():
    torch.manual_seed(0)
    net = WaveNet(SMALL)

    def loss(batch, step):
        return bits_per_sample(net(batch["codes"]), batch["codes"]), {}

    steps = 200
    data = ({"codes": codes} for codes in second_order(16 * steps, 128, seed=0).split(16))
    adam = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in train(
        State([Learner("net", net, loss, adam, schedule=cosine(steps, 10))]), data, steps
    ):
        pass
    entropy = -(P_NOISE * P_NOISE.log2()).sum().item()
    held_out = second_order(256, 128, seed=10_000)
    with torch.inference_mode():
        bits = bits_per_sample(net(held_out), held_out).item()
    # The exact bits of this realisation, which removes sampling noise from the comparison.
    past = [torch.nn.functional.pad(held_out, (d, -d), value=2) for d in (1, 2)]
    e = (held_out - past[0] - past[1]) % 4
    exact = -P_NOISE[e].log2().mean().item()
    assert exact == pytest.approx(entropy, abs=0.02)
    assert exact - 1e-3 < bits < exact + 0.02


def test_learns_to_use_its_condition():
    """A constant that only the condition determines: from 4 bits to less than half a bit."""
    torch.manual_seed(0)
    condition = ConditionConfig(n_classes=(16,), channels=16)
    net = WaveNet(replace(SMALL, n_levels=16, condition=condition))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    value = torch.arange(16)[:, None]
    codes = value.expand(16, 20)
    for _ in range(60):
        loss = bits_per_sample(net(codes, Condition(classes=value)), codes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    first = net(codes, Condition(classes=value))[:, :, :1]  # without any context
    assert bits_per_sample(first, codes[:, :1]) < 0.5 < math.log2(16)

"""Outputs of a mixture of logistics are sampled as a mixture, not as logits."""

import pytest
import torch
from scipy import stats

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives.mixture import log_probability
from tinyaudio.samplers.autoregressive import cached, naive
from tinyaudio.samplers.conditioned import Conditioned

LEVELS = 24


def network(**changes):
    """Two components that depend on the context a little."""
    torch.manual_seed(0)
    small = {"stacks": 1, "layers": 3, "residual_channels": 8, "gate_channels": 6}
    net = WaveNet(WaveNetConfig(LEVELS, n_mixtures=2, skip_channels=12, **small, **changes))
    torch.nn.init.normal_(net.logits.weight, std=0.3)
    net.logits.bias.data = torch.tensor([0.0, 1.0, -0.6, 0.3, -2.0, -1.5])
    return net


@pytest.mark.parametrize("generate", [naive, cached])
def test_draws_follow_the_mixture(generate):
    net, n = network(), 3000
    prompt = torch.tensor([[3, 20, 7]])
    counts = generate(net, 1, range(n), prompt=prompt.expand(n, 3)).flatten().bincount(minlength=24)
    with torch.no_grad():
        parameters = net(torch.cat([prompt, torch.tensor([[0]])], 1))[:, :, -1]
    levels = torch.arange(LEVELS)
    p = log_probability(parameters.expand(LEVELS, 6).double(), levels, LEVELS).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-9)
    assert (n * p).min() > 5  # chi-square holds
    # The seeds are fixed: this either always passes or never does.
    assert stats.chisquare(counts.numpy(), (n * p).numpy()).pvalue > 0.01


@pytest.mark.parametrize("temperature", [1.0, 0.0, [0.5, 2.0]])
def test_cached_equals_naive(temperature):
    net = network()
    prompt = torch.randint(LEVELS, (2, 11))
    slow = naive(net, 25, [3, 4], temperature, prompt)
    assert torch.equal(slow, cached(net, 25, [3, 4], temperature, prompt))
    assert slow.unique().numel() > 3 or temperature == 0.0


def test_sixteen_bits_under_a_condition():
    config = WaveNetConfig(
        65_536, 3, 1, 3, 2, 8, 8, 12, ConditionConfig(n_frame_channels=4, hop_length=8)
    )
    model = Conditioned(WaveNet(config), Condition(frames=torch.randn(1, 4, 5)))
    codes = cached(model, 40, [0, 1])
    assert torch.equal(codes, naive(model, 40, [0, 1]))
    # Untrained, three components have the means -2/3, 0 and 2/3: the codes spread over the whole range.
    assert codes.min() < 16_384 and codes.max() > 49_152

"""What the whitened residual costs: the network's own weights, each once a sample of the low rate."""

from dataclasses import replace

import pytest
from torch import nn

from tinyaudio.models.whitened_cost import macs_per_second
from tinyaudio.models.whitened_residual import WhitenedResidual, WhitenedResidualConfig


@pytest.mark.parametrize("ratio", [2, 3])
def test_the_cost_is_that_of_the_convolutions_weights(ratio):
    config = replace(WhitenedResidualConfig.tiny(), ratio=ratio)
    net = WhitenedResidual(config)
    weights = {n: m.weight.numel() for n, m in net.named_modules() if isinstance(m, nn.Conv1d)}
    condition = sum(n for name, n in weights.items() if name == "low" or "condition" in name)
    rest = sum(weights.values()) - condition
    for n_steps in (1, 8):
        expected = 48_000 / ratio * (condition + n_steps * rest)
        assert macs_per_second(config, n_steps) == expected

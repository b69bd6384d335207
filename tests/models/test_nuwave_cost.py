"""What NU-Wave costs: the paper's numbers, and those of the network's own weights."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.models.nuwave import NuWave, NuWaveConfig
from tinyaudio.models.nuwave_cost import cached_macs_ratio, macs_per_sample

PAPER = NuWaveConfig.paper()
SMALL = NuWaveConfig(channels=4, n_layers=6, dilation_cycle=3)


def test_the_paper_s_cost():
    assert sum(macs_per_sample(PAPER)) == 1_724_608
    assert sum(macs_per_sample(PAPER)) * 48_000 == pytest.approx(82.8e9, rel=1e-3)
    condition, rest = macs_per_sample(PAPER)
    assert condition / (condition + rest) == pytest.approx(0.43, abs=0.005)
    assert cached_macs_ratio(PAPER, 1) == 1
    assert cached_macs_ratio(PAPER, 8) == pytest.approx((1 / 8) + (7 / 8) * rest / 1_724_608)


@pytest.mark.parametrize("kernel", [1, 3])
def test_the_cost_is_that_of_the_convolutions_weights(kernel):
    """Each weight of a convolution of stride 1 is used once a sample, and nothing else is."""
    config = replace(SMALL, condition_kernel=kernel)
    convolutions = [m for m in NuWave(config).modules() if isinstance(m, torch.nn.Conv1d)]
    assert sum(macs_per_sample(config)) == sum(m.weight.numel() for m in convolutions)

"""NU-Wave: the paper's size and cost, what it sees, and a cached condition that changes no bit."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.nuwave import (
    NoiseLevelEmbedding,
    NuWave,
    NuWaveConfig,
)

PAPER = NuWaveConfig.paper()
SMALL = NuWaveConfig(channels=4, n_layers=6, dilation_cycle=3)


def count(module):
    return sum(p.numel() for p in module.parameters())


def net(config=SMALL, seed=0):
    torch.manual_seed(seed)
    return NuWave(config)


def test_the_paper_s_size():
    """Of the public code: its total, and what each of its parts has."""
    network = NuWave(PAPER)
    assert count(network) == 3_049_985
    assert sum(count(layer.dilated) for layer in network.layers) == 741_120
    assert sum(count(layer.condition) for layer in network.layers) == 741_120
    assert sum(count(layer.output) for layer in network.layers) == 249_600
    assert sum(count(layer.level) for layer in network.layers) == 984_960
    assert count(network.level) == 328_704


def seen(config, wrt):
    """The samples, relative to the middle, whose gradient is not 0 in the middle output."""
    T = config.receptive_field + 20
    x = torch.randn(1, 1, T, dtype=torch.float64, requires_grad=True)
    low = torch.randn(1, 1, T, dtype=torch.float64, requires_grad=True)
    out = net(config).double()(x, torch.tensor([0.5], dtype=torch.float64), low)
    (gradient,) = torch.autograd.grad(out[0, 0, T // 2], {"x": x, "low": low}[wrt])
    places = gradient[0, 0].nonzero().flatten() - T // 2
    return int(places.min()), int(places.max())


@pytest.mark.parametrize("kernel", [1, 3])
def test_receptive_fields_by_gradient(kernel):
    """The 1x1 condition sees two samples less of it, no more: the layers above it widen what it sees."""
    config = replace(SMALL, condition_kernel=kernel)
    assert config.receptive_field == 1 + 2 * 2 * (1 + 2 + 4) == 29
    assert seen(config, "x") == (-14, 14)
    reach = (config.condition_receptive_field - 1) // 2
    assert seen(config, "low") == (-reach, reach)
    assert reach == (14 if kernel == 3 else 13)


def test_the_paper_s_receptive_fields():
    assert PAPER.receptive_field == PAPER.condition_receptive_field == 6_139
    assert replace(PAPER, condition_kernel=1).condition_receptive_field == 6_137


@pytest.mark.parametrize("kernel", [1, 3])
def test_one_layer_s_condition_sees_its_taps(kernel):
    """Where the two differ by much: each layer itself reads three samples, a dilation apart, or one."""
    network = net(replace(SMALL, condition_kernel=kernel))
    low = torch.zeros(1, 1, 41, requires_grad=True)
    for offset, d in zip(network.offsets(low), SMALL.dilations, strict=True):
        (gradient,) = torch.autograd.grad(offset[0, :, 20].abs().sum(), low, retain_graph=True)
        places = (gradient[0, 0].nonzero().flatten() - 20).tolist()
        assert places == ([-d, 0, d] if kernel == 3 else [0])


@pytest.mark.parametrize("kernel", [1, 3])
def test_the_cached_condition_is_the_recomputed_one_bit_for_bit(kernel):
    """Over the steps of a generation, also with one condition for several clips."""
    network = net(replace(NuWaveConfig.tiny(), condition_kernel=kernel))
    x, low = torch.randn(3, 1, 480), torch.randn(3, 1, 480)
    with torch.no_grad():
        denoise, one_for_all = network.with_low(low), network.with_low(low[:1])
        for level in (0.1, 0.5, 0.999):
            levels = torch.full((3,), level)
            noise = network(x, levels, low)
            assert torch.equal(denoise(x, levels), noise)
            assert torch.equal(one_for_all(x, levels), network(x, levels, low[:1]))
            x = x - noise / 10


def test_each_clip_has_its_own_level_and_condition():
    network = net()
    x, low, level = torch.randn(3, 1, 50), torch.randn(3, 1, 50), torch.tensor([0.1, 0.5, 0.9])
    together = network(x, level, low)
    for i in range(3):
        alone = network(x[i : i + 1], level[i : i + 1], low[i : i + 1])
        assert torch.allclose(together[i : i + 1], alone, atol=1e-5)
    assert not torch.allclose(network(x, level.flip(0), low), together, atol=1e-3)
    assert not torch.allclose(network(x, level, low.flip(0)), together, atol=1e-3)


def test_the_embedding_is_the_paper_s():
    """50,000 sqrt(alpha-bar) 10^(-4 i / 64), in double precision."""
    embedding = NoiseLevelEmbedding().double()
    level = torch.tensor([0.37], dtype=torch.float64)
    i = torch.arange(64, dtype=torch.float64)
    phase = 50_000 * 0.37 * 10 ** (-4 * i / 64)
    wanted = torch.cat([phase.sin(), phase.cos()])
    # frequencies are stored in single precision: 50,000 turns of its last digit
    assert torch.allclose(embedding.encode(level)[0], wanted, atol=5e-3)


def test_the_three_smallest_levels_of_the_fast_schedule_look_alike_to_it():
    """Betas 1e-6, 2e-6 and 1e-5: sqrt(alpha-bar) differs by a millionth, too little even 50,000-fold."""
    betas = torch.tensor([1e-6, 2e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.9], dtype=torch.float64)
    encoded = NoiseLevelEmbedding().double().encode((1 - betas).cumprod(0).sqrt())
    distances = (encoded[1:] - encoded[:-1]).norm(dim=1).tolist()
    assert distances[0] == pytest.approx(0.10, abs=0.01)
    assert distances[1] == pytest.approx(0.50, abs=0.01)
    assert min(distances[4:]) > 5


def test_every_parameter_is_reached_and_the_output_is_not_silent_at_first():
    network, x = net(NuWaveConfig.tiny()), torch.randn(2, 1, 200)
    out = network(x, torch.tensor([0.3, 0.8]), x)
    assert out.std() > 0.1
    out.square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_bad_input_is_refused():
    with pytest.raises(UserError, match="waveform of 20 samples for a clip of 50"):
        net()(torch.zeros(1, 1, 50), torch.ones(1), torch.zeros(1, 1, 20))
    with pytest.raises(UserError, match="must be odd"):
        NuWaveConfig(condition_kernel=2)

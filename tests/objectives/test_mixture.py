"""The mixture of logistics: a distribution at any number of levels, and finite everywhere."""

import math

import pytest
import torch
from scipy.stats import chisquare

from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives.mixture import bits_per_sample, draw, likelihood, log_probability

LEVELS = [2, 256, 65_536]


def every_code(parameters, n_levels):
    """Log-probabilities of all levels under one set of parameters."""
    codes = torch.arange(n_levels)[None]
    return log_probability(parameters[:, :, None].expand(-1, -1, n_levels), codes, n_levels)[0]


def mixture(M=10, log_scale=-3.0, reach=0.9):
    return torch.cat(
        [torch.zeros(M), torch.linspace(-reach, reach, M), torch.full((M,), log_scale)]
    )[None]


@pytest.mark.parametrize("n_levels", LEVELS)
@pytest.mark.parametrize("log_scale", [-30.0, -9.0, -5.0, 0.0, 20.0])
def test_probabilities_add_up_to_one(n_levels, log_scale):
    for reach in (0.0, 0.9, 1.0, 30.0):  # the means: all in the middle, to the ends, far beyond
        total = every_code(mixture(10, log_scale, reach), n_levels).double().exp().sum()
        assert abs(total - 1) < 1e-4


def test_is_the_difference_of_sigmoids():
    """The definition in double precision, where it can be computed as written."""
    parameters = torch.tensor([[0.3, -0.2, -0.5, 0.25, -2.0, -3.0]], dtype=torch.float64)
    (w1, w2, m1, m2, s1, s2), K = parameters[0], 256
    edges = torch.arange(K + 1, dtype=torch.float64) - 0.5
    edges[0], edges[-1] = -math.inf, math.inf
    cdf = torch.zeros(K + 1, dtype=torch.float64)
    for w, m, s in ((w1, m1, s1), (w2, m2, s2)):
        share = torch.exp(w) / (torch.exp(w1) + torch.exp(w2))
        cdf += share * torch.sigmoid((edges * 2 / K - 1 - m) / torch.exp(s))
    torch.testing.assert_close(every_code(parameters, K).exp(), cdf.diff(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("n_levels", LEVELS)
def test_gradients_are_finite_at_extremes(n_levels):
    values = torch.tensor([-1e4, -50.0, -1.0, 0.0, 1.0, 50.0, 1e4])
    weights, means, scales = torch.meshgrid(values, values, values, indexing="ij")
    parameters = torch.stack([weights, -weights, means, means / 3, scales, scales / 2], -1).reshape(
        -1, 6, 1
    )
    parameters = parameters.repeat(3, 1, 1).requires_grad_()
    codes = torch.tensor([0, n_levels // 2, n_levels - 1]).repeat_interleave(7**3)[:, None]
    bits = -log_probability(parameters, codes, n_levels)
    assert bits.isfinite().all() and bits.min() >= -1e-6
    bits.sum().backward()
    assert parameters.grad.isfinite().all()


def test_gradient_is_the_slope():
    torch.manual_seed(0)
    codes = torch.tensor([[0, 3, 8, 15]])
    parameters = torch.randn(1, 6, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: log_probability(p, codes, 16), parameters)


def test_wide_and_narrow_components_join():
    """Where the series takes over, the value does not jump."""
    log_scale = math.log(1e3)  # in levels, at 256: inverse scale 1e-3
    sides = [mixture(1, log_scale - math.log(128) + e, 0.0) for e in (-1e-4, 1e-4)]
    a, b = (every_code(side, 256) for side in sides)
    torch.testing.assert_close(a, b, rtol=0, atol=1e-3)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_draws_follow_the_probabilities(temperature):
    """Chi-square over 64 levels; at another temperature, those of the sharpened mixture."""
    parameters = torch.tensor([[0.5, -0.5, -0.6, 0.9, -2.0, -1.0]])
    n, K = 40_000, 64
    generators = [torch.Generator().manual_seed(0)] * n  # one stream, n rows of it
    codes = draw(parameters.expand(n, -1), generators, temperature, K)
    sharpened = parameters.clone()
    sharpened[:, :2] /= temperature
    sharpened[:, 4:] += math.log(temperature)
    expected = every_code(sharpened, K).double().exp() * n
    codes = codes.clamp(12, 44)  # the tails together: too few in each level
    expected = torch.cat([expected[:13].sum()[None], expected[13:44], expected[44:].sum()[None]])
    seen, wanted = torch.bincount(codes - 12, minlength=33).tolist(), expected.tolist()
    assert min(wanted) > 5
    wanted = [w * n / sum(wanted) for w in wanted]
    assert chisquare(seen, wanted).pvalue > 0.01


def test_a_row_does_not_depend_on_its_neighbours():
    parameters = mixture().repeat(3, 1)
    together = draw(parameters, [torch.Generator().manual_seed(s) for s in (1, 2, 3)])
    for row, seed in zip(together, (1, 2, 3), strict=True):
        assert row == draw(parameters[:1], [torch.Generator().manual_seed(seed)])[0]


def test_temperature_zero_gives_the_mean_of_the_heaviest_component():
    parameters = torch.tensor([[0.0, 1.0, -0.5, 0.5, 0.0, 0.0]])
    codes = draw(
        parameters.repeat(2, 1), [torch.Generator().manual_seed(s) for s in (1, 2)], 0.0, 256
    )
    assert codes.tolist() == [192, 192]


def test_every_row_has_its_temperature():
    parameters = mixture(1, 0.0, 0.0).repeat(2, 1)
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    cold, hot = draw(parameters, generators, [0.0, 1.0], 256).tolist()
    assert cold == 128 != hot


@pytest.mark.parametrize("n_levels", [256, 65_536])
def test_an_untrained_wavenet_is_nearly_uniform_and_can_learn(n_levels):
    """Near log2 of the levels, and components have different gradients, or they would stay equal."""
    net = WaveNet(WaveNetConfig(n_levels, 10, stacks=1, layers=2, skip_channels=8))
    codes = torch.arange(n_levels)[:: n_levels // 256][None]
    bits = bits_per_sample(net(codes), codes, n_levels)
    assert abs(bits - math.log2(n_levels)) < 0.1
    bits.backward()
    weight, mean, scale = net.logits.bias.grad.chunk(3)
    assert mean.unique().numel() == scale.unique().numel() == 10


def test_the_loss_reads_what_the_linear_quantizer_writes():
    audio = torch.tensor([[[-1.0, 0.0, 0.5, 1.0]]])
    seen = {}

    def model(codes):
        seen["codes"] = codes
        return torch.zeros(1, 3, 4)

    loss, _ = likelihood(model, bits=16)({"audio": audio}, 0)
    assert seen["codes"].tolist() == [[0, 32768, 49152, 65535]]
    assert loss == bits_per_sample(torch.zeros(1, 3, 4), seen["codes"], 65_536)

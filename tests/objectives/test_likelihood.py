"""Bits a sample: what is known in closed form."""

import math

import pytest
import torch
from torch import nn

from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.objectives.likelihood import bits_per_sample, corrupt_history, likelihood
from tinyaudio.represent import mulaw
from tinyaudio.train import Learner, State, train


@pytest.mark.parametrize("n_levels", [2, 256, 65_536])
def test_a_uniform_predictor_costs_the_logarithm(n_levels):
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


def silence(n_clips=200, n_samples=2_000):
    return torch.full((n_clips, n_samples), 128)


def test_without_noise_the_history_is_the_codes_and_no_random_number_is_drawn():
    codes = torch.randint(256, (3, 50))
    before = torch.get_rng_state()
    assert torch.equal(corrupt_history(codes, 256, 0), codes)
    assert torch.equal(torch.get_rng_state(), before)


def test_noise_follows_the_global_generator():
    first, second, other = (
        (torch.manual_seed(seed), corrupt_history(silence(), 256, 8))[1] for seed in (0, 0, 1)
    )
    assert torch.equal(first, second) and not torch.equal(first, other)


def test_noise_is_white_and_its_rms_uniform_up_to_the_largest():
    torch.manual_seed(0)
    noise = (corrupt_history(silence(), 256, 8) - 128).double()
    rms = (noise.square().mean(1) - 1 / 12).clamp(min=0).sqrt()  # rounding adds 1/12 to the power
    # Uniform on [0, 8]: quartiles 2, 4, 6, each within three standard errors of 200 draws.
    for share in (0.25, 0.5, 0.75):
        spread = 3 * 8 * math.sqrt(share * (1 - share) / len(rms))
        assert rms.quantile(share).item() == pytest.approx(8 * share, abs=spread)
    assert rms.max() < 8 * 1.05
    assert abs(noise.mean()) < 3 * 4.7 / math.sqrt(noise.numel())  # 8 / sqrt(3) = 4.62
    for lag in (1, 2, 7):
        correlation = (noise[:, lag:] * noise[:, :-lag]).mean() / noise.square().mean()
        assert abs(correlation) < 0.01


@pytest.mark.parametrize("n_levels", [2, 256, 65_536])
def test_noisy_codes_stay_in_range_and_reach_both_ends(n_levels):
    torch.manual_seed(0)
    codes = torch.randint(n_levels, (20, 500))
    noisy = corrupt_history(codes, n_levels, 4 * n_levels)
    assert noisy.dtype == codes.dtype
    assert (noisy.min().item(), noisy.max().item()) == (0, n_levels - 1)


def test_only_the_input_is_noisy():
    """A model that is certain of the clean codes has no loss, whatever noise its input had."""
    torch.manual_seed(0)
    audio = torch.rand(4, 1, 100) * 2 - 1
    seen = {}

    def model(codes):
        seen["codes"] = codes
        return torch.zeros(4, 256, 100).scatter(1, mulaw.encode(audio.squeeze(1))[:, None], 50.0)

    value, _ = likelihood(model, history_noise=30)({"audio": audio}, 0)
    assert value.item() == pytest.approx(0, abs=1e-6)
    assert (seen["codes"] != mulaw.encode(audio.squeeze(1))).double().mean() > 0.5
    likelihood(model)({"audio": audio}, 0)
    assert torch.equal(seen["codes"], mulaw.encode(audio.squeeze(1)))

"""The likelihood of a flow: of a known density, a hand-computed value, and a silence that has a bound."""

import math

import pytest
import torch
from torch import nn

from tinyaudio.objectives.flow import dequantized, flow_loss, negative_log_likelihood


def test_it_is_the_negative_logarithm_of_a_normal_density():
    """Where x = a z, p(x) is the normal density of standard deviation a sigma."""
    torch.manual_seed(0)
    x, a, sigma = torch.randn(2, 1, 6), 2.5, 0.7
    found = negative_log_likelihood(x / a, torch.full((2,), -6 * math.log(a)), sigma)
    expected = -torch.distributions.Normal(0, a * sigma).log_prob(x).mean(dim=(1, 2))
    torch.testing.assert_close(found, expected)


def test_by_hand():
    """z = (1, 3), sigma 2, log-determinant 0.5: (10 / 8 + ln(2 pi 4) - 0.5) / 2."""
    found = negative_log_likelihood(torch.tensor([[[1.0, 3.0]]]), torch.tensor([0.5]), 2)
    assert found.item() == pytest.approx((1.25 + math.log(8 * math.pi) - 0.5) / 2)


class Gain(nn.Module):
    """The simplest flow: z = e^g x."""

    def __init__(self):
        super().__init__()
        self.g = nn.Parameter(torch.zeros(()))

    def forward(self, audio, frames):
        return self.g.exp() * audio, self.g * audio[0].numel() * torch.ones(len(audio))


def fitted_gain(audio, sigma, level):
    """What a flow of one number learns."""
    net = Gain()
    loss, optimizer = flow_loss(net, sigma, level), torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(400):
        value, logs = loss({"audio": audio, "frames": torch.zeros(len(audio), 1, 1)}, 0)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return net.g.exp().item(), logs


def test_maximum_likelihood_gives_z_its_standard_deviation():
    torch.manual_seed(0)
    audio = 0.1 * torch.randn(4, 1, 500)
    gain, logs = fitted_gain(audio, 0.5, 0.0)
    assert gain == pytest.approx(0.5 / audio.square().mean().sqrt().item(), rel=0.02)
    assert logs["rms"].item() == pytest.approx(0.5, rel=0.02)
    assert logs["log_det"].item() == pytest.approx(math.log(gain), abs=0.06)


def test_noise_bounds_what_silence_can_gain():
    torch.manual_seed(0)
    silence = torch.zeros(2, 1, 500)
    bounded, _ = fitted_gain(silence, 1.0, 0.1)
    assert bounded == pytest.approx(10, rel=0.1)
    endless, _ = fitted_gain(silence, 1.0, 0.0)
    assert endless > 1e6  # and would go on
    assert torch.equal(dequantized(silence, 0), silence)
    assert dequantized(silence, 0.1).std().item() == pytest.approx(0.1, rel=0.1)

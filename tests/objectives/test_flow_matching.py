"""Flow matching: straight paths, and a velocity whose best guess is known for Gaussian data."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from tinyaudio.objectives.flow_matching import flow_matching_loss, interpolate, velocity_target


def test_paths_are_straight_and_their_velocity_is_the_slope():
    noise, clips = torch.randn(2, 5, 2, 3, dtype=torch.float64)
    t = torch.rand(5, dtype=torch.float64)
    at_0, at_1 = (interpolate(noise, clips, torch.full((5,), end)) for end in (0.0, 1.0))
    assert torch.equal(at_0, noise) and torch.equal(at_1, clips)
    slope = (interpolate(noise, clips, t + 0.1) - interpolate(noise, clips, t)) / 0.1
    torch.testing.assert_close(slope, velocity_target(noise, clips))


def gaussian_velocity(std):
    """E[x_1 - x_0 | x_t] of data of this deviation."""

    def velocity(x, t):
        t = t[:, None]
        variance = (1 - t) ** 2 + (t * std) ** 2
        return (t * std**2 - (1 - t)) / variance * x

    return velocity


def test_the_exact_velocity_has_the_least_loss():
    """Its loss is the conditional variance; 10 percent more or less of it is worse."""
    std = 0.5
    exact = gaussian_velocity(std)

    def mean_loss(factor):
        torch.manual_seed(0)
        batch = {"audio": std * torch.randn(200_000, 1)}
        return flow_matching_loss(lambda x, t: factor * exact(x, t))(batch, 0)[0].item()

    least = mean_loss(1.0)
    t = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    variance = std**2 / ((1 - t) ** 2 + (t * std) ** 2)  # of x_1 - x_0, given x_t
    assert least == pytest.approx(variance.mean().item(), rel=0.01)
    assert mean_loss(0.9) > least and mean_loss(1.1) > least


def test_the_reversed_target_is_another_loss():
    torch.manual_seed(0)
    batch = {"audio": 0.5 * torch.randn(20_000, 1)}
    exact = gaussian_velocity(0.5)
    right, reversed_ = (
        flow_matching_loss(lambda x, t, s=s: s * exact(x, t))(batch, 0)[0].item() for s in (1, -1)
    )
    assert reversed_ > 1.5 * right


def test_the_condition_and_the_clips_are_those_of_the_batch():
    seen = {}

    def network(x, t, condition):
        seen.update(t=t, condition=condition)
        return torch.zeros_like(x)

    batch = {"mel": torch.ones(4, 2), "image": torch.ones(4, 3, 2)}
    loss = flow_matching_loss(network, clean=lambda b: 2 * b["image"], condition=lambda b: b["mel"])
    torch.manual_seed(0)
    value = loss(batch, 0)[0]
    assert seen["condition"] is batch["mel"] and seen["t"].shape == (4,)
    assert 0 <= seen["t"].min() and seen["t"].max() <= 1
    torch.manual_seed(0)
    torch.testing.assert_close(value, (2 - torch.randn(4, 3, 2)).square().mean())


def test_everything_is_on_the_batch_s_device():
    with FakeTensorMode(allow_non_fake_inputs=True):
        batch = {"audio": torch.zeros(2, 1, 8, device="cuda")}
        loss, _ = flow_matching_loss(lambda x, t: x * t[:, None, None])(batch, 0)
        assert loss.device.type == "cuda"

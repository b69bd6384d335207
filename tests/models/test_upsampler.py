"""The upsampler: exactly hop_length samples a frame, and constants stay constant."""

import pytest
import torch

from tinyaudio.models.upsampler import Upsampler


def trained(hop):
    """Weights far from their initial values."""
    torch.manual_seed(0)
    upsample = Upsampler(hop)
    torch.nn.init.normal_(upsample.weight)
    return upsample


@pytest.mark.parametrize("upsample", [Upsampler(16), trained(16), trained(1)], ids=str)
@pytest.mark.parametrize("n_frames", [1, 2, 9])
def test_constants_stay_constant_up_to_the_edges(upsample, n_frames):
    level = torch.tensor([1.0, -3.0, 0.0])
    samples = upsample(level.expand(2, n_frames, 3))
    assert samples.shape == (2, n_frames * upsample.hop_length, 3)
    torch.testing.assert_close(samples, level.expand_as(samples), rtol=0, atol=1e-5)


def test_constants_stay_constant_during_training():
    upsample, target = Upsampler(8), torch.randn(1, 40, 1)
    optimizer = torch.optim.SGD(upsample.parameters(), lr=1.0)
    frames = torch.randn(1, 5, 1)
    before = (upsample(frames) - target).square().mean()
    for _ in range(20):
        optimizer.zero_grad()
        (upsample(frames) - target).square().mean().backward()
        optimizer.step()
        assert (upsample(torch.ones(1, 5, 1)) - 1).abs().max() < 1e-5
    assert (upsample(frames) - target).square().mean() < before  # it learned


def test_initialised_as_linear_interpolation():
    samples = Upsampler(4)(torch.tensor([[[0.0], [4.0], [-4.0]]]))
    assert samples.flatten().tolist() == [0, 1, 2, 3, 4, 2, 0, -2, -4, -4, -4, -4]


def test_shifted_frames_give_shifted_samples():
    upsample, frames = trained(5), torch.randn(1, 12, 2)
    shifted = upsample(frames[:, 3:])
    # except for the first frame, whose neighbour is now its own copy
    torch.testing.assert_close(shifted[:, 5:], upsample(frames)[:, 20:], rtol=0, atol=1e-5)


def test_a_step_is_a_row():
    upsample, frames = trained(5), torch.randn(2, 4, 3)
    steps = [upsample.step(upsample.window(frames, t // 5), t % 5) for t in range(20)]
    torch.testing.assert_close(torch.stack(steps, 1), upsample(frames), rtol=0, atol=1e-5)


def test_upsampling_commutes_with_v():
    """So V can be applied at the frame rate."""
    upsample, frames, V = trained(6), torch.randn(2, 5, 4), torch.nn.Linear(4, 7, bias=False)
    torch.testing.assert_close(upsample(V(frames)), V(upsample(frames)), rtol=0, atol=1e-5)

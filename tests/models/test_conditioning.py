"""The upsampler: constants stay constant, lengths are exact, shifts pass through."""

import pytest
import torch

from tinyaudio.models.conditioning import Condition, ConditionConfig, Conditioner
from tinyaudio.models.frames import Upsampler


def trained(hop):
    """Weights far from where they began."""
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


def test_constants_stay_constant_through_every_step_of_training():
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


def test_begins_as_linear_interpolation_between_frames_at_their_samples():
    samples = Upsampler(4)(torch.tensor([[[0.0], [4.0], [-4.0]]]))
    assert samples.flatten().tolist() == [0, 1, 2, 3, 4, 2, 0, -2, -4, -4, -4, -4]


def test_shifted_frames_give_shifted_samples():
    upsample, frames = trained(5), torch.randn(1, 12, 2)
    shifted = upsample(frames[:, 3:])
    # but for the first frame, whose neighbour is now its own copy
    torch.testing.assert_close(shifted[:, 5:], upsample(frames)[:, 20:], rtol=0, atol=1e-5)


def test_a_step_is_a_row():
    upsample, frames = trained(5), torch.randn(2, 4, 3)
    steps = [upsample.step(upsample.window(frames, t // 5), t % 5) for t in range(20)]
    torch.testing.assert_close(torch.stack(steps, 1), upsample(frames), rtol=0, atol=1e-5)


def test_upsampling_before_or_after_v_is_the_same():
    """What lets V work at the frame rate."""
    upsample, frames, V = trained(6), torch.randn(2, 5, 4), torch.nn.Linear(4, 7, bias=False)
    torch.testing.assert_close(upsample(V(frames)), V(upsample(frames)), rtol=0, atol=1e-5)


def test_frames_reach_no_further_than_they_should():
    """Two neighbours by the upsampler, one more by three taps."""
    torch.manual_seed(0)
    config = ConditionConfig(n_frame_channels=2, frame_taps=3, hop_length=4, channels=3)
    conditioner = Conditioner(config, 1, 2)
    torch.nn.init.normal_(conditioner.upsample.weight)
    frames = torch.randn(1, 2, 9, requires_grad=True)
    (offsets,) = conditioner(Condition(frames=frames), 1, 36)
    (slope,) = torch.autograd.grad(offsets[0, 4 * 4 + 1].sum(), frames)
    assert slope.abs().sum((0, 1)).nonzero().flatten().tolist() == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_condition_moves(device):
    condition = Condition(vectors=torch.zeros(1, 2), frames=torch.zeros(1, 2, 3)).to(device)
    assert condition.classes is None
    assert condition.vectors.device.type == condition.frames.device.type == device

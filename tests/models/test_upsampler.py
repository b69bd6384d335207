"""What happens to frames: layers that look beside them, and an upsampler that keeps constants constant."""

import pytest
import torch

from tinyaudio.models.frames import FrameLayer, Upsampler


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


def thoughtful(channels=6):
    """A layer after training."""
    torch.manual_seed(0)
    layer = FrameLayer(channels)
    torch.nn.init.normal_(layer.add.weight)
    torch.nn.init.normal_(layer.add.bias)
    return layer


def test_a_frame_layer_begins_as_nothing_and_can_learn():
    torch.manual_seed(0)
    layer, x = FrameLayer(6), torch.randn(2, 6, 9)
    assert torch.equal(layer(x), x)
    layer(x).square().sum().backward()
    assert layer.add.weight.grad.abs().max() > 0 and layer.add.bias.grad.abs().min() > 0
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    assert not torch.equal(layer(x), x)
    layer(x).square().sum().backward()
    assert layer.look.weight.grad.abs().max() > 0  # from the second step on


@pytest.mark.parametrize("n_layers", [1, 2])
def test_every_frame_layer_looks_one_frame_to_each_side(n_layers):
    layers = torch.nn.Sequential(*(thoughtful() for _ in range(n_layers)))
    x = torch.randn(1, 6, 11, requires_grad=True)
    (slope,) = torch.autograd.grad(layers(x)[0, :, 5].square().sum(), x)
    seen = slope.abs().sum((0, 1)).nonzero().flatten().tolist()
    assert seen == [*range(5 - n_layers, 6 + n_layers)]


@pytest.mark.parametrize("n_frames", [1, 2, 9])
def test_a_frame_layer_keeps_length_and_constants_up_to_the_edges(n_frames):
    level = torch.randn(2, 6, 1, generator=torch.manual_seed(1))
    y = thoughtful()(level.expand(-1, -1, n_frames))
    assert y.shape == (2, 6, n_frames)
    torch.testing.assert_close(y, y[..., :1].expand_as(y), rtol=0, atol=1e-5)
    torch.testing.assert_close(y[..., :1], thoughtful()(level), rtol=0, atol=1e-5)

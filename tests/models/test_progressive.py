"""The layers of a progressively grown GAN against closed forms."""

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.models.progressive import (
    EqualizedConv2d,
    EqualizedLinear,
    append_minibatch_deviation,
    downscale,
    pixel_norm,
    upscale,
)


@pytest.mark.parametrize("channels", [4, 64])
def test_what_an_equalized_layer_makes_of_white_noise_has_variance_one(channels):
    torch.manual_seed(0)
    x = torch.randn(64, channels, 8, 8)
    plain = EqualizedConv2d(channels, 256, (1, 1), gain=1)(x)
    assert plain.var().item() == pytest.approx(1, rel=0.1)
    dense = EqualizedLinear(channels, 4_096)(x[:, :, 0, 0])
    assert dense.var().item() == pytest.approx(1, rel=0.1)
    # A rectifier halves the mean square: before it, the gain is 2.
    rectified = F.relu(EqualizedConv2d(channels, 256, padding=(0, 0))(x))
    assert rectified.square().mean().item() == pytest.approx(1, rel=0.1)


def test_equalized_layers_learn_at_one_speed_whatever_their_size():
    """Adam moves every weight by the learning rate; relative to the weights' size that is the same for all."""
    speeds = []
    for channels in (2, 200):
        torch.manual_seed(0)
        layer = EqualizedConv2d(channels, 50)
        before = layer.scale * layer.weight.detach().clone()
        adam = torch.optim.Adam(layer.parameters(), lr=0.01)
        layer(torch.randn(2, channels, 4, 4)).square().mean().backward()
        adam.step()
        moved = (layer.scale * layer.weight.detach() - before).abs().mean()
        speeds.append((moved / before.std()).item())
    assert speeds[0] == pytest.approx(speeds[1], rel=0.1)


def test_one_pixel_among_zeros_becomes_an_image():
    """As a matrix does: every weight is used once, flipped."""
    layer = EqualizedConv2d(5, 3, (2, 4), padding=(1, 3))
    x = torch.randn(2, 5)
    dense = layer.scale * torch.einsum("bc,dchw->bdhw", x, layer.weight.flip(2, 3))
    torch.testing.assert_close(layer(x[:, :, None, None]), dense)


def test_pixel_norm_leaves_a_mean_square_of_one_and_zeros_zero():
    normal = pixel_norm(100 * torch.randn(4, 6, 3, 5))
    torch.testing.assert_close(normal.square().mean(1), torch.ones(4, 3, 5))
    assert (pixel_norm(torch.zeros(1, 6, 2, 2)) == 0).all()


def test_the_deviation_of_copies_is_the_epsilon_s_root_and_of_others_their_own():
    one = torch.randn(1, 3, 4, 5)
    for batch in (one, one.expand(6, -1, -1, -1)):
        appended = append_minibatch_deviation(batch)
        assert torch.equal(appended[:, :3], batch)
        torch.testing.assert_close(appended[:, 3], torch.full((len(batch), 4, 5), 1e-3))
    spread = append_minibatch_deviation(torch.stack([one[0] - 2, one[0] + 2]))
    torch.testing.assert_close(spread[:, 3], torch.full((2, 4, 5), 2.0))


def test_its_gradient_is_finite_for_copies():
    x = torch.zeros(3, 2, 2, 2, requires_grad=True)
    append_minibatch_deviation(x).square().sum().backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_upscaling_is_undone_by_downscaling(factor):
    x = torch.randn(2, 3, 2, 5)
    assert upscale(x, factor).shape == (2, 3, 2 * factor, 5 * factor)
    assert torch.equal(upscale(x, factor), F.interpolate(x, scale_factor=factor))
    torch.testing.assert_close(downscale(upscale(x, factor), factor), x)

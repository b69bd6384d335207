"""Causal convolution: no dependence on the future, and a step equals a column."""

import pytest
import torch

from tinyaudio.layers import CausalConv1d

SHAPES = [(1, 1), (2, 1), (2, 4), (3, 5), (5, 2)]  # (kernel size, dilation)


@pytest.mark.parametrize(("kernel_size", "dilation"), SHAPES)
def test_no_gradient_from_the_future_and_the_receptive_field_is_exact(kernel_size, dilation):
    conv = CausalConv1d(2, 3, kernel_size, dilation)
    x = torch.randn(1, 2, 40, requires_grad=True)
    t = 25
    (slope,) = torch.autograd.grad(conv(x)[0, :, t].sum(), x)
    (seen,) = slope.abs().sum((0, 1)).nonzero(as_tuple=True)
    assert seen.tolist() == [t - i * dilation for i in range(kernel_size - 1, -1, -1)]


def test_equals_the_sum_in_its_docstring():
    conv = CausalConv1d(1, 1, kernel_size=3, dilation=2)
    x = torch.randn(1, 1, 20)
    padded = torch.cat([torch.zeros(4), x[0, 0]])
    expected = conv.bias + sum(conv.weight[0, 0, i] * padded[2 * i : 2 * i + 20] for i in range(3))
    torch.testing.assert_close(conv(x)[0, 0], expected)


@pytest.mark.parametrize(("kernel_size", "dilation"), SHAPES)
def test_steps_equal_columns(kernel_size, dilation):
    conv = CausalConv1d(2, 3, kernel_size, dilation)
    x = torch.randn(4, 2, 37)
    cache = conv.init_cache(4)
    steps = torch.stack([conv.step(x[:, :, t], cache, t) for t in range(37)], dim=2)
    torch.testing.assert_close(steps, conv(x), rtol=0, atol=1e-6)


def test_without_bias():
    conv = CausalConv1d(1, 1, 2, bias=False)
    assert conv(torch.zeros(1, 1, 4)).abs().max() == 0
    assert conv.step(torch.zeros(1, 1), conv.init_cache(1), 0).item() == 0

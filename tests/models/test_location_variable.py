"""Location-variable convolution: fast as the loop, an ordinary convolution where all kernels are one."""

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.models.location_variable import (
    KernelPredictor,
    location_variable_convolution,
    location_variable_loop,
)


@pytest.mark.parametrize(("hop", "n_taps"), [(1, 3), (2, 5), (8, 3), (7, 1)])
def test_the_fast_one_equals_the_loop(hop, n_taps):
    g = torch.Generator().manual_seed(hop)
    x = torch.randn(2, 3, 5 * hop, generator=g, dtype=torch.float64, requires_grad=True)
    kernels = torch.randn(2, 3, 4, n_taps, 5, generator=g, dtype=torch.float64, requires_grad=True)
    biases = torch.randn(2, 4, 5, generator=g, dtype=torch.float64, requires_grad=True)
    slow, fast = (
        f(x, kernels, biases) for f in (location_variable_loop, location_variable_convolution)
    )
    torch.testing.assert_close(fast, slow)
    weights = torch.randn(fast.shape, generator=g, dtype=torch.float64)
    for a, b in zip(
        torch.autograd.grad((slow * weights).sum(), (x, kernels, biases)),
        torch.autograd.grad((fast * weights).sum(), (x, kernels, biases)),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_with_one_kernel_for_all_frames_it_is_a_convolution():
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 3, 40), torch.randn(4, 3, 3), torch.randn(4)
    kernels = weight.transpose(0, 1)[None, ..., None].expand(2, -1, -1, -1, 5)
    found = location_variable_convolution(x, kernels, bias[None, :, None].expand(2, -1, 5))
    torch.testing.assert_close(found, F.conv1d(x, weight, bias, padding=1))


def test_a_frame_s_kernel_acts_on_its_own_samples_only():
    torch.manual_seed(0)
    x, kernels, biases = torch.randn(1, 2, 24), torch.randn(1, 2, 2, 3, 3), torch.zeros(1, 2, 3)
    other = kernels.clone()
    other[..., 1] += 1
    changed = location_variable_convolution(x, kernels, biases) != location_variable_convolution(
        x, other, biases
    )
    assert changed.any(1)[0].nonzero().flatten().tolist() == list(range(8, 16))


def test_every_layer_gets_kernels_of_its_own():
    torch.manual_seed(0)
    predictor = KernelPredictor(5, 6, 3, n_layers=2, channels=4, n_taps=3, slope=0.2)
    kernels, biases = predictor(torch.randn(2, 5, 7))
    assert kernels.shape == (2, 2, 4, 8, 3, 7) and biases.shape == (2, 2, 8, 7)
    (kernels.square().sum() + biases.square().sum()).backward()
    for name, parameter in predictor.named_parameters():
        assert parameter.grad.abs().sum() > 0, name

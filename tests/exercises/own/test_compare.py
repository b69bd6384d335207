"""The first difference of two networks."""

import copy

import pytest
import torch
from torch import nn

from tinyaudio.exercises.own.compare import first_difference


class Last(nn.Module):
    """A linear layer over (B, C, T), with the weights of one over (B, T, C)."""

    def __init__(self, linear):
        super().__init__()
        self.conv = nn.Conv1d(linear.in_features, linear.out_features, 1)
        with torch.no_grad():
            self.conv.weight.copy_(linear.weight[:, :, None])
            self.conv.bias.copy_(linear.bias)

    def forward(self, x):
        return self.conv(x.mT).mT


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(*(layer for i in range(4) for layer in (nn.Linear(5, 5), nn.Tanh())))


def test_equal_networks_have_none_whatever_the_order_of_axes(network):
    x = torch.randn(2, 7, 5)
    assert first_difference(copy.deepcopy(network), network, [x]) is None
    other = copy.deepcopy(network)
    other[2] = Last(network[2])
    assert first_difference(other, network, [x], {"2.conv": "2", "4": "4"}) is None


@pytest.mark.parametrize("layer", [0, 2, 6])
def test_the_layer_with_other_weights_is_named(network, layer):
    other = copy.deepcopy(network)
    with torch.no_grad():
        other[layer].bias[3] += 0.1
    found = first_difference(other, network, [torch.randn(2, 5)])
    assert (found.module, found.where) == (str(layer), "output")
    assert found.previous == (str(layer - 2) if layer else "")
    assert f"what comes out of {layer} (the book's {layer})" in str(found)


def test_what_stands_between_two_layers_is_found_at_the_second(network):
    other = copy.deepcopy(network)
    other[3] = nn.Sigmoid()
    found = first_difference(other, network, [torch.randn(2, 5)])
    assert (found.module, found.where, found.previous) == ("4", "input", "2")


def test_a_factor_is_told(network):
    class Half(nn.Module):
        def forward(self, x):
            return torch.tanh(x) / 2

    other = copy.deepcopy(network)
    other[1] = Half()
    found = first_difference(other, network, [torch.randn(2, 5)])
    assert found.factor == pytest.approx(0.5) and "0.5 times what it should be" in str(found)


def test_a_difference_after_the_last_layer_is_the_output_s(network):
    other = copy.deepcopy(network)
    other[7] = nn.ReLU()
    found = first_difference(other, network, [torch.randn(2, 5)])
    assert (found.module, found.previous) == ("", "6")
    assert str(found) == "The output differs. Up to the output of 6, all agree."


def test_no_hook_is_left(network):
    first_difference(network, network, [torch.randn(2, 5)])
    assert all(not one._forward_hooks and not one._forward_pre_hooks for one in network.modules())

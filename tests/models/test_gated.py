"""The layers of a WaveNet: a dilated convolution by another way, and the dilations of the paper's figure 3."""

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.models.gated import GatedLayer
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig


@pytest.mark.parametrize(("kernel_size", "dilation"), [(2, 1), (2, 8), (3, 4)])
def test_a_layer_is_torchs_dilated_convolution_with_a_gate(kernel_size, dilation):
    R, G, T = 4, 6, 40
    layer = GatedLayer(R, G, kernel_size, dilation)
    x = torch.randn(2, T, R)
    following, z = layer(x, None)
    taps = layer.gate.weight.unflatten(1, (kernel_size, R)).transpose(1, 2)  # oldest first
    past = F.pad(x.mT, ((kernel_size - 1) * dilation, 0))
    f, g = F.conv1d(past, taps, layer.gate.bias, dilation=dilation).chunk(2, dim=1)
    expected = (f.tanh() * g.sigmoid()).mT
    torch.testing.assert_close(z, expected)
    torch.testing.assert_close(following, x + layer.residual(expected))


def test_dilations_double_from_layer_to_layer_and_begin_again_with_each_stack():
    config = WaveNetConfig(stacks=2, layers=4, kernel_size=3, residual_channels=4, gate_channels=4)
    assert config.dilations == [1, 2, 4, 8, 1, 2, 4, 8]
    assert [layer.delays for layer in WaveNet(config).layers] == [
        [2 * d, d] for d in config.dilations
    ]

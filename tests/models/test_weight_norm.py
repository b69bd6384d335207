"""Weight normalization: the same function in two forms, and a fold that leaves what it was made of."""

import pytest
import torch
from torch import nn

from tinyaudio.models.hifigan import HiFiGAN, HiFiGANConfig
from tinyaudio.models.hifigan_discriminators import (
    HiFiGANDiscriminators,
    HiFiGANDiscriminatorsConfig,
)
from tinyaudio.models.weight_norm import count_folded, folded, weight_normalized


def test_a_weight_is_its_length_times_its_direction():
    torch.manual_seed(0)
    layer = nn.Conv1d(3, 4, 5)
    before = layer.weight.detach().clone()
    weight_normalized(layer)
    torch.testing.assert_close(layer.weight, before)
    g, v = layer.parametrizations.weight.parameters()
    with torch.no_grad():
        v *= 7  # the direction's length does not count
    torch.testing.assert_close(layer.weight, before)
    with torch.no_grad():
        g *= 2
    torch.testing.assert_close(layer.weight, 2 * before)
    norms = layer.weight.flatten(1).norm(dim=1)
    torch.testing.assert_close(norms, g.flatten())


@pytest.mark.parametrize("which", ["generator", "discriminators"])
def test_folded_equals_unfolded(which):
    torch.manual_seed(0)
    if which == "generator":
        net, x = HiFiGAN(HiFiGANConfig.tiny()), torch.randn(2, 80, 5)
    else:
        net = HiFiGANDiscriminators(HiFiGANDiscriminatorsConfig.tiny())
        x = torch.randn(2, 1, 640)
    with torch.no_grad():
        for p in net.parameters():
            p += 0.1 * torch.randn_like(p)  # as training would: g is no longer the norm of v
    net.eval()
    keys = list(net.state_dict())
    made, plain = net(x), folded(net)
    pairs = [(made, plain(x))]
    if which == "discriminators":
        pairs = [
            (a, b)
            for ours, theirs in zip(*pairs[0], strict=True)
            for a, b in zip(ours, theirs, strict=True)
        ]
    for a, b in pairs:
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)
    assert list(net.state_dict()) == keys  # the network itself can be trained on
    assert not any("parametrizations" in name for name in plain.state_dict())
    n_folded = sum(p.numel() for p in plain.parameters())
    assert count_folded(net) == n_folded < sum(p.numel() for p in net.parameters())

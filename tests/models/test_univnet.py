"""UnivNet: sizes block by block, noise by its seed, frames in their places; what its discriminators see."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.univnet import LVCBlock, UnivNet, UnivNetConfig
from tinyaudio.models.univnet_discriminators import (
    SpectrogramDiscriminator,
    UnivNetDiscriminators,
    UnivNetDiscriminatorsConfig,
)
from tinyaudio.models.weight_norm import count_folded, folded

SMALL = UnivNetConfig(5, 4, 3, (3, 2), (1, 3), 6)


@pytest.mark.parametrize(
    ("config", "trained", "plain"),
    [
        (UnivNetConfig.c16(), 3_997_426, 3_977_009),
        (UnivNetConfig.c32(), 14_865_506, 14_789_153),
    ],
)
def test_the_paper_s_sizes(config, trained, plain):
    """4.00 and 14.89 million by the paper, as the README of MINDsLab's code cites it; counted by hand."""
    with torch.device("meta"):
        net = UnivNet(config)
        assert net(torch.empty(2, 100, 3), torch.empty(2, 64, 3)).shape == (2, 1, 3 * 256)

    def conv(c, d, k):
        return c * d * k + d

    c, n_layers = config.channels, 4
    predictor = conv(100, 64, 5) + 6 * conv(64, 64, 3)
    predictor += conv(64, n_layers * c * 2 * c * 3, 3) + conv(64, n_layers * 2 * c, 3)
    total = conv(64, c, 7) + conv(c, 1, 7)
    for factor in (8, 8, 4):
        total += predictor + conv(c, c, 2 * factor) + n_layers * conv(c, c, 3)
    assert count_folded(net) == total == plain
    assert sum(p.numel() for p in net.parameters()) == trained
    assert trained / 1e6 == pytest.approx({16: 4.00, 32: 14.89}[c], rel=2e-3)


def test_a_block_is_its_formula():
    """Without predicted kernels, gates are sigma(b_a) tanh(b_b), whatever the sound."""
    torch.manual_seed(0)
    block = LVCBlock(SMALL, factor=3)
    torch.nn.init.zeros_(block.predictor.kernels.parametrizations.weight.original0)
    torch.nn.init.zeros_(block.predictor.kernels.bias)
    x, mel = torch.randn(1, 4, 2), torch.randn(1, 5, 2)
    _, biases = block.predictor(mel)
    gates = [torch.sigmoid(b[:, :4]) * torch.tanh(b[:, 4:]) for b in biases.unbind(1)]
    added = sum(gates).repeat_interleave(3, dim=2)
    up = block.up(torch.nn.functional.leaky_relu(x, 0.2))
    assert up.shape == (1, 4, 6)  # an odd factor, too, makes whole frames
    torch.testing.assert_close(block(x, mel), up + added)


def test_noise_is_a_function_of_its_seed_and_changes_the_sound():
    torch.manual_seed(0)
    net, mel = UnivNet(SMALL), torch.randn(1, 5, 7)
    assert torch.equal(net.noise(7, 3), net.noise(7, 3))
    one, same, other = (net(mel, net.noise(7, seed)) for seed in (3, 3, 4))
    assert torch.equal(one, same) and not torch.allclose(one, other)
    assert not torch.equal(net(mel), net(mel))  # drawn anew


def test_folded_equals_unfolded_and_every_parameter_has_a_gradient():
    torch.manual_seed(0)
    net, mel = UnivNet(SMALL), torch.randn(2, 5, 4)
    noise = torch.randn(2, 3, 4)
    made = net(mel, noise)
    assert made.shape == (2, 1, 24) and made.abs().max() <= 1
    torch.testing.assert_close(folded(net)(mel, noise), made)
    made.square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().sum() > 0 and parameter.grad.isfinite().all(), name


def test_wrong_sizes_are_refused():
    net = UnivNet(SMALL)
    for call, message in [
        (lambda: net(torch.zeros(1, 4, 4)), "4 bands: this network takes 5"),
        (lambda: net(torch.zeros(1, 5, 0)), "without a frame"),
        (lambda: replace(SMALL, predictor_kernel=2), "must be odd"),
        (lambda: UnivNetDiscriminatorsConfig(resolutions=((512, 50),)), "resolution"),
    ]:
        with pytest.raises(UserError, match=message):
            call()
    assert net(torch.zeros(1, 5, 1)).shape == (1, 1, 6)  # a single frame is enough


# ---------------------------------------------------------------------------- discriminators


def test_the_discriminators_sizes():
    with torch.device("meta"):
        net = UnivNetDiscriminators(UnivNetDiscriminatorsConfig.paper())
    one = (27 * 32 + 32) + 3 * (27 * 32**2 + 32) + (9 * 32**2 + 32) + (9 * 32 + 1)
    assert count_folded(net.spectrogram) == 3 * one == 280_419
    widths = [1, 64, 128, 256, 512, 1024]
    period = sum(5 * c * d + d for c, d in zip(widths, widths[1:], strict=False)) + 3 * 1024 + 1
    assert count_folded(net.period) == 5 * period == 17_434_885


def test_a_spectrogram_discriminator_does_not_see_the_sign():
    torch.manual_seed(0)
    net, audio = SpectrogramDiscriminator((256, 64, 256), 4), torch.randn(1, 1, 1_000)
    for a, b in zip(net(audio), net(-audio), strict=True):
        torch.testing.assert_close(a, b)
    assert not torch.allclose(net(audio)[-1], net(0.5 * audio)[-1])
    maps = UnivNetDiscriminators(UnivNetDiscriminatorsConfig.tiny())(audio)
    assert [len(one) for one in maps] == [6, 6, 6, 4, 4]

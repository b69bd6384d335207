"""AudioUNet: its size, the shuffle, and lengths."""

import pytest
import torch

from tinyaudio.models.audiounet import AudioUNet, AudioUNetConfig, subpixel_shuffle
from tinyaudio.models.nuwave import NuWave, NuWaveConfig


def count(module):
    return sum(p.numel() for p in module.parameters())


def size(channels, kernels):
    """Weights and biases by the paper's block diagram."""
    down = zip([1, *channels], [*channels, channels[-1]], [*kernels, kernels[-1]], strict=False)
    total = sum(k * c * d + d for c, d, k in down)
    entering = channels[-1]
    for d, k in zip(reversed(channels), reversed(kernels), strict=True):
        total += k * entering * 2 * d + 2 * d
        entering = 2 * d
    return total + 9 * entering * 2 + 2


def test_the_paper_s_size(monkeypatch):
    """Four blocks; NU-Wave's abstract calls its own size 5.4 to 21 % of its baselines'."""
    config = AudioUNetConfig.paper()
    assert config.channels == [128, 256, 512, 512] and config.kernels == [65, 33, 17, 9]
    monkeypatch.setattr(torch.nn.init, "orthogonal_", lambda weight: weight)  # takes half a minute
    network, nuwave = AudioUNet(config), NuWave(NuWaveConfig.paper())
    assert count(network) == size(config.channels, config.kernels) == 56_411_394
    assert count(nuwave) / count(network) == pytest.approx(0.054, abs=0.0005)


@pytest.mark.parametrize("ratio", [2, 3])
def test_the_shuffle_interleaves_and_a_reshape_undoes_it(ratio):
    constant = torch.arange(2.0 * ratio)[None, :, None].expand(1, -1, 5)
    # channels 0 and 1 are the first samples of the two results, 2 and 3 the second ones
    rows = [torch.arange(i, 2.0 * ratio, 2).repeat(5) for i in (0, 1)]
    assert torch.equal(subpixel_shuffle(constant, ratio)[0], torch.stack(rows))
    x = torch.randn(2, 2 * ratio, 7)
    back = subpixel_shuffle(x, ratio).unflatten(2, (7, ratio)).permute(0, 3, 1, 2).flatten(1, 2)
    assert torch.equal(back, x)


def test_a_shuffled_convolution_is_a_transposed_one():
    """Of twice the stride as taps: each new sample is a filter over the old ones, one filter a phase."""
    torch.manual_seed(0)
    transposed = torch.nn.ConvTranspose1d(3, 4, 2, stride=2, bias=False)
    plain = torch.nn.Conv1d(3, 8, 1, bias=False)
    plain.weight.data[:4, :, 0] = transposed.weight.data[:, :, 0].T
    plain.weight.data[4:, :, 0] = transposed.weight.data[:, :, 1].T
    x = torch.randn(2, 3, 9)
    assert torch.allclose(subpixel_shuffle(plain(x)), transposed(x), atol=1e-6)


@pytest.mark.parametrize("length", [1, 15, 16, 17, 1_000])
def test_any_length_comes_back_and_at_first_nearly_as_it_was(length):
    torch.manual_seed(0)
    network = AudioUNet(AudioUNetConfig.tiny()).eval()
    x = torch.randn(2, 1, length) / 10
    out = network(x)
    assert out.shape == x.shape
    assert 0 < (out - x).abs().max() < 0.02


def test_later_samples_do_not_move_earlier_ones_beyond_the_receptive_field():
    torch.manual_seed(0)
    network = AudioUNet(AudioUNetConfig.tiny()).eval()
    x = torch.randn(1, 1, 1_024)
    moved = torch.cat([x[..., 16:], torch.randn(1, 1, 16)], dim=2)
    # a shift by the stride of the network is a shift of its output
    assert torch.allclose(network(x)[..., 416:616], network(moved)[..., 400:600], atol=1e-6)


def test_dropout_is_for_training_and_every_parameter_is_reached():
    torch.manual_seed(0)
    network, x = AudioUNet(AudioUNetConfig.tiny()), torch.randn(2, 1, 64)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))
    network(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())

"""MU-GAN: its size, that folding loses nothing, what its wide filters are, and lengths."""

from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.models.audiounet import subpixel_shuffle
from tinyaudio.models.mugan import (
    KERNELS,
    Discriminator,
    FeatureAutoencoder,
    Generator,
    MUGANConfig,
    MultiscaleConv,
    superpixel_shuffle,
)

NUWAVE_PARAMETERS = 3_049_985
TINY = MUGANConfig.tiny()


def count(module):
    return sum(p.numel() for p in module.parameters())


def conv_size(c, d):
    """Weights and biases, a quarter of the channels for each width, the rest to the wider ones."""
    each = [d // 4 + (i >= 4 - d % 4) for i in range(4)]
    assert sum(each) == d
    return sum(n * (c * k + 1) for n, k in zip(each, KERNELS, strict=True))


def test_the_generator_is_as_large_as_nu_wave_s_abstract_says():
    """Its 3.0 million parameters are 21 % of it; counted from the block diagram, with one slope a PReLU."""
    with torch.device("meta"):
        found = count(Generator(MUGANConfig.paper()))
    channels = [36, 72, 144, 144, 144, 144, 144, 144]
    assert MUGANConfig.paper().channels == channels
    wanted = sum(conv_size(c, d // 2) + 1 for c, d in pairwise([1, *channels]))
    inner = channels[-1]
    for skip in [*reversed(channels[:-1]), None]:
        leaving = skip or 18
        wanted += conv_size(inner, 2 * leaving) + 1
        inner = 2 * leaving
    assert found == wanted + 27 * 18 + 1
    assert found == 14_583_269 and NUWAVE_PARAMETERS / found == pytest.approx(0.21, abs=0.005)


@pytest.mark.parametrize("ratio", [2, 3])
def test_folding_loses_no_sample(ratio):
    x = torch.randn(2, 5, 7 * ratio)
    folded = superpixel_shuffle(x, ratio)
    assert folded.shape == (2, 5 * ratio, 7)
    assert torch.equal(
        folded[:, :5], x[:, :, ::ratio]
    )  # the first channels are samples 0, r, 2 r, ...
    assert torch.equal(subpixel_shuffle(folded, ratio), x)


def test_four_widths_are_one_wide_convolution_with_zeros():
    torch.manual_seed(0)
    conv, x = MultiscaleConv(3, 10), torch.randn(2, 3, 100)
    assert [one.out_channels for one in conv.scales] == [2, 2, 3, 3]
    wide = torch.cat(
        [F.pad(one.weight, 2 * (40 - one.kernel_size[0] // 2,)) for one in conv.scales]
    )
    bias = torch.cat([one.bias for one in conv.scales])
    assert torch.allclose(conv(x), F.conv1d(x, wide, bias, padding=40), atol=1e-5)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 1_000])
def test_any_length_comes_back_and_at_first_nearly_as_it_was(length):
    torch.manual_seed(0)
    low = torch.randn(2, 1, length)
    made = Generator(TINY).eval()(low)
    assert made.shape == low.shape and 0 < (made - low).norm() < 0.1 * low.norm()
    assert FeatureAutoencoder(TINY)(low).shape == low.shape
    assert Discriminator(TINY)(low).shape == (2,)


def test_the_generator_has_skip_connections_and_the_autoencoder_has_not():
    """Without what comes from the bottleneck, a generator still sees its input, an autoencoder nothing."""
    torch.manual_seed(0)
    one, other = torch.randn(2, 1, 1, 64)
    for net, sees in ((Generator(TINY).eval(), True), (FeatureAutoencoder(TINY).eval(), False)):
        deepest = (net.down[-1]).conv
        for scale in deepest.scales:
            scale.weight.data.zero_()
        copies = [net(x) - (x if sees else 0) for x in (one, other)]
        assert torch.equal(*copies) == (not sees)


def test_the_discriminator_compares_a_batch_in_its_own_scale():
    """Its norms have no memory, so that a score is the same whatever came before."""
    torch.manual_seed(0)
    net, x = Discriminator(TINY).eval(), torch.randn(3, 1, 200)
    first = net(x)
    net(10 * torch.randn(3, 1, 200))
    assert torch.equal(net(x), first) and not list(net.buffers())

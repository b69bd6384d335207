"""The small GANSynth: both networks, with the harmonic template and without."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.gansynth_small import (
    Discriminator,
    GANSynthSmallConfig,
    Generator,
)
from tinyaudio.represent.gansynth_image import RANGE
from tinyaudio.represent.harmonic_template import harmonic_template

TINY = GANSynthSmallConfig.tiny()
WITHOUT = replace(TINY, template=False)
BOTH = pytest.mark.parametrize("config", [TINY, WITHOUT], ids=["template", "without"])
IMAGE = TINY.image


def count(module):
    return sum(p.numel() for p in module.parameters())


def drawn(config, n, seed=0):
    """Latents, and pitches that differ."""
    torch.manual_seed(seed)
    return torch.randn(n, config.n_latents), torch.arange(n) * 3 + config.lowest_pitch


@BOTH
def test_images_and_scores(config):
    z, pitch = drawn(config, 3)
    images = Generator(config)(z, pitch)
    assert images.shape == (3, 2, IMAGE.n_frames, IMAGE.n_bins)
    assert images[:, 0].abs().max() <= 1 and images[:, 1].abs().max() <= RANGE
    assert Discriminator(config)(images, pitch).shape == (3,)


@BOTH
def test_an_image_is_a_function_of_its_own_latents_and_pitch(config):
    """Timbre, noise and pitch change it; the rest of its batch does not."""
    generator, discriminator = Generator(config), Discriminator(config)
    z, pitch = drawn(config, 3)
    images = generator(z, pitch)
    assert torch.equal(generator(z, pitch), images)
    timbre, noise, higher = z.clone(), z.clone(), pitch + torch.tensor([0, 1, 0])
    timbre[1, :8], noise[1, 8:] = torch.randn(8), torch.randn(config.n_latents - 8)
    for other in (generator(timbre, pitch), generator(noise, pitch), generator(z, higher)):
        assert (other[1] - images[1]).abs().mean() > 1e-3
        torch.testing.assert_close(other[[0, 2]], images[[0, 2]])
    alone = generator(z[1:2], pitch[1:2])
    torch.testing.assert_close(alone[:, 0], images[1:2, 0], atol=1e-4, rtol=0)
    scores = discriminator(images, pitch)
    torch.testing.assert_close(discriminator(images[1:2], pitch[1:2]), scores[1:2])


def test_with_the_template_an_untrained_generator_has_the_harmonics_frequencies():
    """Its IF is near theirs; without a template it is as far from them as chance."""
    z, pitch = drawn(TINY, 4)
    expected = harmonic_template(TINY.pitches, IMAGE).expected[pitch - 48]
    off = {}
    for config in (TINY, WITHOUT):
        torch.manual_seed(0)
        frequency = Generator(config)(z, pitch)[:, 1] / RANGE
        off[config] = (torch.remainder(frequency - expected + 1, 2) - 1).abs().median()
    assert off[TINY] < 0.2 and off[WITHOUT] > 0.4


def test_the_discriminator_sees_a_phasor():
    """Half turns of IF that differ by a whole turn are one, and the phase of silence is nothing."""
    discriminator = Discriminator(TINY)
    image = RANGE * (2 * torch.rand(1, 2, 32, 256) - 1)
    pitch = torch.tensor([60])
    turned = image + torch.tensor([0.0, 2 * RANGE])[:, None, None]
    torch.testing.assert_close(
        discriminator(turned, pitch), discriminator(image, pitch), atol=1e-4, rtol=1e-4
    )
    image[:, 0] = -RANGE
    other = image.clone()
    other[:, 1] = 0.3
    assert torch.equal(discriminator(other, pitch), discriminator(image, pitch))


@BOTH
def test_gradients_reach_every_parameter_and_are_finite(config):
    generator, discriminator = Generator(config), Discriminator(config)
    z, pitch = drawn(config, 8)
    discriminator(generator(z, pitch), pitch).sum().backward()
    for name, p in [*generator.named_parameters(), *discriminator.named_parameters()]:
        assert p.grad is not None and p.grad.isfinite().all() and p.grad.abs().sum() > 0, name


def test_parameters():
    """Of the size that is trained, layer by layer; the template multiplies one layer and adds three channels."""
    config = GANSynthSmallConfig()
    plain = replace(config, template=False)
    *w, fine = config.channels
    c = config.discriminator_channels
    blocks = [(w[0], w[0]), *pairwise(w)]
    convs = sum(9 * a * b + b + 9 * b * b + b for a, b in blocks)
    bins = (w[-1] + 1) * 8 * fine
    top = (fine + 2 + 1) * 2 * fine + (2 * fine + 1) * 2
    assert count(Generator(plain)) == (64 + 24 + 1) * 16 * w[0] + convs + bins + top
    assert count(Generator(config)) == count(Generator(plain)) + 3 * bins
    kernels = zip((3, *c[:-1]), c, (32, 16, 16, 9), strict=True)
    layers = sum((n_in * area + 1) * n_out for n_in, n_out, area in kernels)
    assert count(Discriminator(plain)) == layers + (32 * c[-1] + 1) * c[-1] + c[-1] + 1 + 24 * c[-1]
    assert count(Discriminator(config)) == count(Discriminator(plain)) + 3 * 32 * c[0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="9 latents: this network has 16392"):
        Generator(TINY)(torch.zeros(1, 9), torch.tensor([60]))
    for pitch in (47, 72):
        with pytest.raises((RuntimeError, IndexError)):
            Generator(TINY)(torch.zeros(1, TINY.n_latents), torch.tensor([pitch]))
    with pytest.raises(ConfigError, match="channels"):
        replace(TINY, channels=(8, 8))


@pytest.mark.parametrize("kind", ["phase", "if_mel", "complex_mel"])
def test_other_images_have_no_template(kind):
    config = replace(WITHOUT, kind=kind)
    images = Generator(config)(*drawn(config, 2))
    assert images.shape == (2, 2, IMAGE.n_frames, IMAGE.n_bins) and config.image.kind == kind
    with pytest.raises(ConfigError, match=r"kind .*: must be if, or have no template"):
        replace(TINY, kind=kind)
    with pytest.raises(ConfigError, match="kind ifs: must be one of phase, if"):
        replace(WITHOUT, kind="ifs")

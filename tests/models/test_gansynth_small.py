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
def test_pitch_latents_and_noise_change_an_image_and_nothing_else_does(config):
    generator = Generator(config).eval()
    z, _ = drawn(config, 2)
    noise, low, high = torch.randn(2, 2, 32, 256), torch.tensor([50, 50]), torch.tensor([50, 51])
    image = generator(z, low, noise)
    assert torch.equal(image, generator(z, low, noise))
    for other in (generator(z, high, noise), generator(z.flip(0), low, noise)):
        assert (other[1] - image[1]).abs().mean() > 1e-3
    assert not torch.equal(generator(z, low, noise.flip(0))[1], image[1])
    assert torch.equal(generator(z, high, noise)[0], image[0])


@BOTH
def test_an_example_does_not_depend_on_the_rest_of_its_batch(config):
    generator, discriminator = Generator(config), Discriminator(config)
    z, pitch = drawn(config, 4)
    noise = torch.randn(4, 2, 32, 256)
    images = generator(z, pitch, noise)
    alone = generator(z[2:3], pitch[2:3], noise[2:3])
    torch.testing.assert_close(alone[:, 0], images[2:3, 0], atol=1e-4, rtol=0)
    torch.testing.assert_close(
        discriminator(images, pitch)[2:3], discriminator(images[2:3], pitch[2:3])
    )


def test_with_the_template_an_untrained_generator_has_the_harmonics_frequencies():
    """Its IF is near theirs; without a template it is as far from them as chance."""
    z, pitch = drawn(TINY, 4)
    expected = harmonic_template(TINY.pitches, IMAGE).expected[pitch - 48]
    off = {}
    for config in (TINY, WITHOUT):
        torch.manual_seed(0)
        frequency = Generator(config)(z, pitch)[:, 1] / RANGE
        off[config] = (torch.remainder(frequency - expected + 1, 2) - 1).abs().median()
    assert off[TINY] < 0.1 and off[WITHOUT] > 0.4


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
    """Of the size that is trained, layer by layer; three channels of the template are all that it adds."""
    config = GANSynthSmallConfig()
    plain = replace(config, template=False)
    *w, fine = config.channels
    c = config.discriminator_channels
    blocks = [(w[0], w[0]), *pairwise(w)]
    convs = sum(9 * a * b + b + 9 * b * b + b for a, b in blocks)
    top = (w[-1] + 1) * 8 * fine + (fine + 2 + 1) * fine + (fine + 1) * 2
    assert count(Generator(plain)) == (64 + 24 + 1) * 16 * w[0] + convs + top
    assert count(Generator(config)) == count(Generator(plain)) + 3 * fine
    kernels = zip((3, *c[:-1]), c, (32, 16, 16, 9), strict=True)
    layers = sum((n_in * area + 1) * n_out for n_in, n_out, area in kernels)
    assert count(Discriminator(plain)) == layers + (32 * c[-1] + 1) * c[-1] + c[-1] + 1 + 24 * c[-1]
    assert count(Discriminator(config)) == count(Discriminator(plain)) + 3 * 32 * c[0]


def test_what_does_not_fit_is_refused():
    generator, discriminator = Generator(TINY), Discriminator(TINY)
    for pitch in (47, 72):
        for network, x in (
            (generator, torch.zeros(1, 8)),
            (discriminator, torch.zeros(1, 2, 32, 256)),
        ):
            with pytest.raises(UserError, match=rf"pitch \[{pitch}\]: this network plays 48 to 71"):
                network(x, torch.tensor([pitch]))
    with pytest.raises(UserError, match="9 latents: this network has 8"):
        generator(torch.zeros(1, 9), torch.tensor([60]))
    with pytest.raises(ConfigError, match="channels"):
        replace(TINY, channels=(8, 8))

"""Train MU-GAN to add the top band to a waveform: the adversarial baseline of upsampling to 48 kHz.

COMMAND     tinyaudio train mugan --size narrow --ratio 3 --out runs/mugan
UPSAMPLE    tinyaudio upsample speech.wav speech-48k.wav --model runs/mugan
HARDWARE    one CPU core, two minutes for the tiny and six for the narrow size; a GPU for the paper's
EXPECT      snr_db as the U-Net's; in so few steps the discriminator hardly tells real from generated (accuracy
            0.57 at narrow size), and the squared error rules
See:        chapter 20, "What fills the top band".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import torch

from tinyaudio.models.mugan import Discriminator, FeatureAutoencoder, Generator, MUGANConfig
from tinyaudio.objectives.feature_gan import (
    copy_loss,
    feature_gan_discriminator,
    feature_gan_generator,
)
from tinyaudio.recipe import Models, Recipe, network, option
from tinyaudio.recipes.upsamplers import (
    Source,
    To,
    Unused,
    UnusedName,
    UpsamplerConfig,
    dataset,
    file_by,
    scores,
    spline_of,
)
from tinyaudio.samplers.upsampling import UpsampledFile
from tinyaudio.train import Batch, Learner, cosine


@dataclass(frozen=True)
class Config(UpsamplerConfig):
    """What makes a run."""

    model: MUGANConfig = MUGANConfig.tiny()
    batch_size: int = option(4, "clips a step, over all processes", minimum=1)
    n_samples: int = option(4_224, "length of a training crop, in samples", minimum=1)
    steps: int = option(300, "steps to train for", minimum=1)
    feature_weight: float = option(1.0, "of the features' distance", minimum=0)
    adversarial_weight: float = option(0.001, "of the discriminator's term", minimum=0)
    learning_rate: float = option(1e-3, "peak learning rate of Adam, for all three", minimum=0)


NARROW = Config(model=MUGANConfig(8, 4, 4, feature_layers=2, hidden=16), steps=450)
# Batch size, rate and steps are not those of the paper, which does not state them all.
PAPER = Config(
    model=MUGANConfig.paper(), n_samples=8_448, batch_size=32, steps=500_000, learning_rate=1e-4
)


def learners(config: Config) -> list[Learner]:
    """The autoencoder, the discriminator, then the generator, which both teach."""
    torch.manual_seed(config.seed)
    autoencoder, discriminator = FeatureAutoencoder(config.model), Discriminator(config.model)
    generator = Generator(config.model)
    low, weights = spline_of(config.ratio), (config.feature_weight, config.adversarial_weight)
    d_loss = feature_gan_discriminator(discriminator, generator, low)
    g_loss = feature_gan_generator(discriminator, generator, autoencoder.encode, low, *weights)
    adam = partial(torch.optim.Adam, lr=config.learning_rate)
    rate = cosine(config.steps, 20)
    return [
        Learner(name, net, loss, adam(net.parameters()), schedule=rate, max_grad_norm=1.0)
        for name, net, loss in (
            ("autoencoder", autoencoder, copy_loss(autoencoder)),
            ("discriminator", discriminator, d_loss),
            ("generator", generator, g_loss),
        )
    ]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """See `tinyaudio.recipes.upsamplers.scores`."""
    return scores(config, network(models, "generator", Generator), batches)


def upsample(
    config: Config,
    models: Models,
    *,
    source: Source = None,
    to: To = 48_000,
    seed: Unused = 0,
    sampling_steps: Unused = 1,
    sampler: UnusedName = "",
) -> UpsampledFile:
    """The file at the run's rate, channel by channel; what it had in its own band is kept.

    Blocks begin at multiples of 128 * ratio: with more than seven layers, their length matters a little.
    """
    net = network(models, "generator", Generator)
    return file_by(config, net, net.config.reach, source, to)


RECIPE = Recipe(
    name="mugan",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"upsample": upsample},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

"""Train a HiFi-GAN to make a waveform from its mel spectrogram, against discriminators of periods and scales.

COMMAND     tinyaudio train hifigan --size narrow --out runs/hifigan
GENERATE    tinyaudio generate runs/hifigan --mel-of speech.wav --out again.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for v1, v2 and v3
EXPECT      log_mel_db 38 at the start, 13 after sixty steps; what the discriminators teach comes later
See:        chapter 23, "Every vocoder on one bench".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.hifigan import HiFiGAN, HiFiGANConfig
from tinyaudio.models.hifigan_discriminators import (
    HiFiGANDiscriminators,
    HiFiGANDiscriminatorsConfig,
)
from tinyaudio.models.weight_norm import folded
from tinyaudio.objectives.vocoder_gan import discriminator_loss, generator_loss, mel_distance
from tinyaudio.recipe import Models, Recipe, Seconds, network, option
from tinyaudio.recipes import mel_vocoder
from tinyaudio.recipes.mel_vocoder import FRAMES_OF_256, NARROW, MelVocoderConfig
from tinyaudio.samplers.vocoder_blocks import in_blocks
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(MelVocoderConfig):
    """What makes a run."""

    model: HiFiGANConfig = HiFiGANConfig.tiny()
    discriminators: HiFiGANDiscriminatorsConfig = HiFiGANDiscriminatorsConfig.tiny()
    mel_weight: float = option(45.0, "weight of the log-mel distance, in nepers", minimum=0)
    feature_weight: float = option(2.0, "weight of feature matching; 0 for none", minimum=0)


# Section 3 of Kong et al.: AdamW at 2e-4, 2.5 million steps; batches of 16 crops, as in their public code.
ON_A_GPU: dict[str, Any] = FRAMES_OF_256 | {
    "discriminators": HiFiGANDiscriminatorsConfig.paper(),
    "batch_size": 16,
    "steps": 2_500_000,
    "learning_rate": 2e-4,
    "ema_decay": 0.0,
}
SIZES = {
    "tiny": Config(),
    "narrow": Config(**NARROW),
    "v1": Config(model=HiFiGANConfig.v1(), **ON_A_GPU),
    "v2": Config(model=HiFiGANConfig.v2(), **ON_A_GPU),
    "v3": Config(model=HiFiGANConfig.v3(), **ON_A_GPU),
}


def learners(config: Config) -> list[Learner]:
    """The discriminators, then the generator."""
    torch.manual_seed(config.seed)
    generator = HiFiGAN(config.model)
    discriminators = HiFiGANDiscriminators(config.discriminators)
    distance = partial(
        mel_distance,
        sample_rate=config.sample_rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
    )
    nets = (discriminators, lambda batch: generator(batch["frames"]))
    g_loss = generator_loss(*nets, distance, config.mel_weight, config.feature_weight)
    adam = partial(torch.optim.AdamW, lr=config.learning_rate, betas=(0.8, 0.99))
    d_adam, g_adam = adam(discriminators.parameters()), adam(generator.parameters())
    d_loss, make = discriminator_loss(*nets), mel_vocoder.learner
    return [
        make(config, "discriminators", discriminators, d_loss, d_adam, averaged=False),
        make(config, "generator", generator, g_loss, g_adam),
    ]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of log-mel levels in dB, of held-out speech."""
    net = network(models, "generator", HiFiGAN)
    return mel_vocoder.evaluate(config, net, net, batches)


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    mel_of: Annotated[Path | None, "audio file whose mel spectrogram to make audible"] = None,
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """A waveform as long as the file, by default of speech that was held out; nothing is random."""
    net = folded(network(models, "generator", HiFiGAN))
    device, context = next(net.parameters()).device, config.model.context_frames

    def vocode(frames: Tensor, seed: int) -> Tensor:
        return in_blocks(net, [frames], context)

    return mel_vocoder.generate(config, vocode, device, mel_of, seconds)


RECIPE = Recipe(
    name="hifigan",
    description=__doc__,
    sizes=SIZES,
    dataset=mel_vocoder.dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

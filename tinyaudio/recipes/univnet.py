"""Train a UnivNet to make a waveform of noise and a mel spectrogram, against discriminators of spectrograms.

COMMAND     tinyaudio train univnet --size narrow --out runs/univnet
GENERATE    tinyaudio generate runs/univnet --mel-of speech.wav --out again.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for c16 and c32
EXPECT      log_mel_db falls at once; what the discriminators teach comes later
See:        chapter 23, "Every vocoder on one bench".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.univnet import UnivNet, UnivNetConfig
from tinyaudio.models.univnet_discriminators import (
    UnivNetDiscriminators,
    UnivNetDiscriminatorsConfig,
)
from tinyaudio.models.weight_norm import folded
from tinyaudio.objectives.multi_resolution import multi_resolution_distance
from tinyaudio.objectives.vocoder_gan import discriminator_loss, generator_loss
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, network, option
from tinyaudio.recipes import mel_vocoder
from tinyaudio.recipes.mel_vocoder import FRAMES_OF_256, NARROW, MelVocoderConfig
from tinyaudio.represent.logmel import N_MELS
from tinyaudio.samplers.vocoder_blocks import in_blocks
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(MelVocoderConfig):
    """What makes a run."""

    model: UnivNetConfig = UnivNetConfig.tiny()
    discriminators: UnivNetDiscriminatorsConfig = UnivNetDiscriminatorsConfig.tiny()
    stft_weight: float = option(2.5, "weight of the distance of spectrograms", minimum=0)


# Section 3 of Jang et al.; their networks have 100 bands, `log_mel` 80, and their Adam no weight decay.
ON_A_GPU: dict[str, Any] = FRAMES_OF_256 | {
    "sample_rate": 24_000,
    "discriminators": UnivNetDiscriminatorsConfig.paper(),
    "batch_size": 32,
    "steps": 1_000_000,
    "learning_rate": 1e-4,
    "ema_decay": 0.0,
}
SIZES = {
    "tiny": Config(),
    "narrow": Config(**NARROW),
    "c16": Config(model=replace(UnivNetConfig.c16(), n_mels=N_MELS), **ON_A_GPU),
    "c32": Config(model=replace(UnivNetConfig.c32(), n_mels=N_MELS), **ON_A_GPU),
}


def learners(config: Config) -> list[Learner]:
    """The discriminators, then the generator."""
    torch.manual_seed(config.seed)
    generator = UnivNet(config.model)
    discriminators = UnivNetDiscriminators(config.discriminators)
    resolutions = config.discriminators.resolutions
    distance = partial(multi_resolution_distance, resolutions=resolutions)
    nets = (discriminators, lambda batch: generator(batch["frames"]))
    # The paper's mean over discriminators; in their own loss, a factor that Adam does not see.
    share = 1 / (len(resolutions) + len(config.discriminators.periods))
    g_loss = generator_loss(*nets, distance, config.stft_weight, 0, scores_weight=share)
    adam = partial(torch.optim.AdamW, lr=config.learning_rate, betas=(0.5, 0.9))
    d_adam, g_adam = adam(discriminators.parameters()), adam(generator.parameters())
    d_loss, make = discriminator_loss(*nets), mel_vocoder.learner
    return [
        make(config, "discriminators", discriminators, d_loss, d_adam, averaged=False),
        make(config, "generator", generator, g_loss, g_adam),
    ]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of log-mel levels in dB, of held-out speech."""
    net = network(models, "generator", UnivNet)
    return mel_vocoder.evaluate(config, net, net, batches)


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    mel_of: Annotated[Path | None, "audio file whose mel spectrogram to make audible"] = None,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of speech that was held out."""
    net = folded(network(models, "generator", UnivNet))
    device, context = next(net.parameters()).device, config.model.context_frames

    def vocode(frames: Tensor, seed: int) -> Tensor:
        return in_blocks(net, [frames, net.noise(frames.shape[2], seed)], context)

    return mel_vocoder.generate(config, vocode, device, mel_of, seconds, seeds)


RECIPE = Recipe(
    name="univnet",
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

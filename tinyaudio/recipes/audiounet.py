"""Train a U-Net that adds the top band to a waveform: the regression baseline of upsampling to 48 kHz.

COMMAND     tinyaudio train audiounet --size narrow --ratio 3 --out runs/unet
UPSAMPLE    tinyaudio upsample speech.wav speech-48k.wav --model runs/unet
HARDWARE    one CPU core, two minutes for the tiny and six for the narrow size; a GPU for the paper's
EXPECT      snr_db rises a little above the spline's; high_band_energy_db stays far below 0: the mean of all
            top bands that fit a low band is quiet
See:        chapter 20, "What fills the top band".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from tinyaudio.models.audiounet import AudioUNet, AudioUNetConfig
from tinyaudio.objectives.feature_gan import root_square_error
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

    model: AudioUNetConfig = AudioUNetConfig.tiny()
    steps: int = option(400, "steps to train for", minimum=1)
    learning_rate: float = option(1e-3, "peak learning rate of Adam", minimum=0)


NARROW = Config(model=AudioUNetConfig(width=12, kernel=33), steps=1_000)
# Kuleshov et al., section 4: 400 epochs of Adam at 1e-4, on patches of 6,000 samples; batches by their code.
PAPER = Config(
    model=AudioUNetConfig.paper(),
    n_samples=6_000,
    batch_size=64,
    steps=500_000,
    learning_rate=1e-4,
)


def learners(config: Config) -> list[Learner]:
    """The U-Net, by the root mean square error of each crop."""
    torch.manual_seed(config.seed)
    net, low = AudioUNet(config.model), spline_of(config.ratio)

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return root_square_error(net(low(batch)), batch["audio"]), {}

    adam = torch.optim.Adam(net.parameters(), config.learning_rate)
    return [Learner("net", net, loss, adam, schedule=cosine(config.steps, 20), max_grad_norm=1.0)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """See `tinyaudio.recipes.upsamplers.scores`."""
    return scores(config, network(models, "net", AudioUNet), batches)


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
    """The file at the run's rate, channel by channel; what it had in its own band is kept."""
    net = network(models, "net", AudioUNet)
    return file_by(config, net, net.config.reach, source, to)


RECIPE = Recipe(
    name="audiounet",
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

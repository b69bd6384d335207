"""Train an upsampler to 48 kHz: from 24 kHz (--ratio 2) or from 16 kHz (--ratio 3).

``--model whitened`` is a small network for what a sinc leaves out, which a CPU can train; ``--model nuwave`` is
the paper's form, which makes the whole waveform.  ``--data FOLDER`` is recordings at 48 kHz.

COMMAND     tinyaudio train upsampling --size narrow --ratio 3 --out runs/upsampling-x3
UPSAMPLE    tinyaudio upsample speech.wav speech-48k.wav --model runs/upsampling-x3
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      prediction_error falls on voices of other speakers
See:        chapter 21, "NU-Wave: up to 48 kHz".
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import torch
from torch import nn
from torch.utils.data import Dataset

from tinyaudio.data.upsampling_crops import UpsamplingCrops
from tinyaudio.errors import UserError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.nuwave import NuWave
from tinyaudio.models.whitened_residual import MARGIN, WhitenedResidual
from tinyaudio.objectives.upsampling import nuwave_loss, whitened_loss
from tinyaudio.recipe import Models, Recipe, network
from tinyaudio.recipes.upsampling_config import FILTERS, SIZES, UpsamplingConfig
from tinyaudio.samplers.diffusion_steps import solver
from tinyaudio.samplers.request import check_seeds
from tinyaudio.samplers.upsampling import UpsampledFile, nuwave, open_source, whitened
from tinyaudio.train import EMA, Batch, Learner, Loss, cosine, warmup

N_WARMUP, MAX_GRAD_NORM = 50, 0.5


def dataset(config: UpsamplingConfig, split: str, folder: Path | None) -> Dataset:
    """Crops at two rates, with the margins that their loss leaves out."""
    n_samples = config.n_samples + 2 * MARGIN * config.ratio
    sizes = (config.ratio, n_samples, split, config.seed)
    filters = FILTERS if config.filters == "all" else (config.filters,)
    rate, n_sounds = config.sample_rate, config.n_sounds
    return UpsamplingCrops(folder, *sizes, sample_rate=rate, filters=filters, n_sounds=n_sounds)


def network_loss(config: UpsamplingConfig, net: nn.Module) -> Loss:
    """Of either network."""
    if isinstance(net, WhitenedResidual):
        return whitened_loss(net)
    return nuwave_loss(net, config.ratio)


def learners(config: UpsamplingConfig) -> list[Learner]:
    """One network."""
    torch.manual_seed(config.seed)
    small = config.model == "whitened"
    net = WhitenedResidual(config.whitened) if small else NuWave(config.nuwave)
    betas = (0.9 if small else 0.5, 0.999)  # NU-Wave's is that of its code, as is its constant rate
    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=betas)
    schedule = cosine(config.steps, N_WARMUP) if small else warmup(N_WARMUP)
    ema = EMA(net, config.ema_decay)
    return [Learner("net", net, network_loss(config, net), adam, 1, schedule, MAX_GRAD_NORM, ema)]


def evaluate(
    config: UpsamplingConfig, models: Models, batches: Iterable[Batch]
) -> dict[str, float]:
    """The loss on speakers that were held out: of v, squared; of NU-Wave's noise, absolute, its logarithm."""
    net = network(models, "net", nn.Module)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # the same noise every time
        return {"prediction_error": mean_loss(network_loss(config, net), net, batches)}


def upsample(
    config: UpsamplingConfig,
    models: Models,
    *,
    source: Annotated[Path | None, "audio file of a lower rate"] = None,
    to: Annotated[int, "sample rate in Hz, the run's"] = 48_000,
    seed: Annotated[int, "of the noise that the high band is made of"] = 0,
    sampling_steps: Annotated[int, "calls of the network, from 1 to 1000"] = 8,
    sampler: Annotated[str, "ancestral, ddim or dpm-solver"] = "dpm-solver",
) -> UpsampledFile:
    """The file at the run's rate, channel by channel; what it had in its own band is kept."""
    net = network(models, "net", nn.Module)
    if to != config.sample_rate:
        raise UserError(f"--to {to}: this run makes sound at {config.sample_rate} Hz")
    if source is None:
        raise UserError("name an audio file to upsample")
    file = open_source(source, config.sample_rate, config.ratio)
    step, device = solver(sampler), next(net.parameters()).device
    if isinstance(net, WhitenedResidual):
        upsampler = whitened(net, sampling_steps, step)
    else:
        upsampler = nuwave(network(models, "net", NuWave), config.ratio, sampling_steps, step)
    check_seeds([seed])
    return UpsampledFile(file, upsampler, config.sample_rate, seed, device=device)


RECIPE = Recipe(
    name="upsampling",
    description=__doc__,
    sizes=SIZES,
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"upsample": upsample},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

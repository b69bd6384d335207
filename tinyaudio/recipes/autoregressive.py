"""Learn to predict a waveform sample by sample, then generate one.

COMMAND     tinyaudio train autoregressive --data FOLDER --out runs/mine
GENERATE    tinyaudio generate runs/mine --seconds 1 --out new.wav
HARDWARE    two CPU cores, about two minutes at tiny size
EXPECT      8 bits a sample at the start, and less and less on held-out sound
See:        chapter 2, "One sample at a time".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.note_crops import folder_or_notes
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.objectives.likelihood import likelihood
from tinyaudio.recipe import Models, Recipe, RunConfig, Seconds, Seeds, Temperature, network, option
from tinyaudio.represent import mulaw
from tinyaudio.samplers.autoregressive import stream
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: CausalNetConfig = CausalNetConfig.tiny()
    n_samples: int = option(4_096, "length of a training crop, in samples", minimum=1)
    learning_rate: float = option(3e-3, "peak learning rate of Adam", minimum=0)
    ema_decay: float = option(0.98, "decay of the weights' moving average", minimum=0, maximum=1)


LARGE = Config(
    model=CausalNetConfig.large(),
    n_samples=16_384,
    batch_size=16,
    steps=100_000,
    learning_rate=1e-3,
    ema_decay=0.999,
)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of the user's recordings, or of procedural notes."""
    return folder_or_notes(folder, config.sample_rate, config.n_samples, split, config.seed)


def learners(config: Config) -> list[Learner]:
    """One network, trained by maximum likelihood."""
    torch.manual_seed(config.seed)
    net = CausalNet(config.model)
    loss = likelihood(net, config.model.n_levels)
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    schedule = cosine(config.steps, n_warmup=min(20, config.steps), final=0.1)
    ema = EMA(net, config.ema_decay)
    return [Learner("net", net, loss, optimizer, schedule=schedule, max_grad_norm=1.0, ema=ema)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out sound in bits a sample; a uniform predictor has 8."""
    net = network(models, "net", CausalNet)
    loss = likelihood(net, config.model.n_levels)
    return {"bits_per_sample": mean_loss(loss, net, batches)}


def decode(pieces: Iterator[Int[Tensor, "B n"]], n_levels: int) -> Iterator[Float[Tensor, "B 1 n"]]:
    """Waveforms from mu-law codes, piece by piece."""
    return (mulaw.decode(piece, n_levels)[:, None] for piece in pieces)


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, one second by default."""
    n_samples = round((1.0 if seconds is None else seconds) * config.sample_rate)
    codes = stream(network(models, "net", CausalNet), n_samples, seeds, temperature)
    return decode(codes, config.model.n_levels)


RECIPE = Recipe(
    name="autoregressive",
    description=__doc__,
    sizes={"tiny": Config(), "large": LARGE},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

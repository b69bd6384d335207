"""Train a generator and a critic against each other: the critic estimates a distance, the generator lowers it.

COMMAND     tinyaudio train wavegan --data FOLDER --out runs/gan
GENERATE    tinyaudio generate runs/gan --seeds 1 2 3 --out new.wav
HARDWARE    two CPU cores for the tiny size, which learns level and spectral envelope in minutes; a GPU
            and a day or more for the paper's 200,000 generator steps
EXPECT      the critic's distance rises while the critic learns, then falls
See:        part 3, "Bottlenecks and critics".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.note_crops import folder_or_notes
from tinyaudio.errors import UserError
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.objectives.adversarial import wasserstein_critic, wasserstein_generator
from tinyaudio.recipe import Models, Recipe, RunConfig, Seconds, Seeds, Temperature, network, option
from tinyaudio.samplers.latent import uniform_latents
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: WaveGANConfig = WaveGANConfig.tiny()
    batch_size: int = option(16, "clips a step, over all processes", minimum=1)
    steps: int = option(1_000, "critic steps to train for", minimum=1)
    critic_steps: int = option(5, "critic steps for each generator step", minimum=1)
    penalty_weight: float = option(10.0, "weight of the gradient penalty (lambda)", minimum=0)
    learning_rate: float = option(1e-3, "learning rate of Adam, for both", minimum=0)


# Table 5 of Donahue et al.: batches of 64, Adam at 1e-4, 200,000 generator steps.
PAPER = Config(model=WaveGANConfig.paper(), batch_size=64, steps=1_000_000, learning_rate=1e-4)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of the user's recordings, or of procedural notes."""
    return folder_or_notes(folder, config.sample_rate, config.model.n_samples, split, config.seed)


def learners(config: Config) -> list[Learner]:
    """The critic, and the generator after every few of its steps."""
    torch.manual_seed(config.seed)
    critic, generator = Critic(config.model), Generator(config.model)

    def latents(n: int) -> Float[Tensor, "n D"]:
        return 2 * torch.rand(n, config.model.n_latents) - 1  # uniform in [-1, 1]

    critic_loss = wasserstein_critic(critic, generator, latents, config.penalty_weight)
    generator_loss = wasserstein_generator(critic, generator, latents)
    adam = partial(torch.optim.Adam, lr=config.learning_rate, betas=(0.5, 0.9))
    every = config.critic_steps
    return [
        Learner("critic", critic, critic_loss, adam(critic.parameters())),
        Learner("generator", generator, generator_loss, adam(generator.parameters()), every),
    ]


@torch.no_grad()
def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """The critic's distance between held-out and generated clips, in its own unit; smaller is nearer."""
    critic, total, n_clips = network(models, "critic", Critic), 0.0, 0
    for batch in batches:
        real = batch["audio"].to(next(critic.parameters()).device)
        seeds = range(n_clips, n_clips + len(real))  # clip k against seed k, in every evaluation
        (generated,) = generate(config, models, seeds=seeds)
        total += (critic(real) - critic(generated.to(real.device))).sum().item()
        n_clips += len(real)
    return {"wasserstein": total / n_clips}


@torch.no_grad()
def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
) -> list[Float[Tensor, "B 1 T"]]:
    """One clip for each seed, all in one piece; UserError if more is asked for than a clip's length."""
    generator = network(models, "generator", Generator)
    longest_s = config.model.n_samples / config.sample_rate
    if seconds is not None and not 0 < seconds <= longest_s:
        raise UserError(f"{seconds} s: this model makes clips of {longest_s:.3f} s; ask for less")
    z = temperature * uniform_latents(config.model.n_latents, seeds)
    audio: Tensor = generator(z.to(next(generator.parameters()).device))
    return [
        audio[..., : round((longest_s if seconds is None else seconds) * config.sample_rate)].cpu()
    ]


RECIPE = Recipe(
    name="wavegan",
    description=__doc__,
    sizes={"tiny": Config(), "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

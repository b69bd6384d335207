"""Two networks that teach each other: a critic that measures how far, a generator that comes closer.

COMMAND     tinyaudio train wavegan --data FOLDER --out runs/gan
HARDWARE    two CPU cores for the tiny size, which learns loudness and colour in minutes and no more;
            a GPU and a day or more for the paper's (200,000 generator steps)
EXPECT      the critic's distance rises while it learns to see, then falls
See:        part 3, "Bottlenecks and critics".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.errors import UserError
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.objectives.adversarial import wasserstein_critic, wasserstein_generator
from tinyaudio.recipes.sound import folder_or_notes
from tinyaudio.train import Batch, Learner, State


@dataclass(frozen=True)
class Config:
    """What makes a run; a run resumes only under the same configuration."""

    model: WaveGANConfig
    sample_rate: int = field(default=16_000, metadata={"help": "rate to learn and speak at, in Hz"})
    batch_size: int = field(default=16, metadata={"help": "clips a step, over all processes"})
    steps: int = field(default=1_000, metadata={"help": "critic steps to train for"})
    critic_steps: int = field(default=5, metadata={"help": "critic steps to one of the generator"})
    penalty_weight: float = field(default=10.0, metadata={"help": "of the gradient penalty"})
    learning_rate: float = field(default=1e-3, metadata={"help": "of Adam, for both"})
    seed: int = field(
        default=0, metadata={"help": "decides initial weights, clips and their order"}
    )

    @classmethod
    def tiny(cls) -> "Config":
        """A quarter of a second, on two CPU cores."""
        return cls(WaveGANConfig.tiny())

    @classmethod
    def paper(cls) -> "Config":
        """Table 5 of Donahue et al.: batches of 64, Adam at 1e-4, 200,000 generator steps."""
        return cls(WaveGANConfig.paper(), batch_size=64, steps=1_000_000, learning_rate=1e-4)


def build(config: Config) -> State:
    """Two networks that know nothing yet."""
    torch.manual_seed(config.seed)
    critic, generator = Critic(config.model), Generator(config.model)

    def latents(n: int) -> Tensor:
        return 2 * torch.rand(n, config.model.n_latents) - 1

    learners = [
        Learner(
            "critic",
            critic,
            wasserstein_critic(critic, generator, latents, config.penalty_weight),
            torch.optim.Adam(critic.parameters(), lr=config.learning_rate, betas=(0.5, 0.9)),
        ),
        Learner(
            "generator",
            generator,
            wasserstein_generator(critic, generator, latents),
            torch.optim.Adam(generator.parameters(), lr=config.learning_rate, betas=(0.5, 0.9)),
            every=config.critic_steps,
        ),
    ]
    return State(learners)


def clips(config: Config, folder: Path | None, split: str) -> Dataset:
    """One's own sound, or procedural notes."""
    return folder_or_notes(folder, config.sample_rate, config.model.n_samples, split, config.seed)


def models(state: State) -> dict[str, nn.Module]:
    """Both networks: the generator to speak, the critic to judge."""
    return {learner.name: learner.module for learner in state.learners}


MODELS: dict[str, type[nn.Module]] = {"critic": Critic, "generator": Generator}


@torch.no_grad()
def evaluate(
    config: Config, models: dict[str, nn.Module], batches: Sequence[Batch]
) -> dict[str, float]:
    """The critic's distance between held-out and generated clips; smaller is nearer, in its own unit.

    The same latents are used every time, so that two evaluations differ by the networks alone.
    """
    critic, generator = models["critic"], models["generator"]
    device = next(critic.parameters()).device
    generator_of_latents = torch.Generator().manual_seed(0)
    total = 0.0
    for batch in batches:
        audio = batch["audio"]
        z = 2 * torch.rand(len(audio), config.model.n_latents, generator=generator_of_latents) - 1
        gap = critic(audio.to(device)) - critic(generator(z.to(device)))
        total += gap.sum().item()
    return {"wasserstein": total / sum(len(batch["audio"]) for batch in batches)}


def default_seconds(config: Config) -> float:
    """How long a clip of this network is."""
    return config.model.n_samples / config.sample_rate


@torch.no_grad()
def generate(
    config: Config,
    models: dict[str, nn.Module],
    seconds: float,
    seeds: Sequence[int],
    temperature: float,
) -> list[Float[Tensor, "B 1 T"]]:
    """One clip for each seed, all in one piece; its length is the network's, at most."""
    longest = default_seconds(config)
    if seconds > longest:
        raise UserError(f"this model makes clips of {longest:.3f} s, not {seconds} s; ask for less")
    generator = models["generator"]
    device = next(generator.parameters()).device
    rows = [
        torch.rand(config.model.n_latents, generator=torch.Generator().manual_seed(s))
        for s in seeds
    ]
    audio: Tensor = generator(temperature * (2 * torch.stack(rows) - 1).to(device))
    return [audio[..., : round(seconds * config.sample_rate)].cpu()]

"""Tell three tones apart while copying their level: a toy with two learners, a classifier and a verb.

It stands for a system that is not in the package: `tests/test_recipe.py` copies it into a folder and uses
it through ``--recipe``.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import nn

from tinyaudio.audio import load
from tinyaudio.objectives.adversarial import wasserstein_critic, wasserstein_generator
from tinyaudio.recipe import Recipe, RunConfig, network, option
from tinyaudio.samplers.latent import uniform_latents
from tinyaudio.train import EMA, Learner

T = 64  # samples of a clip


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    steps: int = option(6, "critic steps", minimum=1)
    width: int = option(8, "channels", minimum=1)
    levels: tuple[float, ...] = option((0.3, 0.6), "amplitudes of the tones")


class Tones(torch.utils.data.Dataset):
    """Three pitches, one an item, at a random phase."""

    def __init__(self, levels, seed):
        self.levels, self.seed = levels, seed

    def __len__(self):
        return 48

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(1_000 * self.seed + i)
        level = self.levels[i // 3 % len(self.levels)]
        phase = 6.28 * torch.rand((), generator=g)
        tone = level * torch.sin(0.2 * (1 + i % 3) * torch.arange(T) + phase)
        return {"audio": tone[None].float(), "label": torch.tensor(i % 3)}


class Generator(nn.Module):
    """Latents and a label to a clip."""

    def __init__(self, width):
        super().__init__()
        self.label = nn.Embedding(3, 4)
        self.net = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, T), nn.Tanh())

    def forward(self, z, label):
        return self.net(z + self.label(label))[:, None]


class Critic(nn.Module):
    """A clip to a score, and to the logits of its label."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(T, width), nn.LeakyReLU(0.2))
        self.score, self.classifier = nn.Linear(width, 1), nn.Linear(width, 3)

    def forward(self, audio):
        features = self.body(audio)
        return self.score(features).squeeze(1), self.classifier(features)


def dataset(config, split, folder):
    """Tones; held-out ones have other phases."""
    return Tones(config.levels, seed=config.seed + (split != "train"))


def learners(config):
    """A critic that also classifies, and a generator every second step."""
    torch.manual_seed(config.seed)
    critic, generator = Critic(config.width), Generator(config.width)

    def latents(n):
        return 2 * torch.rand(n, 4) - 1

    critic_loss = wasserstein_critic(critic, generator, latents, label="label")
    generator_loss = wasserstein_generator(critic, generator, latents, label="label")
    return [
        Learner("critic", critic, critic_loss, torch.optim.Adam(critic.parameters(), lr=1e-2)),
        Learner(
            "generator",
            generator,
            generator_loss,
            torch.optim.Adam(generator.parameters(), lr=1e-2),
            every=2,
            ema=EMA(generator, 0.9),
        ),
    ]


@torch.no_grad()
def evaluate(config, models, batches):
    """How often the critic names the tone."""
    critic = network(models, "critic", Critic)
    right = [critic(b["audio"])[1].argmax(1) == b["label"] for b in batches]
    return {"accuracy": torch.cat(right).float().mean().item()}


@torch.no_grad()
def transform(
    config,
    models,
    *,
    source: Annotated[str | None, "audio file to mix with"] = None,
    seeds: Annotated[list[int], "one clip for each"] = (0,),
    gain: Annotated[float, "factor on the generated clip"] = 1.0,
    loud: Annotated[bool, "twice as loud"] = False,
):
    """A generated clip for each seed, on top of a file."""
    generator = network(models, "generator", Generator)
    labels = torch.tensor(seeds) % 3
    made = gain * (2 if loud else 1) * generator(uniform_latents(4, seeds), labels)
    if source:
        made = made + load(source, config.sample_rate)[0][:, :T]
    return [made]


RECIPE = Recipe(
    name="own_system",
    description=__doc__,
    sizes={"tiny": Config(), "wide": Config(width=16)},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"transform": transform},
)

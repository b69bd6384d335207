"""Train a generator and a critic against each other: the critic estimates a distance, the generator lowers it.

COMMAND     tinyaudio train wavegan --size narrow --out runs/gan; --size second, of GANSynth's notes
MATERIAL    drum hits; notes, which have a pitch, by --material notes; your own by --data FOLDER
GENERATE    tinyaudio generate wavegan-drums --seeds 1 2 3 --out drum.wav
HARDWARE    a CPU core and half an hour; a GPU and a day or more for the paper's 200,000 generator steps
EXPECT      the critic's distance rises while the critic learns, then falls
See:        part 3, "Bottlenecks and critics".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.one_shots import folder_or_one_shots
from tinyaudio.errors import UserError
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.objectives.adversarial import wasserstein_critic, wasserstein_generator
from tinyaudio.recipe import Models, Recipe, RunConfig, Seconds, Seeds, Temperature, network, option
from tinyaudio.recipes.gansynth_small import NOTES
from tinyaudio.samplers.latent import uniform_latents
from tinyaudio.train import EMA, Batch, Learner


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: WaveGANConfig = WaveGANConfig.tiny()
    material: str = option("drums", "drums, or notes, which have a pitch")
    notes: NoteSelection = NoteSelection()
    n_sounds: int = option(3_000, "drum hits or notes to learn from", minimum=1)
    batch_size: int = option(16, "clips a step, over all processes", minimum=1)
    steps: int = option(1_000, "critic steps to train for", minimum=1)
    critic_steps: int = option(5, "critic steps for each generator step", minimum=1)
    penalty_weight: float = option(10.0, "weight of the gradient penalty (lambda)", minimum=0)
    learning_rate: float = option(1e-3, "learning rate of Adam, for both", minimum=0)
    ema_decay: float = option(0.0, "of the generator's average; 0 for none", minimum=0, maximum=1)


NARROW = Config(steps=16_000, critic_steps=1, ema_decay=0.998)
SECOND = replace(NARROW, model=WaveGANConfig.second(), material="notes", notes=NOTES, steps=2_000)
# Table 5 of Donahue et al.: batches of 64, Adam at 1e-4, 200,000 generator steps.
PAPER = Config(model=WaveGANConfig.paper(), batch_size=64, steps=1_000_000, learning_rate=1e-4)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of the user's recordings, or procedural drum hits or notes."""
    sizes = (config.n_sounds, config.model.n_samples, config.sample_rate)
    return folder_or_one_shots(folder, config.material, *sizes, split, config.seed, config.notes)


def learners(config: Config) -> list[Learner]:
    """The critic, and the generator after every few of its steps."""
    torch.manual_seed(config.seed)
    critic, generator = Critic(config.model), Generator(config.model)
    nets = (critic, generator, lambda n: 2 * torch.rand(n, config.model.n_latents) - 1)
    c_loss = wasserstein_critic(*nets, config.penalty_weight, one_sided=False)
    g_loss = wasserstein_generator(*nets)
    adam = partial(torch.optim.Adam, lr=config.learning_rate, betas=(0.5, 0.9))
    every, ema = config.critic_steps, EMA(generator, config.ema_decay) if config.ema_decay else None
    return [
        Learner("critic", critic, c_loss, adam(critic.parameters())),
        Learner("generator", generator, g_loss, adam(generator.parameters()), every, ema=ema),
    ]


@torch.no_grad()
def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """The critic's distance between held-out and generated clips, in its own unit; smaller is nearer."""
    critic, distances = network(models, "critic", Critic), torch.zeros(0)
    for batch in batches:
        real, n = batch["audio"].to(next(critic.parameters()).device), len(distances)
        (made,) = generate(config, models, seeds=range(n, n + len(real)))  # clip k against seed k
        distances = torch.cat([distances, (critic(real) - critic(made.to(real.device))).cpu()])
    return {"wasserstein": distances.mean().item()}


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
    longest, rate = config.model.n_samples, config.sample_rate
    n_samples = longest if seconds is None else round(seconds * rate)
    if not 0 < n_samples <= longest:
        raise UserError(f"{seconds} s: clips last {longest / rate:.3f} s at most; ask for less")
    generator = network(models, "generator", Generator)
    z = temperature * uniform_latents(config.model.n_latents, seeds)
    return [generator(z.to(next(generator.parameters()).device))[..., :n_samples].cpu()]


RECIPE = Recipe(
    name="wavegan",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "second": SECOND, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

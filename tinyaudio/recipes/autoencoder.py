"""Train an autoencoder or a VAE on spectrograms of notes; every point of its latent plane is a sound.

COMMAND     tinyaudio train autoencoder --size vae --out runs/vae
GENERATE    tinyaudio generate runs/vae --at 0.5 -1 --out note.wav
HARDWARE    one CPU core for two minutes; a GPU for the paper's size, 37 million parameters
EXPECT      one second of middle C by five families, through two numbers: about 5 dB of error
See:        part 3, "Bottlenecks and critics".
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.kept_frames import sounds_with_frames
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.autoencoder import Autoencoder, AutoencoderConfig
from tinyaudio.objectives.variational import elbo_loss, kl_divergence, mean_error
from tinyaudio.recipe import Models, Recipe, RunConfig, Seeds, network, option
from tinyaudio.represent.logmel import HOP_LENGTH, RANGE_DB
from tinyaudio.samplers.latent import normal_latents
from tinyaudio.samplers.shipped_vocoder import frames_to_audio
from tinyaudio.train import Batch, Learner, Loss, cosine

MIDDLE_C = NoteSelection(("brass", "flute", "guitar", "organ", "string"), (60, 60), (100,))


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: AutoencoderConfig = AutoencoderConfig.tiny()
    notes: NoteSelection = MIDDLE_C
    variational: bool = option(False, "train a VAE")
    beta: float = option(1.0, "weight of the VAE's KL divergence", minimum=0)
    scale_db: float = option(6.0, "standard deviation of an observed level, in dB", minimum=0.1)
    n_sounds: int = option(400, "notes, or crops of recordings, to learn from", minimum=1)
    steps: int = option(900, "steps to train for", minimum=1)
    learning_rate: float = option(2e-3, "peak learning rate of Adam", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model.batch_norm and self.batch_size < 2:
            raise ConfigError("batch_size", self.batch_size, "batch normalization needs 2 or more")
        object.__setattr__(self, "model", replace(self.model, variational=self.variational))


# Engel et al.: batches of 8 [nfft_1024.py], Adam at 1e-4 [ae.py]; steps and number of notes are ours.
ON_A_GPU: dict[str, Any] = {"batch_size": 8, "learning_rate": 1e-4, "steps": 100_000}
PAPER = Config(model=AutoencoderConfig.paper(), notes=NoteSelection(), n_sounds=5_000, **ON_A_GPU)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Notes from their onset, or crops of the user's recordings, with their frames."""
    n_samples = HOP_LENGTH * (config.model.n_frames - 1)
    where = (config.sample_rate, n_samples, split, config.seed, config.n_sounds)
    return sounds_with_frames(folder, *where, config.model.n_bins, config.notes)


def learners(config: Config) -> list[Learner]:
    """One network."""
    torch.manual_seed(config.seed)
    net = Autoencoder(config.model)
    loss = elbo_loss(net, config.model.n_latents, config.scale_db / RANGE_DB, config.beta)
    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    return [Learner("net", net, loss, adam, schedule=cosine(config.steps, n_warmup=50))]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean difference of held-out levels in dB, from the latents' mean; of a VAE also the KL in nats."""
    net, batches = network(models, "net", Autoencoder), [*batches]
    losses: dict[str, Loss] = {"error_db": lambda b, _: (RANGE_DB * mean_error(net, b), {})}
    if config.variational:
        losses["kl_nats"] = lambda b, _: (kl_divergence(*net.encode(b["frames"])).mean(), {})
    return {name: mean_loss(loss, net, batches) for name, loss in losses.items()}


@torch.no_grad()
def generate(
    config: Config,
    models: Models,
    *,
    at: Annotated[Sequence[float], "a point of the latent space (default: one for each seed)"] = (),
    pitch: Annotated[int, "MIDI pitch, of a network that is conditioned on it"] = 60,
    seeds: Seeds = (0,),
) -> list[Tensor]:
    """A note for a point of the latent space, or for each seed, whose point is drawn from N(0, I)."""
    net, n_latents = network(models, "net", Autoencoder), config.model.n_latents
    if at and len(at) != n_latents:
        raise UserError(f"--at: {len(at)} numbers; the latent space of this run has {n_latents}")
    if not 0 <= pitch < 128:
        raise UserError(f"--pitch {pitch}: must be from 0 to 127")
    z = (torch.Tensor([at]) if at else normal_latents(n_latents, seeds)).to(net.out.weight.device)
    frames = net.decode(z, torch.full((len(z),), pitch, device=z.device))
    return [frames_to_audio(frames, "notes", config.sample_rate)]


RECIPE = Recipe(
    name="autoencoder",
    description=__doc__,
    sizes={"tiny": Config(), "vae": Config(variational=True, beta=20.0), "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
    for_folder=lambda config, _: replace(config, model=replace(config.model, n_pitch_channels=0)),
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

"""Train a small GANSynth on a second of 24 pitches by five families of instruments.

COMMAND     tinyaudio train gansynth-small --size narrow --out runs/gansynth
            both networks are given where a pitch's harmonics lie; not with --no-template, nor --kind phase
GENERATE    tinyaudio generate runs/gansynth --pitch 60 --seeds 1 2 3 --out note.wav, or --melody tune.mid
HARDWARE    one CPU core, three minutes for the tiny and a quarter of an hour for the narrow size
EXPECT      level_db, between the mean images of held-out and generated notes, falls; spread tends to 1
See:        part 4, "Sound as a picture".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.pitched_notes import PitchedNotes, folder_or_pitched_notes
from tinyaudio.errors import ConfigError
from tinyaudio.models.gansynth_small import Discriminator, GANSynthSmallConfig, Generator
from tinyaudio.objectives.gansynth import CONDITIONAL_LOSSES, conditional_losses
from tinyaudio.recipe import Melody, Models, Pitch, Recipe, RunConfig, Seeds, network, option
from tinyaudio.represent.gansynth_image import RANGE, to_audio, to_image
from tinyaudio.samplers.latent import normal_latents, render_notes
from tinyaudio.samplers.melody import notes_or_melody
from tinyaudio.train import EMA, Batch, Learner, cosine

FAMILIES = ("brass", "guitar", "keyboard", "organ", "string")
NOTES = NoteSelection(FAMILIES, (48, 71))


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: GANSynthSmallConfig = GANSynthSmallConfig()
    notes: NoteSelection = NOTES
    template: bool = option(True, "give both networks the positions of the harmonics")
    kind: str = option("if", "of the image: phase, if, if_mel or complex_mel")
    loss: str = option("relativistic", "relativistic, or wasserstein as in the paper")
    n_sounds: int = option(4_000, "notes to learn from", minimum=1)
    steps: int = option(400, "steps to train for", minimum=1)
    learning_rate: float = option(1e-3, "peak learning rate of Adam, for both", minimum=0)
    penalty_weight: float = option(1.0, "of R1 and R2, or of the gradient penalty (10)", minimum=0)
    ema_decay: float = option(0.999, "of the generator's average", minimum=0, maximum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sample_rate != (rate := self.model.image.sample_rate):
            raise ConfigError("sample_rate", self.sample_rate, f"must be that of images, {rate}")
        if self.loss not in CONDITIONAL_LOSSES:
            raise ConfigError("loss", self.loss, "must be relativistic or wasserstein")
        model = replace(self.model, template=self.template, kind=self.kind)
        object.__setattr__(self, "model", model)


def dataset(config: Config, split: str, folder: Path | None) -> PitchedNotes:
    """Procedural notes, or the acoustic ones of NSynth in a folder."""
    sizes = (config.sample_rate, config.model.image.n_samples, config.n_sounds)
    return folder_or_pitched_notes(folder, *sizes, split, config.seed, config.notes)


def learners(config: Config) -> list[Learner]:
    """The discriminator, then the generator, whose notes have the pitches of the real ones."""
    torch.manual_seed(config.seed)
    discriminator, generator = Discriminator(config.model), Generator(config.model)
    nets = (discriminator, generator, lambda n: torch.randn(n, config.model.n_latents))
    image = partial(to_image, config=config.model.image)
    d_loss, g_loss = conditional_losses(config.loss, *nets, image, config.penalty_weight)
    adam = partial(torch.optim.Adam, lr=config.learning_rate, betas=(0.0, 0.99))
    d_adam, g_adam = adam(discriminator.parameters()), adam(generator.parameters())
    falls, ema = cosine(config.steps, n_warmup=50), EMA(generator, config.ema_decay)
    return [
        Learner("discriminator", discriminator, d_loss, d_adam, schedule=falls),
        Learner("generator", generator, g_loss, g_adam, schedule=falls, ema=ema),
    ]


@torch.no_grad()
def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Held-out and generated notes of the same pitches: levels of their mean images, spread around these."""
    generator, images = network(models, "generator", Generator), []
    for batch in batches:
        z, pitch = torch.randn(len(batch["pitch"]), config.model.n_latents), batch["pitch"]
        made = generator(*(one.to(generator.dense.weight.device) for one in (z, pitch))).cpu()
        images.append(torch.stack([to_image(batch["audio"].cpu(), config.model.image), made]))
    levels = 35 / RANGE * torch.cat(images, dim=1)[:, :, 0]  # (2, B, N, F) in dB, of 70 in all
    (real, made), (real_std, made_std) = levels.mean(1), levels.std(1).mean((1, 2))
    return {"level_db": (real - made).abs().mean().item(), "spread": (made_std / real_std).item()}


def generate(
    config: Config, models: Models, *, seeds: Seeds = (0,), pitch: Pitch = 60, melody: Melody = None
) -> list[Float[Tensor, "B 1 T"]]:
    """A note for each seed, or a melody; UserError for a pitch that was not learned."""
    generator = network(models, "generator", Generator)
    z = normal_latents(config.model.n_latents, seeds).to(generator.dense.weight.device)
    render = partial(render_notes, generator, partial(to_audio, config=config.model.image))
    return [notes_or_melody(render, z, pitch, melody, config.notes.pitches, config.sample_rate)]


RECIPE = Recipe(
    name="gansynth-small",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": Config(steps=3_000)},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

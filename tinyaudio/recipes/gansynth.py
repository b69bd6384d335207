"""Train GANSynth: a whole note at once from random numbers and a pitch, as an image that grows finer.

COMMAND     tinyaudio train gansynth --kind if --high-resolution --out runs/gansynth
MATERIAL    procedural notes of MIDI pitches 24 to 84; NSynth, as it is distributed, by --data FOLDER
GENERATE    tinyaudio generate runs/gansynth --seeds 1 2 3 --pitch 60 --out note.wav
            tinyaudio generate runs/gansynth --melody tune.mid --out tune.wav
HARDWARE    ten minutes on a CPU core for the tiny size, which shows that all works; 4.5 GPU days in the paper
EXPECT      run.json lists the instruments; in log.jsonl, the progress rises to the last resolution
See:        part 4, "Sound as a picture".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.data.pitched_notes import PitchedNotes, folder_or_pitched_notes
from tinyaudio.metrics.held_out import mean_logs
from tinyaudio.models.gansynth import Discriminator, GANSynthConfig, Generator
from tinyaudio.models.growth import Growth, growing
from tinyaudio.objectives.gansynth import gansynth_losses
from tinyaudio.recipe import Melody, Models, Pitch, Recipe, RunConfig, Seeds, network, option
from tinyaudio.represent.gansynth_image import ImageConfig, to_audio, to_image
from tinyaudio.samplers.latent import normal_latents, render_notes
from tinyaudio.samplers.melody import notes_or_melody
from tinyaudio.train import EMA, Batch, Learner


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: GANSynthConfig = GANSynthConfig.tiny()
    growth: Growth = Growth.tiny()
    notes: NoteSelection = NoteSelection()
    kind: str = option("if", "of the image: phase, if, if_mel or complex_mel")
    high_resolution: bool = option(True, "twice the bins and half the frames")
    sample_rate: int = option(4_000, "sample rate of training and generation, in Hz", minimum=1)
    n_sounds: int = option(2_000, "notes to learn from, at most", minimum=1)
    steps: int = option(2_000, "steps to train for", minimum=1)
    learning_rate: float = option(8e-4, "learning rate of Adam, for both", minimum=0)
    ema_decay: float = option(0.999, "of the generator's average", minimum=0, maximum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.image  # raises if there is no such kind, or if a note does not fit

    @property
    def nets(self) -> GANSynthConfig:
        """The networks' size at this resolution."""
        return self.model if self.high_resolution else self.model.halve_bins()

    @property
    def image(self) -> ImageConfig:
        """Size and conventions of the image."""
        return self.nets.image(self.kind, self.sample_rate)


# Appendix D: 16 kHz, 8 notes a step, 11 million in all; as many different ones as in the paper's subset.
PAPER = Config(16_000, 8, 1_375_000, 0, GANSynthConfig.paper(), Growth(), n_sounds=70_379)


def dataset(config: Config, split: str, folder: Path | None) -> PitchedNotes:
    """Procedural notes, or the acoustic ones of NSynth in a folder."""
    sizes = (config.sample_rate, config.model.n_samples, config.n_sounds)
    return folder_or_pitched_notes(folder, *sizes, split, config.seed, config.notes)


def learners(config: Config) -> list[Learner]:
    """The discriminator, then the generator; both grow with the number of examples."""
    torch.manual_seed(config.seed)
    d, g = Discriminator(config.nets), Generator(config.nets)
    progress = growing([d, g], config.growth, config.batch_size)
    image = partial(to_image, config=config.image)
    d_loss, g_loss = gansynth_losses(d, g, config.nets, image, progress)
    adam = partial(torch.optim.Adam, lr=config.learning_rate, betas=(0.0, 0.99))
    return [
        Learner("discriminator", d, d_loss, adam(d.parameters())),
        Learner("generator", g, g_loss, adam(g.parameters()), ema=EMA(g, config.ema_decay)),
    ]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Of held-out notes: the distance to generated ones, and the cross-entropy of both's pitches."""
    d, g = network(models, "discriminator", Discriminator), network(models, "generator", Generator)
    image = partial(to_image, config=config.image)
    pair = gansynth_losses(d, g, config.nets, image, lambda step: float(d.progress), 0.0)
    return mean_logs({"real": pair[0], "generated": pair[1]}, d, batches)


def generate(
    config: Config, models: Models, *, seeds: Seeds = (0,), pitch: Pitch = 60, melody: Melody = None
) -> list[Float[Tensor, "B 1 T"]]:
    """A note for each seed, or a melody; UserError for a pitch that was not learned."""
    g = network(models, "generator", Generator)
    z = normal_latents(config.model.n_latents, seeds).to(g.progress.device)
    render = partial(render_notes, g, partial(to_audio, config=config.image))
    return [notes_or_melody(render, z, pitch, melody, config.notes.pitches, config.sample_rate)]


RECIPE = Recipe(
    name="gansynth",
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

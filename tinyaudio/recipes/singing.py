"""Train singing-voice conversion on several singers, then let any singing be sung by one of them.

Encoder and decoder work on frames of mel bands; the melody goes around them, and the shipped vocoder makes the
waveform.  Nothing in training is parallel.  ``--data FOLDER`` holds a folder of recordings for each singer.

COMMAND     tinyaudio train singing --size narrow --out runs/singers
CONVERT     tinyaudio convert song.wav converted.wav --to 3 --model runs/singers
HARDWARE    one CPU core, two minutes for the tiny and four for the narrow size; a GPU for the large one
EXPECT      mel_db, the mean difference of a mel band of held-out melodies, falls below 3 dB
See:        the chapter on translation and singing.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.mel_singing import MelSinging, MelSingingConfig
from tinyaudio.objectives.frames import frames_loss, mel_difference_db
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import singers, speakers
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.recipes.singers import SingersConfig
from tinyaudio.recipes.speakers import SENTENCE, Source, To
from tinyaudio.represent.logmel import HOP_LENGTH
from tinyaudio.samplers import voice_conversion
from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
from tinyaudio.samplers.spoken import warn_if_spoken
from tinyaudio.train import Batch, Learner, cosine


@dataclass(frozen=True)
class Config(SingersConfig):
    """What makes a run."""

    model: MelSingingConfig = MelSingingConfig.tiny()
    batch_size: int = option(16, "clips a step, over all processes", minimum=1)
    n_samples: int = option(16_128, "length of a training crop, in samples", minimum=1)
    steps: int = option(500, "steps to train for", minimum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=HOP_LENGTH * self.model.stride)
        self.size(self.model)


def restored(net: MelSinging, source: Batch, of: Batch) -> tuple[Tensor, Tensor]:
    """The frames of a batch in the voices of another's singers, and the latents."""
    made, latents = net(source["frames"], source["mean"], net.singers(of["speaker"]))
    return made, latents


def learners(config: Config) -> list[Learner]:
    """Encoder, decoder and singers' vectors; and the classifier that the encoder confuses."""
    torch.manual_seed(config.seed)
    net = MelSinging(config.model)

    def reconstruct(source: Batch, of: Batch) -> tuple[Tensor, Tensor]:
        made, latents = restored(net, source, of)
        return frames_loss(made, of["frames"]), latents

    def encode(batch: Batch) -> Tensor:
        return net.encode(batch["frames"], batch["mean"])

    def generate(batch: Batch, voice: Tensor, seeds: list[int]) -> Batch:
        return batch | {"frames": net(batch["frames"], batch["mean"], voice)[0]}

    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    schedule = cosine(config.steps, min(100, config.steps))
    return singers.learners(config, net, adam, schedule, encode, reconstruct, generate)


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of the mel bands of held-out melodies, in dB, and what the classifier tells."""
    net = network(models, "net", MelSinging)

    def mel_db(source: Batch, of: Batch) -> tuple[Tensor, Tensor]:
        made, latents = restored(net, source, of)
        return mel_difference_db(made, of["frames"]), latents

    return singers.scores(models, "mel_db", mel_db, batches)


def convert(
    config: Config, models: Models, *, source: Source = SENTENCE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a singer, as long as it is; nothing is random."""
    singer, net = chosen(to, config.speakers), network(models, "net", MelSinging)
    vocoder = shipped_vocoder("speech", config.sample_rate)
    pieces = voice_conversion.convert(net, vocoder, source, singer)
    warn_if_spoken(source)
    return pieces


NARROW = Config(n_sounds=30, steps=1_000, backtranslation_from=500, confusion_weight=0.1)
LARGE = Config(model=MelSingingConfig.large(), batch_size=64, **singers.A_GPU)

RECIPE = Recipe(
    name="singing",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "large": LARGE},
    dataset=singers.dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"convert": convert},
    for_folder=speakers.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

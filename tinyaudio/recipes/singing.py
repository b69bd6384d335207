"""Train singing-voice conversion on several singers, then let any singing be sung by one of them.

Encoder and decoder work on frames of mel bands; the melody goes around them, and the shipped vocoder makes the
waveform.  Nothing in training is parallel.  ``--data FOLDER`` holds a folder of recordings for each singer.

COMMAND     tinyaudio train singing --size narrow --out runs/singers
CONVERT     tinyaudio convert song.wav converted.wav --to 3 --model runs/singers
HARDWARE    one CPU core, a minute for the tiny and 20 for the narrow size; a GPU for the large one
EXPECT      mel_db, the mean difference of a mel band of held-out melodies, falls below 4 dB
See:        the chapter on translation and singing.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.metrics.held_out import mean_loss
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
from tinyaudio.train import EMA, Batch, Learner, cosine


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


def learners(config: Config) -> list[Learner]:
    """Encoder, decoder and singers' vectors; and the classifier that the encoder confuses."""
    torch.manual_seed(config.seed)
    net = MelSinging(config.model)
    classifier = singers.classifier(config, config.model.latent_channels)

    def reconstruct(source: Batch, of: Batch) -> tuple[Tensor, Tensor]:
        made, latents = net(source["frames"], source["mean"], net.singers(of["speaker"]))
        return frames_loss(made, of["frames"]), latents

    def generate(batch: Batch, voice: Tensor, seeds: list[int]) -> Batch:
        return batch | {"frames": net(batch["frames"], batch["mean"], voice)[0]}

    loss = singers.net_loss(config, net.singers.weight, classifier, reconstruct, generate)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    schedule = cosine(config.steps, min(100, config.steps))
    ema = EMA(net, config.ema_decay)
    return [
        Learner("net", net, loss, adam, schedule=schedule, max_grad_norm=1.0, ema=ema),
        singers.classifier_learner(classifier, lambda one: net.encode(one["frames"], one["mean"])),
    ]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of the mel bands of held-out melodies, in dB, and what the classifier tells."""
    net, clips = network(models, "net", MelSinging), list(batches)

    def mel_db(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        made, _ = net(batch["frames"], batch["mean"], net.singers(batch["speaker"]))
        return mel_difference_db(made, batch["frames"]), {}

    def encode(batch: Batch) -> Tensor:
        return net.encode(batch["frames"], batch["mean"])

    right = singers.singer_accuracy(models, encode, clips)
    return {"mel_db": mean_loss(mel_db, net, clips), "singer_accuracy": right}


def convert(
    config: Config, models: Models, *, source: Source = SENTENCE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a singer, as long as it is; nothing is random."""
    singer, net = chosen(to, config.speakers), network(models, "net", MelSinging)
    vocoder = shipped_vocoder("speech", config.sample_rate)
    pieces = voice_conversion.convert(net, vocoder, source, singer)
    warn_if_spoken(source)
    return pieces


NARROW = Config(n_sounds=150, steps=6_000, backtranslation_from=3_000)
ON_A_GPU: dict[str, Any] = {"batch_size": 64, "n_sounds": 400, "ema_decay": 0.999}
PHASES: dict[str, Any] = {"steps": 100_000, "backtranslation_from": 50_000}
LARGE = Config(model=MelSingingConfig.large(), **ON_A_GPU, **PHASES)

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

"""Train a classifier of a note's pitch, which metrics of generated notes ask what they hear.

COMMAND     tinyaudio train pitch-classifier --out runs/pitch-classifier
MATERIAL    procedural notes of all families, MIDI pitches 24 to 84; NSynth by --data FOLDER
HARDWARE    one CPU core, 10 minutes
EXPECT      the pitch of notes by instruments that training did not have, right in 97 of 100
See:        part 4, "Sound as a picture"; `tinyaudio.metrics.pitch_classification`.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.data.kept_frames import KeptFrames
from tinyaudio.data.note_crops import NoteCrops
from tinyaudio.data.nsynth_folder import NSynthFolder
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.pitch_classifier import (
    PitchClassifier,
    PitchClassifierConfig,
    pitch_classes,
)
from tinyaudio.objectives.confusion import accuracy
from tinyaudio.recipe import Models, Recipe, RunConfig, network, option
from tinyaudio.represent.log_frequency import log_frequency
from tinyaudio.train import Batch, Learner, cosine


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: PitchClassifierConfig = PitchClassifierConfig.tiny()
    n_samples: int = option(16_384, "length of a note, in samples", minimum=4_096)
    n_sounds: int = option(6_000, "notes to learn from", minimum=1)
    batch_size: int = option(32, "notes a step, over all processes", minimum=1)
    steps: int = option(2_000, "steps to train for", minimum=1)
    learning_rate: float = option(2e-3, "peak learning rate of Adam", minimum=0)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Notes from their onset with their frames, of procedural instruments or of NSynth's."""
    rate, n_samples = config.model.sample_rate, config.n_samples
    notes: Dataset
    if folder:
        notes = NSynthFolder(folder, rate, n_samples, split)
    else:
        notes = NoteCrops(rate, n_samples, split, config.seed, onset_fraction=1.0)
    return KeptFrames(notes, partial(log_frequency, sample_rate=rate), config.n_sounds)


def learners(config: Config) -> list[Learner]:
    """One network, with the cross-entropy of the pitch."""
    torch.manual_seed(config.seed)
    net = PitchClassifier(config.model)

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        logits = net.logits(net.features_of_frames(batch["frames"]))
        classes = pitch_classes(batch["pitch"])
        return F.cross_entropy(logits, classes), {"accuracy": accuracy(logits, classes)}

    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, weight_decay=0.01)
    return [Learner("net", net, loss, adam, schedule=cosine(config.steps, n_warmup=50))]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Of held-out instruments: the share of notes whose pitch is right, and the cross-entropy in nats."""
    net, batches = network(models, "net", PitchClassifier), [*batches]

    def right(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return accuracy(net(batch["audio"]), pitch_classes(batch["pitch"])), {}

    def nats(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return F.cross_entropy(net(batch["audio"]), pitch_classes(batch["pitch"])), {}

    return {
        "accuracy": mean_loss(right, net, batches),
        "cross_entropy_nats": mean_loss(nats, net, batches),
    }


RECIPE = Recipe(
    name="pitch-classifier",
    description=__doc__,
    sizes={"tiny": Config()},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

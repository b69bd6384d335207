"""What the recipes of singing-voice conversion share: singers, a classifier beside the network, two phases.

Phase 1 reconstructs, and confuses the classifier; phase 2 adds back-translation with mixed singers.

See:        the chapter on translation and singing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.augmentation import AugmentedCrops
from tinyaudio.data.speaker_crops import SpeakerCrops
from tinyaudio.errors import ConfigError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.domain_classifier import DomainClassifier
from tinyaudio.objectives.backtranslation import backtranslation_loss, draw_mixtures
from tinyaudio.objectives.confusion import accuracy, classifier_loss, confusion_loss
from tinyaudio.recipe import Models, network, option
from tinyaudio.recipes.speakers import SpeakersConfig
from tinyaudio.train import Batch, Learner

# A batch to encode, and one to restore from it in its singer's voice, to the loss and the latents.
Reconstruct = Callable[[Batch, Batch], tuple[Tensor, Tensor]]
# A batch, voices (B, V) and seeds to the batch in these voices.
Generate = Callable[[Batch, Tensor, list[int]], Batch]


@dataclass(frozen=True)
class SingersConfig(SpeakersConfig):
    """What makes a run with several singers; each recipe adds its model."""

    confusion_weight: float = option(0.01, "weight of the classifier's confusion", minimum=0)
    backtranslation_from: int = option(
        0, "step from which phase 2 adds back-translation; 0 for phase 1 alone", minimum=0
    )
    augmented: bool = option(True, "learn from crops backwards and with their signs flipped, too")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.speakers) < 2:
            raise ConfigError("speakers", self.speakers, "must be two singers or more")

    def size(self, model: Any) -> None:
        """Take a model as large as there are singers, while the configuration is made."""
        object.__setattr__(self, "model", replace(model, n_singers=len(self.speakers)))


def dataset(config: SingersConfig, split: str, folder: Path | None, framed: bool = True) -> Dataset:
    """Crops of the singers' melodies, procedural or recorded; for training in their four versions."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    crops = SpeakerCrops(folder, config.speakers, *sizes, config.n_sounds, framed, singing=True)
    return AugmentedCrops(crops, config.seed) if split == "train" and config.augmented else crops


def net_loss(
    config: SingersConfig,
    singers: Tensor,
    classifier: DomainClassifier,
    reconstruct: Reconstruct,
    generate: Generate,
) -> Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]:
    """The loss of encoder, decoder and singers' vectors in both phases."""

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        reconstruction, latents = reconstruct(batch, batch)
        who = batch["speaker"]
        confusion = confusion_loss(classifier(latents), who, config.confusion_weight)
        terms = {"reconstruction": reconstruction, "confusion": confusion}
        if 0 < config.backtranslation_from <= step:
            mixtures = draw_mixtures(len(singers), len(who), config.seed, step)
            terms["backtranslation"] = backtranslation_loss(
                generate, lambda source, of: reconstruct(source, of)[0], singers, batch, mixtures
            )
        return torch.stack([*terms.values()]).sum(), terms

    return loss


def classifier(config: SingersConfig, latent_channels: int) -> DomainClassifier:
    """Of the run's singers."""
    return DomainClassifier(len(config.speakers), latent_channels)


def classifier_learner(classifier: DomainClassifier, encode: Callable[[Batch], Tensor]) -> Learner:
    """The classifier, which learns who sings from latents without a gradient."""

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            latents = encode(batch)
        logits = classifier(latents)
        right = accuracy(logits, batch["speaker"])
        return classifier_loss(logits, batch["speaker"]), {"accuracy": right}

    adam = torch.optim.Adam(classifier.parameters(), lr=1e-3)
    return Learner("classifier", classifier, loss, adam)


@torch.no_grad()
def singer_accuracy(
    models: Models, encode: Callable[[Batch], Tensor], batches: Iterable[Batch]
) -> float:
    """Share of clips whose singer the classifier tells from the latents; 1 / k is chance."""
    classifier = network(models, "classifier", DomainClassifier)

    def right(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return accuracy(classifier(encode(batch)), batch["speaker"]), {}

    return mean_loss(right, classifier, batches)

"""What the recipes of singing-voice conversion share: singers, a classifier beside the network, two phases.

Phase 1 reconstructs, and confuses the classifier; phase 2 adds back-translation with mixed singers.

See:        the chapter on translation and singing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.data.augmentation import AugmentedCrops
from tinyaudio.data.speaker_crops import SpeakerCrops
from tinyaudio.errors import ConfigError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.domain_classifier import DomainClassifier
from tinyaudio.models.mel_singing import MelSinging
from tinyaudio.models.singing import SingingConversion
from tinyaudio.objectives.backtranslation import backtranslation_loss, draw_mixtures
from tinyaudio.objectives.confusion import accuracy, confusion_loss, learn_domains
from tinyaudio.recipe import Models, network, option
from tinyaudio.recipes.speakers import SpeakersConfig
from tinyaudio.train import EMA, Batch, Learner, Schedule

Reconstruct = Callable[[Batch, Batch], tuple[Tensor, Tensor]]
Generate = Callable[[Batch, Tensor, list[int]], Batch]


# Two phases of equal length.
A_CORE: dict[str, Any] = {"steps": 4_000, "backtranslation_from": 2_000, "ema_decay": 0.995}
A_GPU: dict[str, Any] = {"steps": 200_000, "backtranslation_from": 100_000, "ema_decay": 0.999}
A_GPU |= {"n_sounds": 400}


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


def learners(
    config: SingersConfig,
    net: MelSinging | SingingConversion,
    adam: torch.optim.Optimizer,
    schedule: Schedule,
    encode: Callable[[Batch], Tensor],
    reconstruct: Reconstruct,
    generate: Generate,
    backend: Callable[[], str] = lambda: "PyTorch",
) -> list[Learner]:
    """Encoder, decoder and singers' vectors; and the classifier of latents that the encoder confuses.

    Args:
        config: Of the run.
        net: With ``singers``.
        adam: Of the network.
        schedule: Of its learning rate.
        encode: A batch to its latents.
        reconstruct: A batch to encode, and one to restore from it in its singers' voices, to loss and latents.
        generate: A batch, voices (B, V) and seeds to the batch in these voices.
        backend: See `Learner`.
    """
    classifier = DomainClassifier(len(config.speakers), net.config.latent_channels)

    def net_loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        reconstruction, latents = reconstruct(batch, batch)
        who = batch["speaker"]
        confusion = confusion_loss(classifier(latents), who, config.confusion_weight)
        terms = {"reconstruction": reconstruction, "confusion": confusion}
        if 0 < config.backtranslation_from <= step:
            mixtures = draw_mixtures(len(config.speakers), len(who), config.seed, step)

            def restore(source: Batch, of: Batch) -> Tensor:
                return reconstruct(source, of)[0]

            terms["backtranslation"] = backtranslation_loss(
                generate, restore, net.singers.weight, batch, mixtures
            )
        return torch.stack([*terms.values()]).sum(), terms

    def encoded(batch: Batch) -> tuple[Tensor, Tensor]:
        return encode(batch), batch["speaker"]

    ema = EMA(net, config.ema_decay)
    other = torch.optim.Adam(classifier.parameters(), lr=1e-3)
    return [
        Learner("net", net, net_loss, adam, 1, schedule, 1.0, ema, backend),
        Learner("classifier", classifier, learn_domains(classifier, encoded), other),
    ]


def scores(
    models: Models,
    name: str,
    restored: Reconstruct,
    batches: Iterable[Batch],
) -> dict[str, float]:
    """How well held-out melodies are restored, and whose singer the classifier tells; 1 / k is chance.

    Args:
        models: Of the run.
        name: Of the score.
        restored: As `learners` has it, but of that score.
        batches: Of held-out melodies.
    """
    classifier, clips = network(models, "classifier", DomainClassifier), list(batches)

    def quality(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return restored(batch, batch)[0], {}

    def right(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return accuracy(classifier(restored(batch, batch)[1]), batch["speaker"]), {}

    net = network(models, "net", nn.Module)
    return {name: mean_loss(quality, net, clips), "singer_accuracy": mean_loss(right, net, clips)}

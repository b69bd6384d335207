"""What the recipes of translation share: domains with names, two learners, and the classifier's score.

See:        the chapter on translation between musical domains.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.data.domain_crops import DOMAINS, DomainCrops, domain_folders
from tinyaudio.data.recorded import SOUNDS
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.domain_classifier import DomainClassifier
from tinyaudio.objectives.confusion import WEIGHT, accuracy, confusion_loss, learn_domains
from tinyaudio.recipe import RunConfig, option
from tinyaudio.train import EMA, Batch, Learner, cosine

# What the encoder gets, (n, C, L), to latents (n, D, N); a loss of latents (B k, D, N) and a batch.
Encode = Callable[[Tensor], Tensor]
Reconstruction = Callable[[Tensor, Batch], Tensor]

# Keywords of `translate`.
Source = Annotated[Path, "audio file to translate"]
To = Annotated[str | None, "domain to translate to (default: the first)"]
SIX = (*DOMAINS, "string", "keyboard")  # as many as the paper has
NOTE = SOUNDS / "clarinet-69.flac"  # of an instrument that no training had


@dataclass(frozen=True)
class DomainsConfig(RunConfig):
    """What makes a run with several domains; each recipe adds its model."""

    domains: Sequence[str] = DOMAINS
    batch_size: int = option(4, "clips of each domain a step, over all processes", minimum=1)
    n_samples: int = option(16_384, "length of a training crop, in samples", minimum=1)
    n_sounds: int = option(20, "melodies a domain that crops are from, of 4 s each", minimum=1)
    learning_rate: float = option(2e-3, "peak learning rate", minimum=0)
    confusion: float = option(WEIGHT, "weight of the domain confusion (lambda)", minimum=0)
    classifier_learning_rate: float = option(1e-3, "learning rate of the classifier", minimum=0)
    ema_decay: float = option(0.99, "decay of the weights' moving average", minimum=0, maximum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "domains", tuple(self.domains))  # JSON has only lists

    def size(self, model: Any) -> None:
        """Take a model with as many decoders as there are domains, while the configuration is made."""
        object.__setattr__(self, "model", replace(model, n_domains=len(self.domains)))


C = TypeVar("C", bound=DomainsConfig)


def dataset(config: DomainsConfig, split: str, folder: Path | None, framed: bool = True) -> Dataset:
    """Crops of every domain, of melodies by instruments or of recordings."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    return DomainCrops(folder, config.domains, *sizes, config.n_sounds, framed)


def of_folder(config: C, folder: Path) -> C:
    """The configuration for a folder with a folder of recordings for each domain."""
    return replace(config, domains=domain_folders(folder))


def flat(crops: Float[Tensor, "B k C L"]) -> tuple[Float[Tensor, "Bk C L"], Int[Tensor, " Bk"]]:
    """The crops of all domains as one batch, and the domain of each.

    Example:
        >>> flat(torch.zeros(2, 3, 1, 5))[1]
        tensor([0, 1, 2, 0, 1, 2])
    """
    B, k = crops.shape[:2]
    return crops.flatten(0, 1), torch.arange(k, device=crops.device).repeat(B)


def learners(
    config: DomainsConfig,
    net: nn.Module,
    encode: Encode,
    reconstruction: Reconstruction,
    optimizer: torch.optim.Optimizer,
    latent_channels: int,
    view: str,
    backend: Callable[[], str] = lambda: "PyTorch",
) -> list[Learner]:
    """Encoder and decoders, and the classifier that the encoder confuses: each loss moves its own network.

    Args:
        config: Of the run.
        net: Encoder and decoders.
        encode: By the encoder.
        reconstruction: Of crops in tune from latents of the same out of tune, each by its domain's decoder.
        optimizer: Of `net`.
        latent_channels: Of the latents.
        view: "audio" or "frames", whichever the encoder gets.
        backend: Of `net`.
    """
    classifier = DomainClassifier(len(config.domains), latent_channels)

    def encoded(batch: Batch) -> tuple[Tensor, Tensor]:
        crops, domain = flat(batch[f"detuned_{view}"])
        return encode(crops), domain

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        latents, domain = encoded(batch)
        error = reconstruction(latents, batch)
        confusion = confusion_loss(classifier(latents), domain, config.confusion)
        return error + confusion, {"reconstruction": error}

    adam = torch.optim.Adam(classifier.parameters(), lr=config.classifier_learning_rate)
    schedule, ema = cosine(config.steps, min(100, config.steps)), EMA(net, config.ema_decay)
    return [
        Learner("net", net, loss, optimizer, 1, schedule, 1.0, ema, backend),
        Learner("classifier", classifier, learn_domains(classifier, encoded), adam),
    ]


def held_out_scores(
    net: nn.Module,
    encode: Encode,
    reconstruction: Reconstruction,
    classifier: nn.Module,
    batches: Iterable[Batch],
    view: str,
) -> dict[str, float]:
    """The reconstruction's loss on held-out crops, in tune; how often the classifier is right; and chance."""

    def error(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return reconstruction(encode(flat(batch[view])[0]), batch), {}

    def right(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        crops, domain = flat(batch[view])
        return accuracy(classifier(encode(crops)), domain), {}

    batches = [*batches]
    return {
        "reconstruction": mean_loss(error, net, batches),
        "domain_accuracy": mean_loss(right, classifier, batches),
        "chance": 1 / batches[0][view].shape[1],
    }

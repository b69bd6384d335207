"""Train one encoder and a decoder for each instrument; any melody then plays on any of the instruments.

Encoder and decoders work on mel frames; the shipped vocoder makes the waveform.  Nothing in training is
parallel: the instruments play different melodies.  ``--data FOLDER`` holds a folder of recordings for each
domain.

COMMAND     tinyaudio train translation --size narrow --out runs/instruments
TRANSLATE   tinyaudio translate melody.wav translated.wav --to guitar --model runs/instruments
HARDWARE    one CPU core, a minute for the tiny size and some minutes for the narrow one; a GPU for
            the large one
EXPECT      mel_db, the mean difference of a mel band of held-out melodies, falls below 5 dB, and half or so
            of them are recognized by the classifier, where chance is a quarter (domain_accuracy)
See:        the chapter on translation between musical domains.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.domain_classifier import DomainClassifier
from tinyaudio.models.mel_translation import MelTranslation, MelTranslationConfig
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import domains
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.recipes.domains import NOTE, DomainsConfig, Reconstruction, Source, To
from tinyaudio.represent.logmel import HOP_LENGTH, RANGE_DB
from tinyaudio.samplers import translation
from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(DomainsConfig):
    """What makes a run."""

    model: MelTranslationConfig = MelTranslationConfig.tiny()
    steps: int = option(400, "steps to train for", minimum=1)
    # Beside a difference of frames, near 0.1, not the paper's nats a sample, near 2.
    confusion: float = option(0.1, "weight of the domain confusion (lambda)", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=HOP_LENGTH * self.model.stride)
        self.size(self.model)


def difference(net: MelTranslation) -> Reconstruction:
    """Mean absolute difference of frames from what each domain's decoder makes of their latents."""

    def loss(latents: Float[Tensor, "Bk D n"], batch: Batch) -> Float[Tensor, ""]:
        frames = batch["frames"]  # (B, k, 80, N)
        parts = latents.unflatten(0, frames.shape[:2]).unbind(1)
        made = torch.stack([net.decode(part, j) for j, part in enumerate(parts)], dim=1)
        return (made - frames).abs().mean()

    return loss


def learners(config: Config) -> list[Learner]:
    """Encoder and decoders, and the classifier that the encoder confuses."""
    torch.manual_seed(config.seed)
    net = MelTranslation(config.model)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    sizes = (config.model.latent_channels, "frames")
    return domains.learners(config, net, net.encode, difference(net), adam, *sizes)


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of held-out mel bands from their reconstruction in dB; the classifier's."""
    net = network(models, "net", MelTranslation)
    classifier = network(models, "classifier", DomainClassifier)
    parts = (net, net.encode, difference(net), classifier)
    found = domains.held_out_scores(*parts, batches, "frames")
    return {"mel_db": RANGE_DB * found.pop("reconstruction"), **found}


def translate(
    config: Config, models: Models, *, source: Source = NOTE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in a domain, as long as it is; nothing is random."""
    domain, net = chosen(to, config.domains), network(models, "net", MelTranslation)
    vocoder = shipped_vocoder("notes", config.sample_rate)
    return translation.translate(net, vocoder, source, domain)


ON_A_GPU: dict[str, Any] = {"batch_size": 16, "n_sounds": 400, "steps": 100_000, "ema_decay": 0.999}

RECIPE = Recipe(
    name="translation",
    description=__doc__,
    sizes={
        "tiny": Config(),
        "narrow": Config(n_sounds=40, steps=1_500),
        "large": Config(model=MelTranslationConfig.large(), **ON_A_GPU),
    },
    dataset=domains.dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"translate": translate},
    for_folder=domains.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

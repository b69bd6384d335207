"""Train one encoder and a decoder for each instrument; any melody then plays on any of the instruments.

Encoder and decoders work on mel frames; the shipped vocoder makes the waveform.  Nothing in training is
parallel: the instruments play different melodies.  ``--data FOLDER`` holds a folder of recordings for each
domain.

COMMAND     tinyaudio train translation --size narrow --out runs/instruments
TRANSLATE   tinyaudio translate melody.wav translated.wav --to guitar --model runs/instruments
HARDWARE    one CPU core, a minute or two for the tiny size and half an hour for the narrow one; a GPU for
            the large one
EXPECT      mel_db, the mean difference of a mel band of held-out melodies, falls, while domain_accuracy,
            the classifier's, stays near chance
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
from tinyaudio.recipes.domains import NOTE, DomainsConfig, Encode, Reconstruction, Source, To, clips
from tinyaudio.represent.logmel import HOP_LENGTH, RANGE_DB, log_mel
from tinyaudio.samplers import translation
from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(DomainsConfig):
    """What makes a run."""

    model: MelTranslationConfig = MelTranslationConfig.tiny()
    steps: int = option(400, "steps to train for", minimum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=HOP_LENGTH * self.model.stride)
        self.size(self.model)


def frames(config: Config, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B 80 N"]:
    """A frame for every 256 samples."""
    return log_mel(audio, config.sample_rate)[:, :, :-1]


def bound(config: Config, net: MelTranslation) -> tuple[Encode, Reconstruction]:
    """Encoder and reconstruction of a network: the mean absolute difference of clips' frames."""

    def encode(audio: Float[Tensor, "Bk 1 T"]) -> Float[Tensor, "Bk D n"]:
        return net.encode(frames(config, audio))

    def difference(latents: Float[Tensor, "Bk D n"], audio: Float[Tensor, "B k T"]) -> Tensor:
        reference, parts = frames(config, clips(audio)[0]), latents.unflatten(0, audio.shape[:2])
        made = torch.stack([net.decode(parts[:, j], j) for j in range(audio.shape[1])], dim=1)
        return (made.flatten(0, 1) - reference).abs().mean()

    return encode, difference


def learners(config: Config) -> list[Learner]:
    """Encoder and decoders, and the classifier that the encoder confuses."""
    torch.manual_seed(config.seed)
    net = MelTranslation(config.model)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    return domains.learners(config, net, *bound(config, net), adam, config.model.latent_channels)


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of held-out mel bands from their reconstruction in dB; the classifier's."""
    net = network(models, "net", MelTranslation)
    classifier = network(models, "classifier", DomainClassifier)
    found = domains.held_out_scores(*bound(config, net), net, classifier, batches)
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
        "narrow": Config(n_sounds=80, steps=3_000),
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

"""Train the translation network of the paper: one encoder of the waveform, and a WaveNet for each domain.

They learn by likelihood, while the encoder confuses a classifier of domains.  Nothing in training is
parallel.  ``--data FOLDER`` holds a folder of recordings for each domain.

COMMAND     tinyaudio train translation-wavenet --size narrow --out runs/instruments
TRANSLATE   tinyaudio translate melody.wav translated.wav --to organ --model runs/instruments
HARDWARE    a CPU core for the tiny and the narrow size; GPUs for the paper's, three days on 48 of them
EXPECT      8 bits a sample at the start, and less and less on held-out melodies
See:        the chapter on translation between musical domains.
"""

import functools
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.domain_classifier import DomainClassifier
from tinyaudio.models.translation import Translation, TranslationConfig
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import domains
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.recipes.domains import NOTE, SIX, DomainsConfig, Reconstruction, Source, To
from tinyaudio.recipes.nll import NLL
from tinyaudio.samplers import translation
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(DomainsConfig):
    """What makes a run."""

    model: TranslationConfig = TranslationConfig.tiny()
    domains: Sequence[str] = ("flute", "organ")
    sample_rate: int = option(8_000, "sample rate of training and generation, in Hz", minimum=1)
    batch_size: int = option(2, "clips of each domain a step, over all processes", minimum=1)
    n_samples: int = option(4_000, "length of a training crop, in samples", minimum=1)
    learning_rate: float = option(4e-3, "peak learning rate of the decoders", minimum=0)
    encoder_learning_rate: float = option(1e-3, "peak learning rate of the encoder", minimum=0)
    history_noise: float = option(0.0, "greatest rms of noise on the input, in codes", minimum=0)
    fused: bool = option(True, "on a CPU, train by the compiled step, where the widths allow it")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=self.model.hop_length)
        self.size(self.model)


def likelihood(nlls: Sequence[NLL]) -> Reconstruction:
    """Mean negative log-likelihood of clips by their own domain's decoder, in nats a sample."""

    def nats(latents: Float[Tensor, "Bk D n"], batch: Batch) -> Float[Tensor, ""]:
        audio = batch["audio"]  # (B, k, 1, T)
        pairs = zip(audio.unbind(1), latents.unflatten(0, audio.shape[:2]).unbind(1), strict=True)
        batches = [{"audio": clips, "frames": frames} for clips, frames in pairs]
        bits = [nll(one, 0)[0] for nll, one in zip(nlls, batches, strict=True)]
        return math.log(2) * torch.stack(bits).mean()

    return nats


def learners(config: Config) -> list[Learner]:
    """Encoder and decoders, and the classifier that the encoder confuses."""
    torch.manual_seed(config.seed)
    net = Translation(config.model)
    decoders = [net.decoder(j) for j in range(len(config.domains))]
    nlls = [NLL(one, config.history_noise, fused=config.fused) for one in decoders]
    encoder = {"params": net.encoder.parameters(), "lr": config.encoder_learning_rate}
    groups: list[Any] = [{"params": net.decoders.parameters()}, encoder]
    adam = torch.optim.Adam(groups, lr=config.learning_rate)
    sizes = (config.model.latent_channels, "audio", nlls[0].backend)
    return domains.learners(config, net, net.encode, likelihood(nlls), adam, *sizes)


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out clips given their latents in bits a sample; the classifier's."""
    net = network(models, "net", Translation)
    classifier = network(models, "classifier", DomainClassifier)
    nats = likelihood([NLL(net.decoder(j)) for j in range(len(config.domains))])
    found = domains.held_out_scores(net, net.encode, nats, classifier, batches, "audio")
    return {"bits_per_sample": found.pop("reconstruction") / math.log(2), **found}


def translate(
    config: Config, models: Models, *, source: Source = NOTE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in a domain, as long as it is, drawn sample by sample."""
    net, domain = network(models, "net", Translation), chosen(to, config.domains)
    codes = translation.sample(net, source, domain, config.sample_rate)
    return decode(codes, net.decoder(domain).config.n_levels)


NARROW = Config(n_sounds=100, steps=5_000, ema_decay=0.995, history_noise=6.0)
# The authors' batches, crops and learning rate; steps are ours, and six folders are better than instruments.
ON_GPUS: dict[str, Any] = {"sample_rate": 16_000, "batch_size": 32, "n_samples": 12_000}
ON_GPUS |= {"domains": SIX, "n_sounds": 400, "learning_rate": 1e-3, "steps": 200_000}
PAPER = Config(model=TranslationConfig.paper(), ema_decay=0.999, **ON_GPUS)

RECIPE = Recipe(
    name="translation-wavenet",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=functools.partial(domains.dataset, framed=False),
    learners=learners,
    evaluate=evaluate,
    commands={"translate": translate},
    for_folder=domains.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

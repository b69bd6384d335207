"""Train a VAE on several speakers' speech with a WGAN critic against over-smoothing, then convert any speech.

The networks work on mel frames; the shipped vocoder makes the waveform.  ``--critic-weight 0`` is a VAE alone.

COMMAND     tinyaudio train vae-wgan --size narrow --out runs/voices
CONVERT     tinyaudio convert speech.wav converted.wav --to 3 --model runs/voices
HARDWARE    one CPU core, one minute for the tiny and four for the narrow size
EXPECT      mel_db, the mean difference of a mel band of held-out sentences, falls below 5 dB
See:        part 3, "Bottlenecks and critics".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.metrics.global_variance import frames_variance_ratio
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.vae_wgan import MelCritic, MelVAE, VAEWGANConfig
from tinyaudio.objectives.adversarial import clip_weights
from tinyaudio.objectives.frames import mel_difference_db
from tinyaudio.objectives.vae_wgan import converted, critic_loss, vae_loss
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import speakers
from tinyaudio.recipes.speakers import SENTENCE, Source, SpeakersConfig, To
from tinyaudio.represent.logmel import RANGE_DB
from tinyaudio.samplers import voice_conversion
from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
from tinyaudio.train import EMA, Batch, Learner, Loss, cosine


@dataclass(frozen=True)
class Config(SpeakersConfig):
    """What makes a run."""

    model: VAEWGANConfig = VAEWGANConfig.tiny()
    steps: int = option(400, "critic steps to train for", minimum=1)
    scale_db: float = option(6.0, "standard deviation of an observed level, in dB", minimum=0.1)
    beta: float = option(1.0, "weight of the KL divergence", minimum=0)
    critic_weight: float = option(3.0, "of the critic's score; 0 is a VAE alone", minimum=0)
    critic_from: int = option(200, "step from which the decoder learns from the critic", minimum=0)
    critic_steps: int = option(1, "critic steps for each step of the VAE", minimum=1)
    critic_learning_rate: float = option(2e-3, "learning rate of the critic", minimum=0)
    penalty_weight: float = option(10.0, "of the critic's slope; 0 clips its weights", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.size(self.model)


of_vae = itemgetter("frames", "mean", "speaker")  # what it takes of a batch


def learners(config: Config) -> list[Learner]:
    """The critic, unless it has no weight, then encoder and decoder."""
    torch.manual_seed(config.seed)
    net, critic = MelVAE(config.model), MelCritic(config.model)
    made, likelihood = partial(converted, net), (config.scale_db / RANGE_DB, config.beta)
    second = (config.critic_weight, config.critic_from)
    loss = vae_loss(lambda batch: net.sample(*of_vae(batch)), made, critic, *likelihood, *second)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.5, 0.9))
    schedule, ema = cosine(config.steps, min(100, config.steps)), EMA(net, config.ema_decay)
    vae = Learner("net", net, loss, adam, config.critic_steps, schedule, 1.0, ema)
    c_loss = critic_loss(critic, made, config.penalty_weight, one_sided=False)
    c_adam = torch.optim.Adam(critic.parameters(), config.critic_learning_rate, (0.5, 0.9))
    if not config.penalty_weight:
        clip_weights(c_adam)
    return [Learner("critic", critic, c_loss, c_adam), vae] if config.critic_weight else [vae]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """The error of held-out mel bands in dB; the global variance of conversions over that of real speech."""
    net, clips = network(models, "net", MelVAE), [*batches]
    losses: dict[str, Loss] = {
        "mel_db": lambda b, _: (mel_difference_db(net(*of_vae(b))[0], b["frames"]), {}),
        "variance": lambda b, _: (frames_variance_ratio(converted(net, b), b["frames"]), {}),
    }
    return {name: mean_loss(loss, net, clips) for name, loss in losses.items()}


def convert(
    config: Config, models: Models, *, source: Source = SENTENCE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a speaker, as long as it is; nothing is random."""
    speaker, net = chosen(to, config.speakers), network(models, "net", MelVAE)
    vocoder = shipped_vocoder("speech", config.sample_rate)
    return voice_conversion.convert(net, vocoder, source, speaker)


# By the authors' code: 64 frames a step, unit variance of spectra in [-1, 1], five critic steps, clipped.
PAPER = Config(
    model=VAEWGANConfig.paper(),
    scale_db=40.0,
    critic_steps=5,
    penalty_weight=0.0,
    learning_rate=1e-4,
    critic_learning_rate=1e-4,
)
NARROW = Config(n_sounds=60, steps=900, critic_from=300, learning_rate=1e-3)

RECIPE = Recipe(
    name="vae-wgan",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=speakers.dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"convert": convert},
    for_folder=speakers.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

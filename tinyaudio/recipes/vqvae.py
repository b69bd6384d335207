"""Train a VQ-VAE on several speakers' speech, then convert any speech to the voice of one of them.

Encoder and decoder work on frames of mel bands, pitch and voicing; the shipped vocoder makes the waveform.
Nothing in training is parallel.  ``--data FOLDER`` holds a folder of recordings for each speaker.

COMMAND     tinyaudio train vqvae --size narrow --out runs/voices
CONVERT     tinyaudio convert speech.wav converted.wav --to 3 --model runs/voices
HARDWARE    one CPU core, a minute for the tiny and ten for the narrow size; a GPU for the large one
EXPECT      mel_db, the mean difference of a mel band of held-out sentences, falls below 4 dB
See:        the chapter on VQ-VAE and voice conversion.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.mel_vqvae import MelVQVAE, MelVQVAEConfig
from tinyaudio.objectives.frames import frames_loss, mel_difference_db
from tinyaudio.objectives.quantized import vq_loss
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import speakers
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.recipes.speakers import SENTENCE, Source, SpeakersConfig, To
from tinyaudio.represent.logmel import HOP_LENGTH
from tinyaudio.samplers import voice_conversion
from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class Config(SpeakersConfig):
    """What makes a run."""

    model: MelVQVAEConfig = MelVQVAEConfig.tiny()
    n_codes: int | None = option(None, "size of the codebook (default: the model's)", minimum=1)
    stride: int | None = option(None, "frames a code, even (default: the model's)", minimum=2)
    batch_size: int = option(16, "clips a step, over all processes", minimum=1)
    steps: int = option(500, "steps to train for", minimum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        n_codes, stride = self.n_codes or self.model.n_codes, self.stride or self.model.stride
        object.__setattr__(self, "model", replace(self.model, n_codes=n_codes, stride=stride))
        check_multiple("n_samples", self.n_samples, of=HOP_LENGTH * self.model.stride)
        self.size(self.model)


def forward(net: MelVQVAE, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """The reconstructed frames, the latents, and the codes."""
    return net(batch["frames"], batch["mean"], batch["speaker"])


def learners(config: Config) -> list[Learner]:
    """One network, codebook included."""
    torch.manual_seed(config.seed)
    net = MelVQVAE(config.model)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    loss = vq_loss(
        lambda batch: forward(net, batch),
        net.quantizer,
        lambda frames, batch: frames_loss(frames, batch["frames"]),
        seed=config.seed,
    )
    schedule = cosine(config.steps, min(100, config.steps))
    ema = EMA(net, config.ema_decay)
    return [Learner("net", net, loss, adam, schedule=schedule, max_grad_norm=1.0, ema=ema)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of the mel bands of held-out sentences from their reconstruction, in dB."""
    net = network(models, "net", MelVQVAE)

    def mel_db(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return mel_difference_db(forward(net, batch)[0], batch["frames"]), {}

    return {"mel_db": mean_loss(mel_db, net, batches)}


def convert(
    config: Config, models: Models, *, source: Source = SENTENCE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a speaker, as long as it is; nothing is random."""
    speaker, net = chosen(to, config.speakers), network(models, "net", MelVQVAE)
    vocoder = shipped_vocoder("speech", config.sample_rate)
    return voice_conversion.convert(net, vocoder, source, speaker)


ON_A_GPU: dict[str, Any] = {"batch_size": 64, "n_sounds": 400, "steps": 100_000, "ema_decay": 0.999}

RECIPE = Recipe(
    name="vqvae",
    description=__doc__,
    sizes={
        "tiny": Config(),
        "narrow": Config(n_sounds=150, steps=4_000),
        "large": Config(model=MelVQVAEConfig.large(), **ON_A_GPU),
    },
    dataset=speakers.dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"convert": convert},
    for_folder=speakers.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

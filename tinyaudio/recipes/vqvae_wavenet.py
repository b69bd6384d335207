"""Train the VQ-VAE of the paper: codes of the waveform, decoded by a WaveNet in the voice of a speaker.

Encoder, codebook and decoder learn together, by the likelihood of every sample.  Nothing in training is
parallel.  ``--data FOLDER`` holds a folder of recordings for each speaker.

COMMAND     tinyaudio train vqvae-wavenet --size narrow --out runs/voices
CONVERT     tinyaudio convert speech.wav converted.wav --to 1 --model runs/voices
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      8 bits a sample at the start, and less and less on held-out sentences
See:        the chapter on VQ-VAE and voice conversion.
"""

import functools
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.vqvae import VQVAE, VQVAEConfig
from tinyaudio.objectives.quantized import vq_loss
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import speakers
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.recipes.nll import NLL
from tinyaudio.recipes.speakers import SENTENCE, Source, SpeakersConfig, To
from tinyaudio.samplers import voice_conversion
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class Config(SpeakersConfig):
    """What makes a run."""

    model: VQVAEConfig = VQVAEConfig.tiny()
    sample_rate: int = option(8_000, "sample rate of training and generation, in Hz", minimum=1)
    batch_size: int = option(4, "clips a step, over all processes", minimum=1)
    n_samples: int = option(4_096, "length of a training crop, in samples; 64 a code", minimum=1)
    learning_rate: float = option(4e-3, "peak learning rate of the decoder", minimum=0)
    encoder_learning_rate: float = option(4e-4, "peak learning rate of the encoder", minimum=0)
    history_noise: float = option(0.0, "greatest rms of noise on the input, in codes", minimum=0)
    fused: bool = option(True, "on a CPU, train by the compiled step, where the widths allow it")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=math.lcm(256, self.model.hop_length))
        self.size(self.model)


def decoded(latents: Tensor, batch: Batch) -> Batch:
    """What the decoder is scored on: the waveform, under its codes' vectors and its speaker."""
    return {"audio": batch["audio"], "frames": latents, "classes": batch["speaker"][:, None]}


def learners(config: Config) -> list[Learner]:
    """One network, codebook included; the encoder's ReLUs die at the decoder's learning rate."""
    torch.manual_seed(config.seed)
    net = VQVAE(config.model)
    nll = NLL(net.decoder, config.history_noise, fused=config.fused)
    loss = vq_loss(
        lambda batch: net.bottleneck(batch["audio"]),
        net.quantizer,
        # In nats a sample.
        lambda latents, batch: math.log(2) * nll(decoded(latents, batch), 0)[0],
        seed=config.seed,
    )
    encoder = {"params": net.encoder.parameters(), "lr": config.encoder_learning_rate}
    groups: list[dict[str, Any]] = [{"params": net.decoder.parameters()}, encoder]
    adam = torch.optim.Adam(groups, lr=config.learning_rate)
    schedule = cosine(config.steps, min(50, config.steps), final=0.05)
    ema = EMA(net, config.ema_decay)
    return [Learner("net", net, loss, adam, 1, schedule, 1.0, ema, nll.backend)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out sentences given their codes and speaker, in bits a sample."""
    net = network(models, "net", VQVAE)

    def bits(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return NLL(net.decoder)(decoded(net.bottleneck(batch["audio"])[0], batch), 0)

    return {"bits_per_sample": mean_loss(bits, net, batches)}


def convert(
    config: Config, models: Models, *, source: Source = SENTENCE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a speaker, as long as it is, drawn sample by sample."""
    net, speaker = network(models, "net", VQVAE), chosen(to, config.speakers)
    codes = voice_conversion.sample(net, source, speaker, config.sample_rate)
    return decode(codes, net.decoder.config.n_levels)


# A narrow problem: a man and a woman, each in the voice of the other.
NARROW = Config(speakers=("0", "1"), n_sounds=300, steps=6_000, ema_decay=0.995, history_noise=6.0)
ON_A_GPU: dict[str, Any] = {"sample_rate": 16_000, "n_samples": 16_384, "batch_size": 16}
PAPER = Config(model=VQVAEConfig.paper(), n_sounds=400, steps=100_000, ema_decay=0.999, **ON_A_GPU)

RECIPE = Recipe(
    name="vqvae-wavenet",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=functools.partial(speakers.dataset, framed=False),
    learners=learners,
    evaluate=evaluate,
    commands={"convert": convert},
    for_folder=speakers.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

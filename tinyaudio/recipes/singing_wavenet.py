"""Train the paper's singing-voice conversion: latents of the waveform, and a WaveNet in a singer's voice.

Nothing in training is parallel.  ``--data FOLDER`` holds a folder of recordings for each singer.

COMMAND     tinyaudio train singing-wavenet --size narrow --out runs/singers
CONVERT     tinyaudio convert song.wav converted.wav --to 1 --model runs/singers
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      8 bits a sample at the start, and less and less on held-out melodies
See:        the chapter on translation and singing.
"""

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.singing import SingingConversion, SingingConversionConfig
from tinyaudio.recipe import Models, Recipe, chosen, network, option
from tinyaudio.recipes import singers, speakers
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.recipes.nll import NLL
from tinyaudio.recipes.singers import SingersConfig
from tinyaudio.recipes.speakers import SENTENCE, Source, To
from tinyaudio.samplers import voice_conversion
from tinyaudio.samplers.spoken import warn_if_spoken
from tinyaudio.train import Batch, Learner, cosine


@dataclass(frozen=True)
class Config(SingersConfig):
    """What makes a run."""

    model: SingingConversionConfig = SingingConversionConfig.tiny()
    sample_rate: int = option(8_000, "sample rate of training and generation, in Hz", minimum=1)
    batch_size: int = option(4, "clips a step, over all processes", minimum=1)
    n_samples: int = option(6_400, "length of a training crop, in samples", minimum=1)
    learning_rate: float = option(4e-3, "peak learning rate of the decoder", minimum=0)
    encoder_learning_rate: float = option(4e-4, "peak learning rate of the encoder", minimum=0)
    history_noise: float = option(0.0, "greatest rms of noise on the input, in codes", minimum=0)
    fused: bool = option(True, "on a CPU, train by the compiled step, where the widths allow it")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=math.lcm(256, self.model.hop_length))
        self.size(self.model)


def bits(net: SingingConversion, nll: NLL, source: Batch, of: Batch) -> tuple[Tensor, Tensor]:
    """Bits a sample of a batch, given the latents of another and its own singers; and the latents."""
    z = net.latents(source["audio"])
    batch = {"audio": of["audio"], "frames": z, "vectors": net.singers(of["speaker"])}
    return nll(batch, 0)[0], z


def learners(config: Config) -> list[Learner]:
    """Encoder, decoder and singers' vectors; and the classifier that the encoder confuses."""
    torch.manual_seed(config.seed)
    net = SingingConversion(config.model)
    nll = NLL(net.decoder, config.history_noise, fused=config.fused)

    def reconstruct(source: Batch, of: Batch) -> tuple[Tensor, Tensor]:
        loss, z = bits(net, nll, source, of)
        return math.log(2) * loss, z  # nats a sample

    def encode(batch: Batch) -> Tensor:
        return net.latents(batch["audio"])

    def generate(batch: Batch, voice: Tensor, seeds: list[int]) -> Batch:
        return batch | {"audio": voice_conversion.sing(net, batch["audio"], voice, seeds)}

    fast = [*net.decoder.parameters(), *net.singers.parameters()]
    slow: Any = {"params": net.encoder.parameters(), "lr": config.encoder_learning_rate}
    adam = torch.optim.Adam([{"params": fast}, slow], lr=config.learning_rate)
    schedule = cosine(config.steps, min(50, config.steps), final=0.05)
    return singers.learners(config, net, adam, schedule, encode, reconstruct, generate, nll.backend)


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Bits a sample of held-out melodies given latents and singer, and what the classifier tells."""
    net = network(models, "net", SingingConversion)
    return singers.scores(models, "bits_per_sample", partial(bits, net, NLL(net.decoder)), batches)


def convert(
    config: Config, models: Models, *, source: Source = SENTENCE, to: To = None
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a singer, as long as it is, drawn sample by sample."""
    net, singer = network(models, "net", SingingConversion), chosen(to, config.speakers)
    codes = voice_conversion.sample(net, source, singer, config.sample_rate)
    warn_if_spoken(source)
    return decode(codes, net.decoder.config.n_levels)


# A narrow problem: a man and a woman, each in the voice of the other.
NARROW = Config(speakers=("0", "1"), n_sounds=100, history_noise=6.0, **singers.A_CORE)
SIZE: dict[str, Any] = {"sample_rate": 16_000, "n_samples": 25_600, "batch_size": 16}
PAPER = Config(model=SingingConversionConfig.paper(), **SIZE, **singers.A_GPU)

RECIPE = Recipe(
    name="singing-wavenet",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=partial(singers.dataset, framed=False),
    learners=learners,
    evaluate=evaluate,
    commands={"convert": convert},
    for_folder=speakers.of_folder,
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

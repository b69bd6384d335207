"""Train the VQ-VAE of the paper: codes of the waveform, decoded by a WaveNet in the voice of a speaker.

Encoder, codebook and decoder learn together, by the likelihood of every sample.  Nothing in training is
parallel.  ``--data FOLDER`` holds a folder of recordings for each speaker.

COMMAND     tinyaudio train vqvae-wavenet --size narrow --out runs/voices
CONVERT     tinyaudio convert speech.wav converted.wav --to 3 --model runs/voices
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      8 bits a sample at the start, and less and less on held-out sentences
See:        the chapter on VQ-VAE and voice conversion.
"""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.audio import load
from tinyaudio.data.recorded import SOUNDS
from tinyaudio.data.speaker_crops import SPEAKERS, SpeakerCrops, speaker_folders
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.vqvae import VQVAE, VQVAEConfig
from tinyaudio.objectives.quantized import vq_loss
from tinyaudio.recipe import Models, Recipe, RunConfig, chosen, network, option
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import ON_A_GPU, check_multiple
from tinyaudio.recipes.nll import NLL
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: VQVAEConfig = VQVAEConfig.tiny()
    speakers: Sequence[str] = SPEAKERS
    sample_rate: int = option(8_000, "sample rate of training and generation, in Hz", minimum=1)
    batch_size: int = option(4, "clips a step, over all processes", minimum=1)
    n_samples: int = option(4_096, "length of a training crop, in samples; 64 a code", minimum=1)
    n_sounds: int = option(20, "sentences or recordings a speaker that crops are from", minimum=1)
    learning_rate: float = option(4e-3, "peak learning rate of Adam", minimum=0)
    encoder_learning_rate: float = option(4e-4, "the same of the encoder", minimum=0)
    warmup_steps: int = option(50, "steps in which the learning rate rises", minimum=0)
    ema_decay: float = option(0.98, "decay of the weights' moving average", minimum=0, maximum=1)
    history_noise: float = option(
        0.0, "greatest rms of white noise on the input, in codes; the target has none", minimum=0
    )
    fused: bool = option(True, "on a CPU, train by the compiled step, where the widths allow it")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "speakers", tuple(self.speakers))  # JSON has only lists
        sized = replace(self.model, n_speakers=len(self.speakers))
        object.__setattr__(self, "model", sized)
        check_multiple("n_samples", self.n_samples, of=math.lcm(256, self.model.hop_length))


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of the speakers' sentences, procedural or recorded."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    return SpeakerCrops(folder, config.speakers, *sizes, n_sounds=config.n_sounds, framed=False)


def decoder_batch(latents: Tensor, batch: Batch) -> Batch:
    """What the decoder is scored on: the waveform, under its codes' vectors and its speaker."""
    return {"audio": batch["audio"], "frames": latents, "classes": batch["speaker"][:, None]}


def encoded(net: VQVAE, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """The codes' vectors, the latents before quantization, and the codes."""
    latents = net.latents(batch["audio"])
    quantized = net.quantizer(latents)
    return quantized.latents, latents, quantized.codes


def learners(config: Config) -> list[Learner]:
    """One network, codebook included."""
    torch.manual_seed(config.seed)
    net = VQVAE(config.model)
    nll = NLL(net.decoder, config.history_noise, fused=config.fused)
    loss = vq_loss(
        lambda batch: encoded(net, batch),
        net.quantizer,
        # In nats a sample.
        lambda latents, batch: math.log(2) * nll(decoder_batch(latents, batch), 0)[0],
        seed=config.seed,
    )
    groups = [
        {"params": net.decoder.parameters()},
        {"params": net.encoder.parameters(), "lr": config.encoder_learning_rate},
    ]
    adam = torch.optim.Adam(groups, lr=config.learning_rate)
    schedule = cosine(config.steps, min(config.warmup_steps, config.steps), final=0.05)
    ema = EMA(net, config.ema_decay)
    step = Learner(
        "net", net, loss, adam, schedule=schedule, max_grad_norm=1.0, ema=ema, backend=nll.backend
    )
    return [step]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out sentences given their codes and speaker, in bits a sample."""
    net = network(models, "net", VQVAE)

    def bits(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return NLL(net.decoder)(decoder_batch(encoded(net, batch)[0], batch), 0)

    return {"bits_per_sample": mean_loss(bits, net, batches)}


def convert(
    config: Config,
    models: Models,
    *,
    source: Annotated[Path, "audio file to convert"] = SOUNDS / f"{HELD_OUT_SPEECH[0]}.flac",
    to: Annotated[str | None, "speaker to convert to (default: the first)"] = None,
    temperature: Annotated[float | int, "below 1 likelier, above 1 more varied"] = 1.0,
    seed: Annotated[int, "of the draws"] = 0,
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """The file in the voice of a speaker, as long as it is, sample by sample."""
    net, speaker = network(models, "net", VQVAE), chosen(to, config.speakers)
    device = next(net.parameters()).device
    audio = load(source, config.sample_rate, mono=True)[0][None].to(device)
    padded = F.pad(audio, (0, -audio.shape[2] % config.model.hop_length))
    with torch.no_grad():
        latents = net.encode(padded).latents
    source_of = Conditioned(net.decoder, net.condition(latents, torch.tensor([speaker]).to(device)))
    codes = stream(source_of, audio.shape[2], [seed], temperature)
    return decode(codes, net.decoder.config.n_levels)


# A narrow problem: a man and a woman, each in the voice of the other.
NARROW = Config(speakers=("0", "1"), n_sounds=300, steps=6_000, ema_decay=0.995, history_noise=6.0)
PAPER = Config(
    model=VQVAEConfig.paper(),
    **ON_A_GPU | {"sample_rate": 16_000, "n_samples": 16_384, "n_sounds": 400},
)

RECIPE = Recipe(
    name="vqvae-wavenet",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"convert": convert},
    for_folder=lambda config, folder: replace(config, speakers=speaker_folders(folder)),
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

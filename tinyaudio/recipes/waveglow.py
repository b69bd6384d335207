"""Train a WaveGlow, an invertible network, to turn white noise into a waveform, given its mel spectrogram.

COMMAND     tinyaudio train waveglow --size narrow --out runs/waveglow
GENERATE    tinyaudio generate runs/waveglow --mel-of speech.wav --sigma 0.6 --out again.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      nats_per_sample, the negative log-likelihood, falls for long; what is heard follows slowly
See:        chapter 23, "Every vocoder on one bench".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.models.waveglow import WaveGlow, WaveGlowConfig
from tinyaudio.models.weight_norm import folded
from tinyaudio.objectives.flow import flow_loss
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, network, option
from tinyaudio.recipes import mel_vocoder
from tinyaudio.recipes.mel_vocoder import NARROW, MelVocoderConfig
from tinyaudio.samplers.vocoder_blocks import in_blocks
from tinyaudio.train import Batch, Learner

SIGMA = 0.6  # of the noise of a clip [section 2.4]


@dataclass(frozen=True)
class Config(MelVocoderConfig):
    """What makes a run."""

    model: WaveGlowConfig = WaveGlowConfig.tiny()
    sigma: float = option(0.5**0.5, "standard deviation that the noise is to have", minimum=1e-3)
    noise_level: float = option(1e-3, "rms of noise on the sound, against silence", minimum=0)


# Section 3 of Prenger et al.: clips of 16,000 samples, here whole frames; batches of 24; 580,000 steps of Adam
# at 1e-4, later 5e-5.  NVIDIA's public code has batches of 12 and a sigma of 1, not sqrt(0.5).
PAPER = Config(
    model=WaveGlowConfig.paper(),
    sample_rate=22_050,
    n_samples=16_128,
    n_fft=1_024,
    batch_size=24,
    steps=580_000,
    learning_rate=1e-4,
    ema_decay=0.0,
    noise_level=0.0,
)
SIZES = {"tiny": Config(), "narrow": Config(**NARROW), "paper": PAPER}


def learners(config: Config) -> list[Learner]:
    """One network, trained by maximum likelihood."""
    torch.manual_seed(config.seed)
    net = WaveGlow(config.model)
    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    loss = flow_loss(net, config.sigma, config.noise_level)
    return [mel_vocoder.learner(config, "net", net, loss, adam, max_grad_norm=1.0)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute difference of log-mel levels in dB, and negative log-likelihood, of held-out speech."""
    net = network(models, "net", WaveGlow)
    kept = list(batches)

    def vocode(frames: Tensor) -> Tensor:
        n_groups = frames.shape[2] * config.hop_length // config.model.n_group
        z = SIGMA * torch.randn(len(frames), config.model.n_group, n_groups)
        return net.inverse(z.to(frames.device), frames)

    loss = flow_loss(net, config.sigma, config.noise_level)
    nats = mel_vocoder.held_out_loss(config, net, loss, kept)
    return {**mel_vocoder.evaluate(config, net, vocode, kept), "nats_per_sample": nats}


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    mel_of: Annotated[Path | None, "audio file whose mel spectrogram to make audible"] = None,
    sigma: Annotated[float | int, "standard deviation of the noise; 0.6 in the paper"] = SIGMA,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of speech that was held out."""
    if not 0 <= sigma < float("inf"):
        raise UserError(f"--sigma {sigma}: must be 0 or more; try {SIGMA}")
    net = folded(network(models, "net", WaveGlow))
    device = next(net.parameters()).device

    def vocode(frames: Tensor, seed: int) -> Tensor:
        noise = net.noise(frames.shape[2], seed, sigma)
        context = config.model.context_frames
        return in_blocks(lambda mel, z: net.inverse(z, mel), [frames, noise], context)

    return mel_vocoder.generate(config, vocode, device, mel_of, seconds, seeds)


RECIPE = Recipe(
    name="waveglow",
    description=__doc__,
    sizes=SIZES,
    dataset=mel_vocoder.dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

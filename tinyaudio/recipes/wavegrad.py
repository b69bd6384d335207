"""Train a WaveGrad to make a waveform from its mel spectrogram, out of noise, in six steps or in fifty.

COMMAND     tinyaudio train wavegrad --size narrow --out runs/wavegrad
GENERATE    tinyaudio generate runs/wavegrad --mel-of speech.wav --sampling-steps 6 --out again.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      prediction_error 0.8 at the start, and less and less on held-out speech
See:        the chapter "Diffusion vocoders".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.wavegrad import WaveGrad, WaveGradConfig
from tinyaudio.objectives.diffusion_time import ContinuousLevel
from tinyaudio.objectives.noise_schedule import WAVEGRAD
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, network
from tinyaudio.recipes import diffusion_vocoder, mel_vocoder
from tinyaudio.recipes.diffusion_vocoder import ON_A_GPU, DiffusionVocoderConfig
from tinyaudio.recipes.mel_vocoder import NARROW
from tinyaudio.represent.logmel import N_MELS
from tinyaudio.train import Batch, Learner

TIME = ContinuousLevel(WAVEGRAD)


@dataclass(frozen=True)
class Config(DiffusionVocoderConfig):
    """What makes a run."""

    model: WaveGradConfig = WaveGradConfig.tiny()


# The paper's network has 128 bands, `log_mel` 80.
PAPER = replace(WaveGradConfig.paper(), n_mels=N_MELS)
# Where sqrt(alpha-bar) is 0.08, an error of the noise is twelve times as large in x_0; of v it stays as it is.
SIZES = {
    "tiny": Config(prediction="v"),
    "narrow": Config(prediction="v", error="squared", **NARROW),
    "paper": Config(model=PAPER, n_samples=7_200, n_fft=1_200, **ON_A_GPU),
}


def learners(config: Config) -> list[Learner]:
    """One network."""
    torch.manual_seed(config.seed)
    return [diffusion_vocoder.learner(config, WaveGrad(config.model), config.diffusion(TIME))]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean absolute error of what the network predicts, in held-out speech."""
    net = network(models, "net", WaveGrad)
    return diffusion_vocoder.evaluate(config, net, config.diffusion(TIME), batches)


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    mel_of: Annotated[Path | None, "audio file whose mel spectrogram to make audible"] = None,
    sampling_steps: Annotated[int, "calls of the network, from 1 to 1000"] = 50,
    sampler: Annotated[str, "ancestral, ddim or dpm-solver"] = "ancestral",
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of speech that was held out."""
    net = network(models, "net", WaveGrad)
    device = next(net.parameters()).device
    return diffusion_vocoder.generate(
        config,
        lambda frames: lambda x, level: net(x, level, frames.expand(len(x), -1, -1)),
        config.diffusion(TIME),
        device,
        mel_of,
        seconds,
        seeds,
        sampling_steps,
        sampler,
    )


RECIPE = Recipe(
    name="wavegrad",
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

"""What the recipes of diffusion vocoders share, `wavegrad` and `diffwave`: data, loss, score, generation.

They differ in the network and in what it is given as time.

See:        the chapter "Diffusion vocoders".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.objectives.diffusion import GaussianDiffusion, diffusion_loss
from tinyaudio.objectives.diffusion_time import Time
from tinyaudio.recipe import option
from tinyaudio.recipes.mel_vocoder import MelVocoderConfig, wanted_sound
from tinyaudio.represent.mel_level import mel_level
from tinyaudio.samplers.diffusion_steps import solver
from tinyaudio.samplers.diffusion_vocoder import vocode
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class DiffusionVocoderConfig(MelVocoderConfig):
    """What makes a run; each recipe adds its model."""

    prediction: str = option("epsilon", "what the network predicts: epsilon, x0 or v")
    error: str = option("absolute", "of the prediction: absolute, as WaveGrad; squared, as DDPM")
    prior: bool = option(True, "divide the sound by the level of its mel frames, as PriorGrad")

    def diffusion(self, time: Time) -> GaussianDiffusion:
        """What the network is given as time, and what it predicts."""
        return GaussianDiffusion(time, self.prediction)

    def with_frames(self, batch: Batch) -> Batch:
        """The middle of each crop, divided by its level, and its frames."""
        batch = super().with_frames(batch)
        if self.prior:
            batch["audio"] = batch["audio"] / mel_level(batch["frames"], self.hop_length)
        return batch


# The papers' training; their numbers of steps are a million.
ON_A_GPU: dict[str, Any] = {
    "sample_rate": 22_050,
    "batch_size": 32,
    "steps": 1_000_000,
    "prior": False,
    "learning_rate": 2e-4,
    "final_rate": 1.0,
    "ema_decay": 0.9999,
}


def prediction_loss(
    config: DiffusionVocoderConfig, net: nn.Module, diffusion: GaussianDiffusion, error: str
) -> Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]:
    """Mean error of what the network predicts, absolute or squared."""
    loss = diffusion_loss(net, diffusion, condition=lambda b: b["frames"], error=error)
    return lambda batch, step: loss(config.with_frames(batch), step)


def learner(
    config: DiffusionVocoderConfig, net: nn.Module, diffusion: GaussianDiffusion
) -> Learner:
    """A learner "net" of a freshly initialised network."""
    return Learner(
        "net",
        net,
        prediction_loss(config, net, diffusion, config.error),
        torch.optim.Adam(net.parameters(), lr=config.learning_rate),
        schedule=cosine(config.steps, min(config.warmup_steps, config.steps), config.final_rate),
        max_grad_norm=1.0,
        ema=EMA(net, config.ema_decay),
    )


def evaluate(
    config: DiffusionVocoderConfig,
    net: nn.Module,
    diffusion: GaussianDiffusion,
    batches: Iterable[Batch],
) -> dict[str, float]:
    """Mean absolute error in held-out speech under noise of all strengths; 0.8 if nothing is predicted."""
    with torch.random.fork_rng():
        torch.manual_seed(0)  # the same noise every time
        loss = prediction_loss(config, net, diffusion, "absolute")
        error = mean_loss(loss, net, batches)
    return {"prediction_error": error}


def generate(
    config: DiffusionVocoderConfig,
    network_of: Callable[[Tensor], Callable[[Tensor, Tensor], Tensor]],
    diffusion: GaussianDiffusion,
    device: torch.device,
    mel_of: Path | None,
    seconds: float | int | None,
    seeds: Sequence[int],
    n_steps: int,
    sampler: str,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of speech that was held out."""
    audio = wanted_sound(config, mel_of, seconds)
    frames = config.frames(audio[None]).to(device)
    step = solver(sampler)
    with torch.no_grad():
        network = network_of(frames)
    sizes = (config.hop_length, n_steps, seeds)
    made = vocode(network, diffusion, frames, *sizes, prior=config.prior, step=step)
    return iter([made[:, :, : audio.shape[1]]])

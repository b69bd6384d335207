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
from torch.utils.data import Dataset

from tinyaudio.audio import load
from tinyaudio.data.speech_crops import SpeechCrops, held_out_speech
from tinyaudio.errors import UserError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.objectives.diffusion import GaussianDiffusion, diffusion_loss
from tinyaudio.objectives.diffusion_time import Time
from tinyaudio.recipe import RunConfig, option
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.represent.logmel import log_mel, middle_frames
from tinyaudio.represent.mel_level import mel_level
from tinyaudio.samplers.diffusion_steps import solver
from tinyaudio.samplers.diffusion_vocoder import vocode
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class DiffusionVocoderConfig(RunConfig):
    """What makes a run; each recipe adds its model."""

    sample_rate: int = option(8_000, "sample rate of training and generation, in Hz", minimum=1)
    n_samples: int = option(4_096, "length of a training crop, in samples; whole frames", minimum=1)
    n_fft: int = option(512, "length of a mel frame's window, in samples", minimum=2)
    speaker: int | None = option(None, "one procedural speaker instead of all", minimum=0)
    recorded_fraction: float = option(0.5, "fraction of recorded speech", minimum=0, maximum=1)
    prediction: str = option("epsilon", "what the network predicts: epsilon, x0 or v")
    error: str = option("absolute", "of the prediction: absolute, as WaveGrad; squared, as DDPM")
    prior: bool = option(True, "divide the sound by the level of its mel frames, as PriorGrad")
    learning_rate: float = option(1e-3, "learning rate of Adam", minimum=0)
    warmup_steps: int = option(50, "steps in which the learning rate rises", minimum=1)
    final_rate: float = option(0.05, "share of the learning rate at the last step", minimum=0)
    ema_decay: float = option(0.998, "decay of the weights' moving average", minimum=0, maximum=1)

    @property
    def hop_length(self) -> int:
        """Samples a mel frame; the model's."""
        return int(self.model.hop_length)  # type: ignore[attr-defined]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=self.hop_length)
        check_multiple("n_fft", self.n_fft, of=2 * self.hop_length)

    def frames(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B M N"]:
        """The condition."""
        return log_mel(audio, self.sample_rate, self.n_fft, self.hop_length)

    def diffusion(self, time: Time) -> GaussianDiffusion:
        """What the network is given as time, and what it predicts."""
        return GaussianDiffusion(time, self.prediction)

    def with_frames(self, batch: Batch) -> Batch:
        """The middle of each crop, divided by its level, and its frames."""
        frames = self.frames(batch["audio"])
        audio, frames = middle_frames(batch["audio"], frames, self.n_fft, self.hop_length)
        if self.prior:
            audio = audio / mel_level(frames, self.hop_length)
        return {"audio": audio, "frames": frames}


# One procedural speaker, whose new sentences a small network can say; the data of `vocoder --size narrow`.
NARROW: dict[str, Any] = {"speaker": 1, "recorded_fraction": 0.0, "steps": 5_000}
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


def dataset(config: DiffusionVocoderConfig, split: str, folder: Path | None) -> Dataset:
    """Crops of recorded speech, the folder's or the package's, and of procedural voices."""
    margin = config.n_fft // 2  # completes the windows of the first and last frames
    sizes = (config.sample_rate, config.n_samples + 2 * margin, split, config.seed)
    sounds = (config.recorded_fraction, config.speaker)
    return SpeechCrops(folder, *sizes, *sounds, margin=margin, onset_fraction=0.1)


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
    rate = config.sample_rate
    audio = load(mel_of, rate, mono=True)[0] if mel_of else held_out_speech(rate, config.speaker)
    audio = audio[:, : None if seconds is None else round(seconds * rate)]
    if not audio.shape[1]:
        raise UserError("--seconds: not a single sample; ask for more")
    frames = config.frames(audio[None]).to(device)
    step = solver(sampler)
    with torch.no_grad():
        network = network_of(frames)
    sizes = (config.hop_length, n_steps, seeds)
    made = vocode(network, diffusion, frames, *sizes, prior=config.prior, step=step)
    return iter([made[:, :, : audio.shape[1]]])

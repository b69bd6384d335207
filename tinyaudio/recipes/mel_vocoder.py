"""What the recipes of mel vocoders share: settings, crops and their frames, score, the frames of a file.

`hifigan`, `univnet` and `waveglow` differ in network and loss; `diffwave` and `wavegrad` also in their batches.

See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math
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
from tinyaudio.objectives.vocoder_gan import mel_distance
from tinyaudio.recipe import RunConfig, option
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.represent.logmel import log_mel, middle_frames
from tinyaudio.samplers.request import check_seeds
from tinyaudio.train import EMA, Batch, Learner, Loss, cosine


@dataclass(frozen=True)
class MelVocoderConfig(RunConfig):
    """What makes a run; each recipe adds its model."""

    sample_rate: int = option(8_000, "sample rate of training and generation, in Hz", minimum=1)
    n_samples: int = option(4_096, "length of a training crop, in samples; whole frames", minimum=1)
    n_fft: int = option(512, "length of a mel frame's window, in samples", minimum=2)
    speaker: int | None = option(None, "one procedural speaker instead of all", minimum=0)
    recorded_fraction: float = option(0.5, "fraction of recorded speech", minimum=0, maximum=1)
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

    def with_frames(self, batch: Batch) -> Batch:
        """The middle of each crop, and its frames."""
        frames = self.frames(batch["audio"])
        audio, frames = middle_frames(batch["audio"], frames, self.n_fft, self.hop_length)
        return {"audio": audio, "frames": frames}


# One procedural speaker, whose new sentences a small network can say; the data of `vocoder --size narrow`.
NARROW: dict[str, Any] = {"speaker": 1, "recorded_fraction": 0.0, "steps": 5_000}
# Frames of 256 samples, as the papers have them; ours is their rate, or one near it.
FRAMES_OF_256: dict[str, Any] = {"sample_rate": 22_050, "n_samples": 8_192, "n_fft": 1_024}


def dataset(config: MelVocoderConfig, split: str, folder: Path | None) -> Dataset:
    """Crops of recorded speech, the folder's or the package's, and of procedural voices."""
    margin = config.n_fft // 2  # completes the windows of the first and last frames
    sizes = (config.sample_rate, config.n_samples + 2 * margin, split, config.seed)
    sounds = (config.recorded_fraction, config.speaker)
    return SpeechCrops(folder, *sizes, *sounds, margin=margin, onset_fraction=0.1)


def learner(
    config: MelVocoderConfig,
    name: str,
    net: nn.Module,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    max_grad_norm: float | None = None,
    averaged: bool = True,
) -> Learner:
    """A learner whose loss gets crops with their frames, and whose rate rises, then falls."""
    return Learner(
        name,
        net,
        lambda batch, step: loss(config.with_frames(batch), step),
        optimizer,
        schedule=cosine(config.steps, min(config.warmup_steps, config.steps), config.final_rate),
        max_grad_norm=max_grad_norm,
        ema=EMA(net, config.ema_decay) if averaged and config.ema_decay else None,
    )


def evaluate(
    config: MelVocoderConfig,
    net: nn.Module,
    vocode: Callable[[Tensor], Tensor],
    batches: Iterable[Batch],
) -> dict[str, float]:
    """Mean absolute difference of log-mel levels in dB, of held-out crops.

    Args:
        config: Of the run.
        net: Says on which device.
        vocode: Frames to audio.
        batches: With ``audio``.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        frames = (config.sample_rate, config.n_fft, config.hop_length)
        nepers = mel_distance(vocode(batch["frames"]), batch["audio"], *frames)
        return 20 / math.log(10) * nepers, {}

    return {"log_mel_db": held_out_loss(config, net, loss, batches)}


def held_out_loss(
    config: MelVocoderConfig, net: nn.Module, loss: Loss, batches: Iterable[Batch]
) -> float:
    """The mean of a loss over crops with their frames, under the same noise every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return mean_loss(lambda batch, step: loss(config.with_frames(batch), step), net, batches)


def wanted_sound(
    config: MelVocoderConfig, mel_of: Path | None, seconds: float | int | None
) -> Float[Tensor, "1 T"]:
    """The sound that a command is to make again: a file, or by default speech that was held out.

    Raises:
        UserError: Nothing of it is asked for, or the file is no sound.
    """
    rate = config.sample_rate
    audio = load(mel_of, rate, mono=True)[0] if mel_of else held_out_speech(rate, config.speaker)
    audio = audio[:, : None if seconds is None else max(0, round(seconds * rate))]
    if not audio.shape[1]:
        raise UserError("--seconds: not a single sample; ask for more")
    return audio


def generate(
    config: MelVocoderConfig,
    vocode: Callable[[Tensor, int], Tensor],
    device: torch.device,
    mel_of: Path | None,
    seconds: float | int | None,
    seeds: Sequence[int] = (0,),
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of speech that was held out.

    Args:
        config: Of the run.
        vocode: Frames (1, M, N) and a seed to audio.
        device: Of the network.
        mel_of: The file.
        seconds: At most so much of it.
        seeds: One a clip.
    """
    check_seeds(seeds)
    audio = wanted_sound(config, mel_of, seconds)
    frames = config.frames(audio[None]).to(device)
    with torch.no_grad():
        made = torch.cat([vocode(frames, seed) for seed in seeds])
    return iter([made[:, :, : audio.shape[1]].cpu()])

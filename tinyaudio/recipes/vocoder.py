"""Learn to make a waveform from its mel spectrogram: the last step of most speech synthesizers.

COMMAND     tinyaudio train vocoder --data FOLDER --out runs/vocoder
HEAR        tinyaudio generate runs/vocoder --mel-of speech.wav --out again.wav
HARDWARE    two CPU cores for the tiny size; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on speakers that were held out
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.audio import load
from tinyaudio.data.recorded import SOUNDS
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipes.autoregressive import models
from tinyaudio.recipes.conditional import MODELS, Training, build, evaluate
from tinyaudio.recipes.spoken import HELD_OUT_SPEECH, Spoken
from tinyaudio.represent import mulaw
from tinyaudio.represent.equalizer import equalized
from tinyaudio.represent.harmonics import N_BANDS, harmonic_voice, in_step
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS, log_mel
from tinyaudio.represent.melpitch import mel_pitch
from tinyaudio.represent.oscillator import oscillator
from tinyaudio.represent.voicepitch import voice_pitch
from tinyaudio.samplers.mean import DRAWS, mean_of_draws

__all__ = [
    "MODELS",
    "Config",
    "Wish",
    "build",
    "clips",
    "default_seconds",
    "evaluate",
    "generate",
    "models",
]

MELS = ConditionConfig(
    n_frame_channels=N_MELS,
    frame_taps=5,
    frame_layers=2,
    n_octaves=4,
    n_sample_channels=N_BANDS,
    hop_length=HOP_LENGTH,
)
# Its draft comes near to what is wanted; with a past as good as that, it would not listen to it.
EXPOSED: dict[str, Any] = {"input_noise": 25.0, "undisturbed": 0.15}
MARGIN = N_FFT // 2 // HOP_LENGTH  # frames at either end of a crop that look beyond it


@dataclass(frozen=True)
class Config(Training):
    """What makes a run; a run resumes only under the same configuration."""

    n_samples: int = field(
        default=4_096, metadata={"help": "length of a training crop, in samples; 256 a frame"}
    )
    recorded: float = field(
        default=0.5, metadata={"help": "share of recorded speech; the rest are procedural voices"}
    )

    @classmethod
    def tiny(cls) -> "Config":
        """Learns in minutes on two CPU cores."""
        return cls(replace(WaveNetConfig.tiny(), condition=MELS), **EXPOSED)

    @classmethod
    def large(cls) -> "Config":
        """The 30 layers at which the book measures speed, for a GPU."""
        return cls(
            replace(WaveNetConfig.wn30(), condition=MELS),
            n_samples=10_240,
            batch_size=8,
            steps=200_000,
            warmup_steps=1_000,
            learning_rate=1e-3,
            ema_decay=0.9999,
            **EXPOSED,
        )


@dataclass(frozen=True)
class Wish:
    """What can be asked of a run; None is the default beside it."""

    mel_of: str | None = field(
        default=None,
        metadata={
            "help": "audio file whose mel spectrogram is made audible (default: a sentence of ours)",
            "type": str,
        },
    )

    draws: int | None = field(
        default=None,
        metadata={"help": f"waveforms that are drawn and averaged (default: {DRAWS})", "type": int},
    )

    def file(self) -> Path:
        """The audio file."""
        return Path(self.mel_of) if self.mel_of else SOUNDS / f"{HELD_OUT_SPEECH[0]}.flac"


class WithMels(Dataset):
    """Crops with what a vocoder is told of them; frames are seen with what stands beside the crop."""

    def __init__(self, crops: Dataset, sample_rate: int) -> None:
        self.crops, self.sample_rate = crops, sample_rate

    def __len__(self) -> int:
        return len(self.crops)  # type: ignore[arg-type]

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        audio, inside = self.crops[i]["audio"], slice(MARGIN, -MARGIN - 1)
        middle = audio[:, MARGIN * HOP_LENGTH : -MARGIN * HOP_LENGTH]
        # What is to be read off the mel when it speaks can be heard while it learns.
        pitch = voice_pitch(audio[0], self.sample_rate, HOP_LENGTH)[None, inside]
        frames = log_mel(audio[None], self.sample_rate)[0, :, inside]
        free = oscillator(pitch, self.sample_rate, HOP_LENGTH)[0]
        cycles = in_step(free, frames, middle[0], self.sample_rate)
        samples = draft(frames, cycles, self.sample_rate)
        return {"audio": middle, "frames": frames, "cycles": cycles, "samples": samples}


def draft(
    frames: Float[Tensor, "80 N"], cycles: Float[Tensor, "N 2"], sample_rate: int
) -> Float[Tensor, "4 T"]:
    """A voice of harmonics that has this spectrum, on the scale on which the network speaks."""
    return mulaw.compress(harmonic_voice(frames, cycles, sample_rate).clamp(-1, 1))


def condition_of(frames: Float[Tensor, "B 80 N"], sample_rate: int) -> Condition:
    """What the vocoder is told: mel bands; an oscillator at the pitch that is read off them; its draft.

    Example:
        >>> import torch
        >>> told = condition_of(torch.zeros(1, 80, 10), 16_000)
        >>> told.frames.shape, told.cycles.shape, told.samples.shape
        (torch.Size([1, 80, 10]), torch.Size([1, 10, 2]), torch.Size([1, 4, 2560]))
    """
    cycles = oscillator(mel_pitch(frames, sample_rate), sample_rate, HOP_LENGTH)
    both = zip(frames, cycles, strict=True)
    samples = torch.stack([draft(clip, turning, sample_rate) for clip, turning in both])
    return Condition(frames=frames, cycles=cycles, samples=samples)


def clips(config: Config, folder: Path | None, split: str) -> Dataset:
    """Recorded speech, the folder's or the package's, and procedural voices."""
    n_samples = config.n_samples + 2 * MARGIN * HOP_LENGTH
    spoken = Spoken(folder, config.sample_rate, n_samples, split, config.seed, config.recorded)
    return WithMels(spoken, config.sample_rate)


def default_seconds(config: Config) -> float:
    """How long to speak when nobody says: as long as the file does."""
    return math.inf


def generate(
    config: Config,
    models: dict[str, nn.Module],
    seconds: float,
    seeds: Sequence[int],
    temperature: float,
    wish: Wish = Wish(),
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """Make a waveform for each seed, in one piece, from the mel spectrogram of a file.

    Raises:
        AudioError: The file cannot be read.
        UserError: Not one waveform is to be drawn.
    """
    net = models["net"]
    assert isinstance(net, WaveNet)
    audio, _ = load(wish.file(), config.sample_rate, mono=True)
    n_samples = min(audio.shape[1], round(min(seconds, 1e6) * config.sample_rate))
    frames = log_mel(audio[None, :, :n_samples], config.sample_rate)
    known = condition_of(frames, config.sample_rate).to(next(net.parameters()).device)
    n_draws = DRAWS if wish.draws is None else wish.draws
    mean = mean_of_draws(net, known, n_samples, seeds, temperature, n_draws).cpu()
    levels = frames.expand(len(seeds), -1, -1)
    return iter([equalized(mean, levels, config.sample_rate)[:, None]])

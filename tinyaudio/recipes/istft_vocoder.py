"""Train a small network at the frame rate to make a waveform from its mel spectrogram, of speech or of notes.

Speech, one voice at a time, starts from harmonics at the pitch of the mel spectrogram; notes, and any other
sound, start from its envelope.  ``--data FOLDER`` is your own; speech stands beside procedural voices.

COMMAND     tinyaudio train istft-vocoder --out runs/istft
GENERATE    tinyaudio generate istft-vocoder --mel-of speech.wav --out again.wav
HARDWARE    one CPU core, two minutes; a GPU for the large size
EXPECT      log_mel_db falls below the start's within a minute
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import load
from tinyaudio.data.mel_crops import MARGIN, MATERIALS, MelCrops, sounds_of
from tinyaudio.data.recorded import SOUNDS
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.errors import ConfigError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from tinyaudio.objectives.spectral import crop_loss
from tinyaudio.recipe import Models, Recipe, RunConfig, network, option
from tinyaudio.recipes.conditional import check_multiple
from tinyaudio.represent.logmel import HOP_LENGTH, log_mel
from tinyaudio.samplers import vocode
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: ISTFTVocoderConfig = ISTFTVocoderConfig.tiny()
    material: str = option("speech", "speech, or notes, which start without a pitch")
    harmonics: bool = option(True, "start from harmonics, where the material is speech")
    n_samples: int = option(8_192, "length of a training crop, in samples; 256 a frame", minimum=1)
    n_sounds: int = option(240, "sounds of two seconds that crops are taken from", minimum=1)
    recorded_fraction: float = option(0.5, "fraction of recorded sound", minimum=0, maximum=1)
    steps: int = option(600, "steps to train for", minimum=1)
    learning_rate: float = option(2e-3, "peak learning rate of AdamW", minimum=0)
    ema_decay: float = option(0.998, "decay of the weights' moving average", minimum=0, maximum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=HOP_LENGTH)
        if self.material not in MATERIALS:
            raise ConfigError("material", self.material, f"must be {' or '.join(MATERIALS)}")
        harmonic = self.harmonics and self.material == "speech"
        sized = replace(self.model, sample_rate=self.sample_rate, harmonic=harmonic)
        object.__setattr__(self, "model", sized)


ON_A_GPU: dict[str, Any] = {"batch_size": 16, "n_sounds": 2_000, "steps": 100_000}


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of voices or of notes, procedural and recorded, or of the user's recordings."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    sounds = sounds_of(config.material, folder, *sizes, config.recorded_fraction)
    return MelCrops(sounds, *sizes, config.n_sounds, config.model.harmonic)


def learners(config: Config) -> list[Learner]:
    """One network, which at first leaves the start as it is."""
    torch.manual_seed(config.seed)
    net = ISTFTVocoder(config.model)
    loss = crop_loss(net, config.sample_rate, MARGIN * HOP_LENGTH)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.8, 0.99))
    schedule, ema = cosine(config.steps, min(100, config.steps)), EMA(net, config.ema_decay)
    return [Learner("net", net, loss, adam, schedule=schedule, max_grad_norm=50.0, ema=ema)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean difference of log-mel levels in dB, of held-out sound, before the rounds of `generate`."""
    net = network(models, "net", ISTFTVocoder)
    loss = crop_loss(net, config.sample_rate, MARGIN * HOP_LENGTH, only="log_mel_db")
    return {"log_mel_db": mean_loss(loss, net, batches)}


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Annotated[float | int | None, "at most so much of the file (default: all)"] = None,
    mel_of: Annotated[Path | None, "audio file to take the mel spectrogram of"] = None,
    rounds: Annotated[int, "rounds of Griffin-Lim after the network"] = vocode.N_ROUNDS,
) -> Iterator[Float[Tensor, "1 1 n"]]:
    """A waveform as long as the file, by default of a recording of the package; nothing is random."""
    name = HELD_OUT_SPEECH[0] if config.material == "speech" else "violin-69"
    audio, _ = load(mel_of or SOUNDS / f"{name}.flac", config.sample_rate, mono=True)
    n_samples = None if seconds is None else max(0, round(seconds * config.sample_rate))
    frames = log_mel(audio[None, :, :n_samples], config.sample_rate)
    net = network(models, "net", ISTFTVocoder)
    return vocode.stream(net, frames, audio[0, :n_samples].numel(), n_rounds=rounds)


RECIPE = Recipe(
    name="istft-vocoder",
    description=__doc__,
    sizes={"tiny": Config(), "large": Config(model=ISTFTVocoderConfig.large(), **ON_A_GPU)},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

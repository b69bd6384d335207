"""Train a WaveNet to make a waveform from its mel spectrogram: the last step of most speech synthesizers.

COMMAND     tinyaudio train vocoder --data FOLDER --out runs/vocoder
GENERATE    tinyaudio generate runs/vocoder --mel-of speech.wav --out again.wav
HARDWARE    two CPU cores for the tiny size; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on held-out speakers
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import load
from tinyaudio.data.recorded import SOUNDS
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH, SpeechCrops
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, Temperature, network, option
from tinyaudio.recipes import conditional
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS, log_mel
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream
from tinyaudio.train import Batch, Learner

MELS = ConditionConfig(n_frame_channels=N_MELS, frame_taps=5, hop_length=HOP_LENGTH)
MARGIN = N_FFT // 2 // HOP_LENGTH  # frames at either end of a crop whose window reaches beyond it


@dataclass(frozen=True)
class Config(conditional.WaveNetRunConfig):
    """What makes a run."""

    model: WaveNetConfig = replace(WaveNetConfig.tiny(), condition=MELS)
    n_samples: int = option(4_096, "length of a training crop, in samples; 256 a frame", minimum=1)
    recorded_fraction: float = option(
        0.5, "fraction of recorded speech; the rest are procedural voices", minimum=0, maximum=1
    )
    history_noise: float = option(6.0, "rms of white noise on the input, in codes", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        conditional.check_multiple("n_samples", self.n_samples, of=HOP_LENGTH)


TRAINING = conditional.ON_A_GPU | {"n_samples": 10_240, "batch_size": 8, "steps": 200_000}
WN30 = Config(model=replace(WaveNetConfig.wn30(), condition=MELS), **TRAINING)
# 24 layers and a mixture of 10 logistics over 16 bits, the size common for LJSpeech.
PAPER = Config(model=WaveNetConfig.vocoder(), history_noise=0.0, **TRAINING)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of recorded speech, the folder's or the package's, and of procedural voices."""
    n_samples = config.n_samples + 2 * MARGIN * HOP_LENGTH
    sizes = (config.sample_rate, n_samples, split, config.seed)
    return SpeechCrops(folder, *sizes, config.recorded_fraction)


def mel_crop(batch: Batch, sample_rate: int) -> Batch:
    """The middle of each crop and its mel frames, whose windows lie within the crop."""
    audio = batch["audio"]
    frames = log_mel(audio, sample_rate)[:, :, MARGIN : -MARGIN - 1]
    return {"audio": audio[:, :, MARGIN * HOP_LENGTH : -MARGIN * HOP_LENGTH], "frames": frames}


def learners(config: Config) -> list[Learner]:
    """One network, trained by maximum likelihood."""
    return conditional.learners(config, partial(mel_crop, sample_rate=config.sample_rate))


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out speech given its mel spectrogram, in bits a sample."""
    return conditional.evaluate(config, models, (mel_crop(b, config.sample_rate) for b in batches))


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
    mel_of: Annotated[Path | None, "audio file whose mel spectrogram to make audible"] = None,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of a recording of the package."""
    net = network(models, "net", WaveNet)
    source = mel_of or SOUNDS / f"{HELD_OUT_SPEECH[0]}.flac"
    audio, _ = load(source, config.sample_rate, mono=True)
    n_samples = min(
        audio.shape[1], round((1e6 if seconds is None else seconds) * config.sample_rate)
    )
    frames = log_mel(audio[None, :, :n_samples], config.sample_rate)
    n_frames = -(-n_samples // HOP_LENGTH)
    condition = Condition(frames=frames[:, :, :n_frames].to(next(net.parameters()).device))
    codes = stream(Conditioned(net, condition), n_samples, seeds, temperature)
    return decode(codes, config.model.n_levels)


RECIPE = Recipe(
    name="vocoder",
    description=__doc__,
    sizes={"tiny": Config(), "wn30": WN30, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

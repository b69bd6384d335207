"""Train a WaveNet to make a waveform from its mel spectrogram: the last step of most speech synthesizers.

COMMAND     tinyaudio train vocoder --size narrow --out runs/vocoder
GENERATE    tinyaudio generate runs/vocoder --mel-of speech.wav --out again.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on held-out speakers
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import load
from tinyaudio.data.speech_crops import SpeechCrops, held_out_speech
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, Temperature, network, option
from tinyaudio.recipes import conditional
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.mel_frames import MelRunConfig
from tinyaudio.represent.logmel import HOP_LENGTH, N_MELS
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream
from tinyaudio.train import Batch, Learner

MELS = ConditionConfig(n_frame_channels=N_MELS, frame_taps=5, hop_length=HOP_LENGTH)


@dataclass(frozen=True)
class Config(MelRunConfig):
    """What makes a run."""

    model: WaveNetConfig = replace(WaveNetConfig.tiny(), condition=MELS)
    n_samples: int = option(4_096, "length of a training crop, in samples; whole frames", minimum=1)
    speaker: int | None = option(None, "one procedural speaker instead of all", minimum=0)
    recorded_fraction: float = option(0.5, "fraction of recorded speech", minimum=0, maximum=1)
    history_noise: float = option(6.0, "rms of white noise on the input, in codes", minimum=0)


# A narrow problem: a single procedural speaker, whose new sentences a small network can say.
NARROW = conditional.ON_A_CORE | {"n_fft": 512, "hop_length": 64, "speaker": 1}
NARROW |= {"recorded_fraction": 0.0, "onset_fraction": 0.1}
ON_A_GPU = conditional.ON_A_GPU | {"n_samples": 10_240, "batch_size": 8, "steps": 200_000}
SIZES = {
    "tiny": Config(),
    "narrow": Config(**NARROW),
    "wn30": Config(model=replace(WaveNetConfig.wn30(), condition=MELS), **ON_A_GPU),
    "paper": Config(model=WaveNetConfig.vocoder(), history_noise=0.0, **ON_A_GPU),
}


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of recorded speech, the folder's or the package's, and of procedural voices."""
    margin = config.n_fft // 2  # completes the windows of the first and last frames
    sizes = (config.sample_rate, config.n_samples + 2 * margin, split, config.seed)
    sounds = (config.recorded_fraction, config.speaker)
    return SpeechCrops(folder, *sizes, *sounds, margin=margin, onset_fraction=config.onset_fraction)


def learners(config: Config) -> list[Learner]:
    """One network, trained by maximum likelihood."""
    return conditional.learners(config, config.with_frames)


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out speech given its mel spectrogram, in bits a sample."""
    return conditional.evaluate(config, models, map(config.with_frames, batches))


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
    mel_of: Annotated[Path | None, "audio file whose mel spectrogram to make audible"] = None,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, as long as the file; by default of speech that was held out."""
    net = network(models, "net", WaveNet)
    rate = config.sample_rate
    audio = load(mel_of, rate, mono=True)[0] if mel_of else held_out_speech(rate, config.speaker)
    audio = audio[:, : None if seconds is None else round(seconds * rate)]
    condition = Condition(frames=config.frames(audio[None]))
    source = Conditioned(net, condition.to(next(net.parameters()).device))
    codes = stream(source, audio.shape[1], seeds, temperature)
    return decode(codes, config.model.n_levels)


RECIPE = Recipe(
    name="vocoder",
    description=__doc__,
    sizes=SIZES,
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

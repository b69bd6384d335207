"""Train a WaveNet to say phones at a pitch in a speaker's voice, as the first WaveNet did.

The network is conditioned on phone, pitch and speaker of procedural voices, whose labels are exact.  A
fraction of its training is recorded speech without labels, on which it is trained unconditionally.
``--data FOLDER`` is recorded speech of your own; with ``--recorded-fraction 1`` there is nothing else.

COMMAND     tinyaudio train speech --out runs/speech
GENERATE    tinyaudio generate runs/speech --sentence 3 --speaker 12 --out said.wav
HARDWARE    two CPU cores for the tiny size; a GPU for the paper's
EXPECT      8 bits a sample at the start, and less and less on held-out speakers
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.sentence_frames import sentence_frames
from tinyaudio.data.speech.linguistic import N_CHANNELS
from tinyaudio.data.speech_crops import UNKNOWN_SPEAKER, SpeechCrops
from tinyaudio.data.voices import N_SPEAKERS, SPLITS
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, Temperature, network, option
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import (
    ON_A_GPU,
    WaveNetRunConfig,
    check_multiple,
    evaluate,
    learners,
    size_frames,
)
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream

FRAMES_A_SECOND = 100
# A frame every 10 ms, seen with four on either side, since a phone is shaped by the next.
SPEAKER_AND_PHONES = ConditionConfig(
    n_classes=(N_SPEAKERS + 1,), n_frame_channels=N_CHANNELS, frame_taps=9, hop_length=160
)


@dataclass(frozen=True)
class Config(WaveNetRunConfig):
    """What makes a run."""

    model: WaveNetConfig = replace(WaveNetConfig.tiny(), condition=SPEAKER_AND_PHONES)
    n_samples: int = option(
        4_000, "length of a training crop, in samples; frames of 10 ms", minimum=1
    )
    recorded_fraction: float = option(
        0.25, "fraction of recorded speech, without labels", minimum=0, maximum=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("sample_rate", self.sample_rate, of=FRAMES_A_SECOND)
        hop_length = self.sample_rate // FRAMES_A_SECOND
        check_multiple("n_samples", self.n_samples, of=hop_length)
        # Frames of 10 ms at any rate.
        size_frames(self, hop_length, N_CHANNELS)


# The paper's receptive field of 300 ms; it leaves width and training open.
PAPER = Config(model=replace(WaveNetConfig.paper(), condition=SPEAKER_AND_PHONES), **ON_A_GPU)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Procedural voices with their labels, and recorded speech."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    return SpeechCrops(folder, *sizes, config.recorded_fraction, labels=True)


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
    sentence: Annotated[int, "number of a nonsense sentence; the following ones follow"] = 0,
    speaker: Annotated[int, f"speaker, 0 to {N_SPEAKERS - 1}"] = 0,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, two seconds by default, of one sentence."""
    net = network(models, "net", WaveNet)
    n_samples = round((2.0 if seconds is None else seconds) * config.sample_rate)
    n_frames = -(-n_samples * FRAMES_A_SECOND // config.sample_rate)
    frames = sentence_frames(sentence, speaker, n_frames)[None]
    # Speakers that were held out from training have no class of their own.
    known = speaker if speaker % 10 in SPLITS["train"] else UNKNOWN_SPEAKER
    condition = Condition(classes=torch.tensor([[known]]), frames=frames)
    conditioned = Conditioned(net, condition.to(next(net.parameters()).device))
    codes = stream(conditioned, n_samples, seeds, temperature)
    return decode(codes, config.model.n_levels)


RECIPE = Recipe(
    name="speech",
    description=__doc__,
    sizes={"tiny": Config(), "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])

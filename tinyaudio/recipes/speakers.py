"""What the recipes of voice conversion share: speakers with names, and where their sentences come from.

See:        the chapter on VQ-VAE and voice conversion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from torch.utils.data import Dataset

from tinyaudio.data.recorded import SOUNDS
from tinyaudio.data.speaker_crops import SPEAKERS, SpeakerCrops, speaker_folders
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.recipe import RunConfig, option

# Keywords of `convert`.
Source = Annotated[Path, "audio file to convert"]
To = Annotated[str | None, "speaker to convert to (default: the first)"]
SENTENCE = SOUNDS / f"{HELD_OUT_SPEECH[0]}.flac"


@dataclass(frozen=True)
class SpeakersConfig(RunConfig):
    """What makes a run with several speakers; each recipe adds its model."""

    speakers: Sequence[str] = SPEAKERS
    n_samples: int = option(16_384, "length of a training crop, in samples", minimum=1)
    n_sounds: int = option(20, "sentences or recordings a speaker that crops are from", minimum=1)
    learning_rate: float = option(2e-3, "peak learning rate", minimum=0)
    ema_decay: float = option(0.99, "decay of the weights' moving average", minimum=0, maximum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "speakers", tuple(self.speakers))  # JSON has only lists

    def size(self, model: Any) -> None:
        """Take a model as large as there are speakers, while the configuration is made."""
        object.__setattr__(self, "model", replace(model, n_speakers=len(self.speakers)))


C = TypeVar("C", bound=SpeakersConfig)


def dataset(
    config: SpeakersConfig, split: str, folder: Path | None, framed: bool = True
) -> Dataset:
    """Crops of the speakers' sentences, procedural or recorded."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    return SpeakerCrops(folder, config.speakers, *sizes, config.n_sounds, framed)


def of_folder(config: C, folder: Path) -> C:
    """The configuration for a folder with a folder of recordings for each speaker."""
    return replace(config, speakers=speaker_folders(folder))

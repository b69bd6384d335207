"""Learn to say phones at a pitch, in somebody's voice, as the first WaveNet did.

The network is told the phone, the pitch and the speaker of procedural voices, whose labels are exact.
A share of what it hears is recorded speech, of which it is told nothing.  ``--data FOLDER`` is recorded
speech of your own; with ``--recorded 1`` it hears nothing else, and babbles.

COMMAND     tinyaudio train speech --out runs/speech
HEAR        tinyaudio generate runs/speech --sentence 3 --speaker 12 --out said.wav
HARDWARE    two CPU cores for the tiny size; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on speakers that were held out
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.data.speech.content import sentence
from tinyaudio.data.speech.linguistic import N_CHANNELS, linguistic_frames
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.data.voices import N_SPEAKERS, SPLITS, voice
from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipes.autoregressive import decoded, models
from tinyaudio.recipes.conditional import MODELS, ON_A_GPU, Training, build, evaluate
from tinyaudio.recipes.spoken import STRANGER, Spoken
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream

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

# Every 10 ms at 16 kHz; a frame is seen with four on either side, since a phone is shaped by the next.
SPEAKER_AND_PHONES = ConditionConfig(
    n_classes=(N_SPEAKERS + 1,), n_frame_channels=N_CHANNELS, frame_taps=9, hop_length=160
)


@dataclass(frozen=True)
class Config(Training):
    """What makes a run; a run resumes only under the same configuration."""

    n_samples: int = field(
        default=4_000, metadata={"help": "length of a training crop, in samples; 160 a frame"}
    )
    recorded: float = field(
        default=0.25, metadata={"help": "share of recorded speech, of which nothing is told"}
    )

    @classmethod
    def tiny(cls) -> "Config":
        """Learns in minutes on two CPU cores."""
        return cls(replace(WaveNetConfig.tiny(), condition=SPEAKER_AND_PHONES))

    @classmethod
    def paper(cls) -> "Config":
        """The paper's reach of 300 ms.  It leaves width and training open; these are ours."""
        return cls(replace(WaveNetConfig.paper(), condition=SPEAKER_AND_PHONES), **ON_A_GPU)


@dataclass(frozen=True)
class Wish:
    """What can be asked of a run; None is the default beside it."""

    sentence: int | None = field(
        default=None,
        metadata={"help": "which sentence of nonsense, then the next (default: 0)", "type": int},
    )
    speaker: int | None = field(
        default=None,
        metadata={"help": f"who says it, 0 to {N_SPEAKERS - 1} (default: 0)", "type": int},
    )

    def condition(self, seconds: float) -> Condition:
        """The phones, pitch and speaker of as many sentences as it takes, cut at a whole frame.

        Raises:
            UserError: There is no such sentence or speaker.
        """
        number, who = self.sentence or 0, self.speaker or 0
        if number < 0:
            raise UserError(f"sentence {number}: sentences are counted from 0")
        if not 0 <= who < N_SPEAKERS:
            raise UserError(f"speaker {who}: there are 0 to {N_SPEAKERS - 1}")
        n_frames = math.ceil(round(100 * seconds, 6))
        parts: list[Tensor] = []
        while sum(part.shape[1] for part in parts) < n_frames:
            content = sentence(number + len(parts))
            take = voice(speaker(who), content)
            fields = {
                "phones": content.phones,
                "durations_s": content.durations_s,
                "f0_hz": take.f0_hz,
                "voiced": take.voiced,
                "sample_rate": 16_000,
            }
            parts.append(linguistic_frames(fields)[:, :-1])
        # Speakers who were held out are strangers to the network; their pitch and phones are told.
        known = who if who % 10 in SPLITS["train"] else STRANGER
        return Condition(
            classes=torch.tensor([[known]]), frames=torch.cat(parts, dim=1)[None, :, :n_frames]
        )


def clips(config: Config, folder: Path | None, split: str) -> Dataset:
    """Procedural voices with their labels, and recorded speech."""
    return Spoken(
        folder,
        config.sample_rate,
        config.n_samples,
        split,
        config.seed,
        config.recorded,
        told=True,
    )


def default_seconds(config: Config) -> float:
    """How long to speak when nobody says: about a sentence."""
    return 2.0


def generate(
    config: Config,
    models: dict[str, nn.Module],
    seconds: float,
    seeds: Sequence[int],
    temperature: float,
    wish: Wish = Wish(),
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """Draw a waveform for each seed, piece by piece, of the sentence that is wished for.

    Raises:
        UserError: The wish cannot be met.
    """
    net = models["net"]
    assert isinstance(net, WaveNet)
    known = wish.condition(seconds).to(next(net.parameters()).device)
    n_samples = round(seconds * config.sample_rate)
    codes = stream(Conditioned(net, known), n_samples, seeds, temperature)
    return decoded(codes, config.model.n_levels)

"""Learn what each family of instruments sounds like at each pitch, then play the note one asks for.

The network is told the family and the pitch of procedural notes.  With ``--data FOLDER`` it learns your
own recordings, which have no such labels: then it is told nothing, and ``--family`` and ``--pitch``
cannot be asked for.

COMMAND     tinyaudio train wavenet --out runs/notes
HEAR        tinyaudio generate runs/notes --family guitar --pitch 60 --temperature 0.7 --out guitar.wav
HARDWARE    two CPU cores for the tiny size, which hums in minutes; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on instruments that were held out
See:        chapter 5, "WaveNet", and chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.data.instruments.dynamics import dynamics
from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.errors import UserError
from tinyaudio.metrics.pitch import midi_to_hz
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipes.autoregressive import decoded, default_seconds, models
from tinyaudio.recipes.conditional import MODELS, ON_A_GPU, Training, build, evaluate
from tinyaudio.recipes.sound import folder_or_notes
from tinyaudio.represent.loudness import loudness, scaled
from tinyaudio.represent.oscillator import aligned, oscillator, where_heard
from tinyaudio.samplers.mean import DRAWS, stream_draws
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

# Family and pitch, which are classes; loudness, in frames; and the pitch again, as an oscillator.
FAMILY_AND_PITCH = ConditionConfig(
    n_classes=(len(FAMILIES), 128), n_frame_channels=1, frame_taps=3, frame_layers=2, n_octaves=6
)
HOP_LENGTH = FAMILY_AND_PITCH.hop_length
# Told little of a note but its pitch, the network is led by its own past more than the others are.
EXPOSED: dict[str, Any] = {"input_echo": 1.0, "input_gain": 40.0}


@dataclass(frozen=True)
class Config(Training):
    """What makes a run; a run resumes only under the same configuration."""

    real: float = field(
        default=0.0,
        metadata={"help": "share of notes by real instruments, of the soundfont that is installed"},
    )

    @classmethod
    def tiny(cls) -> "Config":
        """Learns in minutes on two CPU cores."""
        return cls(replace(WaveNetConfig.tiny(), condition=FAMILY_AND_PITCH), **EXPOSED)

    @classmethod
    def large(cls) -> "Config":
        """The 30 layers at which the book measures speed, for a GPU."""
        model = replace(WaveNetConfig.wn30(), condition=FAMILY_AND_PITCH)
        return cls(model, **ON_A_GPU, **EXPOSED)

    @classmethod
    def paper(cls) -> "Config":
        """The paper's reach of 300 ms.  It leaves width and training open; these are ours."""
        return replace(
            cls.large(), model=replace(WaveNetConfig.paper(), condition=FAMILY_AND_PITCH)
        )

    def unlabelled(self) -> "Config":
        """The same for sound of which nothing is known."""
        # How loud it should be is not known either, so a past of another level is no past of it.
        return replace(self, model=replace(self.model, condition=None), input_gain=0.0)


@dataclass(frozen=True)
class Wish:
    """What can be asked of a run that knows families and pitches; None is the default beside it."""

    family: str | None = field(
        default=None, metadata={"help": f"{', '.join(FAMILIES)} (default: guitar)", "type": str}
    )
    pitch: int | None = field(
        default=None, metadata={"help": "MIDI pitch; 60 is middle C (default: 60)", "type": int}
    )
    draws: int | None = field(
        default=None,
        metadata={"help": f"waveforms that are drawn and averaged (default: {DRAWS})", "type": int},
    )

    def classes(self) -> tuple[int, int]:
        """Family and pitch, numbered as the network knows them.

        Raises:
            UserError: There is no such family, or it does not play that pitch.

        Example:
            >>> Wish("flute", 72).classes()
            (2, 72)
        """
        family = "guitar" if self.family is None else self.family
        pitch = 60 if self.pitch is None else self.pitch
        if family not in RANGES:
            raise UserError(f"no family {family!r}; there are: {', '.join(FAMILIES)}")
        low, high = RANGES[family].pitches
        if not low <= pitch <= high:
            raise UserError(f"pitch {pitch}: a {family} plays {low} to {high}")
        return FAMILIES.index(family), pitch


def condition_of(
    family: str,
    pitch: int,
    n_samples: int,
    sample_rate: int = 16_000,
    like: Float[Tensor, "1 T"] | None = None,
) -> Condition:
    """What the network is told of a note: family, pitch, loudness, and an oscillator at the pitch.

    Args:
        family: One of `tinyaudio.data.instruments.families.FAMILIES`.
        pitch: MIDI pitch; 60 is middle C.
        n_samples: How long, up to the next whole frame.
        sample_rate: In Hz.
        like: A recorded note, at most n_samples of it, that is as loud and that the oscillator is to be
            in step with. Without one, the note is as loud as is usual in its family, see
            `tinyaudio.data.instruments.dynamics`.

    Raises:
        UserError: There is no such family, or it does not play that pitch.

    Example:
        >>> flute = condition_of("flute", 72, n_samples=512)
        >>> flute.cycles[0].round(decimals=2)  # 523.25 Hz
        tensor([[0.0000, 8.3700],
                [0.3700, 8.3700]])
        >>> flute.frames[0].shape
        torch.Size([1, 2])
    """
    classes = torch.tensor([Wish(family, pitch).classes()])
    N = -(-n_samples // HOP_LENGTH)
    cycles = oscillator(torch.full((1, N), midi_to_hz(pitch)), sample_rate, HOP_LENGTH)
    if like is None:
        times_s = torch.arange(N) * HOP_LENGTH / sample_rate
        frames = scaled(dynamics(family, pitch, times_s))[None, None]
    else:
        cycles = where_heard(aligned(cycles, like, HOP_LENGTH), like, HOP_LENGTH)
        heard = loudness(like, HOP_LENGTH)
        frames = F.pad(heard, (0, N - heard.shape[2]), mode="replicate")  # it goes on as it ended
    return Condition(classes=classes, frames=frames, cycles=cycles)


class Told(Dataset):
    """Crops of notes with all that the network is told of them, see `condition_of`."""

    def __init__(self, crops: Dataset, sample_rate: int) -> None:
        self.crops, self.sample_rate = crops, sample_rate

    def __len__(self) -> int:
        return len(self.crops)  # type: ignore[arg-type]

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        crop = self.crops[i]
        family, pitch = crop["classes"].tolist()
        audio = crop["audio"]
        note = condition_of(FAMILIES[family], pitch, audio.shape[1], self.sample_rate, audio)
        assert note.frames is not None and note.cycles is not None
        return {**crop, "frames": note.frames[0], "cycles": note.cycles[0]}


def clips(config: Config, folder: Path | None, split: str) -> Dataset:
    """Procedural notes with their labels, or one's own sound.

    Raises:
        UserError: A folder, but the network wants to be told family and pitch, or real notes are
            to be mixed in.
    """
    if folder is not None and config.real:
        raise UserError("--real mixes notes into procedural ones, not into a folder; leave it out")
    if folder is not None and config.model.condition is not None:
        raise UserError(
            "this network is told family and pitch, which the recordings in a folder do not have;"
            " leave --data out, or train one on a folder"
        )
    crops = folder_or_notes(
        folder, config.sample_rate, config.n_samples, split, config.seed, config.real
    )
    return Told(crops, config.sample_rate) if config.model.condition else crops


def generate(
    config: Config,
    models: dict[str, nn.Module],
    seconds: float,
    seeds: Sequence[int],
    temperature: float,
    wish: Wish = Wish(),
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """Make a waveform for each seed, piece by piece, of the note that is wished for.

    It is the mean of several draws, see `tinyaudio.samplers.mean`; of a network that is told nothing, one.

    Raises:
        UserError: The wish cannot be played, or this network is told nothing.
    """
    net = models["net"]
    assert isinstance(net, WaveNet)
    n_samples = round(seconds * config.sample_rate)
    if config.model.condition is None:
        if wish != Wish():
            raise UserError(
                "this run learned from a folder: it knows no family or pitch, and its draws have"
                " nothing in common of which there could be a mean"
            )
        return decoded(stream(net, n_samples, seeds, temperature), config.model.n_levels)
    family, pitch = wish.classes()
    note = condition_of(FAMILIES[family], pitch, n_samples, config.sample_rate)
    told = note.to(next(net.parameters()).device)
    n_draws = DRAWS if wish.draws is None else wish.draws
    pieces = stream_draws(net, told, n_samples, seeds, temperature, n_draws)
    return (draws.mean(1)[:, None] for draws in pieces)

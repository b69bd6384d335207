"""Real instruments: notes rendered from the recordings in a General-MIDI soundfont.

A soundfont holds recordings of real instruments at some pitches and loudnesses, and says how to
interpolate between them.  The labels are NSynth's, so that recorded and procedural notes are
interchangeable.

Implements: `SoundfontNotes`, `render_note`, `find_soundfont`.
Differs:    from rendering at the target rate: the synthesizer reads its recordings by linear
            interpolation without a low-pass, so at 16 kHz the overtones would fold back (-23 dB at
            the median, -7 dB at worst).  Notes are rendered at 48 kHz and resampled.
See:        chapter 1, "Sound into numbers".
"""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import resample
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.item import Item
from tinyaudio.data.notes import PITCHES, SPLITS, check_length, check_split
from tinyaudio.data.nsynth import HOLD, QUALITIES, VELOCITIES, instrument_name, note_labels
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

RENDER_HZ = 48_000
GAIN_DB = -4  # the loudest programs of FluidR3 reach 3.5 dB over full scale
# Samples in which a voice that was cut off has faded; without them notes leak into the next.
DRAIN = 480
SILENT = 1e-3  # a peak below it means that the soundfont has no recording for this key

# Each family's General-MIDI programs (numbered from 0) and the MIDI pitches that such instruments can
# play.  Left out: drums, effects, ensembles that no family fits.
PROGRAMS: dict[str, tuple[range, range]] = {
    "bass": (range(32, 40), range(28, 56)),
    "brass": (range(56, 64), range(40, 80)),
    "flute": (range(72, 80), range(60, 85)),
    "guitar": (range(24, 32), range(40, 80)),
    "keyboard": (range(0, 8), range(24, 85)),
    "mallet": (range(8, 16), range(55, 85)),
    "organ": (range(16, 24), range(36, 85)),
    "reed": (range(64, 72), range(49, 82)),
    "string": (range(40, 44), range(36, 85)),
    "synth_lead": (range(80, 88), range(36, 85)),
    "vocal": (range(52, 55), range(48, 80)),
}
ELECTRONIC = {2, 4, 5, 7, 16, 17, 18, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36, 37}
SYNTHETIC = {38, 39, 54, 62, 63, *range(80, 88)}
# Whole instruments are held out, so that evaluation is on instruments that training did not use.
VALID = {5, 13, 22, 27, 37, 42, 61, 67, 78, 84}
TEST = {6, 11, 18, 25, 33, 41, 53, 58, 68, 75, 81}
HELD_OUT = {"valid": VALID, "test": TEST}

# Where systems keep soundfonts; the first one that exists is used.
PLACES = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
)


def find_soundfont(path: str | Path | None = None) -> Path:
    """The soundfont to render from.

    Args:
        path: An ``.sf2`` or ``.sf3`` file. By default the file named in the environment variable
            TINYAUDIO_SOUNDFONT, else one installed with the system, else the small one that comes
            with the Python package pretty_midi.

    Returns:
        Its path.

    Raises:
        DataError: The file does not exist, or no soundfont is installed.
    """
    named = path or os.environ.get("TINYAUDIO_SOUNDFONT")
    if named:
        if not Path(named).is_file():
            raise DataError(f"{named}: no such soundfont; name an .sf2 or .sf3 file")
        return Path(named)
    places = [Path(place) for place in PLACES]
    bundled = find_spec("pretty_midi")
    if bundled and bundled.origin:
        places.append(Path(bundled.origin).parent / "TimGM6mb.sf2")
    for place in places:
        if place.is_file():
            return place
    raise DataError(
        "no soundfont found: pip install pretty_midi (6 MB), or apt-get install fluid-soundfont-gm"
        " (148 MB, recorded better)"
    )


@functools.lru_cache(maxsize=2)
def _synthesizer(path: Path) -> tuple[Any, int]:
    """A loaded synthesizer and the number of its soundfont; kept, since loading takes up to a second."""
    try:
        import tinysoundfont
    except ImportError:
        raise DataError(
            "soundfonts are rendered by tinysoundfont: pip install --no-deps tinysoundfont"
            " (without --no-deps it installs PyAudio, which is for live playing)"
        ) from None
    synthesizer = tinysoundfont.Synth(gain=GAIN_DB, samplerate=RENDER_HZ)
    try:
        return synthesizer, synthesizer.sfload(str(path))
    except Exception as problem:  # the library raises a bare Exception
        raise DataError(f"{path}: cannot be read as a soundfont ({problem})") from None


def render_note(
    program: int,
    pitch: int,
    velocity: int = 100,
    *,
    seconds: float | int = 4.0,
    sample_rate: int = 16_000,
    soundfont: str | Path | None = None,
) -> Float[Tensor, "1 time"]:
    """Play one note of one instrument: key down for three quarters of the time, then released.

    Args:
        program: General-MIDI instrument, 0 (piano) to 127.
        pitch: MIDI key; 69 is A4, 440 Hz.
        velocity: How hard the key is struck, 1 to 127.
        seconds: Length, in seconds.
        sample_rate: In Hz.
        soundfont: See `find_soundfont`.

    Returns:
        The note, mixed to one channel, in [-1, 1]. The same arguments give the same note, whatever
        was rendered before.

    Raises:
        DataError: A number is out of range, or soundfont or synthesizer are missing.

    Example:
        >>> render_note(program=0, pitch=60, seconds=0.5).shape
        torch.Size([1, 8000])
    """
    for name, value, low, high in (
        ("program", program, 0, 127),
        ("pitch", pitch, 0, 127),
        ("velocity", velocity, 1, 127),
    ):
        if not low <= value <= high:
            raise DataError(f"{name} {value}: must be from {low} to {high}")
    if not 0 < seconds < 3600 or sample_rate <= 0:
        raise DataError(f"cannot render {seconds} s at {sample_rate} Hz; both must be above 0")
    synthesizer, font = _synthesizer(find_soundfont(soundfont))
    synthesizer.sounds_off()
    synthesizer.generate(DRAIN)
    synthesizer.program_select(0, font, 0, program)
    synthesizer.noteon(0, pitch, velocity)
    n_samples = round(seconds * RENDER_HZ)
    n_held = round(HOLD * n_samples)
    held = synthesizer.generate(n_held).tobytes()
    synthesizer.noteoff(0, pitch)
    released = synthesizer.generate(n_samples - n_held).tobytes()
    stereo = np.frombuffer(held + released, dtype=np.float32).reshape(-1, 2)
    clip = torch.from_numpy(stereo.mean(axis=1))[None]
    return resample(clip, RENDER_HZ, sample_rate).clamp(-1, 1)[:, : round(seconds * sample_rate)]


@dataclass(frozen=True)
class SoundfontNotes(Dataset):
    """Notes of real instruments, with NSynth's labels; item i is a function of (seed, split, i).

    Attributes:
        n: Number of notes.
        sample_rate: In Hz.
        seconds: Length of each, in seconds.
        split: "train", "valid" or "test", which share no instrument.
        seed: Decides instruments, pitches and velocities.
        families: Some of `FAMILIES`; all by default.
        pitches: Lowest and highest MIDI pitch, within what each family can play.
        soundfont: See `find_soundfont`.

    Raises:
        DataError: A number is out of range, a family or split does not exist, or no instrument is left.

    Example:
        >>> item = SoundfontNotes(10, seconds=0.5, families=("flute",))[3]
        >>> item["audio"].shape, item["instrument_family_str"]
        (torch.Size([1, 8000]), 'flute')
    """

    n: int
    sample_rate: int = 16_000
    seconds: float | int = 4.0
    split: str = "train"
    seed: int = 0
    families: Sequence[str] = FAMILIES
    pitches: tuple[int, int] = PITCHES
    soundfont: str | Path | None = None

    def __post_init__(self) -> None:
        check_length(self.n, self.sample_rate, self.seconds)
        check_split(self.split)
        generator(self.seed)  # raises if the seed is negative
        unknown = set(self.families) - PROGRAMS.keys()
        if unknown:
            raise DataError(
                f"no family {sorted(unknown)[0]!r}; choose some of: {', '.join(FAMILIES)}"
            )
        if not self.instruments:
            raise DataError(
                f"the {self.split} split has no instrument of {', '.join(self.families)}"
                f" between the pitches {self.pitches[0]} and {self.pitches[1]}"
            )

    @functools.cached_property
    def instruments(self) -> list[tuple[str, int, list[int]]]:
        """Family, program and playable pitches of every instrument in this split."""
        held_out = set().union(*HELD_OUT.values())
        found = []
        for family in self.families:
            programs, playable = PROGRAMS[family]
            keys = [p for p in playable if self.pitches[0] <= p <= self.pitches[1]]
            in_split = HELD_OUT.get(self.split, set(programs) - held_out)
            found += [
                (family, program, keys) for program in programs if program in in_split and keys
            ]
        return found

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Item:
        """Note i: ``audio`` (1, T) and its labels; see `note_labels`."""
        if not 0 <= i < self.n:
            raise IndexError(f"note {i} of {self.n}")
        draws = generator(self.seed, Purpose.SOUNDFONT_ITEM, list(SPLITS).index(self.split), i)
        for _ in range(20):
            family, program, keys = self.instruments[int(draws.integers(len(self.instruments)))]
            pitch, velocity = int(draws.choice(keys)), int(draws.choice(VELOCITIES))
            audio = render_note(
                program,
                pitch,
                velocity,
                seconds=self.seconds,
                sample_rate=self.sample_rate,
                soundfont=self.soundfont,
            )
            if audio.abs().max() > SILENT:  # some fonts have no recording for some keys: draw again
                break
        else:
            raise DataError(
                f"{find_soundfont(self.soundfont)}: twenty notes in a row are silent; use another"
            )
        source = 1 if program in ELECTRONIC else 2 if program in SYNTHETIC else 0
        return {
            "audio": audio,
            **note_labels(
                i,
                instrument=program,
                name=instrument_name(family, source, program),
                family=family,
                source=source,
                qualities=[0] * len(QUALITIES),  # nobody has judged these recordings
                pitch=pitch,
                velocity=velocity,
                sample_rate=self.sample_rate,
            ),
        }

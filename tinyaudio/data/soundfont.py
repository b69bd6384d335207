"""Real instruments: notes rendered from the recordings in a General-MIDI soundfont.

A soundfont holds recordings of real instruments at some pitches and loudnesses, and says how to
stretch them to the rest.  The labels are NSynth's, so that real and procedural notes are
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
from tinyaudio.errors import DataError

RENDER_HZ = 48_000
HOLD = 0.75  # share of a note's length for which the key is down, as in NSynth
GAIN_DB = -4  # the loudest programs of FluidR3 reach 3.5 dB over full scale
# Samples in which a voice that was cut off has faded; without them notes leak into the next.
DRAIN = 480
SILENT = 1e-3  # a peak below it means that the soundfont has no recording for this key
VELOCITIES = (25, 50, 75, 100, 127)  # NSynth's

# NSynth's families in NSynth's order, as General-MIDI programs (numbered from 0) and the MIDI pitches
# that such instruments can play.  Left out: drums, effects, ensembles that no family fits.
FAMILIES: dict[str, tuple[range, range]] = {
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
SOURCES = ("acoustic", "electronic", "synthetic")
ELECTRONIC = {2, 4, 5, 7, 16, 17, 18, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36, 37}
SYNTHETIC = {38, 39, 54, 62, 63, *range(80, 88)}
# Whole instruments are held out, so that a test asks about one never heard.
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
        DataError: There is none.
    """
    asked = path or os.environ.get("TINYAUDIO_SOUNDFONT")
    if asked:
        if not Path(asked).is_file():
            raise DataError(f"{asked}: no such soundfont; name an .sf2 or .sf3 file")
        return Path(asked)
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
    """A loaded synthesizer; one a process, since loading takes up to a second."""
    try:
        import tinysoundfont
    except ImportError:
        raise DataError(
            "soundfonts are rendered by tinysoundfont: pip install --no-deps tinysoundfont"
            " (without --no-deps it wants PyAudio, which is for live playing)"
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
    seconds: float = 4.0,
    sample_rate: int = 16_000,
    soundfont: str | Path | None = None,
) -> Float[Tensor, "1 time"]:
    """Play one note of one instrument: key down for three quarters of the time, then let go.

    Args:
        program: General-MIDI instrument, 0 (piano) to 127.
        pitch: MIDI key; 69 is A4, 440 Hz.
        velocity: How hard, 1 to 127.
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
        n: How many.
        split: "train", "valid" or "test", which share no instrument.
        seed: Decides instruments, pitches and velocities.
        sample_rate: In Hz.
        seconds: Length of each note.
        families: Some of `FAMILIES`; all by default.
        pitches: Lowest and highest MIDI pitch, within what each family can play.
        soundfont: See `find_soundfont`.

    Example:
        >>> notes = SoundfontNotes(10, seconds=0.5, families=("flute",))
        >>> clip, fields = notes[3]
        >>> clip.shape, fields["instrument_family_str"]
        (torch.Size([1, 8000]), 'flute')
    """

    n: int
    split: str = "train"
    seed: int = 0
    sample_rate: int = 16_000
    seconds: float = 4.0
    families: Sequence[str] = tuple(FAMILIES)
    pitches: tuple[int, int] = (24, 84)
    soundfont: str | Path | None = None

    def __post_init__(self) -> None:
        unknown = set(self.families) - FAMILIES.keys()
        if unknown:
            raise DataError(f"no family {sorted(unknown)[0]!r}; there are: {', '.join(FAMILIES)}")
        if self.split not in ("train", *HELD_OUT):
            raise DataError(f"no split {self.split!r}; there are: train, valid, test")
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
            programs, playable = FAMILIES[family]
            keys = [p for p in playable if self.pitches[0] <= p <= self.pitches[1]]
            mine = HELD_OUT.get(self.split, set(programs) - held_out)
            found += [(family, program, keys) for program in programs if program in mine and keys]
        return found

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> tuple[Float[Tensor, "1 time"], dict[str, Any]]:
        if not 0 <= i < self.n:
            raise IndexError(f"note {i} of {self.n}")
        split = ("train", *HELD_OUT).index(self.split)
        draws = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, split, i])))
        for _ in range(20):
            family, program, keys = self.instruments[int(draws.integers(len(self.instruments)))]
            pitch, velocity = int(draws.choice(keys)), int(draws.choice(VELOCITIES))
            clip = render_note(
                program,
                pitch,
                velocity,
                seconds=self.seconds,
                sample_rate=self.sample_rate,
                soundfont=self.soundfont,
            )
            if clip.abs().max() > SILENT:  # some fonts have no recording for some keys: draw again
                return clip, self._fields(i, family, program, pitch, velocity)
        raise DataError(f"{find_soundfont(self.soundfont)}: is silent for twenty notes in a row")

    def _fields(
        self, i: int, family: str, program: int, pitch: int, velocity: int
    ) -> dict[str, Any]:
        """What NSynth's examples.json says of a note."""
        source = 1 if program in ELECTRONIC else 2 if program in SYNTHETIC else 0
        instrument = f"{family}_{SOURCES[source]}_{program:03d}"
        return {
            "note": i,
            "note_str": f"{instrument}-{pitch:03d}-{velocity:03d}",
            "instrument": program,
            "instrument_str": instrument,
            "pitch": pitch,
            "velocity": velocity,
            "sample_rate": self.sample_rate,
            "instrument_family": tuple(FAMILIES).index(family),
            "instrument_family_str": family,
            "instrument_source": source,
            "instrument_source_str": SOURCES[source],
            "qualities": [0] * 10,  # nobody has judged these recordings
            "qualities_str": [],
        }

"""A data set of notes by real instruments, rendered from the soundfont that is installed.

The labels are NSynth's, so that recorded and procedural notes are interchangeable.

Implements: `SoundfontNotes`.
See:        chapter 1, "Sound into numbers".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch.utils.data import Dataset

from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.item import Item
from tinyaudio.data.notes import PITCHES, SPLITS, check_length, check_split
from tinyaudio.data.nsynth import QUALITIES, VELOCITIES, instrument_name, note_labels
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.soundfont import SILENT, find_soundfont, render_note
from tinyaudio.errors import DataError

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
        velocities: How hard the keys are struck, from 1 to 127.
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
    velocities: Sequence[int] = VELOCITIES
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

    @cached_property
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
            pitch, velocity = int(draws.choice(keys)), int(draws.choice(self.velocities))
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
                qualities=[0] * len(QUALITIES),  # unknown of recordings
                pitch=pitch,
                velocity=velocity,
                sample_rate=self.sample_rate,
            ),
        }

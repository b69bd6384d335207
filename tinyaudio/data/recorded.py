"""The recordings that come with the package: instrument notes, loops, speech.

The notes are an MIT-licensed soundfont's, two seconds at 16 kHz; the loops are full-band music at
44.1 kHz; the speech is Italian and Russian, at 16 kHz.  "Synthetic speech" is Korean read by a
program, at 22.05 kHz, and no recording of a person.  Authors and licences are listed in
``assets/LICENSES.md``.

Implements: `names`, `recording`.
See:        chapter 1, "Sound into numbers".
"""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import load
from tinyaudio.errors import DataError

SOUNDS = Path(__file__).parents[1] / "assets" / "sounds"


@dataclass(frozen=True)
class Recording:
    """A recording and its origin.

    Attributes:
        audio: The sound in [-1, 1], its peak at -1 dB.
        sample_rate: In Hz.
        name: The argument of `recording`.
        kind: "note", "loop", "speech" or "synthetic speech".
        title: A short description.
        licence: "MIT", "CC0-1.0" or "CC-BY-3.0".
        author: The name that the licence asks to give.
        source: The file and package, or the program, that it was made from.
        family: Of a note: its instrument's family, one of NSynth's eleven.
        program: Of a note: its instrument's General-MIDI number, from 0.
        pitch: Of a note: MIDI pitch; 69 is A4, 440 Hz.
        velocity: Of a note: 1 to 127.
        language: Of speech, such as "ko".
        speaker: Of speech; a program and its voice if it is synthetic.
        text: Of speech, if available.
    """

    audio: Float[Tensor, "channels time"]
    sample_rate: int
    name: str
    kind: str
    title: str
    licence: str
    author: str
    source: str
    family: str | None = None
    program: int | None = None
    pitch: int | None = None
    velocity: int | None = None
    language: str | None = None
    speaker: str | None = None
    text: str | None = None


@cache
def _index() -> dict[str, dict[str, Any]]:
    """The entries of the index, by name."""
    entries = json.loads((SOUNDS / "index.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in entries}


def names(kind: str | None = None) -> list[str]:
    """The names of the recordings.

    Args:
        kind: "note", "loop", "speech" or "synthetic speech"; all by default.

    Raises:
        DataError: The kind does not exist.

    Example:
        >>> names("loop")
        ['tabla-loop', 'percussion-loop', 'piano-chord', 'open-cymbal', 'guitar-harmonics']
    """
    kinds = sorted({entry["kind"] for entry in _index().values()})
    if kind is not None and kind not in kinds:
        raise DataError(f"no recordings of kind {kind!r}; choose one of: {', '.join(kinds)}")
    return [name for name, entry in _index().items() if kind in (None, entry["kind"])]


def recording(name: str) -> Recording:
    """Load a recording and its entry in the index.

    Args:
        name: One of `names`.

    Raises:
        DataError: The name does not exist; the message has similar ones.

    Example:
        >>> cello = recording("cello-48")
        >>> cello.audio.shape, cello.sample_rate, cello.pitch, cello.licence
        (torch.Size([1, 32000]), 16000, 48, 'MIT')
    """
    if name not in _index():
        similar = difflib.get_close_matches(name, _index(), n=3, cutoff=0.5)
        hint = (
            f"perhaps {' or '.join(similar)}"
            if similar
            else "tinyaudio.data.recorded.names() lists all"
        )
        raise DataError(f"no recording {name!r}; {hint}")
    entry = {k: v for k, v in _index()[name].items() if k in Recording.__dataclass_fields__}
    audio, rate = load(SOUNDS / f"{name}.flac")
    return Recording(audio=audio, **{**entry, "sample_rate": rate})

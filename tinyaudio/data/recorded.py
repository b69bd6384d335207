"""The real recordings that come with the package: instrument notes, loops, speech.

The notes are an MIT-licensed soundfont's, two seconds at 16 kHz; the loops are full-band music at
44.1 kHz; the speech is Italian and Russian, at 16 kHz.  "Synthetic speech" is Korean read by a
program, at 22.05 kHz, and no recording of a person.  Who made what, and under which licence, stands
in ``assets/LICENSES.md``.

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
    """A recording, and where it is from.

    Attributes:
        audio: The sound in [-1, 1], its peak at -1 dB.
        sample_rate: In Hz.
        name: What `recording` knows it by.
        kind: "note", "loop", "speech" or "synthetic speech".
        title: What it is, in words.
        licence: "MIT", "CC0-1.0" or "CC-BY-3.0".
        author: Whom to name.
        source: File and package, or program, that it was made from.
        family: Of a note's instrument, one of NSynth's eleven.
        program: Of a note's instrument, the General-MIDI number, from 0.
        pitch: Of a note, as a MIDI number; 69 is A4, 440 Hz.
        velocity: Of a note, 1 to 127.
        language: Of speech, such as "ko".
        speaker: Of speech; a program and its voice if it is synthetic.
        text: Of speech, where it is known.
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
    """What is known of each recording, by name."""
    entries = json.loads((SOUNDS / "index.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in entries}


def names(kind: str | None = None) -> list[str]:
    """The recordings there are.

    Args:
        kind: "note", "loop", "speech" or "synthetic speech"; all by default.

    Raises:
        DataError: There is no such kind.

    Example:
        >>> names("loop")
        ['tabla-loop', 'percussion-loop', 'piano-chord', 'open-cymbal', 'guitar-harmonics']
    """
    kinds = sorted({entry["kind"] for entry in _index().values()})
    if kind is not None and kind not in kinds:
        raise DataError(f"no recordings of kind {kind!r}; there are: {', '.join(kinds)}")
    return [name for name, entry in _index().items() if kind in (None, entry["kind"])]


def recording(name: str) -> Recording:
    """Load a recording by its name, with all that is known of it.

    Args:
        name: One of `names`.

    Raises:
        DataError: There is none of that name; the message has those that come near.

    Example:
        >>> cello = recording("cello-48")
        >>> cello.audio.shape, cello.sample_rate, cello.pitch, cello.licence
        (torch.Size([1, 32000]), 16000, 48, 'MIT')
    """
    if name not in _index():
        near = difflib.get_close_matches(name, _index(), n=3, cutoff=0.5)
        hint = f"perhaps {' or '.join(near)}" if near else "tinyaudio.data.recorded.names() has all"
        raise DataError(f"no recording {name!r}; {hint}")
    about = {k: v for k, v in _index()[name].items() if k in Recording.__dataclass_fields__}
    audio, rate = load(SOUNDS / f"{name}.flac")
    return Recording(audio=audio, **{**about, "sample_rate": rate})

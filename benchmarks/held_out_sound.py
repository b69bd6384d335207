"""Four kinds of sound in mu-law codes, each as training and held-out clips, for `benchmarks.likelihood`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

SAMPLE_RATE = 16_000
N_LEVELS = 256
HOP_LENGTH = 160  # samples in a frame of the recipe `speech`; clips are cut to whole frames
N_TRAINING, N_HELD_OUT = 128, 64  # notes of a second each
N_TRAINING_VOICES, N_HELD_OUT_VOICES = 64, 20  # sentences, two seconds on average


@dataclass(frozen=True)
class Clip:
    """The codes of a clip (T,), and its labels."""

    codes: np.ndarray
    labels: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """Training and held-out sound, which share no instrument, speaker or sentence."""

    source: str
    training: list[Clip]
    held_out: list[Clip]


def encode(audio: Any, labels: dict[str, Any]) -> Clip:
    from tinyaudio.represent import mulaw

    codes = mulaw.encode(audio[0], N_LEVELS).numpy()
    return Clip(codes[: len(codes) // HOP_LENGTH * HOP_LENGTH], labels)


def clips(dataset: Any) -> list[Clip]:
    """All items of a data set."""
    items = (dataset[i] for i in range(len(dataset)))
    return [
        encode(item["audio"], {k: v for k, v in item.items() if k != "audio"}) for item in items
    ]


def notes() -> Kind:
    from tinyaudio.data.notes import Notes

    training = Notes(N_TRAINING, SAMPLE_RATE, seconds=1.0, split="train")
    held_out = Notes(N_HELD_OUT, SAMPLE_RATE, seconds=1.0, split="test")
    return Kind("procedural notes", clips(training), clips(held_out))


def soundfont() -> Kind:
    from tinyaudio.data.soundfont import find_soundfont
    from tinyaudio.data.soundfont_notes import SoundfontNotes
    from tinyaudio.errors import DataError

    try:
        training = clips(SoundfontNotes(N_TRAINING, SAMPLE_RATE, seconds=1.0, split="train"))
        held_out = clips(SoundfontNotes(N_HELD_OUT, SAMPLE_RATE, seconds=1.0, split="test"))
    except DataError:  # no soundfont, or nothing that renders it
        return recorded_notes()
    return Kind(find_soundfont().name, training, held_out)


def recorded_notes() -> Kind:
    from tinyaudio.data import recorded
    from tinyaudio.data.instruments.families import FAMILIES
    from tinyaudio.data.soundfont_notes import TEST, VALID

    training, held_out = [], []
    for name in recorded.names("note"):
        one = recorded.recording(name)
        assert one.family
        labels = {"instrument_family": FAMILIES.index(one.family), "pitch": one.pitch}
        (held_out if one.program in TEST | VALID else training).append(encode(one.audio, labels))
    return Kind("recorded notes of the package", training, held_out)


def voices() -> Kind:
    from tinyaudio.data.voices import Voices

    training = Voices(N_TRAINING_VOICES, SAMPLE_RATE, "train")
    held_out = Voices(N_HELD_OUT_VOICES, SAMPLE_RATE, "test")
    return Kind("procedural voices", clips(training), clips(held_out))


def recorded() -> Kind:
    from tinyaudio.data import recorded as recordings
    from tinyaudio.data.speech_crops import HELD_OUT_SPEECH

    training, held_out = [], []
    for name in recordings.names("speech"):
        one = recordings.recording(name)
        assert one.sample_rate == SAMPLE_RATE
        (held_out if name in HELD_OUT_SPEECH else training).append(encode(one.audio, {}))
    return Kind("recorded speech of the package", training, held_out)


KINDS: dict[str, Callable[[], Kind]] = {
    "notes": notes,
    "soundfont": soundfont,
    "voices": voices,
    "recorded": recorded,
}

"""How many bits a sample do the shipped models need for sound they have not heard?

Four kinds of sound, all of it held out, 16 kHz, 256 mu-law codes:

notes       procedural notes of 1 s by instruments of the test split
soundfont   real instruments' notes of 1 s: instruments of the test split, from the soundfont that is
            installed; without one, the package's recorded notes of instruments held out
voices      procedural sentences by speakers of the test split
recorded    recorded speech: sentences held out, by speakers of whom others are in the training set

Each has
wavenet_bits         of the `checkpoint` that is named beside it; null where none ships
best_linear_bits     of one linear predictor of order 32 for all clips, the best that was found: amplitudes
                     or companded, plain or weighted least squares, Gaussian or logistic, global or
                     adaptive scale. All of it is fitted to and chosen on `training_seconds` of the
                     training set, the part of it that is of this kind, which favours the predictor
plain_linear_bits    of the best one with plain least squares, in which loud notes decide
adapted_linear_bits  of one whose coefficients are fitted to each clip that it scores: an oracle, no
                     rival, since they come from the samples they then foretell and cost nothing
uniform_bits         of knowing nothing
margin_bits          best_linear_bits less wavenet_bits, and its standard error over the clips

The same codes are scored, from the first sample on: before it all models see silence, so that those
with a long memory get no warm-up for nothing. The linear predictors are told nothing. The network is
told family and pitch of notes, where in its cycle their oscillator is, and how loud they are (7 bits
each every 256 samples, which are counted as if they were the sound's own); and phones and pitch of
procedural voices, of whose speakers it has heard none; of recorded speech it is told nothing.
`untold_bits` is the score on procedural voices without being told anything.

    python -m benchmarks.likelihood --json
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.command import parser
from benchmarks.linear_prediction import N_LEVELS, Predictor, tuned
from benchmarks.told import HOP_LENGTH, TOLD_BITS, Told, note, said

SAMPLE_RATE = 16_000
N_TRAINING, N_HELD_OUT = 128, 64  # notes of a second each
N_TRAINING_VOICES, N_HELD_OUT_VOICES = 64, 20  # sentences, two seconds on average
N_ADAPTED = 32  # training clips to choose the constants of the predictor that adapts

# Which checkpoint scores which kind: the first one that ships.
CHECKPOINTS: dict[str, tuple[str, ...]] = {
    "notes": ("wavenet-notes", "causal-notes"),
    "soundfont": ("wavenet-notes",),
    "voices": ("wavenet-speech",),
    "recorded": ("wavenet-speech",),
}


@dataclass(frozen=True)
class Clip:
    """The codes of a clip (T,), and what is known of it."""

    codes: np.ndarray
    fields: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """Sound to learn from and sound to be asked about, which share no instrument, speaker or sentence."""

    source: str
    training: list[Clip]
    held_out: list[Clip]


def clip(audio: Any, fields: dict[str, Any]) -> Clip:
    from tinyaudio.represent import mulaw

    codes = mulaw.encode(audio[0], N_LEVELS).numpy()
    # Whole frames of what the speech model is told.
    return Clip(codes[: len(codes) // HOP_LENGTH * HOP_LENGTH], fields)


def clips(dataset: Any) -> list[Clip]:
    return [clip(*dataset[i]) for i in range(len(dataset))]


def notes() -> Kind:
    from tinyaudio.data.notes import Notes

    training = Notes(N_TRAINING, SAMPLE_RATE, seconds=1.0, split="train")
    held_out = Notes(N_HELD_OUT, SAMPLE_RATE, seconds=1.0, split="test")
    return Kind("procedural notes", clips(training), clips(held_out))


def soundfont() -> Kind:
    from tinyaudio.data.soundfont import SoundfontNotes, find_soundfont
    from tinyaudio.errors import DataError

    try:
        training = clips(SoundfontNotes(N_TRAINING, "train", seconds=1.0))
        held_out = clips(SoundfontNotes(N_HELD_OUT, "test", seconds=1.0))
    except DataError:  # no soundfont, or nothing that renders it
        return recorded_notes()
    return Kind(find_soundfont().name, training, held_out)


def recorded_notes() -> Kind:
    from tinyaudio.data import recorded
    from tinyaudio.data.soundfont import FAMILIES, TEST, VALID

    training, held_out = [], []
    for name in recorded.names("note"):
        one = recorded.recording(name)
        fields = {"instrument_family": list(FAMILIES).index(one.family), "pitch": one.pitch}
        (held_out if one.program in TEST | VALID else training).append(clip(one.audio, fields))
    return Kind("recorded notes of the package", training, held_out)


def voices() -> Kind:
    from tinyaudio.data.voices import Voices

    training = Voices(N_TRAINING_VOICES, SAMPLE_RATE, "train")
    held_out = Voices(N_HELD_OUT_VOICES, SAMPLE_RATE, "test")
    return Kind("procedural voices", clips(training), clips(held_out))


def recorded() -> Kind:
    from tinyaudio.data import recorded as recordings
    from tinyaudio.recipes.spoken import HELD_OUT_SPEECH

    training, held_out = [], []
    for name in recordings.names("speech"):
        one = recordings.recording(name)
        assert one.sample_rate == SAMPLE_RATE
        (held_out if name in HELD_OUT_SPEECH else training).append(clip(one.audio, {}))
    return Kind("recorded speech of the package", training, held_out)


KINDS: dict[str, Callable[[], Kind]] = {
    "notes": notes,
    "soundfont": soundfont,
    "voices": voices,
    "recorded": recorded,
}


def shipped(kind: str) -> str | None:
    """The checkpoint that scores a kind of sound, if one ships."""
    from tinyaudio.checkpoints import SHIPPED

    return next((name for name in CHECKPOINTS[kind] if name in SHIPPED), None)


# What a checkpoint is told of a clip.
TOLD: dict[str, Told] = {
    "wavenet-notes": note,
    "wavenet-speech": said,
}


def network_bits(net: Any, held_out: Sequence[Clip], told: Told | None = None) -> list[np.ndarray]:
    """Bits for each sample of each clip, (T,) each.

    Args:
        net: Maps codes (1, T), and a condition if it is told anything, to logits (1, 256, T), column
            t from codes before t only.
        held_out: Clips.
        told: From a clip's fields and codes, what the network is told of it.
    """
    import torch
    from torch.nn import functional as F

    found = []
    for one in held_out:
        codes = torch.from_numpy(one.codes)[None]
        known = [told(one.fields, codes)] if told else []
        with torch.inference_mode():
            logits = net(codes, *known)
            assert logits.shape[1] == N_LEVELS, "bits of other levels cannot be compared"
            lengths = F.cross_entropy(logits, codes, reduction="none")[0] / math.log(2)
        found.append(lengths.double().numpy() + (TOLD_BITS if told is note else 0.0))
    return found


def linear_bits(held_out: Sequence[Clip], predictor: Predictor, adapt: bool) -> list[np.ndarray]:
    """Bits for each sample of each clip, (T,) each."""
    return [
        (predictor.fitted_to([one.codes]) if adapt else predictor).code_lengths(one.codes)
        for one in held_out
    ]


def mean(lengths: Sequence[np.ndarray]) -> float:
    """Bits a sample over all clips."""
    return round(float(np.concatenate(lengths).mean()), 3)


def compare(kind: Kind, net: Any, told: Told | None = None) -> dict[str, Any]:
    """What a network, if there is one, and the linear predictors need for the same clips."""
    training = [one.codes for one in kind.training]
    candidates = tuned(training)
    best, plain = candidates[0], next(one for one in candidates if not one.weighted)
    adapted = tuned(training[:N_ADAPTED], adapt=True)[0]
    by_best = linear_bits(kind.held_out, best, adapt=False)
    by_net = network_bits(net, kind.held_out, told) if net else None
    found: dict[str, Any] = {
        "wavenet_bits": mean(by_net) if by_net else None,
        "best_linear_bits": mean(by_best),
        "plain_linear_bits": mean(linear_bits(kind.held_out, plain, adapt=False)),
        "adapted_linear_bits": mean(linear_bits(kind.held_out, adapted, adapt=True)),
        "uniform_bits": math.log2(N_LEVELS),
        "margin_bits": None,
        "margin_standard_error": None,
    }
    if by_net:
        margins = [float((b - n).mean()) for b, n in zip(by_best, by_net, strict=True)]
        found["margin_bits"] = round(found["best_linear_bits"] - found["wavenet_bits"], 3)
        found["margin_standard_error"] = round(
            float(np.std(margins, ddof=1)) / math.sqrt(len(margins)), 3
        )
    return found | {
        "best_linear": str(best),
        "plain_linear": str(plain),
        "adapted_linear": str(adapted),
        "source": kind.source,
        "clips": len(kind.held_out),
        "seconds": round(sum(len(one.codes) for one in kind.held_out) / SAMPLE_RATE, 1),
        "training_seconds": round(sum(map(len, training)) / SAMPLE_RATE, 1),
    }


def measure() -> dict[str, Any]:
    import torch

    from tinyaudio.checkpoints import pretrained

    torch.set_num_threads(1)
    found = {}
    for name, make in KINDS.items():
        checkpoint = shipped(name)
        net = pretrained(checkpoint) if checkpoint else None
        told = TOLD.get(checkpoint or "")
        kind = make()
        found[name] = {"checkpoint": checkpoint, **compare(kind, net, told)}
        if name == "voices" and net:
            untold = [Clip(one.codes, {}) for one in kind.held_out]
            found[name]["untold_bits"] = mean(network_bits(net, untold, told))
    return found


def main() -> None:
    options = parser("likelihood", __doc__).parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    for kind, values in found.items():
        print(kind)
        for name, value in values.items():
            print(f"  {name:22} {'-' if value is None else value}")


if __name__ == "__main__":
    main()

"""Does a WaveNet autoencoder rebuild a note from its latents, and what lies between two notes' latents?

Notes are by instruments of the test split, which no training had, through mu-law; nothing was chosen on them.
Rows of ``reconstruction``:

autoencoder       `wavenet-autoencoder`, or --run: the note from its latents, and its pitch if the run takes it
zero_latents      the same decoder, given zeros
wavenet_notes     `wavenet-notes`, or --classes-run: a WaveNet that is given family and pitch and no latents
other_instrument  control: the same note by another instrument of its family, all that family and pitch can tell
noise             control: white noise with the note's mel levels, frame by frame

and their keys:

pitch               share of notes of which the pitch is within 30 cents of the original's
harmonics_error_db  distance of the harmonics of the held key from the original's, `tinyaudio.metrics.timbre`
log_mel_db          distance of the whole second from the original, `tinyaudio.metrics.spectral`
level_course        correlation of the level with the original's, in dB, every 32 ms: whether it begins, swells
                    and ends as the original does; 0 if it does not change
bits_per_sample     of the original, given what the row is given; networks only

``interpolation`` goes from one instrument to one of another family at the same pitch.  Rows:

autoencoder       decoded from latents on the line between theirs
crossfade         control: the weighted sum of the two sounds
additive          control: harmonics at levels on the line between theirs, in dB, and nothing else

each at a mix of 0, 0.25, 0.5, 0.75 and 1, with pitch as above and

from_first_db, from_second_db   distance of the harmonics from either end's
from_between_db                 distance from the levels on the line between them, in dB

    python -m benchmarks.timbre --json
    python -m benchmarks.timbre --run runs/mine --notes 12
"""

import json
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.asked_pitch import (
    KEYWORDS,
    TEMPERATURE,
    WITHIN_CENTS,
    Note,
    asked,
    generated,
    harmonic_tone,
    levels_of,
    off_cents,
    real,
)
from benchmarks.command import generate_with, one_line_errors, parser
from benchmarks.conversion import table
from benchmarks.timbre_scores import Autoencoder, bits_of, compared
from benchmarks.vocoder_ways import FrontEnd

RUN, CLASSES_RUN = "wavenet-autoencoder", "wavenet-notes"
N_NOTES, N_PITCHES = 75, 5
MIXES = (0.0, 0.25, 0.5, 0.75, 1.0)


def noise_like(clip: Any, rate: int) -> Any:
    """White noise with the mel levels of a clip."""
    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT

    return FrontEnd(rate, N_FFT, HOP_LENGTH).noise_with_levels(clip[None])[0]


def reconstruction(
    model: Autoencoder, classes_run: Any, notes: Sequence[Note], rate: int, velocity: int
) -> dict[str, Any]:
    """All rows of it."""
    originals = real(notes, rate, "test", 0, velocity)
    latents = [model.encode(clip) for clip in originals]
    zeros = [0 * one for one in latents]

    def decoded(given: Sequence[Any]) -> list[Any]:
        return [
            model.decode(z, pitch, len(clip), i)
            for i, (z, clip, (_, pitch)) in enumerate(zip(given, originals, notes, strict=True))
        ]

    made = {
        "autoencoder": decoded(latents),
        "zero_latents": decoded(zeros),
        "wavenet_notes": generated(classes_run, notes, model.temperature, 0),
        "other_instrument": real(notes, rate, "test", 1, velocity),
        "noise": [noise_like(clip, rate) for clip in originals],
    }
    rows = {name: compared(clips, originals, notes, rate) for name, clips in made.items()}
    rows["autoencoder"]["bits_per_sample"] = round(model.bits(originals, latents, notes), 3)
    rows["zero_latents"]["bits_per_sample"] = round(model.bits(originals, zeros, notes), 3)
    rows["wavenet_notes"]["bits_per_sample"] = round(class_bits(classes_run, originals, notes), 3)
    return rows


def class_bits(run: Any, clips: Sequence[Any], notes: Sequence[Note]) -> float:
    """Mean bits a sample of notes by a WaveNet that is given their family and pitch."""
    from tinyaudio.recipes.nll import NLL

    classes = [{"classes": run.config.notes.classes(*note)} for note in notes]
    return bits_of(NLL(run.models["net"]), clips, classes)


# ---------------------------------------------------------------------------- interpolation

Between = Callable[[int, Any, Any, float], Any]  # pitch, both ends and the mix to a clip


def pairs(notes: Sequence[Note], n_pitches: int) -> list[tuple[Note, Note]]:
    """Two families each at pitches that both play, evenly spread."""
    families = sorted({family for family, _ in notes})
    found = []
    for i, first in enumerate(families):
        for second in families[i + 1 :]:
            both = sorted(
                {p for f, p in notes if f == first} & {p for f, p in notes if f == second}
            )
            for pitch in spread(both, n_pitches):
                found.append(((first, pitch), (second, pitch)))
    return found


def spread(items: Sequence[Any], n: int) -> list[Any]:
    """At most n of a sequence, evenly spread from its first to its last."""
    n = min(n, len(items))
    return [items[round(i * (len(items) - 1) / max(n - 1, 1))] for i in range(n)]


def interpolation(
    ways: dict[str, Between], both: Sequence[tuple[Note, Note]], rate: int, velocity: int
) -> dict[str, Any]:
    """All rows of it, each by mix."""
    from tinyaudio.metrics.timbre import harmonics_distance

    ends = [real(pair, rate, "test", 0, velocity) for pair in both]
    rows: dict[str, Any] = {name: {} for name in ways}
    for name, way in ways.items():
        for mix in MIXES:
            made = [way(pitch, *end, mix) for ((_, pitch), _), end in zip(both, ends, strict=True)]
            found: dict[str, list[float]] = {}
            for clip, (first, second), ((_, pitch), _) in zip(made, ends, both, strict=True):
                levels, a, b = (levels_of(one, pitch, rate) for one in (clip, first, second))
                scores = {
                    "pitch": float(abs(off_cents(clip, pitch, rate)) <= WITHIN_CENTS),
                    "from_first_db": harmonics_distance(levels, a),
                    "from_second_db": harmonics_distance(levels, b),
                    "from_between_db": harmonics_distance(levels, (1 - mix) * a + mix * b),
                }
                for key, score in scores.items():
                    found.setdefault(key, []).append(score)
            rows[name][f"{mix:g}"] = {
                key: round(statistics.mean(values), 3) for key, values in found.items()
            }
    return rows


def ways_between(model: Autoencoder, rate: int) -> dict[str, Between]:
    """The network, and what goes without one."""
    from tinyaudio.samplers.encoded import interpolate

    def by_latents(pitch: int, a: Any, b: Any, mix: float) -> Any:
        between = interpolate(model.encode(a), model.encode(b), mix)
        return model.decode(between, pitch, len(a), pitch)

    def additive(pitch: int, a: Any, b: Any, mix: float) -> Any:
        one, other = (levels_of(clip, pitch, rate) for clip in (a, b))
        return harmonic_tone(pitch, (1 - mix) * one + mix * other, rate)

    return {
        "autoencoder": by_latents,
        "crossfade": lambda pitch, a, b, mix: (1 - mix) * a + mix * b,
        "additive": additive,
    }


def measure(
    run: Any, classes_run: Any, temperature: float, n_notes: int, n_pitches: int
) -> dict[str, Any]:
    import torch

    from tinyaudio.errors import UserError

    torch.set_num_threads(1)
    model = Autoencoder(run, temperature)
    generate_with(classes_run, KEYWORDS)
    rate, velocity = run.config.sample_rate, run.config.notes.velocities[-1]
    if classes_run.config.sample_rate != rate:
        raise UserError(
            f"--classes-run: at {classes_run.config.sample_rate} Hz, and --run at {rate} Hz;"
            " give two of one rate"
        )
    notes = asked(run.config.notes)
    return {
        "temperature": temperature,
        "notes": min(n_notes, len(notes)),
        "reconstruction": reconstruction(
            model, classes_run, spread(notes, n_notes), rate, velocity
        ),
        "interpolation": interpolation(
            ways_between(model, rate), pairs(notes, n_pitches), rate, velocity
        ),
    }


def main() -> None:
    options = parser("timbre", __doc__)
    options.add_argument("--run", default=RUN, help=f"of wavenet-autoencoder (default: {RUN})")
    options.add_argument(
        "--classes-run", default=CLASSES_RUN, help=f"of wavenet (default: {CLASSES_RUN})"
    )
    options.add_argument(
        "--temperature", type=float, default=TEMPERATURE, help="of sampling (default: %(default)s)"
    )
    options.add_argument("--notes", type=int, default=N_NOTES, help="at most (default: 75)")
    options.add_argument(
        "--pitches", type=int, default=N_PITCHES, help="of each two families (default: 5)"
    )
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.checkpoints import open_run

        runs = open_run(given.run), open_run(given.classes_run)
        found = measure(*runs, given.temperature, given.notes, given.pitches)
    if given.json:
        print(json.dumps(found))
        return
    for name in ("reconstruction", "interpolation"):
        print(name)
        table(found[name], "  ")


if __name__ == "__main__":
    main()

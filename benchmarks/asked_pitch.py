"""Does a WaveNet that is conditioned on family and pitch play the note that is asked for, and sound like it?

75 notes: every pitch that the run was trained on (at most 25, evenly spread), of each of its families. One
draw a note, at one temperature, which was fixed on validation seeds. Beside them, at the run's sample rate
and through mu-law:

real            the same notes by an instrument of the family that training did not have (test split)
mean_harmonics  control without a network: a steady sum of harmonics, each at the mean level that the family's
                training instruments have there; the best that one sound for all instruments can do
sawtooth        control: the pitch exactly, and no family at all

A row has
pitch                 share of notes whose pitch, the median of the voiced frames of pYIN, is within 30 cents
level_db              mean power of the held key, in dB of full scale
harmonics_error_db    distance of the harmonics from the mean of the family's four test instruments at that
                      pitch, `tinyaudio.metrics.timbre`
harmonics_error_other_family_db  the same from the mean of every other family; a sound of its family is nearer
                      to the former
spread_db             distance of the harmonics of two draws of the same note, of two instruments for real ones:
                      0 is always the same sound

and above the table, of the worse run if several are given,
pitch_of_real         pitch over that of real
level_minus_real_db, harmonics_error_db, harmonics_error_other_family_db

    python -m benchmarks.asked_pitch --json
    python -m benchmarks.asked_pitch --run wavenet-notes runs/another-seed
    python -m benchmarks.asked_pitch --validation --temperature 1 0.9 0.8

The last one has other seeds and, for real notes, the instruments of the validation split, so that a
temperature can be chosen.
"""

import json
import math
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.command import RUN, generate_with, one_line_errors, open_runs, parser

DEFAULT_RUN = "wavenet-notes"
TEMPERATURE = 0.85  # the best pitch of 1, 0.85 and 0.7 by --validation
WITHIN_CENTS = 30
MOST_PITCHES = 25
HELD_S = (0.2, 0.7)  # of a second: after the onset, before the release
KEYWORDS = ("family", "pitch")  # of `generate`
Note = tuple[str, int]  # family and pitch


def asked(selection: Any) -> list[Note]:
    """The notes: pitches evenly spread over what each family plays."""
    from tinyaudio.data.notes import Notes

    notes = []
    for family in selection.families:
        low, high = Notes(1, families=(family,), pitches=selection.pitches).pitch_range(family)
        n = min(MOST_PITCHES, high - low + 1)
        step = (high - low) / max(n - 1, 1)
        notes += [(family, round(low + i * step)) for i in range(n)]
    return notes


# ---------------------------------------------------------------------------- ways to play


def generated(run: Any, notes: Sequence[Note], temperature: float, seed: int) -> list[Any]:
    """A second of each note by a run, each with a seed of its own."""
    import torch

    generate = generate_with(run, KEYWORDS)
    clips = []
    for i, (family, pitch) in enumerate(notes):
        pieces = generate(
            run.config,
            run.models,
            seconds=1.0,
            seeds=(seed + i,),
            temperature=temperature,
            family=family,
            pitch=pitch,
        )
        clips.append(torch.cat([*pieces], dim=2)[0, 0])
    return clips


def real(notes: Sequence[Note], rate: int, split: str, which: int, velocity: int) -> list[Any]:
    """Each note by an instrument that training did not have, through mu-law."""
    from tinyaudio.data.notes import SPLITS, note
    from tinyaudio.represent import mulaw

    clips = []
    for i, (family, pitch) in enumerate(notes):
        instrument = SPLITS[split][(i + which) % len(SPLITS[split])]
        clip = note(family, instrument, pitch, velocity, sample_rate=rate, seconds=1.0)[0]
        clips.append(mulaw.decode(mulaw.encode(clip)))
    return clips


def mean_harmonics(notes: Sequence[Note], rate: int, velocity: int) -> list[Any]:
    """Each note as a steady sum of harmonics at the mean levels of the training instruments."""
    return [
        harmonic_tone(note[1], mean_levels(note, rate, "train", velocity), rate) for note in notes
    ]


def sawtooth(notes: Sequence[Note], rate: int) -> list[Any]:
    """The pitch exactly, and the same timbre for every family: harmonic h has the amplitude 1 / h."""
    import torch

    levels = -20 * torch.log10(torch.arange(1.0, 11))
    return [harmonic_tone(pitch, levels, rate) for _, pitch in notes]


def harmonic_tone(pitch: int, levels: Any, rate: int) -> Any:
    """A second of harmonics at these levels in dB, as loud as full scale less 10 dB."""
    import torch

    from tinyaudio.audio.pitch import midi_to_hz

    hz, t = midi_to_hz(pitch), torch.arange(rate) / rate
    n = min(len(levels), int(rate / 2 / hz))
    waves = [
        10 ** (levels[h - 1] / 20) * torch.sin(2 * math.pi * h * hz * t) for h in range(1, n + 1)
    ]
    wave = torch.stack(waves).sum(0)
    return wave * 10 ** (-10 / 20) / wave.square().mean().sqrt()


# ---------------------------------------------------------------------------- measures


def held(clip: Any, rate: int) -> Any:
    """The part of a second in which the key is held and the onset is over."""
    begin, end = (round(s * rate) for s in HELD_S)
    return clip[begin:end]


def off_cents(clip: Any, pitch: int, rate: int) -> float:
    """Distance from the pitch that was asked for; infinite where nothing is voiced."""
    from tinyaudio.metrics.pitch import f0_track, midi_to_hz, note_hz

    hz = midi_to_hz(pitch)
    wide = {"low_hz": min(100.0, hz / 2), "high_hz": max(1_100.0, min(1.5 * hz, rate / 2))}
    found = note_hz(f0_track(clip[: round(0.72 * rate)], rate, hop_length=rate // 64, **wide))
    return math.inf if math.isnan(found) else 1200 * math.log2(found / hz)


def levels_of(clip: Any, pitch: int, rate: int) -> Any:
    from tinyaudio.metrics.pitch import midi_to_hz
    from tinyaudio.metrics.timbre import harmonic_levels

    return harmonic_levels(held(clip, rate), midi_to_hz(pitch), rate)


def mean_levels(note: Note, rate: int, split: str, velocity: int) -> Any:
    """Mean harmonic levels of a family's instruments of a split at a pitch."""
    import torch

    from tinyaudio.data.notes import SPLITS

    found = [
        levels_of(real([note], rate, split, which, velocity)[0], note[1], rate)
        for which in range(min(len(SPLITS[split]), 8))
    ]
    return torch.stack(found).mean(0)


def row(clips: list[Any], again: list[Any], notes: list[Note], rate: int, means: Any) -> Any:
    """One line of the table.

    Args:
        clips: One of each note.
        again: Another one of each, for the spread.
        notes: What was asked for.
        rate: Sample rate in Hz.
        means: Mean harmonic levels of the reference, by family and pitch; None where it does not play it.
    """
    from tinyaudio.metrics.timbre import harmonics_distance

    own, other, spread = [], [], []
    for clip, second, (family, pitch) in zip(clips, again, notes, strict=True):
        levels = levels_of(clip, pitch, rate)
        spread.append(harmonics_distance(levels, levels_of(second, pitch, rate)))
        own.append(harmonics_distance(levels, means[family, pitch]))
        others = [means[f, p] for f, p in means if p == pitch and f != family]
        other += [harmonics_distance(levels, one) for one in others]
    off = [off_cents(clip, pitch, rate) for clip, (_, pitch) in zip(clips, notes, strict=True)]
    power = statistics.mean(float(held(clip, rate).square().mean()) for clip in clips)
    return {
        "notes": len(notes),
        "pitch": round(sum(abs(o) <= WITHIN_CENTS for o in off) / len(off), 3),
        "level_db": round(10 * math.log10(power + 1e-12), 2),
        "harmonics_error_db": round(statistics.mean(own), 2),
        "harmonics_error_other_family_db": round(statistics.mean(other), 2) if other else None,
        "spread_db": round(statistics.mean(spread), 2),
    }


def measure(
    places: Sequence[str] = (DEFAULT_RUN,),
    temperatures: Sequence[float] = (TEMPERATURE,),
    validation: bool = False,
) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    runs = open_runs(places)
    for run in runs.values():
        generate_with(run, KEYWORDS)  # refuse before anything is measured
    config = next(iter(runs.values())).config
    rate, velocity = config.sample_rate, config.notes.velocities[-1]
    notes, split, seed = asked(config.notes), "test", 0
    if validation:
        split, seed = "valid", 10_000
    means = {note: mean_levels(note, rate, split, velocity) for note in notes}

    def scored(clips: list[Any], again: list[Any]) -> dict[str, Any]:
        return row(clips, again, notes, rate, means)

    steady = mean_harmonics(notes, rate, velocity)
    rows = {
        "real": scored(*(real(notes, rate, split, which, velocity) for which in (0, 1))),
        "mean_harmonics": scored(steady, steady),
        "sawtooth": scored(*2 * [sawtooth(notes, rate)]),
    }
    for place, run in runs.items():
        for temperature in temperatures:
            pair = [generated(run, notes, temperature, seed + draw) for draw in (0, 1_000)]
            rows[f"{place}_at_{temperature:g}"] = scored(*pair)
    networks = [found for name, found in rows.items() if "_at_" in name]
    worse = min(networks, key=lambda found: found["pitch"])
    return {
        "runs": list(runs),
        "within_cents": WITHIN_CENTS,
        "pitch_of_real": round(worse["pitch"] / rows["real"]["pitch"], 3),
        "level_minus_real_db": round(worse["level_db"] - rows["real"]["level_db"], 2),
        "harmonics_error_db": worse["harmonics_error_db"],
        "harmonics_error_other_family_db": worse["harmonics_error_other_family_db"],
        "rows": rows,
    }


def main() -> None:
    options_of = parser("asked_pitch", __doc__)
    options_of.add_argument(
        "--run",
        nargs="+",
        default=[DEFAULT_RUN],
        metavar="RUN",
        help=f"{RUN} (default: {DEFAULT_RUN})",
    )
    options_of.add_argument(
        "--temperature",
        nargs="+",
        type=float,
        default=[TEMPERATURE],
        help="of sampling (default: %(default)s)",
    )
    options_of.add_argument("--validation", action="store_true", help="seeds to choose by")
    options = options_of.parse_args()
    with one_line_errors():
        found = measure(options.run, options.temperature, options.validation)
    if options.json:
        print(json.dumps(found))
        return
    columns = list(found["rows"]["real"])
    width = max(map(len, found["rows"])) + 2
    print(" " * width + "".join(f"{name:>{len(name) + 2}}" for name in columns))
    for name, values in found["rows"].items():
        cells = "".join(
            f"{values[c] if values[c] is not None else '-':>{len(c) + 2}}" for c in columns
        )
        print(f"{name:{width}}{cells}")
    for name in ("pitch_of_real", "level_minus_real_db"):
        print(f"{name}: {found[name]}")


if __name__ == "__main__":
    main()

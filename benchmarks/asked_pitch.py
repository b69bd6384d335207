"""Does a network that is told a pitch play it?

For every family of instruments, eight pitches spread over its range are asked of `wavenet-notes`, each
with three seeds, a second long, at a temperature that was chosen on other pitches and seeds. A note is
made as `tinyaudio generate` makes it, the mean of eight draws that keep step with one oscillator. It is
right if its pitch, the median over the voiced frames of an estimator that nothing here has trained, lies
within 30 cents of what was asked. Real notes at the same pitches say what the estimator can hear:
strikes, breath and bells mislead it.

generated     share of generated notes that are right
one_draw      the same, of the first of the eight draws as it is
procedural    share of procedural notes by the four instruments of the test split, same pitches
soundfont     share of notes by the instruments held out of the soundfont that is installed, those of
              the pitches that they play; null where there is no soundfont
ratio         generated over procedural, and ratio_soundfont over soundfont; the target is 0.9
ratio_one_draw  one_draw over procedural
octave_free   the first share, if errors of whole octaves are forgiven
off_cents     median distance from the pitch asked, of generated notes with any pitch

    python -m benchmarks.asked_pitch --json

    python -m benchmarks.asked_pitch --validation --temperature 0.8

asks for those other pitches, a semitone higher, so that a temperature can be chosen.
"""

import json
import math
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.command import parser

SAMPLE_RATE = 16_000
WITHIN_CENTS = 30
TARGET = 0.9
N_PITCHES, N_SEEDS = 8, 3
LOW_HZ, HIGH_HZ = 30, 1_100  # around the MIDI pitches 24 to 84, whatever was asked
HOP_LENGTH = 512  # a note holds its pitch, so that a look every 32 ms will do
CHECKPOINT = "wavenet-notes"
TEMPERATURE = 0.7


def asked(family: str, validation: bool = False) -> list[int]:
    """Pitches evenly spread over what a family plays, and over what the network has learned."""
    from tinyaudio.data.notes import Notes

    low, high = Notes(1, families=(family,)).pitch_range(family)
    pitches = [round(low + (high - low) * i / (N_PITCHES - 1)) for i in range(N_PITCHES)]
    return [pitch + 1 for pitch in pitches[:-1]] if validation else pitches


def generated(
    net: Any, family: str, temperature: float, validation: bool = False
) -> tuple[list[tuple[Any, int]], list[tuple[Any, int]]]:
    """Notes (T,) of a network, each with the pitch that it was asked for: means of draws, and one draw each."""
    import torch

    from tinyaudio.models.condition import Condition
    from tinyaudio.recipes.wavenet import condition_of
    from tinyaudio.samplers.mean import stream_draws

    pitches = [pitch for pitch in asked(family, validation) for _ in range(N_SEEDS)]
    first = 1_000 if validation else 0
    seeds = range(first, first + len(pitches))
    told = [condition_of(family, pitch, SAMPLE_RATE, SAMPLE_RATE) for pitch in pitches]
    pieces = stream_draws(net, Condition.together(told), SAMPLE_RATE, seeds, temperature)
    draws = torch.cat(list(pieces), dim=2)  # (B, D, T)
    means, ones = (list(zip(notes, pitches, strict=True)) for notes in (draws.mean(1), draws[:, 0]))
    return means, ones


def procedural(family: str, validation: bool = False) -> list[tuple[Any, int]]:
    """Notes (T,) by instruments of a family that no training has heard, four a split."""
    from tinyaudio.data.notes import SPLITS, note

    return [
        (note(family, index, pitch, sample_rate=SAMPLE_RATE, seconds=1.0)[0], pitch)
        for pitch in asked(family, validation)
        for index in SPLITS["valid" if validation else "test"]
    ]


def soundfont(family: str) -> list[tuple[Any, int]]:
    """Notes (T,) by real instruments of a family, as far as they play what is asked."""
    from tinyaudio.data.soundfont import FAMILIES, SILENT, TEST, VALID, render_note

    programs, playable = FAMILIES[family]
    notes = [
        (render_note(program, pitch, seconds=1.0, sample_rate=SAMPLE_RATE)[0], pitch)
        for pitch in asked(family)
        if pitch in playable
        for program in programs
        if program in TEST | VALID
    ]
    return [(clip, pitch) for clip, pitch in notes if clip.abs().max() > SILENT]


def off_cents(notes: Sequence[tuple[Any, int]]) -> list[float]:
    """How far each note is from the pitch asked; infinitely where it has none."""
    from tinyaudio.metrics.pitch import f0_track, midi_to_hz, note_hz

    found = []
    for clip, pitch in notes:
        track = f0_track(clip, SAMPLE_RATE, low_hz=LOW_HZ, high_hz=HIGH_HZ, hop_length=HOP_LENGTH)
        hz = note_hz(track)
        found.append(math.inf if math.isnan(hz) else 1200 * math.log2(hz / midi_to_hz(pitch)))
    return found


def share(off: Sequence[float], octave_free: bool = False) -> float | None:
    """Share of notes that are right; None of none."""
    if octave_free:
        off = [o - 1200 * round(o / 1200) if math.isfinite(o) else o for o in off]
    return round(sum(abs(o) <= WITHIN_CENTS for o in off) / len(off), 3) if off else None


def ratio(ours: float | None, theirs: float | None) -> float | None:
    return round(ours / theirs, 3) if ours is not None and theirs else None


def row(
    ours: list[float], one: list[float], real: list[float], sampled: list[float]
) -> dict[str, Any]:
    """What is said of a family: cents off of generated notes, single draws, procedural and soundfont notes."""
    voiced = [abs(o) for o in ours if math.isfinite(o)]
    return {
        "notes": len(ours),
        "generated": share(ours),
        "one_draw": share(one),
        "procedural": share(real),
        "soundfont": share(sampled),
        "ratio": ratio(share(ours), share(real)),
        "ratio_one_draw": ratio(share(one), share(real)),
        "ratio_soundfont": ratio(share(ours), share(sampled)),
        "octave_free": share(ours, octave_free=True),
        "off_cents": round(statistics.median(voiced), 1) if voiced else None,
    }


def measure(temperature: float = TEMPERATURE, validation: bool = False) -> dict[str, Any]:
    import torch
    from tqdm.auto import tqdm

    from tinyaudio.checkpoints import pretrained
    from tinyaudio.data.instruments.families import FAMILIES
    from tinyaudio.data.soundfont import find_soundfont
    from tinyaudio.errors import DataError
    from tinyaudio.samplers.mean import DRAWS

    torch.set_num_threads(1)
    net = pretrained(CHECKPOINT)
    font: str | None
    try:
        font = find_soundfont().name
        soundfont("keyboard")
    except DataError:  # no soundfont, or nothing that renders it
        font = None
    off = {
        family: (
            *map(off_cents, generated(net, family, temperature, validation)),
            off_cents(procedural(family, validation)),
            off_cents(soundfont(family) if font and not validation else []),
        )
        for family in tqdm(FAMILIES, disable=None, delay=2)
    }
    families = {family: row(*distances) for family, distances in off.items()}
    ratios = {family: found["ratio"] or 0.0 for family, found in families.items()}
    return {
        "checkpoint": CHECKPOINT,
        "temperature": temperature,
        "draws": DRAWS,
        "within_cents": WITHIN_CENTS,
        "target": TARGET,
        "soundfont": font,
        "families": families,
        "all": row(
            *([o for mine in kind for o in mine] for kind in zip(*off.values(), strict=True))
        ),
        "lowest_ratio": min(ratios.values()),
        "below_target": [family for family, found in ratios.items() if found < TARGET],
    }


def main() -> None:
    options_of = parser("asked_pitch", __doc__)
    options_of.add_argument(
        "--temperature",
        type=float,
        default=TEMPERATURE,
        help=f"of the draws; default {TEMPERATURE:g}",
    )
    options_of.add_argument("--validation", action="store_true", help="pitches to choose by")
    options = options_of.parse_args()
    found = measure(options.temperature, options.validation)
    if options.json:
        print(json.dumps(found))
        return
    columns = list(found["all"])
    print(f"{'':12}" + "".join(f"{name:>17}" for name in columns))
    for family, values in [*found["families"].items(), ("all", found["all"])]:
        cells = ["-" if values[name] is None else values[name] for name in columns]
        print(f"{family:12}" + "".join(f"{cell:>17}" for cell in cells))
    print(f"below the target of {TARGET}: {', '.join(found['below_target']) or 'none'}")


if __name__ == "__main__":
    main()

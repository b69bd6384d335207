"""How well does the pitch classifier hear, on procedural instruments it never heard, and on real ones?

Notes of a second, from their onset, of all families and of MIDI pitches from 24 to 84:

held_out   procedural notes of the test split, whose instruments training did not have
soundfont  notes of real instruments, rendered from the soundfont that is installed; training had none of them

Each has
accuracy          share of notes whose likeliest pitch is the nominal one
accuracy_interval its Wilson interval of 95 %
octave_accuracy   share in which it is the nominal one or octaves away from it.  An organ whose stops are an
                  octave lower, or harmonics on a guitar, have a nominal pitch that is a matter of convention
entropy           mean entropy of the probabilities in nats; ln 61 = 4.11 would be ignorance
families          accuracy by family

    python -m benchmarks.pitch_classifier --json
"""

import json
from typing import Any

from benchmarks.command import RUN, one_line_errors, parser
from benchmarks.translation_scores import interval

DEFAULT_RUN = "pitch-classifier"
N_NOTES = 1_000
RATE, N_SAMPLES, SECONDS = 16_000, 16_384, 1.024


def scored(net: Any, notes: Any) -> dict[str, Any]:
    """Metrics of one data set."""
    import torch

    from tinyaudio.metrics.pitch_classification import pitch_entropy
    from tinyaudio.models.pitch_classifier import pitch_classes

    items = [notes[i] for i in range(len(notes))]
    clips = torch.stack([item["audio"][:, :N_SAMPLES] for item in items])
    answers = torch.cat([net.probabilities(some) for some in clips.split(100)])
    off = answers.argmax(1) - pitch_classes(torch.tensor([item["pitch"] for item in items]))
    right = (off == 0).double()
    families = [item["instrument_family_str"] for item in items]
    by_family = {
        one: right[torch.tensor([name == one for name in families])] for one in sorted({*families})
    }
    low, high = interval(int(right.sum()), len(items))
    return {
        "notes": len(items),
        "accuracy": round(right.mean().item(), 3),
        "accuracy_interval": [round(low, 3), round(high, 3)],
        "octave_accuracy": round((off % 12 == 0).double().mean().item(), 3),
        "entropy": round(pitch_entropy(answers).item(), 3),
        "families": {name: round(one.mean().item(), 2) for name, one in by_family.items()},
    }


def measure(run: Any, n: int) -> dict[str, Any]:
    from tinyaudio.data.notes import Notes
    from tinyaudio.data.soundfont import find_soundfont
    from tinyaudio.data.soundfont_notes import SoundfontNotes
    from tinyaudio.models.pitch_classifier import PitchClassifier
    from tinyaudio.recipe import network

    net = network(run.models, "net", PitchClassifier)
    return {
        "held_out": scored(net, Notes(n, RATE, SECONDS, "test")),
        "soundfont": {
            "file": find_soundfont().name,
            **scored(net, SoundfontNotes(n, RATE, SECONDS)),
        },
    }


def main() -> None:
    options = parser("pitch_classifier", __doc__)
    options.add_argument("--run", default=DEFAULT_RUN, help=f"{RUN} (default: {DEFAULT_RUN})")
    options.add_argument("--notes", type=int, default=N_NOTES, help=f"a row (default: {N_NOTES})")
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.checkpoints import open_run

        found = measure(open_run(given.run), given.notes)
    if given.json:
        print(json.dumps(found))
        return
    for name, row in found.items():
        print(f"{name:10}", "  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()

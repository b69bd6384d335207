"""How good are generated notes?  GANSynth, its variants and baselines, by the metrics of its paper and others.

All rows are notes of nearly a second (15,872 samples at 16 kHz) by five families (brass, guitar, keyboard,
organ, string) at the 24 MIDI pitches from 48 to 71: waveforms that are analysed again, whatever made them.  The
reference are notes of the test split, whose instruments no training had and on which nothing was chosen; as
many are compared with it, and generated notes are asked for at the reference's pitches.

real           other notes by the training instruments
real_held_out  other notes by the test instruments: what a perfect generator of them would have
real_image     the latter through GANSynth's images (32 x 256, up to 4 kHz) and back: what those cost
mean_note      control without a network: the mean log magnitude of a pitch's training notes, with the
               instantaneous frequency that is expected of the pitch
pca_gaussian   control likewise: draws from a Gaussian over 24 principal components of these log magnitudes
gansynth       the small GANSynth, with a harmonic template; of several runs, the one with the worst fd_spectrum
no_template    without it, trained as long
if, phase, if_mel   without it, for a quarter of the steps, by the kind of image
paper_loss     as `if`, with the paper's loss
wavegan, wavenet   of waveforms, for about as long as these

Each row without a run is null.  Their keys:

ndb                   of k = 50 clusters of the training notes' log spectra, how many have another share of the
                      notes; 2.5 (deviation 1.6) by chance, more of other instruments than in training
fid                   Fréchet distance from the reference of the pitch classifier's last hidden layer
fd_spectrum           of the 32 principal components of log-mel spectra up to 4 kHz, in squared dB
fd_spectrum_8_khz     likewise up to 8 kHz, where the images hold nothing
inception_score       of the pitch classifier: 1 to 24, if no pitch is heard that nobody asked for
coverage, precision   share of the reference's notes with a generated one as near as their 5th real neighbour,
                      and of generated notes that lie among the reference's
nearest_train_ratio   median distance from the nearest training note over that of the reference; 0 are copies
pitch_accuracy_of_real, pitch_accuracy_interval   share of notes in which the classifier hears the pitch that
                      was asked for, over the reference's, with Wilson's interval of 95 %; null without one
pitch_entropy         of the classifier's probabilities, in nats
diversity_of_real     spread of the log spectra at one pitch, over the reference's

`speed` has the seconds of one note and of 64 together, and those of this project's
WaveNet for the same notes over them, naive, cached and native, beside the paper's 53,880.

    python -m benchmarks.gansynth --json
    python -m benchmarks.gansynth --gansynth gansynth-small runs/second-seed --no-template runs/plain
    python -m benchmarks.gansynth --validation --gansynth runs/mine

The last one takes the validation split, so that a setting can be chosen.
"""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.command import generate_with, one_line_errors, optional_run, parser
from benchmarks.gansynth_controls import N_DIRECTIONS, Magnitudes
from benchmarks.gansynth_scores import RATE, NoteSet, Scores, real_notes
from benchmarks.gansynth_speed import speed
from benchmarks.timing import cpu

CLASSIFIER = "pitch-classifier"
OPTIONAL = ("no_template", "phase", "if", "if_mel", "paper_loss", "wavegan", "wavenet")
N_NOTES, N_TRAINING = 1_000, 4_000
TOGETHER = 50  # notes that are generated at once


def generated(run: Any, like: NoteSet, n_samples: int, first_seed: int = 0) -> NoteSet:
    """Notes of a run, one a seed, of the reference's pitches and families as far as it can be asked for them.

    Raises:
        UserError: The run makes other sound than notes of this length at 16 kHz.
    """
    import torch

    from tinyaudio.errors import UserError

    generate = generate_with(run, ("seeds",))
    if run.config.sample_rate != RATE:
        raise UserError(f"a run at {run.config.sample_rate} Hz; the rows are at {RATE} Hz")
    keywords = inspect.signature(generate).parameters
    length = {"seconds": n_samples / RATE} if "seconds" in keywords else {}
    asks_pitch, asks_family = "pitch" in keywords, "family" in keywords
    clips: list[Any] = [None] * len(like.clips)
    for note, members in grouped(like, asks_pitch, asks_family).items():
        for at in range(0, len(members), TOGETHER):
            some = members[at : at + TOGETHER]
            seeds = [first_seed + i for i in some]
            pieces = generate(run.config, run.models, seeds=seeds, **dict(note), **length)
            made = torch.cat([*pieces], dim=2).cpu()
            if made.shape[2] < n_samples:
                raise UserError(
                    f"a run of {run.recipe.name} whose clips have {made.shape[2]} samples; the rows' have"
                    f" {n_samples}"
                )
            for i, clip in zip(some, made[..., :n_samples], strict=True):
                clips[i] = clip
    return NoteSet(torch.stack(clips), like.pitches if asks_pitch else None)


def grouped(
    like: NoteSet, pitch: bool, family: bool
) -> dict[tuple[tuple[str, Any], ...], list[int]]:
    """The numbers of the notes that are asked for alike, by the keywords that ask for them."""
    groups: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for i in range(len(like.clips)):
        note = [("pitch", int(like.pitches[i]))] * pitch + [("family", like.families[i])] * family
        groups.setdefault(tuple(note), []).append(i)
    return groups


def through_images(clips: Any, image: Any) -> Any:
    """Notes as images and back."""
    import torch

    from tinyaudio.represent.gansynth_image import to_audio, to_image

    return torch.cat([to_audio(to_image(one, image), image) for one in clips.split(TOGETHER)])


def measure(
    gansynth: Sequence[Any],
    others: Mapping[str, Any | None],
    split: str,
    n: int,
) -> dict[str, Any]:
    """All rows.

    Args:
        gansynth: Runs of the shipped system, which differ in their seeds.
        others: Runs of the optional rows, by their names.
        split: "test", or "valid".
        n: Notes a row.
    """
    import torch

    from tinyaudio.checkpoints import pretrained
    from tinyaudio.represent.gansynth_image import ImageConfig

    torch.set_num_threads(1)
    image = ImageConfig.small()
    length = image.n_samples
    train = real_notes("train", N_TRAINING, length)
    reference, held_out = real_notes(split, n, length), real_notes(split, n, length, skip=n)
    scores = Scores(train, reference, pretrained(CLASSIFIER))
    first_seed = 0 if split == "test" else 10_000

    def of_run(run: Any | None) -> dict[str, Any] | None:
        return scores.row(generated(run, reference, length, first_seed)) if run else None

    magnitudes = Magnitudes(train.clips, train.pitches, image)
    draws = torch.randn(n, N_DIRECTIONS, generator=torch.Generator().manual_seed(first_seed))
    asked = reference.pitches
    seeds = [of_run(run) for run in gansynth]
    rows = {
        "real": scores.row(real_notes("train", n, length, skip=N_TRAINING)),
        "real_held_out": scores.row(held_out),
        "real_image": scores.row(NoteSet(through_images(held_out.clips, image), held_out.pitches)),
        "mean_note": scores.row(NoteSet(magnitudes.play(asked), asked)),
        "pca_gaussian": scores.row(NoteSet(magnitudes.play(asked, draws), asked)),
        "gansynth": max(seeds, key=lambda row: row["fd_spectrum"]) if seeds else None,
        **{name: of_run(others[name]) for name in OPTIONAL},
    }
    return {
        "notes": n,
        "cpu": cpu(),
        "classifier_accuracy_of_reference": round(scores.real_accuracy, 3),
        **rows,
        "gansynth_seeds": seeds,
        "speed": speed(maker(gansynth[0]), length) if gansynth else None,
    }


def maker(run: Any) -> Callable[[int], Any]:
    """Makes so many notes with a run."""
    generate = generate_with(run, ("seeds",))
    return lambda n: [*generate(run.config, run.models, seeds=range(n))]


def main() -> None:
    options = parser("gansynth", __doc__)
    options.add_argument(
        "--gansynth",
        nargs="+",
        default=["gansynth-small"],
        metavar="RUN",
        help="runs of the small GANSynth (default: the one that comes with the package)",
    )
    for name in OPTIONAL:
        option = f"--{name.replace('_', '-')}"
        options.add_argument(option, default="", metavar="RUN", help="see above (default: none)")
    options.add_argument("--notes", type=int, default=N_NOTES, help=f"a row (default: {N_NOTES})")
    options.add_argument("--validation", action="store_true", help="for choices, not for figures")
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.checkpoints import open_run

        runs = [open_run(place) for place in given.gansynth]
        others = {name: optional_run(getattr(given, name)) for name in OPTIONAL}
        found = measure(runs, others, "valid" if given.validation else "test", given.notes)
    if given.json:
        print(json.dumps(found))
        return
    for name, row in found.items():
        if row is None or isinstance(row, dict):
            shown = row or {"not": "trained"}
            print(f"{name:16}", "  ".join(f"{key} {value}" for key, value in shown.items()))


if __name__ == "__main__":
    main()

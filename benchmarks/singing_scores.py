"""Pairs of singers, and the rows of singing-voice conversion, for `benchmarks.conversion`.

The reference is the source's melody by the target, in the source's key and in step with it.  Rows:

singer_phase1         --singer-phase1, a run of `singing` with --backtranslation-from 0 and as many steps
singer_phase2         `singing`, or --singer-phase2: mel frames around the melody, and the frame-rate vocoder
singer_unconverted    control: the source as it is
singer_mean_spectrum  control without a network: an equalizer moves the source's mean envelope to the target's
singer_vocoder_copy   control: the reference through the vocoder
..._wavenet           the paper's network in both phases, at 8 kHz, of two singers, and its controls
singer_unseen         the rows by source singers that no training had

The melody of `singing` goes around its latents: its pitch_kept is what vocoder and measure leave of it.  That
of the paper's network says whether its latents have a melody.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.command import optional_run
from benchmarks.conversion_scores import N_PHONE_CLIPS, N_STEPS, Pair, scored

# Options and what they are unless they are given.
RUNS = {"phase1": "", "phase2": "singing", "phase1-wavenet": "", "phase2-wavenet": ""}
# Melodies of the test split, which no training or choice has: number 2 modulo 3, from here on.
FIRST_MELODY = 6_002
N_SINGER_CLIPS = 5  # a singer and key that the classifier of singers learns from
UNSEEN = (12, 13, 15, 16, 17, 20, 21, 24)  # as in `benchmarks.conversion`
Way = Callable[[Pair], Any]


def pairs(sources: Sequence[int], targets: Sequence[int], n: int, sample_rate: int) -> list[Pair]:
    """Melodies, sources and targets in turn; nobody is converted to themselves."""
    from tinyaudio.data.voices import SUNG_TRANSPOSE, melody, speaker, voice

    shifts, places = range(len(targets)), range(len(sources))
    orders = [(sources[j], targets[(j + k) % len(targets)]) for k in shifts for j in places]
    different = (pair for pair in itertools.cycle(orders) if pair[0] != pair[1])
    found = []
    for i, (source, target) in enumerate(itertools.islice(different, n)):
        key = SUNG_TRANSPOSE[speaker(source).kind]
        takes = [
            voice(
                speaker(one), melody(FIRST_MELODY + 3 * i), sample_rate=sample_rate, transpose=key
            )
            for one in (source, target)
        ]
        found.append(Pair(takes[0].clip, takes[1], target))
    return found


def sung(singer: int, number: int, key: int, sample_rate: int) -> Any:
    """A melody of no split's test by a singer, in a key."""
    from tinyaudio.data.voices import melody, speaker, voice

    return voice(speaker(singer), melody(number), sample_rate=sample_rate, transpose=key).clip


@functools.cache
def classifiers(singers: tuple[int, ...], sample_rate: int) -> tuple[Any, Any]:
    """Of sung phones, by many singers; and of these singers, each in all keys, so that no key says who."""
    from tinyaudio.data.voices import SUNG_TRANSPOSE, Voices
    from tinyaudio.metrics.conversion import PhoneClassifier, SpeakerClassifier

    items = Voices(N_PHONE_CLIPS, sample_rate, seed=0, singing=True)
    phones = PhoneClassifier([items[i] for i in range(len(items))], N_STEPS)
    labels = [
        (one, n, key)
        for one in singers
        for n in range(N_SINGER_CLIPS)
        for key in SUNG_TRANSPOSE.values()
    ]
    clips = [sung(one, 3 * n + 1, key, sample_rate) for one, n, key in labels]
    return phones, SpeakerClassifier(clips, [one for one, _, _ in labels], sample_rate)


def mean_spectrum(targets: Sequence[int], sample_rate: int) -> Way:
    """Move the mean envelope of the source to that of the target's training melodies, by an equalizer."""
    import torch

    from benchmarks.translation_scores import equalize, mean_envelope
    from tinyaudio.data.voices import SUNG_TRANSPOSE

    keys, means = SUNG_TRANSPOSE.values(), {}
    for target in targets:
        songs = [sung(target, 3 * n, key, sample_rate) for n in range(4) for key in keys]
        means[target] = torch.stack([mean_envelope(song, sample_rate) for song in songs]).mean(0)
    return lambda pair: equalize(pair.source, means[pair.target], sample_rate)


def rows(runs: dict[str, Any], n_pairs: int, suffix: str = "") -> dict[str, Any]:
    """The rows of runs with one sample rate and the same singers, and those without a network beside them."""
    from benchmarks.conversion import by_command, vocoder_copy

    found: dict[str, Any] = {f"singer_{name}{suffix}": None for name in runs}
    trained = {name: run for name, run in runs.items() if run}
    if not trained:
        return found
    config = next(iter(trained.values())).config
    rate, singers = config.sample_rate, tuple(map(int, config.speakers))
    ways: dict[str, Way] = {name: by_command(run) for name, run in trained.items()}
    ways |= {"unconverted": lambda pair: pair.source, "mean_spectrum": mean_spectrum(singers, rate)}
    if not suffix:
        ways["vocoder_copy"] = vocoder_copy
    judges = classifiers(singers, rate)

    def scores(of: list[Pair]) -> dict[str, Any]:
        return {
            f"singer_{name}{suffix}": scored(way, of, singers, rate, judges)
            for name, way in ways.items()
        }

    found |= scores(pairs(singers, singers, n_pairs, rate))
    if not suffix:
        found["singer_unseen"] = scores(pairs(UNSEEN, singers, n_pairs, rate))
    return found


def add_options(options: Any) -> None:
    """Runs other than those that come with the package."""
    for name, default in RUNS.items():
        said = default or "none"
        options.add_argument(
            f"--singer-{name}", default=default, help=f"a run; '' for none (default: {said})"
        )


def measure(given: Any) -> dict[str, Any]:
    """All rows of the runs that are given; those of a run that is not there are None."""
    places = {name: getattr(given, f"singer_{name}".replace("-", "_")) for name in RUNS}
    one, two, wavenet_one, wavenet_two = map(optional_run, places.values())
    mel = rows({"phase1": one, "phase2": two}, given.pairs)
    return mel | rows({"phase1": wavenet_one, "phase2": wavenet_two}, given.pairs, "_wavenet")

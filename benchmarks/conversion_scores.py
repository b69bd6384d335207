"""Pairs of speakers and what is measured on each, for `benchmarks.conversion`."""

import functools
import itertools
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

# Sentences of the test split, which no training or choice has: number 2 modulo 3, from here on.
FIRST_SENTENCE = 6_002
TARGETS = {"distance_ratio": 0.65, "pitch_kept": 0.7, "content_kept": 0.8}  # of the issue
N_PHONE_CLIPS, N_SPEAKER_CLIPS = 400, 12  # that the classifiers learn from, the latter a speaker
N_STEPS = 2_000  # of the classifier of phones


class Pair(NamedTuple):
    """A sentence by a source speaker, and the same by the target: clips (1, T) and labels."""

    source: Any
    reference: Any  # of `tinyaudio.data.voices.voice`
    target: int


def pairs(sources: Sequence[int], targets: Sequence[int], n: int, sample_rate: int) -> list[Pair]:
    """Sentences, sources and targets in turn; nobody is converted to themselves."""
    from tinyaudio.data.voices import sentence, speaker, voice

    # Every source with its own number's target, then with the next one's, and so on.
    shifts, places = range(len(targets)), range(len(sources))
    orders = [(sources[j], targets[(j + k) % len(targets)]) for k in shifts for j in places]
    found: list[Pair] = []
    numbered = enumerate(itertools.cycle(orders))
    different = ((i, *pair) for i, pair in numbered if pair[0] != pair[1])
    for i, source, target in itertools.islice(different, n):
        content = sentence(FIRST_SENTENCE + 3 * i)
        takes = (voice(speaker(one), content, sample_rate=sample_rate) for one in (source, target))
        found.append(Pair(next(takes).clip, next(takes), target))
    return found


@functools.cache
def classifiers(speakers: tuple[int, ...], sample_rate: int) -> tuple[Any, Any]:
    """Of phones, by the training speakers of `Voices`; and of these speakers, by other sentences."""
    from tinyaudio.data.voices import Voices, sentence, speaker, voice
    from tinyaudio.metrics.conversion import PhoneClassifier, SpeakerClassifier

    items = Voices(N_PHONE_CLIPS, sample_rate, seed=0)
    clips = [
        voice(speaker(one), sentence(3 * n + 1), sample_rate=sample_rate).clip
        for one in speakers
        for n in range(N_SPEAKER_CLIPS)
    ]
    labels = [one for one in speakers for _ in range(N_SPEAKER_CLIPS)]
    phones = PhoneClassifier([items[i] for i in range(len(items))], N_STEPS)
    return phones, SpeakerClassifier(clips, labels, sample_rate)


def scored(
    way: Callable[[Pair], Any],
    of: Iterable[Pair],
    speakers: Sequence[int],
    sample_rate: int,
    judges: tuple[Any, Any] | None = None,
) -> dict[str, float]:
    """The means over pairs of what `tinyaudio.metrics.conversion` measures, and shares that meet a target.

    ``judges`` are the classifiers of phones and of speakers, those of `classifiers` unless given.
    """
    from tinyaudio.metrics import conversion
    from tinyaudio.metrics.global_variance import global_variance_ratio

    phones, who = judges or classifiers(tuple(speakers), sample_rate)
    rows = []
    for pair in of:
        made, reference = way(pair), pair.reference
        pitch, voicing = conversion.pitch_and_voicing_kept(
            made, reference.f0_hz, reference.voiced, sample_rate
        )
        rows.append(
            {
                "distance_ratio": conversion.distance_ratio(
                    made, pair.source, reference.clip, sample_rate
                ),
                "target_speaker_accuracy": float(who(made) == pair.target),
                "pitch_kept": pitch,
                "voiced_kept": voicing,
                "content_kept": conversion.content_kept(phones, made, reference.clip, sample_rate),
                "global_variance_ratio": global_variance_ratio(made, reference.clip, sample_rate),
            }
        )
    means = {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}
    means["distance_ratio_share"] = statistics.fmean(
        row["distance_ratio"] <= TARGETS["distance_ratio"] for row in rows
    )
    for name in ("pitch_kept", "content_kept"):
        means[f"{name}_share"] = statistics.fmean(row[name] >= TARGETS[name] for row in rows)
    return means


def scored_recordings(
    way: Callable[[Pair], Any], clips: Sequence[Any], targets: Sequence[int], sample_rate: int
) -> dict[str, float]:
    """The same for recordings: without a reference, content and course of the pitch are the source's."""
    from tinyaudio.metrics import conversion
    from tinyaudio.represent.prosody import VOICED, pitch_frames

    phones, who = classifiers(tuple(targets), sample_rate)
    rows = []
    for i, clip in enumerate(clips):
        target = targets[i % len(targets)]
        made = way(Pair(clip, None, target))
        old, new = (pitch_frames(one[None], sample_rate, 256)[0] for one in (clip, made))
        voiced = (old[1] > VOICED) & (new[1] > conversion.LEAST_PERIODIC)
        # Relative to the median, which conversion moves.
        course = (old[0] - old[0][voiced].median()) - (new[0] - new[0][voiced].median())
        kept = (1200 * course.abs() <= conversion.WITHIN_CENTS) & voiced
        rows.append(
            {
                "target_speaker_accuracy": float(who(made) == target),
                "pitch_course_kept": kept[old[1] > VOICED].float().mean().item(),
                "content_kept": conversion.content_kept(phones, made, clip, sample_rate),
            }
        )
    return {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}

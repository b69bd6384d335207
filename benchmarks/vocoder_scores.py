"""What `benchmarks.vocoder` measures of clips that were made again, and whether one way beats another."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

WINDOWS = {"log_stft_long_db": 2_048, "log_stft_short_db": 256}
HIGH_HZ = 2_000
VOICE_HZ, NOTE_HZ = (60, 600), (30, 1_100)  # where pitch is looked for
Clips = Sequence[Any]  # (1, T)
Rows = dict[str, dict[str, Any]]


def score_clip(
    made: Any, clip: Any, f0: Any, sample_rate: int, range_hz: tuple[int, int] = VOICE_HZ
) -> dict[str, Any]:
    """What is measured of one clip; counts and sums, since frames of all clips weigh the same."""
    from tinyaudio.metrics.harmonicity import harmonics_to_noise
    from tinyaudio.metrics.pitch import cents, f0_track
    from tinyaudio.metrics.spectral import log_mel_distance, log_stft_distance

    low, high = range_hz
    off = cents(f0_track(made, sample_rate, low_hz=low, high_hz=high), f0).abs()
    hnr = [harmonics_to_noise(one, f0, sample_rate, above_hz=HIGH_HZ) for one in (made, clip)]
    error = (hnr[0] - hnr[1]).abs()
    return {
        "voiced": int((~f0.isnan()).sum()),
        "within20": int((off <= 20).sum()),
        "within50": int((off <= 50).sum()),
        "log_mel_db": log_mel_distance(made, clip, sample_rate),
        **{name: log_stft_distance(made, clip, n) for name, n in WINDOWS.items()},
        "hnr_frames": int((~error.isnan()).sum()),
        "hnr_error": float(error.nansum()),
    }


def row(scores: Sequence[Mapping[str, Any]], cpu: float) -> dict[str, Any]:
    """The numbers of a way, over all clips."""

    def ratio(above: str, below: str, digits: int) -> float | None:
        n = sum(one[below] for one in scores)
        return round(sum(one[above] for one in scores) / n, digits) if n else None

    def mean(name: str) -> float:
        return round(sum(one[name] for one in scores) / len(scores), 2)

    return {
        "pitch20": ratio("within20", "voiced", 3),
        "pitch50": ratio("within50", "voiced", 3),
        "log_mel_db": mean("log_mel_db"),
        **{name: mean(name) for name in WINDOWS},
        "hnr_high_error_db": ratio("hnr_error", "hnr_frames", 2),
        "cpu_seconds_a_second": round(cpu, 3),
    }


def gain(better: Sequence[Mapping[str, Any]], worse: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By how much one way's clips are nearer to the originals than another's, with a 95 % interval."""
    from scipy import stats

    found = {}
    for name in ("log_mel_db", "hnr_high_error_db"):
        differences = []
        for one, other in zip(better, worse, strict=True):
            if name == "log_mel_db":
                differences.append(other[name] - one[name])
            elif one["hnr_frames"]:
                n = one["hnr_frames"]
                differences.append((other["hnr_error"] - one["hnr_error"]) / n)
        n, mean = len(differences), sum(differences) / max(1, len(differences))
        interval = None
        if n > 1:
            variance = sum((d - mean) ** 2 for d in differences) / (n - 1)
            half = float(stats.t.ppf(0.975, n - 1)) * math.sqrt(variance / n)
            interval = [round(mean - half, 3), round(mean + half, 3)]
        found[name] = {"mean": round(mean, 3), "interval": interval, "clips": n}
    return found


def compare(
    ways: Mapping[str, Callable[[Any], Any]],
    clips: Clips,
    sample_rate: int,
    range_hz: tuple[int, int] = VOICE_HZ,
) -> tuple[Rows, dict[str, Any]]:
    """A row for each way, and the gain of `istft` over `istft_untrained` where there are both."""
    from tinyaudio.metrics.pitch import f0_track

    low, high = range_hz
    tracks = [f0_track(clip, sample_rate, low_hz=low, high_hz=high) for clip in clips]
    seconds = sum(clip.shape[1] for clip in clips) / sample_rate
    rows, scores = {}, {}
    for name, way in ways.items():
        began = time.process_time()
        made = [way(clip) for clip in clips]
        cpu = (time.process_time() - began) / seconds
        triples = zip(made, clips, tracks, strict=True)
        scores[name] = [score_clip(*triple, sample_rate, range_hz) for triple in triples]
        rows[name] = row(scores[name], cpu)
    both = "istft" in scores and "istft_untrained" in scores
    return rows, gain(scores["istft"], scores["istft_untrained"]) if both else {}

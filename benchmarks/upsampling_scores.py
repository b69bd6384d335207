"""What `benchmarks.upsampling` measures of a clip that was upsampled, and whether one system beats another."""

import math
from collections.abc import Sequence
from typing import Any

from benchmarks.upsampling_clips import Clip

KEYS = (
    "snr_db",
    "low_band_snr_db",
    "lsd",
    "lsd_high",
    "high_band_envelope_db",
    "high_band_energy_db",
    "high_band_hnr_error_db",
    "noise_in_silence_db",
)
FEW_KEYS = ("snr_db", "lsd_high", "high_band_envelope_db", "high_band_energy_db")


def score(made: Any, clip: Clip, ratio: int, keys: Sequence[str] = KEYS) -> dict[str, float]:
    """The measures of one clip; NaN for the harmonics of one without pitch, and for silence where none is."""
    from tinyaudio.metrics import high_band
    from tinyaudio.metrics.upsampling import (
        LSD_NUWAVE,
        SNR,
        log_spectral_distance,
        signal_to_noise_db,
    )

    rate = clip.sample_rate
    cutoff, pair = rate / 2 / ratio, (made, clip.audio)
    bands: dict[str, Any] = {"sample_rate": rate}
    measures = {
        "snr_db": lambda: signal_to_noise_db(*pair, SNR),
        "low_band_snr_db": lambda: signal_to_noise_db(*pair, SNR, band_hz=(0, cutoff), **bands),
        "lsd": lambda: log_spectral_distance(*pair, LSD_NUWAVE),
        "lsd_high": lambda: log_spectral_distance(
            *pair, LSD_NUWAVE, band_hz=(cutoff, rate), **bands
        ),
        "high_band_envelope_db": lambda: high_band.high_band_envelope_db(*pair, rate, cutoff),
        "high_band_energy_db": lambda: high_band.high_band_energy_db(*pair, rate, cutoff),
        "high_band_hnr_error_db": lambda: high_band.high_band_hnr_error_db(
            *pair, clip.f0_hz, rate, cutoff
        ),
        "noise_in_silence_db": lambda: high_band.noise_in_silence_db(*pair),
    }
    return {key: measures[key]() for key in keys}


def row(scores: Sequence[dict[str, float]]) -> dict[str, float | None]:
    """Means over clips, of those that have the measure."""
    found: dict[str, float | None] = {}
    for key in scores[0]:
        values = [one[key] for one in scores if not math.isnan(one[key])]
        found[key] = round(sum(values) / len(values), 3) if values else None
    return found


def paired(
    one: Sequence[dict[str, float]], other: Sequence[dict[str, float]], key: str
) -> dict[str, float]:
    """The mean difference over clips, and its 95 % interval by Student's t."""
    from scipy import stats

    differences = [a[key] - b[key] for a, b in zip(one, other, strict=True)]
    n = len(differences)
    mean = sum(differences) / n
    error = math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    half = float(stats.t.ppf(0.975, n - 1)) * error
    return {"mean": round(mean, 3), "low": round(mean - half, 3), "high": round(mean + half, 3)}

"""What do upsamplers to 48 kHz put above the band that they are given?  Tables by ratio, x3 and x2.

nearest, linear, spline, sinc   interpolation; the first three leave images of the low band above it
ridge_noise        no network: the levels of 12 bands above the low one, predicted from 24 levels in it by ridge
                   regression, given to noise; its gain is tuned on other speakers (validation)
ridge_noise_all_filters   the same, fitted and tuned on all filters, as whitened is trained on them
unet               a run of `audiounet`
mugan              a run of `mugan`
nuwave_1x1, nuwave   runs of `upsampling --model nuwave`, small, the former with a 1x1 condition
whitened           a run of `upsampling`, by DPM-Solver++; whitened_ancestral by the ancestral sampler
oracle_magnitude   the original's own spectrogram above the low band under a random phase
oracle_envelope    noise with the original's own levels

Each without a run is null.  The clips are sentences by 24 procedural speakers on none of whom anything was
trained or chosen, with the noise of a microphone at -75 dBFS; `recorded` has the same rows for recordings of
44.1 and 48 kHz, which keep their rates and which no training has: of the package and of Debian's
(--packages FOLDER, where packages are unpacked, by default /), or of one's own, --recorded FOLDER.  The low
rate comes from the filter "sinc"; `mismatched` has rows of it and of other filters on fewer speakers.  The
baselines' runs know the first filter alone.  A row has

low_band                the band below the cutoff: as interpolated, the sinc's, as the network generates it, or
                        replaced by the sinc's through a crossover
snr_db, low_band_snr_db   signal-to-noise ratio, and of the band below the cutoff alone
lsd, lsd_high           log-spectral distance by NU-Wave's definition, and of the bins above the cutoff alone
high_band_envelope_db   distance of the levels of 12 bands above the cutoff, frame by frame
high_band_energy_db     power above the cutoff over the original's; 0 is right
high_band_hnr_error_db  mean absolute error of the harmonics-to-noise ratio there, in voiced frames
noise_in_silence_db     level where the original is below -60 dBFS
cpu_seconds_a_second    of one thread

gain_over_ridge is whitened's high_band_envelope_db minus ridge_noise's, paired over clips: the mean and its
95 % interval by Student's t; below 0, the network is nearer.  The measure favours means: levels drawn from
their right distribution are sqrt(2) times as far from the original as its centre is, which the ridge predicts.

    python -m benchmarks.upsampling --json
    python -m benchmarks.upsampling --whitened-x3 runs/x3 --unet-x3 runs/unet
    python -m benchmarks.upsampling --keep before.json --mugan-x3 runs/mugan --json
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.command import one_line_errors, optional_run, parser
from benchmarks.timing import cpu
from benchmarks.upsampling_clips import Clip, recordings, voices
from benchmarks.upsampling_scores import FEW_KEYS, KEYS, paired, row, score
from benchmarks.upsampling_systems import (
    RidgeNoise,
    System,
    by_command,
    by_spline_network,
    interpolations,
    oracle_envelope,
    oracle_magnitude,
)

RATIOS = (3, 2)
N_SPEAKERS, N_VALIDATION, N_MISMATCHED = 24, 8, 6
MATCHED, MISMATCHED = "sinc", ("stft", "chebyshev", "butterworth")
RUNS = ("unet", "mugan", "nuwave_1x1", "nuwave", "whitened")
SHIPPED = {f"whitened_x{ratio}": f"upsampling-x{ratio}" for ratio in RATIOS}
LOW_BAND = {
    "nearest": "interpolated",
    "linear": "interpolated",
    "spline": "interpolated",
    "sinc": "sinc",
    "ridge_noise": "sinc",
    "ridge_noise_all_filters": "sinc",
    "unet": "generated",
    "mugan": "generated",
    "nuwave_1x1": "replaced",
    "nuwave": "replaced",
    "whitened": "replaced",
    "whitened_ancestral": "replaced",
    "oracle_magnitude": "sinc",
    "oracle_envelope": "sinc",
}
PAIRED = ("ridge_noise", "whitened")  # their clips are compared one by one
Scores = dict[str, list[dict[str, float]]]


def systems_of(
    ratio: int, ridges: Mapping[str, RidgeNoise], runs: Mapping[str, Any]
) -> dict[str, System | None]:
    """All systems of a ratio, in the order of the rows; None without a run."""
    made: dict[str, System | None] = {
        **interpolations(),
        **ridges,
        "oracle_magnitude": oracle_magnitude,
        "oracle_envelope": oracle_envelope,
    }
    for name, network in (("unet", "net"), ("mugan", "generator")):
        if run := runs.get(f"{name}_x{ratio}"):
            made[name] = by_spline_network(run, network, ratio)
    for name, place, sampler in (
        ("nuwave_1x1", "nuwave_1x1", "ancestral"),
        ("nuwave", "nuwave", "ancestral"),
        ("whitened", "whitened", "dpm-solver"),
        ("whitened_ancestral", "whitened", "ancestral"),
    ):
        if run := runs.get(f"{place}_x{ratio}"):
            made[name] = by_command(run, ratio, sampler=sampler)
    return {name: made.get(name) for name in LOW_BAND}


def rows_of(
    systems: Mapping[str, System | None],
    clips: Sequence[Clip],
    ratio: int,
    filter_name: str = MATCHED,
    keys: Sequence[str] = KEYS,
    kept: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], Scores]:
    """A row for each system, and the scores of each clip; rows that are kept from before are not made again."""
    from tinyaudio.data.upsampling_crops import low_rate

    seconds = sum(clip.audio.shape[1] / clip.sample_rate for clip in clips)
    rows: dict[str, Any] = {}
    scores: Scores = {}
    for name, system in systems.items():
        old = (kept or {}).get(name)
        if system is None or old:
            rows[name] = old
            continue
        took, found = 0.0, []
        for clip in clips:
            low = low_rate(clip.audio, ratio, filter_name)
            began = time.process_time()
            made = system(low, clip.audio, clip.sample_rate, ratio)
            took += time.process_time() - began
            found.append(score(made, clip, ratio, keys))
        scores[name] = found
        rows[name] = {
            "low_band": LOW_BAND[name],
            **row(found),
            "cpu_seconds_a_second": round(took / seconds, 3),
        }
    return rows, scores


def gain_over_ridge(scores: Scores) -> dict[str, float] | None:
    """Whitened against noise without a network; None without a run."""
    if "whitened" not in scores:
        return None
    return paired(scores["whitened"], scores["ridge_noise"], "high_band_envelope_db")


def table(
    ratio: int,
    runs: Mapping[str, Any],
    clips: Sequence[Clip],
    recorded: Sequence[Clip],
    kept: Mapping[str, Any],
) -> dict[str, Any]:
    """All rows of a ratio."""
    ridges = {
        "ridge_noise": RidgeNoise(ratio, (MATCHED,)),
        "ridge_noise_all_filters": RidgeNoise(ratio, (MATCHED, *MISMATCHED)),
    }
    for name, ridge in ridges.items():
        if f"{name}_gain_db" in kept:
            ridge.gain_db = kept[f"{name}_gain_db"]
        else:
            ridge.tune(voices(N_VALIDATION, "valid"), ratio)
    systems = systems_of(ratio, ridges, runs)

    def with_gain(some: Sequence[Clip], before: Mapping[str, Any]) -> dict[str, Any]:
        again = PAIRED if systems["whitened"] else ()
        old = {name: one for name, one in before.items() if name not in again}
        rows, scores = rows_of(systems, some, ratio, kept=old)
        return {**rows, "gain_over_ridge": gain_over_ridge(scores) or old.get("gain_over_ridge")}

    gains = {f"{name}_gain_db": ridge.gain_db for name, ridge in ridges.items()}
    found = {**with_gain(clips, kept), **gains}
    if recorded:
        found["recorded"] = with_gain(recorded, kept.get("recorded", {}))
    few, old = clips[:N_MISMATCHED], kept.get("mismatched", {})
    found["mismatched"] = {
        name: rows_of(systems, few, ratio, name, FEW_KEYS, old.get(name))[0]
        for name in (MATCHED, *MISMATCHED)
    }
    return found


def measure(
    runs: Mapping[str, Any],
    n_speakers: int,
    folder: Path | None,
    packages: Path,
    kept: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Both tables.

    Args:
        runs: By the names of rows and ratios, such as "unet_x3"; None for none.
        n_speakers: Procedural ones.
        folder: Of recordings in place of the package's and Debian's.
        packages: Where Debian's packages are unpacked.
        kept: What an earlier call returned: its rows are not measured again, but for ``whitened`` and
            ``ridge_noise`` if there is a run of the former, since their clips are compared.

    Raises:
        UserError: The rows to keep are of other clips.
    """
    import torch

    from tinyaudio.errors import UserError

    torch.set_num_threads(1)
    clips, recorded = voices(n_speakers), recordings(folder, packages)
    about = {"speakers": n_speakers, "recordings": [clip.name for clip in recorded]}
    kept = kept or about
    if any(kept.get(name) != value for name, value in about.items()):
        raise UserError("--keep: its rows are of other clips; measure all rows anew")
    tables = {
        f"x{ratio}": table(ratio, runs, clips, recorded, kept.get(f"x{ratio}", {}))
        for ratio in RATIOS
    }
    return {**about, "cpu": cpu(), **tables}


def show(found: Mapping[str, Any], title: str = "") -> None:
    """The tables as text."""
    for name, value in found.items():
        if value is None:
            print(f"{title} {name:20} -")
        elif isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            show(value, f"{title} {name}".strip())
        elif isinstance(value, dict):
            print(f"{title} {name:20}", "  ".join(f"{k} {v}" for k, v in value.items()))
        else:
            print(f"{title} {name}: {value}")


def main() -> None:
    options = parser("upsampling", __doc__)
    places = [f"{name}_x{ratio}" for ratio in RATIOS for name in RUNS]
    for place in places:
        option = f"--{place.replace('_', '-')}"
        default = SHIPPED.get(place, "")
        said = f'"" for none (default: {default or "none"})'
        options.add_argument(option, default=default, metavar="RUN", help=said)
    options.add_argument("--recorded", type=Path, metavar="FOLDER", help="of 44.1 or 48 kHz")
    options.add_argument("--packages", type=Path, default=Path("/"), metavar="FOLDER")
    options.add_argument("--speakers", type=int, default=N_SPEAKERS, help="(default: %(default)s)")
    options.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="what --json printed before: measure only what is null in it",
    )
    given = options.parse_args()
    with one_line_errors():
        runs = {place: optional_run(getattr(given, place)) for place in places}
        kept = json.loads(given.keep.read_text()) if given.keep else None
        found = measure(runs, given.speakers, given.recorded, given.packages, kept)
    if given.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()

"""All vocoders on one bench: what they cost, and what becomes of speech.

New sentences of one procedural speaker at 8 kHz, those of the narrow table of `benchmarks.vocoder`: every row
makes a waveform again of their 80 mel bands, on one thread.

wavenet            autoregressive: `wavenet-vocoder`, or --wavenet-run
diffusion          in 6 steps: `wavegrad-vocoder`, or --diffusion-run
waveglow           a flow: `waveglow-vocoder`, or --waveglow-run
hifigan            a GAN: `hifigan-vocoder`, or --hifigan-run
univnet            a GAN: `univnet-vocoder`, or --univnet-run
istft              at the frame rate: --istft-run.  Its frames are at 16 kHz and 16 ms apart, where the others'
                   are at 8 kHz and 8 ms; clips are resampled there and back
griffin_lim        no network: a phase estimated in 100 rounds
noise_with_levels  no network: white noise with the levels of the bands

A row is null where its model does not come with the package, or the option is empty.  Its numbers:

parameters             of the network that generates
macs_a_second          multiplications with an addition each that a second of sound takes, in convolutions and
                       products of matrices: the network's, and those for the levels of mel bands.  Fourier
                       transforms do not count
cpu_seconds_a_second   of one thread, the mel spectrogram included
peak_memory_mb         by how much a process grows, at its peak, while it makes the first clip; it has made a
                       short sound before
training_minutes       by the clock, as the run's log has it
training_cpu_minutes   as ``runs/README.md`` has it, for models that come with the package
pitch20 ... hnr_high_error_db   quality; see `benchmarks.vocoder`

Comparisons, each the median of ratios of CPU time, measured in turn:

hifigan_over_plain     a forward pass of HiFi-GAN V1 over one of the same layers as plain PyTorch modules with
                       the same weights; 1.05 at most is wanted.  hifigan_plain_error: largest difference
istft_over_vocos       the frame-rate vocoder's network over backbone and head of PyPI's ``vocos`` 0.1.0, each
                       with 80 bands, 512 channels, 8 blocks of 1536, frames of 1024 samples, and the same
                       weights; 1.05 at most is wanted.  Ours has GELU by tanh, an epsilon of 1e-5 for 1e-6, an
                       envelope that its gains multiply, and a third output a bin (noise, here not used).
                       istft_vocos_prediction_error: largest difference of gain (nepers) or phase (radians).
                       istft_all_parts_over_vocos: ours with harmonics, noise, level matching and two rounds.
                       Null without: pip install --no-deps vocos encodec
changed_length_over_steady   by vocoder, at the small sizes: two seconds of a new length over two of a length
                       that was met, as ``generate`` makes them, after many other clips; 1.2 at most is wanted.
                       changed_length_at_once: without the blocks of `tinyaudio.samplers.vocoder_blocks`.
                       blocks_over_at_once: what the blocks cost at one length

    python -m benchmarks.vocoders --json
    python -m benchmarks.vocoders --quick       two clips, and short comparisons
"""

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.command import RUN, one_line_errors, parser
from benchmarks.timing import cpu
from benchmarks.vocoder import N_NARROW, counts, line, narrow_clips, open_or_none
from benchmarks.vocoder_rows import CONTROLS, RUNS, Row, control_row, narrow_config, network_row

NO_TRAINING = {"training_minutes": 0.0, "training_cpu_minutes": 0.0}
BOUNDS = {"hifigan_over_plain": 1.05, "istft_over_vocos": 1.05, "changed_length_over_steady": 1.2}


def rows(places: Mapping[str, str]) -> dict[str, Row | None]:
    """All rows, in the table's order."""
    found: dict[str, Row | None] = {}
    for name, place in places.items():
        run = open_or_none(place, RUNS[name]) if place else None
        found[name] = network_row(name, run, place) if run else None
    return {**found, **{name: control_row(name) for name in CONTROLS}}


def table(vocoders: Mapping[str, Row | None], n_clips: int) -> dict[str, Any]:
    """Costs and quality of every row."""
    from benchmarks import vocoder_costs
    from benchmarks.vocoder_scores import compare

    config = narrow_config()
    clips = narrow_clips(config, n_clips)
    there = {name: row for name, row in vocoders.items() if row}
    for row in there.values():
        row.way(clips[0][:, : vocoder_costs.WARM])  # loads what is loaded once
    scores, _ = compare({name: row.way for name, row in there.items()}, clips, config.sample_rate)
    found: dict[str, Any] = dict.fromkeys(vocoders)
    for name, row in there.items():
        found[name] = {
            "parameters": vocoder_costs.parameters(row.net),
            "macs_a_second": vocoder_costs.macs_a_second(row, clips[0], config.sample_rate),
            "peak_memory_mb": vocoder_costs.peak_memory_mb(name, row.place),
            **(vocoder_costs.training_minutes(row.place) if row.run else NO_TRAINING),
            **scores[name],
        }
    return {**found, "clips": counts(clips, config.sample_rate)}


def comparisons(quick: bool) -> dict[str, Any]:
    """Ratios of times; short ones tell little."""
    from benchmarks.vocoder_lengths import lengths
    from benchmarks.vocoder_peers import hifigan_over_plain, istft_over_vocos
    from tinyaudio.models.hifigan import HiFiGANConfig

    if quick:
        small = HiFiGANConfig(channels=32)
        return {
            **hifigan_over_plain(small, n_frames=8, pairs=1),
            **istft_over_vocos(n_frames=8, pairs=1),
            **lengths(n_frames=40, n_lengths=1),
        }
    return {**hifigan_over_plain(HiFiGANConfig.v1()), **istft_over_vocos(), **lengths()}


def measure(places: Mapping[str, str], quick: bool) -> dict[str, Any]:
    """Everything."""
    import torch

    torch.set_num_threads(1)
    return {
        "runs": dict(places),
        "table": table(rows(places), 2 if quick else N_NARROW),
        **comparisons(quick),
        "bounds": BOUNDS,
        "threads": torch.get_num_threads(),
        "cpu": cpu(),
    }


def show(found: Mapping[str, Any]) -> None:
    """The same as text."""
    clips = found["table"]["clips"]
    print(f"{clips['clips']} clips, {clips['seconds']} s, {clips['sample_rate']} Hz")
    for name, cells in found["table"].items():
        if name != "clips":
            print(f"  {name:18} {line(cells)}")
    for name, value in found.items():
        if name not in ("runs", "table", "bounds"):
            bound = f"  wanted {BOUNDS[name]} at most" if name in BOUNDS else ""
            print(f"{name:28} {line(value) if isinstance(value, dict) else value}{bound}")


def main() -> None:
    options_of = parser("vocoders", __doc__)
    for name, default in RUNS.items():
        options_of.add_argument(
            f"--{name}-run", default=default, metavar="RUN", help=f'{RUN}; "" for none ({default})'
        )
    options_of.add_argument("--quick", action="store_true", help="two clips, short comparisons")
    options = options_of.parse_args()
    places = {name: getattr(options, f"{name}_run") for name in RUNS}
    with one_line_errors():
        found = measure(places, options.quick)
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()

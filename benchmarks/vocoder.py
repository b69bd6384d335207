"""What becomes of speech that is made again from 80 mel bands?  Two tables, none of whose clips was trained on.

Narrow: new sentences of the one procedural speaker of the shipped WaveNet vocoder, at 8 kHz.

wavenet            `wavenet-vocoder`, or --narrow-run; null where there is none
diffusion_6        `wavegrad-vocoder`, or --diffusion-run: `wavegrad` or `diffwave` on the same speaker and
                   frames, in 6 steps; null where it is empty
diffusion_50       the same in 50 steps
griffin_lim        control: the bands spread over the bins again (least squares, nonnegative), and a phase
                   estimated in 100 rounds
noise_with_levels  control: white noise given the levels of the bands, frame by frame

Wide: 16 kHz; ``voices`` are 20 sentences by procedural speakers of another seed, ``recorded`` are clips of two
seconds of the package's Italian and Russian sentences.  On none of these speakers the shipped model was
trained, and none of its settings was chosen; the rounds of its prototype were devised on two other sentences
of the recorded two, which are left out.  A run of one's own that was trained on the package's sentences gets
those two.  --recorded FOLDER puts other speech in their place.

istft              `istft-vocoder`, or --run: network, level matching, rounds of Griffin-Lim
istft_untrained    the same without training: harmonics of the mel's pitch, with as many rounds
istft_no_rounds    the trained network without any rounds
griffin_lim, noise_with_levels, copy
istft_gain         istft over istft_untrained: mean of the paired differences, better is positive, and its 95 %
                   interval by Student's t over the clips

A row has
pitch20, pitch50        share of the original's voiced frames whose pitch is within 20 and 50 cents of the
                        original's, both by pYIN; a frame that is not voiced any more counts as wrong
log_mel_db              distance of log-mel spectrograms, `tinyaudio.metrics.spectral`
log_stft_long_db        distance of log spectra, windows of 2048 samples (harmonics)
log_stft_short_db       the same of 256 samples (onsets)
hnr_high_error_db       mean absolute error of the harmonics-to-noise ratio above 2 kHz, in voiced frames
cpu_seconds_a_second    of one thread, the mel spectrogram included

    python -m benchmarks.vocoder --json
    python -m benchmarks.vocoder --ablations    also rows with one part switched off each
    python -m benchmarks.vocoder --notes        also a table of instrument notes by `istft-vocoder-notes`

The rows of --ablations switch a part of the trained network off: no_noise, no_matching.  start_alone are the
harmonics as they are; start_refined the harmonics without noise, with their levels matched and the 16 rounds
that follow the network, but not the two inside it.  --no-harmonics RUN adds a network that was trained
without them.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.command import RUN, one_line_errors, parser
from benchmarks.vocoder_scores import NOTE_HZ, VOICE_HZ, Clips, compare
from benchmarks.vocoder_ways import (
    SAMPLE_RATE,
    FrontEnd,
    Way,
    by_command,
    by_network,
    istft_network,
    istft_ways,
)

N_VOICES, N_NARROW, N_RECORDED, N_NOTES = 20, 12, 20, 24  # clips
SPEAKERS_SEED = 11  # of speakers that neither training nor any choice has met
PIECE_S = 2.0  # of recorded speech
N_STEPS = (6, 50)  # of diffusion vocoders
DEFAULTS = {
    "run": "istft-vocoder",
    "narrow_run": "wavenet-vocoder",
    "diffusion_run": "wavegrad-vocoder",
    "notes_run": "istft-vocoder-notes",
}
NARROW_TEMPERATURE = (
    0.8  # the best pitch of 1, 0.9, 0.8 and 0.7 on sentences of the validation split
)
TARGETS = {"log_mel_db": 0.25, "hnr_high_error_db": 0.5, "cpu_seconds_a_second": 0.25}


# ---------------------------------------------------------------------------- clips


def wide_clips(run: Any, folder: Path | None) -> dict[str, Clips]:
    """Voices and recorded speech by speakers that the run does not know."""
    from tinyaudio.data.voices import Voices

    voices = Voices(N_VOICES, SAMPLE_RATE, "test", SPEAKERS_SEED)
    return {
        "voices": [voices[i]["audio"] for i in range(N_VOICES)],
        "recorded": pieces(recordings(run, folder)),
    }


def recordings(run: Any, folder: Path | None) -> list[Any]:
    """Whole recordings: of a folder, or of the package."""
    from tinyaudio.audio import load
    from tinyaudio.data.recorded import names, recording
    from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
    from tinyaudio.errors import UserError

    if folder:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()][:N_RECORDED]
        if not files:
            raise UserError(f"--recorded {folder}: no files in it")
        return [load(path, SAMPLE_RATE, mono=True)[0] for path in files]
    own = run is not None and "--data" not in run.metadata.get("command", "")
    chosen = HELD_OUT_SPEECH if own else [n for n in names("speech") if n not in HELD_OUT_SPEECH]
    return [recording(name).audio for name in chosen]


def pieces(sounds: Iterable[Any]) -> list[Any]:
    """Clips of two seconds, the first ones of all recordings first."""
    length = int(PIECE_S * SAMPLE_RATE)
    cut = [sound.split(length, dim=1) for sound in sounds]
    rounds = range(max(map(len, cut)))
    found = [parts[i] for i in rounds for parts in cut if i < len(parts)]
    return [one for one in found if one.shape[1] == length and one.abs().max() > 0.05][:N_RECORDED]


def note_clips() -> dict[str, Clips]:
    """Notes by instruments of the test split."""
    from tinyaudio.data.notes import Notes
    from tinyaudio.data.soundfont_notes import SoundfontNotes
    from tinyaudio.errors import DataError

    clips = {"notes": [item["audio"] for item in all_of(Notes(N_NOTES, seconds=2.0, split="test"))]}
    try:
        recorded = SoundfontNotes(N_NOTES, seconds=2.0, split="test")
        return clips | {"recorded": [item["audio"] for item in all_of(recorded)]}
    except DataError as error:
        print(f"no recorded notes: {error}", file=sys.stderr)
        return clips


def all_of(dataset: Any) -> Iterable[Any]:
    return (dataset[i] for i in range(len(dataset)))


# ---------------------------------------------------------------------------- tables


def diffusion_ways(run: Any, config: Any) -> dict[str, Way]:
    """A diffusion vocoder in few steps and in many.

    Raises:
        UserError: It is no diffusion vocoder, or learned from other sounds or frames than ``config`` says.
    """
    check_narrow("--diffusion-run", run, config)
    return {f"diffusion_{n}": by_command(run, sampling_steps=n) for n in N_STEPS}


def check_narrow(option: str, run: Any, config: Any) -> None:
    """Raise a `UserError` if a run learned from other sounds or frames than ``config`` says."""
    from tinyaudio.errors import UserError

    for name in ("speaker", "sample_rate", "n_fft", "hop_length"):
        if (own := getattr(run.config, name, None)) != (wanted := getattr(config, name)):
            raise UserError(f"{option}: {name} {own}, and the narrow table's is {wanted}")


def narrow_clips(config: Any, n_clips: int) -> list[Any]:
    """New sentences of the configuration's one speaker."""
    from tinyaudio.data.voices import Voices

    rate, speaker = config.sample_rate, config.speaker
    voices = Voices(n_clips, rate, "test", config.seed, only_speaker=speaker)
    return [item["audio"] for item in all_of(voices)]


def narrow_table(run: Any, temperature: float, diffusion_run: Any = None) -> dict[str, Any]:
    """New sentences of the speaker of a narrow WaveNet vocoder."""
    from tinyaudio.errors import UserError
    from tinyaudio.recipes import load_recipe

    config = run.config if run else load_recipe("vocoder").sizes["narrow"]
    if getattr(config, "speaker", None) is None:
        raise UserError("--narrow-run: not a run on one speaker; train vocoder --size narrow")
    rate = config.sample_rate
    clips = narrow_clips(config, N_NARROW)
    front_end = FrontEnd(rate, config.n_fft, config.hop_length)
    ways = {"wavenet": by_command(run, temperature=temperature)} if run else {}
    ways |= diffusion_ways(diffusion_run, config) if diffusion_run else {}
    ways |= {
        "griffin_lim": front_end.griffin_lim,
        "noise_with_levels": front_end.noise_with_levels,
    }
    rows, _ = compare(ways, clips, rate)
    missing = dict.fromkeys(["wavenet", *(f"diffusion_{n}" for n in N_STEPS)])
    return {**missing, **rows, "clips": counts(clips, rate)}


def wide_table(
    ways: Mapping[str, Way],
    clips: Mapping[str, Clips],
    range_hz: tuple[int, int] = VOICE_HZ,
) -> dict[str, Any]:
    """A row for each way and kind of clips."""
    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT

    front_end = FrontEnd(SAMPLE_RATE, N_FFT, HOP_LENGTH)
    controls = {
        "griffin_lim": front_end.griffin_lim,
        "noise_with_levels": front_end.noise_with_levels,
        "copy": lambda clip: clip,
    }
    names = ("istft", "istft_untrained", "istft_no_rounds")
    found: dict[str, Any] = {} if ways else {name: None for name in (*names, "istft_gain")}
    for kind, some in clips.items():
        rows, gained = compare({**ways, **controls}, some, SAMPLE_RATE, range_hz)
        for name, one in rows.items():
            found.setdefault(name, {})[kind] = one
        if gained:
            found.setdefault("istft_gain", {})[kind] = gained
    return found | {"clips": {kind: counts(some, SAMPLE_RATE) for kind, some in clips.items()}}


def counts(clips: Clips, sample_rate: int) -> dict[str, Any]:
    seconds = sum(clip.shape[1] for clip in clips) / sample_rate
    return {"clips": len(clips), "seconds": round(seconds, 1), "sample_rate": sample_rate}


def open_or_none(place: str, default: str) -> Any:
    """A run; None where the package does not have its default model."""
    from tinyaudio.checkpoints import open_run, shipped

    if place == default and not Path(place).exists() and place not in shipped():
        print(f"{place} does not come with this package; its rows are null", file=sys.stderr)
        return None
    return open_run(place)


def measure(options: Any) -> dict[str, Any]:
    """Both tables, and what else is asked for."""
    import torch

    torch.set_num_threads(1)
    run = open_or_none(options.run, DEFAULTS["run"])
    narrow_run = open_or_none(options.narrow_run, DEFAULTS["narrow_run"])
    diffusion_run = options.diffusion_run and open_or_none(
        options.diffusion_run, DEFAULTS["diffusion_run"]
    )
    ways = istft_ways(run, options.ablations) if run else {}
    if options.no_harmonics:
        from tinyaudio.checkpoints import open_run

        ways["no_harmonics"] = by_network(istft_network(open_run(options.no_harmonics)))
    found = {
        "runs": {
            "narrow": options.narrow_run,
            "diffusion": options.diffusion_run,
            "wide": options.run,
        },
        "targets": TARGETS,
        "narrow": narrow_table(narrow_run, options.temperature, diffusion_run),
        "wide": wide_table(ways, wide_clips(run, options.recorded)),
    }
    if options.notes:
        notes_run = open_or_none(options.notes_run, DEFAULTS["notes_run"])
        ways = istft_ways(notes_run) if notes_run else {}
        found["notes"] = wide_table(ways, note_clips(), NOTE_HZ)
    return found


def show(found: Mapping[str, Any]) -> None:
    """The tables as text."""
    for table in ("narrow", "wide", "notes"):
        rows = found.get(table, {})
        kinds = ("",) if table == "narrow" else rows.get("clips", {})
        for kind in kinds:
            clips = rows["clips"][kind] if kind else rows["clips"]
            print(f"\n{table} {kind}: {clips['clips']} clips, {clips['seconds']} s,", end=" ")
            print(f"{clips['sample_rate']} Hz")
            for name, one in rows.items():
                cells = one and (one.get(kind) if kind else one)
                if name == "istft_gain" and cells:
                    for quantity, numbers in cells.items():
                        print(f"  gain of {quantity}: {verdict(quantity, numbers)}")
                elif name != "clips":
                    print(f"  {name:18} {line(cells)}")


def line(cells: Mapping[str, Any] | None) -> str:
    if cells is None:
        return "-"
    return "  ".join(f"{k} {'-' if v is None else v}" for k, v in cells.items())


def verdict(quantity: str, numbers: Mapping[str, Any]) -> str:
    """A gain in words; a target missed is said to be."""
    interval, target = numbers["interval"], TARGETS[quantity]
    if interval is None:
        return f"{numbers['mean']} dB, of too few clips to tell"
    met = numbers["mean"] >= target and interval[0] > 0
    return (
        f"{numbers['mean']} dB ({interval[0]} to {interval[1]}), target {target}"
        f" {'met' if met else 'missed'}"
    )


def main() -> None:
    options_of = parser("vocoder", __doc__)
    add = options_of.add_argument
    add("--run", default=DEFAULTS["run"], metavar="RUN", help=f"of istft-vocoder: {RUN}")
    add(
        "--narrow-run",
        default=DEFAULTS["narrow_run"],
        metavar="RUN",
        help="of vocoder --size narrow",
    )
    add(
        "--temperature",
        type=float,
        default=NARROW_TEMPERATURE,
        help="of the WaveNet's sampling (default: %(default)s)",
    )
    add(
        "--diffusion-run",
        default=DEFAULTS["diffusion_run"],
        metavar="RUN",
        help='of wavegrad or diffwave --size narrow; "" for none (default: %(default)s)',
    )
    add("--recorded", type=Path, metavar="FOLDER", help="speech of speakers not trained on")
    add("--ablations", action="store_true", help="rows with a part switched off")
    add("--no-harmonics", metavar="RUN", help="a run trained with --no-harmonics, as another row")
    add("--notes", action="store_true", help="a table of instrument notes")
    add("--notes-run", default=DEFAULTS["notes_run"], metavar="RUN", help="trained on notes")
    options = options_of.parse_args()
    with one_line_errors():
        found = measure(options)
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()

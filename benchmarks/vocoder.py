"""How much of speech is kept by a waveform made from 80 mel bands?

Held-out clips, 16 kHz: procedural sentences by speakers of the test split, and recorded sentences that
are held out from training. From the mel spectrogram of each

RUN_at_T           a run of `vocoder`, or of any recipe whose `generate` has the option --mel-of, at
                   temperature T; only with --run
noise_with_levels  control: white noise given the levels of the mel bands, frame by frame
griffin_lim        control: the mel bands are spread over the bins again (least squares, nonnegative) and
                   100 rounds estimate a phase
mu_law             control: the original in 256 levels, the best that a network over 256 levels can do
copy               control: the original, the best score of all

Each has
pitch_share       share of the original's voiced frames whose pitch is within 20 cents of the original's,
                  both by pYIN; a frame that is not voiced any more counts as wrong. Target: 0.9
pitch_share_both  the same, of the frames that are voiced in both; null if there are none
octave_free       as pitch_share, errors of whole octaves forgiven
log_mel_db        distance of the log-mel spectrograms, `tinyaudio.metrics.spectral`; lower is nearer

    python -m benchmarks.vocoder --json
    python -m benchmarks.vocoder --run runs/vocoder
    python -m benchmarks.vocoder --run runs/vocoder --validation --temperature 1 0.9 0.8

The last one compares temperatures on speakers of the validation split, so that one can be chosen.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.command import RUN, generate_with, one_line_errors, open_runs, parser

SAMPLE_RATE = 16_000
WITHIN_CENTS = 20
TARGET = 0.9
N_VOICES = 12  # sentences, two seconds on average
ROUNDS = 100  # of Griffin-Lim


def held_out(validation: bool = False) -> dict[str, list[Any]]:
    """Clips (1, T) of each kind."""
    from tinyaudio.data.recorded import recording
    from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
    from tinyaudio.data.voices import Voices

    voices = Voices(N_VOICES, SAMPLE_RATE, "valid" if validation else "test")
    clips = {"voices": [voices[i]["audio"] for i in range(N_VOICES)]}
    if not validation:  # all recordings are of the training or the test split
        recordings = [recording(name) for name in HELD_OUT_SPEECH]
        assert all(one.sample_rate == SAMPLE_RATE for one in recordings)
        clips["recorded"] = [one.audio for one in recordings]
    return clips


def vocoded(run: Any, clips: Sequence[Any], temperature: float) -> list[Any]:
    """What a run generates from the mel spectrogram of each clip, as long as the clip."""
    import soundfile
    import torch

    from tinyaudio.audio import resample

    generate, found = generate_with(run, ("mel_of",)), []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "clip.wav"
        for seed, clip in enumerate(clips):
            soundfile.write(file, clip.T.numpy(), SAMPLE_RATE, "FLOAT")
            pieces = generate(
                run.config, run.models, seeds=[seed], temperature=temperature, mel_of=file
            )
            made = resample(torch.cat([*pieces], dim=2)[0], run.config.sample_rate, SAMPLE_RATE)
            found.append(made[:, : clip.shape[1]])
    return found


def noise_with_levels(clips: Sequence[Any]) -> list[Any]:
    """White noise with the levels of the clips' mel bands."""
    import torch

    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, log_mel
    from tinyaudio.represent.source_filter import match_levels
    from tinyaudio.represent.spectrum import istft, stft

    generator, found = torch.Generator().manual_seed(0), []
    for clip in clips:
        spectrum = stft(torch.randn(clip.shape, generator=generator), N_FFT, HOP_LENGTH)
        matched = match_levels(spectrum.abs(), log_mel(clip[None], SAMPLE_RATE), SAMPLE_RATE)
        found.append(istft(torch.polar(matched, spectrum.angle()), HOP_LENGTH, clip.shape[1]))
    return found


def griffin_lim(clips: Sequence[Any]) -> list[Any]:
    """The clips' mel spectrograms with an estimated phase."""
    from tinyaudio.represent.logmel import HOP_LENGTH, filterbank, from_log_mel, log_mel
    from tinyaudio.represent.melscale import mel_to_linear
    from tinyaudio.represent.spectrum import griffin_lim

    found = []
    for clip in clips:
        mel = from_log_mel(log_mel(clip[None], SAMPLE_RATE))[0]
        magnitude = mel_to_linear(mel, filterbank(SAMPLE_RATE))
        found.append(griffin_lim(magnitude, HOP_LENGTH, clip.shape[1], n_iter=ROUNDS)[None])
    return found


def mu_law(clips: Sequence[Any]) -> list[Any]:
    """The clips in 256 levels."""
    from tinyaudio.represent import mulaw

    return [mulaw.decode(mulaw.encode(clip)) for clip in clips]


def rounded(share: float) -> float | None:
    """As JSON has it: None of no frames."""
    return None if math.isnan(share) else round(share, 3)


def score(clips: Sequence[Any], originals: Sequence[Any], tracks: Sequence[Any]) -> dict[str, Any]:
    """The four numbers of clips whose originals have these pitch tracks, over all frames together."""
    import torch

    from tinyaudio.metrics.pitch import f0_track, pitch_accuracy
    from tinyaudio.metrics.spectral import log_mel_distance

    f0, reference = torch.cat([f0_track(clip, SAMPLE_RATE) for clip in clips]), torch.cat([*tracks])
    distances = [
        log_mel_distance(one, other, SAMPLE_RATE)
        for one, other in zip(clips, originals, strict=True)
    ]
    both = pitch_accuracy(f0, reference, WITHIN_CENTS, where_both_voiced=True)
    chroma = pitch_accuracy(f0, reference, WITHIN_CENTS, octave_free=True)
    return {
        "pitch_share": rounded(pitch_accuracy(f0, reference, WITHIN_CENTS)),
        "pitch_share_both": rounded(both),
        "octave_free": rounded(chroma),
        "log_mel_db": round(sum(distances) / len(distances), 2),
    }


def compare(
    runs: Mapping[str, Any], clips: Sequence[Any], temperatures: Sequence[float]
) -> dict[str, Any]:
    """All ways from the mel spectrogram of one kind of clips back to sound."""
    from tinyaudio.metrics.pitch import f0_track

    tracks = [f0_track(clip, SAMPLE_RATE) for clip in clips]
    ways = {
        f"{place}_at_{temperature:g}": vocoded(run, clips, temperature)
        for place, run in runs.items()
        for temperature in temperatures
    }
    ways |= {"noise_with_levels": noise_with_levels(clips), "griffin_lim": griffin_lim(clips)}
    ways |= {"mu_law": mu_law(clips), "copy": [*clips]}
    return {
        **{name: score(made, clips, tracks) for name, made in ways.items()},
        "clips": len(clips),
        "seconds": round(sum(clip.shape[1] for clip in clips) / SAMPLE_RATE, 1),
        "voiced_frames": sum(int((~track.isnan()).sum()) for track in tracks),
    }


def measure(
    places: Sequence[str] = (), temperatures: Sequence[float] = (1.0,), validation: bool = False
) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    runs = open_runs(places)
    return {
        "runs": [*runs],
        "within_cents": WITHIN_CENTS,
        "target": TARGET,
        **{
            kind: compare(runs, clips, temperatures) for kind, clips in held_out(validation).items()
        },
    }


def main() -> None:
    options_of = parser("vocoder", __doc__)
    options_of.add_argument("--run", nargs="+", default=[], metavar="RUN", help=f"{RUN}; several")
    options_of.add_argument(
        "--temperature", type=float, nargs="+", default=[1.0], help="of sampling (default: 1)"
    )
    options_of.add_argument("--validation", action="store_true", help="speakers to choose by")
    options = options_of.parse_args()
    with one_line_errors():
        found = measure(options.run, options.temperature, options.validation)
    if options.json:
        print(json.dumps(found))
        return
    for kind, ways in found.items():
        if not isinstance(ways, dict):
            continue
        print(f"{kind}: {ways['clips']} clips, {ways['seconds']} s, {ways['voiced_frames']} voiced")
        for way, numbers in ways.items():
            if isinstance(numbers, dict):
                cells = [f"{k} {'-' if v is None else v:<6}" for k, v in numbers.items()]
                print(f"  {way:18} " + "  ".join(cells))


if __name__ == "__main__":
    main()

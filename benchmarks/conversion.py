"""Does speech turned into another speaker's voice sound like that speaker, and say the same?

Procedural speakers say the same sentence in step, so that a conversion has an exact reference.  Sentences
are of the test split; nothing was chosen on them.  Rows:

vqvae          `vqvae-voices`, or --run: frames through 512 codes, and the frame-rate vocoder; 16 kHz
vae            `vae-voices`, or --vae-run: frames through Gaussian latents, and the same vocoder
vae_wgan       `vae-wgan`, or --vae-wgan-run: the same network with a WGAN critic against over-smoothing
vqvae_wavenet  `vqvae-wavenet`, or --wavenet-run: the paper's model, at 8 kHz, of two speakers only
unconverted    control: the source as it is
mean_spectrum  control without a network: the source's pitch and spectral envelope (20 cepstra), their means
               over voiced frames moved to the target's, made to sound by harmonics and noise
vocoder_copy   control: the reference through the vocoder, what a perfect conversion would have
unseen         all of these but vqvae_wavenet by source speakers that no training had
recorded       the same of real recordings (Italian, Russian, held out); without a reference, so that content
               and the course of the pitch are compared with the source's
two_speakers   the rows at 8 kHz beside vqvae_wavenet: unconverted, and vqvae resampled
translation    the same of melodies by instruments, see `benchmarks.translation_scores`; translation_wavenet
               if there is a run of the paper's model
singer_...     the same of singing in both phases of its training, see `benchmarks.singing_scores`

A row has the mean over the pairs of

distance_ratio           log-mel distance from the reference over the source's; 1 is no better than nothing
target_speaker_accuracy  share of clips that a classifier takes for the target, of as many as the run has
pitch_kept               share of the reference's voiced frames with a pitch within 100 cents of its
voiced_kept              share of these that are voiced at all
content_kept             share of frames in which a classifier of phones says the same of both
global_variance_ratio    variance over time of the mel cepstra over the reference's; below 1 is over-smoothed
..._share                share of pairs with a distance ratio of at most 0.65, pitch kept of at least 0.7,
                         content of at least 0.8

    python -m benchmarks.conversion --json
    python -m benchmarks.conversion --run runs/mine --pairs 12
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import singing_scores, translation_scores
from benchmarks.command import of_file, one_line_errors, optional_run, parser
from benchmarks.conversion_scores import Pair, pairs, scored, scored_recordings
from benchmarks.vocoder_ways import FrontEnd

RUN, WAVENET_RUN = "vqvae-voices", "vqvae-wavenet"
VAE_RUNS = {"vae": "vae-voices", "vae_wgan": "vae-wgan"}
TRANSLATION_RUN = "translation-instruments"
N_PAIRS, N_RECORDED = 40, 8
# A man, two women and so on whom no training of this benchmark's runs had.
UNSEEN = (12, 13, 15, 16, 17, 20, 21, 24)
Way = Callable[[Pair], Any]


def by_command(run: Any) -> Way:
    """What the command ``convert`` of a run makes of a source."""
    from tinyaudio.errors import UserError

    convert = run.recipe.commands.get("convert")
    if convert is None:
        raise UserError(f"--run: a run of {run.recipe.name} has no command 'convert'")
    return lambda pair: of_file(run, convert, "source", pair.source, to=str(pair.target))


def harmonics_and_noise(frames: Any, sample_rate: int) -> Any:
    """A waveform of frames of mel and pitch without a network: harmonics where it is voiced, else noise."""
    from tinyaudio.represent import source_filter
    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS
    from tinyaudio.represent.prosody import REFERENCE_HZ

    mels, octaves, periodicity = frames[:N_MELS], frames[N_MELS], frames[N_MELS + 1].clamp(0, 1)
    phase = source_filter.phase_from_pitch(REFERENCE_HZ * 2**octaves, sample_rate)
    voice = source_filter.harmonic_signal(mels, phase, sample_rate)[:-HOP_LENGTH]
    noise = FrontEnd(sample_rate, N_FFT, HOP_LENGTH).noise_of(mels[None], len(voice))[0]
    share = source_filter.upsample(periodicity)[: len(voice)]
    return (share * voice + (1 - share) * noise)[None].clamp(-1, 1)


def features(clip: Any, sample_rate: int) -> tuple[Any, Any]:
    """A clip's frames (1, 82, N), and their mean voiced one."""
    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT
    from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums

    frames = mel_and_pitch(clip[None], sample_rate, N_FFT, HOP_LENGTH)
    return frames, mean_voice(voice_sums(frames[0]))


def envelope(mels: Any) -> Any:
    """Mel frames without the harmonics of their pitch: their first 20 cepstra."""
    import torch

    n = mels.shape[1]
    k, m = torch.arange(20)[:, None], torch.arange(n) + 0.5
    basis = torch.cos(math.pi * k * m / n) * torch.where(k > 0, 2 / n, 1 / n).sqrt()
    return basis.T @ (basis @ mels)


def mean_spectrum(targets: tuple[int, ...], sample_rate: int) -> Way:
    """Move the mean voiced frame of the source to that of the target's training sentences."""
    import torch

    from tinyaudio.data.voices import sentence, speaker, voice

    means = {}
    for target in targets:
        said = [voice(speaker(target), sentence(3 * n), sample_rate=sample_rate) for n in range(12)]
        means[target] = torch.stack([features(one.clip, sample_rate)[1] for one in said]).mean(0)

    def way(pair: Pair) -> Any:
        frames, mean = features(pair.source, sample_rate)
        moved = frames + (means[pair.target] - mean)[:, None]
        moved[:, :80] = envelope(moved[:, :80])
        return harmonics_and_noise(moved[0], sample_rate)[:, : pair.source.shape[1]]

    return way


def vocoder_copy(pair: Pair) -> Any:
    """The reference's frames through the shipped vocoder."""
    from tinyaudio.samplers import vocode
    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder

    frames, _ = features(pair.reference.clip, 16_000)
    return vocode.vocode(shipped_vocoder("speech"), frames, pair.reference.clip.shape[1])[0]


def measure(
    run: Any,
    wavenet_run: Any | None,
    n_pairs: int,
    n_recorded: int,
    vae_runs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All rows; those of a run that is not there are None."""
    rate, speakers = run.config.sample_rate, tuple(map(int, run.config.speakers))
    vaes = {name: one for name, one in (vae_runs or {}).items() if one}
    for name, one in vaes.items():
        check_same_speakers(name, one, run)
    ways = {
        "vqvae": by_command(run),
        **{name: by_command(one) for name, one in vaes.items()},
        "unconverted": lambda pair: pair.source,
        "mean_spectrum": mean_spectrum(speakers, rate),
        "vocoder_copy": vocoder_copy,
    }
    seen = pairs(speakers, speakers, n_pairs, rate)
    unseen = pairs(UNSEEN, speakers, n_pairs, rate)
    found: dict[str, Any] = {name: scored(way, seen, speakers, rate) for name, way in ways.items()}
    found |= dict.fromkeys(["vqvae_wavenet", *(name for name in VAE_RUNS if name not in vaes)])
    found["unseen"] = {name: scored(way, unseen, speakers, rate) for name, way in ways.items()}
    clips = recordings(rate, n_recorded)
    del ways["vocoder_copy"]
    found["recorded"] = {
        name: scored_recordings(way, clips, speakers, rate) for name, way in ways.items()
    }
    if wavenet_run:
        found |= two_speakers(run, wavenet_run, n_pairs)
    return found


def check_same_speakers(name: str, one: Any, run: Any) -> None:
    """Rows are of the same pairs: refuse a run of other speakers than --run's, or at another rate."""
    from tinyaudio.errors import UserError

    for what in ("speakers", "sample_rate"):
        if (given := getattr(one.config, what, None)) != (wanted := getattr(run.config, what)):
            option = f"--{name.replace('_', '-')}-run"
            raise UserError(f"{option}: its {what} are {given}, those of --run {wanted}")


def two_speakers(run: Any, wavenet_run: Any, n_pairs: int) -> dict[str, Any]:
    """The paper's model, and beside it the other one and the source, at its rate and of its speakers."""
    from tinyaudio.audio import resample

    rate, speakers = wavenet_run.config.sample_rate, tuple(map(int, wavenet_run.config.speakers))
    convert, high = by_command(run), run.config.sample_rate

    def resampled(pair: Pair) -> Any:
        made = convert(pair._replace(source=resample(pair.source, rate, high)))
        return resample(made, high, rate)[:, : pair.source.shape[1]]

    these = pairs(speakers, speakers, n_pairs, rate)
    return {
        "vqvae_wavenet": scored(by_command(wavenet_run), these, speakers, rate),
        "two_speakers": {
            "vqvae": scored(resampled, these, speakers, rate),
            "unconverted": scored(lambda pair: pair.source, these, speakers, rate),
        },
    }


def recordings(sample_rate: int, n: int) -> list[Any]:
    """Parts of two seconds of the package's held-out recordings."""
    from tinyaudio.audio import resample
    from tinyaudio.data import recorded
    from tinyaudio.data.speech_crops import HELD_OUT_SPEECH

    found = []
    for name in HELD_OUT_SPEECH:
        sentence = recorded.recording(name)
        audio = resample(sentence.audio, sentence.sample_rate, sample_rate)
        found += [
            part for part in audio.split(2 * sample_rate, dim=1) if part.shape[1] > sample_rate
        ]
    return found[:n]


def table(found: Mapping[str, Any], indent: str = "") -> None:
    """Print rows, and groups of rows under their names."""
    for name, row in found.items():
        if row is None:
            print(f"{indent}{name:16} not trained")
        elif all(isinstance(value, dict) for value in row.values()):
            print(f"\n{name}")
            table(row, indent + "  ")
        else:
            shown = {key: value for key, value in row.items() if value is not None}
            cells = "  ".join(f"{key} {value:.3f}" for key, value in shown.items())
            print(f"{indent}{name:16} {cells}")


def main() -> None:
    options = parser("conversion", __doc__)
    options.add_argument("--run", default=RUN, help=f"of vqvae (default: {RUN})")
    options.add_argument(
        "--wavenet-run",
        default=WAVENET_RUN,
        help=f"of vqvae-wavenet; '' for none (default: {WAVENET_RUN})",
    )
    for name, default in VAE_RUNS.items():
        option = f"--{name.replace('_', '-')}-run"
        said = f"of vae-wgan; '' for none (default: {default})"
        options.add_argument(option, default=default, help=said)
    options.add_argument(
        "--translation-run",
        default=TRANSLATION_RUN,
        help=f"of translation; '' for none (default: {TRANSLATION_RUN})",
    )
    options.add_argument(
        "--translation-wavenet-run", default="", help="of translation-wavenet (default: none)"
    )
    singing_scores.add_options(options)
    options.add_argument("--pairs", type=int, default=N_PAIRS, help=f"a row (default: {N_PAIRS})")
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.checkpoints import open_run

        wavenet_run = optional_run(given.wavenet_run)
        places = {name: getattr(given, f"{name}_run") for name in VAE_RUNS}
        vaes = {name: optional_run(place) for name, place in places.items()}
        found = measure(open_run(given.run), wavenet_run, given.pairs, N_RECORDED, vaes)
        if given.translation_run:
            domains = (given.translation_run, given.translation_wavenet_run)
            runs = map(optional_run, domains)
            found |= translation_scores.measure(*runs, given.pairs)
        found |= singing_scores.measure(given)
    print(json.dumps(found)) if given.json else table(found)


if __name__ == "__main__":
    main()

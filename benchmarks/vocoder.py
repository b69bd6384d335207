"""What remains of speech that has been through 80 mel bands?

Held-out clips, 16 kHz: procedural sentences by speakers of the test split, and recorded sentences that
no training has heard. From the mel spectrogram of each

wavenet       `wavenet-vocoder` draws a waveform, at the temperatures named
mean          it draws eight, and their mean is taken
equalized     the mean, given the levels of the mel bands, as `tinyaudio generate` makes it
noise         white noise, given the levels in the same way: what the levels alone do for these numbers
griffin_lim   the mel bands are spread over the bins again (least squares, nothing negative) and 100
              rounds look for a phase
mu_law        nothing of the kind: the original in the 256 levels that the network speaks in, which no
              network that speaks in them can surpass

Each has
pitch_share       share of the original's voiced frames whose pitch is within 20 cents of the original's,
                  both by an estimator that nothing here has trained; a frame that is not voiced any more
                  counts as wrong. Target: 0.9
pitch_share_both  the same, of the frames that are voiced in both; null if there are none
octave_free       as pitch_share, errors of whole octaves forgiven
log_mel_db        distance of the log-mel spectrograms, `tinyaudio.metrics.spectral`; lower is nearer

    python -m benchmarks.vocoder --json

    python -m benchmarks.vocoder --validation --temperature 1 0.9 0.8

compares temperatures on speakers of the validation split, so that one can be chosen.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

from benchmarks.command import parser

SAMPLE_RATE = 16_000
WITHIN_CENTS = 20
TARGET = 0.9
N_VOICES = 12  # sentences, two seconds on average
ROUNDS = 100  # of Griffin-Lim
CHECKPOINT = "wavenet-vocoder"
TEMPERATURES = (1.0, 0.6)  # the second was chosen on speakers of the validation split


def held_out(validation: bool = False) -> dict[str, list[Any]]:
    """Clips (1, T) of each kind."""
    from tinyaudio.data.recorded import recording
    from tinyaudio.data.voices import Voices
    from tinyaudio.recipes.spoken import HELD_OUT_SPEECH

    voices = Voices(N_VOICES, SAMPLE_RATE, "valid" if validation else "test")
    clips = {"voices": [voices[i][0] for i in range(N_VOICES)]}
    if not validation:  # there are no recordings beside those of training and test
        recordings = [recording(name) for name in HELD_OUT_SPEECH]
        assert all(one.sample_rate == SAMPLE_RATE for one in recordings)
        clips["recorded"] = [one.audio for one in recordings]
    return clips


def told_of(clips: Sequence[Any]) -> Any:
    """What a vocoder is told of the clips (1, T), as one batch."""
    from torch.nn import functional as F

    from tinyaudio.models.condition import Condition
    from tinyaudio.recipes.vocoder import condition_of
    from tinyaudio.represent.logmel import HOP_LENGTH, log_mel

    known = [condition_of(log_mel(clip[None], SAMPLE_RATE), SAMPLE_RATE) for clip in clips]
    longest = max(one.frames.shape[2] for one in known)

    def drawn_out(one: Condition) -> Condition:
        """The last frame goes on, as the network lets it at the end; what is drawn there is cut."""
        more = (0, longest - one.frames.shape[2])
        return Condition(
            frames=F.pad(one.frames, more, mode="replicate"),
            cycles=F.pad(one.cycles.mT, more, mode="replicate").mT,
            samples=F.pad(one.samples, (0, more[1] * HOP_LENGTH)),
        )

    return Condition.together([drawn_out(one) for one in known])


def vocoded(
    net: Any, told: Any, clips: Sequence[Any], temperature: float, n_draws: int = 1
) -> list[Any]:
    """What a network makes of what it is told of the clips, as long as they are, all drawn at once."""
    from tinyaudio.samplers.mean import mean_of_draws

    n_samples = max(clip.shape[1] for clip in clips)
    drawn = mean_of_draws(net, told, n_samples, range(len(clips)), temperature, n_draws)
    return [one[None, : clip.shape[1]] for one, clip in zip(drawn, clips, strict=True)]


def levelled(made: Sequence[Any], clips: Sequence[Any]) -> list[Any]:
    """The same sounds, with the levels of the clips' mel bands."""
    from tinyaudio.represent.equalizer import equalized
    from tinyaudio.represent.logmel import log_mel

    both = zip(made, clips, strict=True)
    return [equalized(one, log_mel(clip[None], SAMPLE_RATE), SAMPLE_RATE) for one, clip in both]


def noise(clips: Sequence[Any]) -> list[Any]:
    """As long as the clips, and not told anything."""
    import torch

    draws = torch.Generator().manual_seed(0)
    return [0.1 * torch.randn(clip.shape, generator=draws) for clip in clips]


def griffin_lim(clips: Sequence[Any]) -> list[Any]:
    """What a search for a phase makes of the same."""
    from tinyaudio.represent import spectrum
    from tinyaudio.represent.logmel import HOP_LENGTH, filterbank, from_log_mel, log_mel

    found = []
    for clip in clips:
        mel = from_log_mel(log_mel(clip[None], SAMPLE_RATE))[0]
        magnitude = spectrum.mel_to_linear(mel, filterbank(SAMPLE_RATE))
        length = clip.shape[1]
        found.append(spectrum.griffin_lim(magnitude, HOP_LENGTH, length, n_iter=ROUNDS)[None])
    return found


def mu_law(clips: Sequence[Any]) -> list[Any]:
    """The floor: the clips themselves in 256 levels."""
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


def compare(net: Any, clips: Sequence[Any], temperatures: Sequence[float]) -> dict[str, Any]:
    """All ways from the mel spectrogram of one kind of clips back to sound."""
    from tinyaudio.metrics.pitch import f0_track
    from tinyaudio.samplers.mean import DRAWS

    tracks = [f0_track(clip, SAMPLE_RATE) for clip in clips]
    told, ways = told_of(clips), {}
    for temperature in temperatures:
        mean = vocoded(net, told, clips, temperature, DRAWS)
        ways |= {
            f"wavenet_at_{temperature:g}": vocoded(net, told, clips, temperature),
            f"mean_at_{temperature:g}": mean,
            f"equalized_at_{temperature:g}": levelled(mean, clips),
        }
    ways["noise"] = levelled(noise(clips), clips)
    ways |= {"griffin_lim": griffin_lim(clips), "mu_law": mu_law(clips)}
    return {
        **{name: score(made, clips, tracks) for name, made in ways.items()},
        "clips": len(clips),
        "seconds": round(sum(clip.shape[1] for clip in clips) / SAMPLE_RATE, 1),
        "voiced_frames": sum(int((~track.isnan()).sum()) for track in tracks),
    }


def measure(
    temperatures: Sequence[float] = TEMPERATURES, validation: bool = False
) -> dict[str, Any]:
    import torch

    from tinyaudio.checkpoints import pretrained

    torch.set_num_threads(1)
    net = pretrained(CHECKPOINT)
    kinds = held_out(validation)
    return {
        "checkpoint": CHECKPOINT,
        "within_cents": WITHIN_CENTS,
        "target": TARGET,
        **{kind: compare(net, clips, temperatures) for kind, clips in kinds.items()},
    }


def main() -> None:
    options_of = parser("vocoder", __doc__)
    options_of.add_argument("--temperature", type=float, nargs="+", default=[*TEMPERATURES])
    options_of.add_argument("--validation", action="store_true", help="speakers to choose by")
    options = options_of.parse_args()
    found = measure(options.temperature, options.validation)
    if options.json:
        print(json.dumps(found))
        return
    for kind, ways in found.items():
        if not isinstance(ways, dict):
            continue
        print(f"{kind}: {ways['clips']} clips, {ways['seconds']} s, {ways['voiced_frames']} voiced")
        for way, numbers in ways.items():
            if isinstance(numbers, dict):
                print(
                    f"  {way:16} "
                    + "  ".join(f"{k} {'-' if v is None else v:<6}" for k, v in numbers.items())
                )


if __name__ == "__main__":
    main()

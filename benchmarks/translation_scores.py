"""Is a melody that was translated to another instrument nearer to it, and still the same melody?

Every instrument plays the test split's melodies exactly, so that a translation has a reference; nothing was
trained or chosen on them.  Rows, for `benchmarks.conversion`:

translation    the run: frames, and the frame-rate vocoder of notes; 16 kHz
unconverted    control: the source as it is
mean_spectrum  control without a network: an equalizer moves the source's mean spectral envelope (20 cepstra)
               to that of the target's training melodies
vocoder_copy   control: the reference through the vocoder, what a perfect translation would have
domain_probe   how often a linear classifier recognizes the source instrument by the mean and spread of a
               melody's latents, with a 95 % interval; beside it by those of an untrained encoder, and of the
               mel frames themselves; chance is what a domain-independent encoder has

Keys are those of voice conversion.  Pitch is pYIN's, against the score, from 40 ms after an onset until the
key is released; there is no content but that.
"""

import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from benchmarks.command import of_file

TARGETS = {"distance_ratio": 0.75, "pitch_kept": 0.7}  # the first of the issue
N_LEARNED = N_PROBED = 40  # melodies that classifiers learn from, and that the probe is scored on
ONSET_S = 0.04  # until which a note's pitch is not asked for


class Pair(NamedTuple):
    """A melody by two instruments, clips (1, T), and its pitch at samples 0, 256, ..., NaN between notes."""

    source: Any
    reference: Any
    source_domain: int
    target: int
    f0_hz: Any


def melodies(run: Any, n: int, split: str) -> Any:
    """Melodies by all instruments of a run."""
    from tinyaudio.data.melodies import Melodies

    instruments = [(family, 0) for family in run.config.domains]
    return Melodies(n, run.config.sample_rate, 4.0, instruments, split, run.config.seed)


def pairs(run: Any, n: int) -> list[Pair]:
    """Test melodies, by every instrument as every other one in turn."""
    orders = itertools.cycle(itertools.permutations(range(len(run.config.domains)), 2))
    played, found = melodies(run, n, "test"), []
    for i, (source, target) in zip(range(n), orders, strict=False):
        item = played[i]
        clips, n_samples = item["audio"], item["audio"].shape[1]
        pitch = score_hz(item["score"], n_samples, run.config.sample_rate)
        found.append(Pair(clips[source, None], clips[target, None], source, target, pitch))
    return found


def score_hz(score: Sequence[Sequence[float]], n_samples: int, sample_rate: int) -> Any:
    """The pitch of a score at samples 0, 256, ...; NaN where no key is down, and right after it went down."""
    import torch

    from tinyaudio.audio.pitch import midi_to_hz

    times = torch.arange(1 + n_samples // 256) * 256 / sample_rate
    pitch = torch.full(times.shape, math.nan)
    for onset, held, note, _ in score:
        pitch[(times >= onset) & (times < onset + ONSET_S)] = math.nan
        pitch[(times >= onset + ONSET_S) & (times < onset + held)] = midi_to_hz(note)
    return pitch


def equalized(run: Any) -> Callable[[Pair], Any]:
    """Move the mean envelope of the source to that of the target instrument's training melodies."""
    import torch

    rate, learned = run.config.sample_rate, melodies(run, N_LEARNED, "train")
    clips = torch.stack([learned[i]["audio"] for i in range(N_LEARNED)], dim=1)
    means = [
        torch.stack([mean_envelope(clip[None], rate) for clip in one]).mean(0) for one in clips
    ]

    def way(pair: Pair) -> Any:
        return equalize(pair.source, means[pair.target], rate)

    return way


def equalize(clip: Any, mean: Any, sample_rate: int) -> Any:
    """Filter a clip so that its mean envelope becomes another."""
    import torch

    from tinyaudio.represent.source_filter import match_levels
    from tinyaudio.represent.spectrum import istft, stft

    spectrum, change = stft(clip), mean - mean_envelope(clip, sample_rate)
    frames = mel_frames(clip, sample_rate) + change[:, None]
    matched = match_levels(spectrum.abs(), frames[None], sample_rate)
    return istft(torch.polar(matched, spectrum.angle()), length=clip.shape[1]).clamp(-1, 1)


def mel_frames(clip: Any, sample_rate: int) -> Any:
    """(80, N)."""
    from tinyaudio.represent.logmel import log_mel

    return log_mel(clip[None], sample_rate)[0]


def mean_envelope(clip: Any, sample_rate: int) -> Any:
    """The mean of the envelopes of a clip's sounding frames, those within 30 dB of the loudest."""
    from benchmarks.conversion import envelope
    from tinyaudio.represent.logmel import RANGE_DB

    frames = mel_frames(clip, sample_rate)
    loudest = frames.amax(0)
    sounding = frames[None, :, loudest > loudest.max() - 30 / RANGE_DB]
    return envelope(sounding)[0].mean(1)


def translated(run: Any) -> Callable[[Pair], Any]:
    """What the command ``translate`` of a run makes of a source."""
    from tinyaudio.errors import UserError

    command = run.recipe.commands.get("translate")
    if command is None:
        raise UserError(f"a run of {run.recipe.name} has no command 'translate'")
    names = run.config.domains
    return lambda pair: of_file(run, command, "source", pair.source, to=names[pair.target])


def vocoder_copy(pair: Pair) -> Any:
    """The reference's frames through the shipped vocoder."""
    from tinyaudio.samplers import vocode
    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder

    frames, n_samples = mel_frames(pair.reference, 16_000)[None], pair.reference.shape[1]
    return vocode.vocode(shipped_vocoder("notes"), frames, n_samples)[0]


def classifier(run: Any) -> Callable[[Any], int]:
    """Tells a run's instruments apart, learned from their training melodies."""
    from tinyaudio.metrics.conversion import SpeakerClassifier

    learned = melodies(run, N_LEARNED, "train")
    rows = [(clip[None], j) for i in range(N_LEARNED) for j, clip in enumerate(learned[i]["audio"])]
    return SpeakerClassifier(*zip(*rows, strict=True), run.config.sample_rate)


def scored(
    way: Callable[[Pair], Any], of: Iterable[Pair], who: Callable[[Any], int], sample_rate: int
) -> dict[str, float | None]:
    """The means over pairs, and shares of pairs that meet a target."""
    from tinyaudio.metrics import conversion
    from tinyaudio.metrics.pitch import f0_track, pitch_accuracy

    rows = []
    for pair in of:
        made = way(pair)
        track = f0_track(made, sample_rate, high_hz=1_100)
        rows.append(
            {
                "distance_ratio": conversion.distance_ratio(
                    made, pair.source, pair.reference, sample_rate
                ),
                "target_instrument_accuracy": float(who(made) == pair.target),
                "pitch_kept": pitch_accuracy(track, pair.f0_hz, conversion.WITHIN_CENTS),
                "voiced_kept": (~track.isnan())[~pair.f0_hz.isnan()].float().mean().item(),
            }
        )
    means: dict[str, float | None] = {
        name: statistics.fmean(row[name] for row in rows) for name in rows[0]
    }
    near = statistics.fmean(row["distance_ratio"] <= TARGETS["distance_ratio"] for row in rows)
    right = statistics.fmean(row["pitch_kept"] >= TARGETS["pitch_kept"] for row in rows)
    means |= {"distance_ratio_share": near, "pitch_kept_share": right}
    return means | {"content_kept": None, "content_kept_share": None}


def measure(run: Any, wavenet_run: Any | None, n_pairs: int) -> dict[str, Any]:
    """The group of a run, and of one of the paper's model if there is one."""
    rate, these, who = run.config.sample_rate, pairs(run, n_pairs), classifier(run)
    ways: dict[str, Callable[[Pair], Any]] = {
        "translation": translated(run),
        "unconverted": lambda pair: pair.source,
        "mean_spectrum": equalized(run),
        "vocoder_copy": vocoder_copy,
    }
    found: dict[str, Any] = {name: scored(way, these, who, rate) for name, way in ways.items()}
    found["domain_probe"] = domain_probe(run)
    return {"translation": found, "translation_wavenet": of_wavenet(wavenet_run, n_pairs)}


def of_wavenet(run: Any | None, n_pairs: int) -> dict[str, Any] | None:
    """The paper's model, and the controls at its rate and of its instruments."""
    if run is None:
        return None
    rate, these, who = run.config.sample_rate, pairs(run, n_pairs), classifier(run)
    ways: dict[str, Callable[[Pair], Any]] = {
        "translation_wavenet": translated(run),
        "unconverted": lambda pair: pair.source,
        "mean_spectrum": equalized(run),
    }
    rows: dict[str, Any] = {name: scored(way, these, who, rate) for name, way in ways.items()}
    return rows | {"domain_probe": domain_probe(run)}


def domain_probe(run: Any) -> dict[str, float]:
    """How well latents, untrained latents and frames say the instrument, on melodies of the test split."""
    import torch

    net, rate = run.models["net"], run.config.sample_rate
    torch.manual_seed(0)
    untrained = type(net)(net.config).eval()
    views = {
        "latents": lambda clip: encoded(net, clip, rate),
        "untrained": lambda clip: encoded(untrained, clip, rate),
        "frames": lambda clip: mel_frames(clip, rate),
    }
    learned, probed = melodies(run, N_LEARNED, "train"), melodies(run, N_PROBED, "test")
    found: dict[str, float] = {"chance": 1 / len(run.config.domains)}
    for name, view in views.items():
        n_right, n = probe(view, learned, probed)
        low, high = interval(n_right, n)
        found |= {name: n_right / n, f"{name}_low": low, f"{name}_high": high}
    return found


def encoded(net: Any, clip: Any, sample_rate: int) -> Any:
    """The latents (D, n) of a clip, by either network."""
    import torch

    from tinyaudio.models.mel_translation import MelTranslation

    frames = isinstance(net, MelTranslation)
    hop = net.config.stride if frames else net.config.hop_length
    shown = mel_frames(clip, sample_rate) if frames else clip
    with torch.no_grad():
        return net.encode(shown[None, :, : shown.shape[1] // hop * hop])[0]


def probe(view: Callable[[Any], Any], learned: Any, probed: Any) -> tuple[int, int]:
    """Of how many clips of `probed` a linear classifier recognizes the instrument, and how many there are."""
    import torch

    from tinyaudio.metrics.discriminant import LinearDiscriminant

    def features(items: Any) -> tuple[Any, Any]:
        clips = [(clip, j) for i in range(len(items)) for j, clip in enumerate(items[i]["audio"])]
        seen = [view(clip[None]) for clip, _ in clips]
        rows = [torch.cat([one.mean(1), one.std(1)]) for one in seen]
        return torch.stack(rows), torch.tensor([j for _, j in clips])

    recognize = LinearDiscriminant(*features(learned), shrinkage=0.1)
    inputs, labels = features(probed)
    return int((recognize(inputs) == labels).sum()), len(labels)


def interval(n_right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share."""
    middle, p = 1 + z**2 / n, n_right / n
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (p + z**2 / (2 * n) - half) / middle, (p + z**2 / (2 * n) + half) / middle

"""From one voice to another at 48 kHz: what do all links together lose, and which of them loses it?

The links are those of ``tinyaudio chain``: mel frames, `vqvae-voices`, `istft-vocoder`, `upsampling-x3`.

recorded       parts of two seconds of recorded speech (Italian, Russian) that no training had, measured at
               16 kHz: the whole chain, its vocoder alone, and without a network the source itself and the
               source with its mean moved to the target's
procedural     sentences of the test split, which have a reference at 48 kHz by the target: links replaced by
               the truth one after the other, and without a network the source by sinc interpolation, and the
               moved mean by sinc interpolation
full_band      recorded speech of 44.1 or 48 kHz, brought to 16 kHz and back: its own top band against that of
               the last link, and of sinc interpolation; none where there are no such recordings
memory_mb      the largest resident size of the command on a recording of one minute, and of --minutes

target_speaker_accuracy  share of clips that a classifier takes for the target, of eight
content_kept             share of frames in which a classifier of phones says the same of both
pitch_course_kept        share of voiced frames whose pitch, relative to its median, is within 100 cents
log_mel_db               distance of log-mel levels from the reference up to 24 kHz, in dB
high_band_energy_db      power above 8 kHz over the reference's; 0 is right, an empty band counts as -120
high_band_envelope_db    difference of the levels of twelve bands above 8 kHz

    python -m benchmarks.chain --json
    python -m benchmarks.chain --pairs 4 --recorded 4 --minutes 0
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.command import one_line_errors, parser
from benchmarks.conversion import mean_spectrum, recordings, table
from benchmarks.conversion_scores import FIRST_SENTENCE, Pair, scored_recordings

RATE, HIGH = 16_000, 48_000
N_PAIRS, N_RECORDED, N_FULL_BAND, MINUTES = 8, 8, 8, 10
N_STEPS = 8  # of the upsampler


def shipped_chain(n_steps: int) -> Any:
    """The links that come with the package."""
    from tinyaudio.checkpoints import pretrained
    from tinyaudio.samplers.chain import Chain
    from tinyaudio.samplers.diffusion_steps import solver
    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
    from tinyaudio.samplers.upsampling import whitened

    upsampler = whitened(pretrained("upsampling-x3"), n_steps, solver("dpm-solver"))
    return Chain(pretrained("vqvae-voices"), shipped_vocoder("speech"), upsampler)


def sounds(chain: Any, clip: Any, target: int) -> list[Any]:
    """A clip (1, T) at 16 kHz, and what each link makes of it, as (1, T) at its rate."""
    from tinyaudio.audio import load, save

    with TemporaryDirectory() as folder:
        source = Path(folder) / "source.wav"
        save(source, clip, RATE)
        return [load(path)[0] for path in chain.sounds(source, target, Path(folder))]


def high_band(chain: Any, clip: Any) -> Any:
    """A clip (1, T) at 16 kHz through the last link."""
    import torch

    from tinyaudio.audio import save
    from tinyaudio.samplers.upsampling import UpsampledFile, open_source

    with TemporaryDirectory() as folder:
        source = Path(folder) / "source.wav"
        save(source, clip, RATE)
        file = open_source(source, HIGH, chain.upsampler.ratio)
        return torch.cat([*UpsampledFile(file, chain.upsampler, HIGH)], dim=2)[0]


def low(clip: Any) -> Any:
    """A clip at 48 kHz, brought to 16 kHz."""
    from tinyaudio.audio import resample

    return resample(clip, HIGH, RATE)


def sinc(clip: Any) -> Any:
    """A clip at 16 kHz, interpolated."""
    from tinyaudio.audio import resample

    return resample(clip, RATE, HIGH)


def recorded(chain: Any, n: int, speakers: Sequence[int]) -> dict[str, Any]:
    """Rows on recorded speech, at 16 kHz."""
    cut: Callable[[Any, Pair], Any] = lambda made, pair: made[:, : pair.source.shape[1]]  # noqa: E731
    ways = {
        "chain": lambda pair: cut(low(sounds(chain, pair.source, pair.target)[-1]), pair),
        "vocoder": lambda pair: sounds_of_vocoder(chain, pair.source),
        "source": lambda pair: pair.source,
        "mean_moved": mean_spectrum(tuple(speakers), RATE),
    }
    clips = recordings(RATE, n)
    return {name: scored_recordings(way, clips, speakers, RATE) for name, way in ways.items()}


def sounds_of_vocoder(chain: Any, clip: Any) -> Any:
    """A clip's own frames made to sound again."""
    import torch

    from tinyaudio.audio import save
    from tinyaudio.samplers.chain import vocoded

    with TemporaryDirectory() as folder:
        source = Path(folder) / "source.wav"
        save(source, clip, RATE)
        return torch.cat([*vocoded(chain.vocoder, source)], dim=2)[0]


def procedural(chain: Any, n: int, speakers: Sequence[int]) -> dict[str, Any]:
    """Rows on sentences whose reference is known, link by link."""
    from tinyaudio.data.voices import sentence, speaker, voice

    rows: dict[str, list[dict[str, float]]] = {}
    move = mean_spectrum(tuple(speakers), RATE)
    for i in range(n):
        source, target = speakers[i % len(speakers)], speakers[(i + 1) % len(speakers)]
        content = sentence(FIRST_SENTENCE + 3 * i)
        takes = [voice(speaker(one), content, sample_rate=HIGH).clip for one in (source, target)]
        clip, reference = ((take[:, : take.shape[1] // 6 * 6]) for take in takes)
        source_low, reference_low = low(clip), low(reference)
        made = {
            "chain": sounds(chain, source_low, target)[-1],
            "true_frames": high_band(chain, sounds_of_vocoder(chain, reference_low)),
            "true_16_khz": high_band(chain, reference_low),
            "true_16_khz_sinc": sinc(reference_low),
            "source_sinc": sinc(source_low),
            "mean_moved_sinc": sinc(move(Pair(source_low, None, target))),
        }
        for name, one in made.items():
            rows.setdefault(name, []).append(compared(one, reference))
    return {name: means(row) for name, row in rows.items()}


def compared(made: Any, reference: Any) -> dict[str, float]:
    """The measures at 48 kHz."""
    from tinyaudio.metrics.high_band import high_band_energy_db, high_band_envelope_db
    from tinyaudio.metrics.spectral import log_mel_distance

    made = made[:, : reference.shape[1]]
    return {
        "log_mel_db": log_mel_distance(made, reference, HIGH),
        "high_band_energy_db": high_band_energy_db(made, reference, HIGH, RATE / 2),
        "high_band_envelope_db": high_band_envelope_db(made, reference, HIGH, RATE / 2),
    }


def means(row: Sequence[dict[str, float]]) -> dict[str, float]:
    """Over clips."""
    return {key: statistics.fmean(one[key] for one in row) for key in row[0]}


def full_band(chain: Any, n: int, folder: Path | None, packages: Path) -> dict[str, Any] | None:
    """The last link on real speech of full band."""
    from benchmarks.upsampling_clips import recordings as full_recordings
    from tinyaudio.audio import resample
    from tinyaudio.data import recorded as packaged

    own = set(packaged.names())  # loops of music
    clips = [one for one in full_recordings(folder, packages) if one.name not in own][:n]
    if not clips:
        return None
    rows: dict[str, list[dict[str, float]]] = {"last_link": [], "sinc": []}
    for clip in clips:
        reference = resample(clip.audio, clip.sample_rate, HIGH)
        reference = reference[:, : reference.shape[1] // 6 * 6]
        rows["last_link"].append(compared(high_band(chain, low(reference)), reference))
        rows["sinc"].append(compared(sinc(low(reference)), reference))
    return {"clips": len(clips)} | {name: means(row) for name, row in rows.items()}


def memory(minutes: int) -> dict[str, float]:
    """The command's largest resident size in MB, by the recording's length in minutes.

    The upsampler is of the tiny size and takes one step: blocks are as long, and it takes minutes, not an hour.
    """
    import torch

    from tinyaudio.audio import save

    clip = torch.cat(recordings(RATE, 100), dim=1)
    found = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        sizes = ["--steps", "2", "--n-sounds", "4", "--device", "cpu"]
        peak_mb("train", "upsampling", "--out", folder / "run", *sizes)
        for n in (1, minutes):
            times = -(-n * 60 * RATE // clip.shape[1])
            save(folder / "in.wav", clip.repeat(1, times)[:, : n * 60 * RATE], RATE)
            links = ["--upsampler", folder / "run", "--sampling-steps", "1", "--device", "cpu"]
            found[str(n)] = peak_mb("chain", folder / "in.wav", folder / "out.wav", *links)
    return found


def peak_mb(*words: Any) -> float:
    """The largest resident size of a command."""
    command = [sys.executable, "-m", "tinyaudio", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"tinyaudio {words[0]}: exit status {status}")
    return usage.ru_maxrss / 1024


def measure(
    n_pairs: int, n_recorded: int, minutes: int, n_steps: int, folder: Path | None, packages: Path
) -> dict[str, Any]:
    """All rows."""
    chain, speakers = shipped_chain(n_steps), range(8)
    return {
        "settings": {"sampling_steps": n_steps, "pairs": n_pairs, "recorded": n_recorded},
        "recorded": recorded(chain, n_recorded, speakers),
        "procedural": procedural(chain, n_pairs, speakers),
        "full_band": full_band(chain, N_FULL_BAND, folder, packages),
        "memory_mb": memory(minutes) if minutes else None,
    }


def rounded(found: Any) -> Any:
    """To three digits behind the point."""
    if isinstance(found, dict):
        return {key: rounded(value) for key, value in found.items()}
    return round(found, 3) if isinstance(found, float) else found


def main() -> None:
    options = parser("chain", __doc__)
    for name, default, said in [
        ("pairs", N_PAIRS, "procedural sentences"),
        ("recorded", N_RECORDED, "parts of recordings"),
        ("minutes", MINUTES, "of the long recording; 0 measures no memory"),
        ("sampling-steps", N_STEPS, "of the upsampler"),
    ]:
        text = f"{said} (default: {default})"
        options.add_argument(f"--{name}", type=int, default=default, help=text)
    options.add_argument("--full-band", type=Path, help="folder of speech at 44.1 or 48 kHz")
    options.add_argument("--packages", type=Path, default=Path("/"), help="where Debian's lie")
    given = options.parse_args()
    with one_line_errors():
        import torch

        torch.set_num_threads(1)
        sizes = (given.pairs, given.recorded, given.minutes, given.sampling_steps)
        found = rounded(measure(*sizes, given.full_band, given.packages))
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        table({key: found[key] for key in ("recorded", "procedural")})
        print(f"\nfull band {found['full_band']}\nmemory_mb {found['memory_mb']}")


if __name__ == "__main__":
    main()

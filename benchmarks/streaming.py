"""Does ten minutes of sound stream into a file in constant memory, and does an interruption leave a valid file?

The book's tiny WaveNet (20 layers, 32/32/64), conditioned on a mel spectrogram (80 bands, a frame every 256
samples, as a vocoder is), generates by `samplers.native` at 16 kHz, and `samplers.streaming` writes. Its
weights are random: speed and memory do not depend on them. Then another process generates the same and is
interrupted after a few seconds, once by each signal. At last the commands convert recorded speech as long as
that, and a tenth as long (``tinyaudio convert``), and bring it from 16 to 48 kHz in stereo (``tinyaudio
upsample``, with the shipped model).

rss_growth_mb        peak of the process's resident memory over that after the first chunk, measured after
                     every chunk (1,024 samples)
rss_first_mb         resident memory after the first chunk
seconds              wall-clock time, opening and moving the file included
cpu_seconds          CPU time of this process, which other load on the machine changes less
samples_per_second   by wall-clock time
samples_per_cpu_second
real_time            the sound's length over seconds
samples, length_s    in the file, as soundfile reads it
interrupted          for Ctrl-C (SIGINT), SIGTERM and SIGKILL: the file that is left, its samples by its
                     header and as read, whether they are the first of the complete file's, and the number
                     of other files
convert, upsample    the command's wall-clock and CPU time, highest resident memory, length and channels, for
                     both lengths
convert_rss_growth_mb, upsample_rss_growth_mb
                     what the long file needs more than the short one
upsample_steps       calls of the upsampling network
upsample_macs_a_second  its multiplications and additions for a second of one channel

    python -m benchmarks.streaming --json
    python -m benchmarks.streaming --seconds 20        # a quick run
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.command import parser
from benchmarks.streaming_commands import converted, macs_a_second, upsampled

RATE = 16_000
CHUNK = 1024  # samples
AFTER_S = 3.0  # of streaming before a run is interrupted
TIMEOUT_S = 300.0  # within which it begins and ends


def rss_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def sound(n_samples: int) -> Iterator[Any]:
    """The clip (1, 1, n_samples) in chunks, always the same."""
    import torch

    from tinyaudio.models.condition import Condition, ConditionConfig
    from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
    from tinyaudio.represent import mulaw
    from tinyaudio.samplers.conditioned import Conditioned
    from tinyaudio.samplers.native import stream

    torch.set_num_threads(1)
    torch.manual_seed(0)
    mel = ConditionConfig(n_frame_channels=80, hop_length=256)
    net = WaveNet(replace(WaveNetConfig.tiny(), condition=mel))
    torch.nn.init.normal_(net.logits.weight, std=0.25)
    conditioned = Conditioned(net, Condition(frames=torch.randn(1, 80, -(-n_samples // 256))))
    for codes in stream(conditioned, n_samples, seeds=[0], chunk=CHUNK):
        yield mulaw.decode(codes)[:, None]


def watched(chunks: Iterable[Any], rss: list[float]) -> Iterator[Any]:
    """The same chunks; appends the resident memory after each has been written."""
    for chunk in chunks:
        yield chunk
        rss.append(rss_mb())


def streamed(place: Path, n_samples: int) -> dict[str, float]:
    """Stream into a file and measure memory and time."""
    import soundfile

    from tinyaudio.samplers.streaming import write

    rss: list[float] = []
    start, cpu_start = time.perf_counter(), time.process_time()
    write([place], watched(sound(n_samples), rss), RATE, n_samples)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    found = soundfile.info(place)
    return {
        "rss_growth_mb": round(max(rss) - rss[0], 1),
        "rss_first_mb": round(rss[0], 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "samples_per_second": round(found.frames / seconds),
        "samples_per_cpu_second": round(found.frames / cpu),
        "real_time": round(found.frames / seconds / RATE, 2),
        "samples": found.frames,
        "length_s": found.frames / found.samplerate,
    }


def interrupted(number: signal.Signals, whole: Path, n_samples: int) -> dict[str, Any]:
    """Generate the same in another process, interrupt it, and describe what it leaves."""
    import numpy as np
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        place, part = Path(folder) / "a.wav", Path(folder) / "a.part.wav"
        command = [sys.executable, "-m", "benchmarks.streaming", "--into", str(place)]
        command += ["--seconds", str(n_samples / RATE)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + TIMEOUT_S
            while not part.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the process to be interrupted did not begin")
                time.sleep(0.05)
            time.sleep(AFTER_S)
            process.send_signal(number)
            process.wait(TIMEOUT_S)
        finally:
            process.kill()
        left = sorted(Path(folder).iterdir())
        with wave.open(str(left[0])) as file:
            by_header = file.getnframes()
        codes = soundfile.read(left[0], dtype="int16")[0]
    first = soundfile.read(whole, frames=len(codes), dtype="int16")[0]
    return {
        "left": left[0].name,
        "by_header": by_header,
        "samples": len(codes),
        "as_in_the_whole": bool(0 < len(codes) < n_samples and np.array_equal(codes, first)),
        "other_files": len(left) - 1,
    }


def measure(seconds: float, sampling_steps: int) -> dict[str, Any]:
    n_samples = round(seconds * RATE)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.wav"
        found: dict[str, Any] = streamed(whole, n_samples)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        found["interrupted"] = {n.name: interrupted(n, whole, n_samples) for n in numbers}
    ways = {"convert": converted, "upsample": lambda s: upsampled(s, sampling_steps)}
    for name, command in ways.items():
        found[name] = {f"{length:g} s": command(length) for length in (seconds / 10, seconds)}
        short, long = (one["rss_peak_mb"] for one in found[name].values())
        found[f"{name}_rss_growth_mb"] = round(long - short, 1)
    found["upsample_steps"] = sampling_steps
    found["upsample_macs_a_second"] = macs_a_second(sampling_steps)
    return found


def main() -> None:
    options_of = parser("streaming", __doc__)
    options_of.add_argument("--seconds", type=float, default=600.0, help="length (default: 600)")
    options_of.add_argument(
        "--sampling-steps", type=int, default=8, help="calls of the upsampler (default: 8)"
    )
    options_of.add_argument(
        "--into", type=Path, help=argparse.SUPPRESS
    )  # the one to be interrupted
    options = options_of.parse_args()
    os.environ.setdefault("TINYAUDIO_BUILD", "1")  # no progress bar
    if options.into:
        # A shell's background jobs, and what they start, ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        streamed(options.into, round(options.seconds * RATE))
        return
    found = measure(options.seconds, options.sampling_steps)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            for kind, facts in value.items():
                print(f"{kind:>20}  {', '.join(f'{k} {v}' for k, v in facts.items())}")
        else:
            print(f"{name:>20}  {value}")


if __name__ == "__main__":
    main()

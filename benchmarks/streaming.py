"""Does ten minutes of sound stream into a file in flat memory, and does an interruption leave a whole file?

The book's tiny WaveNet (20 layers, 32/32/64), which is told a mel spectrogram (80 bands, a frame every 256
samples, as a vocoder is), generates by `samplers.native` at 16 kHz, and `samplers.streaming` writes. Its
weights are random: speed and memory do not depend on what is said. The same is then begun anew by a
process of its own and stopped after a few seconds, once by each signal.

rss_growth_mb        most memory that the process has held after the first piece was written, beyond what
                     it held then, looked at after every piece (1,024 samples)
rss_first_mb         what it held then
seconds              by the clock, opening and moving the file included
cpu_seconds          of this process meanwhile, which a busy machine disturbs less
samples_per_second   by the clock
samples_per_cpu_second
real_time            the sound's length over seconds
samples, length_s    in the file, as soundfile reads it
interrupted          for Ctrl-C (SIGINT), SIGTERM and SIGKILL: the file that was left, its samples by its
                     header and as read, whether they are the first of the whole one's, and whether other
                     files were left

    python -m benchmarks.streaming --json
    python -m benchmarks.streaming --seconds 20        # a quick look
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

RATE = 16_000
PIECE = 1024  # samples
AFTER_S = 3.0  # of streaming, an interrupted run is stopped
PATIENCE_S = 300.0  # within which it begins and ends


def rss_mb() -> float:
    """Memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def sound(n_samples: int) -> Iterator[Any]:
    """The clip (1, 1, n_samples) in pieces, always the same."""
    import torch

    from tinyaudio.models.condition import Condition, ConditionConfig
    from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
    from tinyaudio.represent import mulaw
    from tinyaudio.samplers.conditioned import Conditioned
    from tinyaudio.samplers.native import stream

    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind = ConditionConfig(n_frame_channels=80, hop_length=256)
    net = WaveNet(replace(WaveNetConfig.tiny(), condition=kind))
    torch.nn.init.normal_(net.logits.weight, std=0.25)
    told = Conditioned(net, Condition(frames=torch.randn(1, 80, -(-n_samples // 256))))
    for codes in stream(told, n_samples, seeds=[0], chunk=PIECE):
        yield mulaw.decode(codes)[:, None]


def watched(pieces: Iterable[Any], rss: list[float]) -> Iterator[Any]:
    """The same pieces; notes the memory after each has been written."""
    for piece in pieces:
        yield piece
        rss.append(rss_mb())


def streamed(place: Path, n_samples: int) -> dict[str, float]:
    """Stream into a file and say what it took."""
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
    """Begin anew in another process, stop it, and look at what it leaves."""
    import numpy as np
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        place, part = Path(folder) / "a.wav", Path(folder) / "a.part.wav"
        words = [sys.executable, "-m", "benchmarks.streaming", "--into", str(place)]
        words += ["--seconds", str(n_samples / RATE)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not part.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the process that was to be interrupted did not begin")
                time.sleep(0.05)
            time.sleep(AFTER_S)
            process.send_signal(number)
            process.wait(PATIENCE_S)
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


def measure(seconds: float) -> dict[str, Any]:
    n_samples = round(seconds * RATE)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.wav"
        found: dict[str, Any] = streamed(whole, n_samples)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        found["interrupted"] = {n.name: interrupted(n, whole, n_samples) for n in numbers}
    return found


def main() -> None:
    options_of = parser("streaming", __doc__)
    options_of.add_argument("--seconds", type=float, default=600.0, help="length (default: 600)")
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
    found = measure(options.seconds)
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

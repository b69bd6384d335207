"""Does `tinyaudio.audio.load` survive damaged files?

COMMAND     python -m benchmarks.robustness --json
HARDWARE    one core, about two minutes
EXPECT      4,000 files tried, and crashes, hangs, wrong_errors and lost_unsaid all 0

Sound files of all formats that libsndfile writes, damaged at random, cut off, put behind each other, or with
headers that declare other lengths (`benchmarks.damage`), are loaded in a process that is watched: it may
exit (a crash), take longer than a second (a hang), or raise anything but an `AudioError` of one line
that names the file (a wrong error).  What it does load must be a clip: float32, (channels, time),
finite, in [-1, 1].  Of half of the files it is known how much sound they hold: to load less without a warning
is a loss unsaid, and to warn of a good one is wrong, too.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from benchmarks.damage import Sample, mutant
from tinyaudio.audio import load
from tinyaudio.errors import AudioError

PATIENCE_S = 1.0  # within which each file loads or is refused
KILL_S = 10.0  # after which the process counts as hanging
START_S = 120.0  # in which a process must have imported torch, on a busy machine
REMARKS = ("ends after", "follows its declared end", "is cut off or damaged", "goes on for longer")
PART = {"mono": True, "start_s": 0.05, "seconds": 0.1, "sample_rate": 8_000}


def load_outcome(path: Path, n_samples: int | None, whole: bool, **part: Any) -> str:
    """The outcome of a call of `load`: "loaded", "refused", "lost: ...", or what is wrong."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            audio, rate = load(path, **part)
    except AudioError as error:
        message = str(error)
        good = "\n" not in message and path.name in message and len(message) < 500
        return "refused" if good else f"poor message: {message!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    clip = audio.dtype == torch.float32 and audio.ndim == 2 and audio.numel() > 0
    if not clip or not 1 <= rate <= 768_000 or not audio.abs().max() <= 1:  # NaN is not <= 1
        return f"not a clip: {audio.dtype} {tuple(audio.shape)} at {rate} Hz"
    remarked = any(text in str(one.message) for one in caught for text in REMARKS)
    if n_samples is not None and audio.shape[1] < n_samples and not remarked:
        return f"lost: {audio.shape[1]} of {n_samples} samples, without a warning"
    if whole and remarked:
        return f"remark on a good file: {caught[0].message}"
    return "loaded"


@dataclass(frozen=True)
class Result:
    """What the watched process reports of a file, or what is recorded if it does not report."""

    outcome: str  # "loaded", "refused", "crash", "hang", "lost" or "wrong"
    detail: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0  # of the process, so far


def try_file(path: Path, n_samples: int | None, whole: bool) -> Result:
    """Load a file whole and in part; the slower of the two counts."""
    outcomes, seconds = [], 0.0
    for part, least in (({}, n_samples), (PART, None)):
        start = time.perf_counter()
        outcomes.append(load_outcome(path, least, whole, **part))
        seconds = max(seconds, time.perf_counter() - start)
    wrong = [text for text in outcomes if text not in ("loaded", "refused")]
    outcome, detail = outcomes[0], ""
    if wrong:
        outcome, detail = "lost" if wrong[0].startswith("lost") else "wrong", wrong[0]
    if seconds > PATIENCE_S:
        outcome, detail = "hang", f"{seconds:.2f} s"
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(outcome, detail, seconds, peak_mb)


def work(connection: Connection, stderr: Path) -> None:
    """The watched process: loads each file that it receives, a path and what is known of it, until None."""
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libsndfile's reader of SDS prints there
    torch.set_num_threads(1)
    connection.send("ready")
    while (file := connection.recv()) is not None:
        connection.send(try_file(*file))


class Watched:
    """A process that loads files and is replaced when it exits or does not report."""

    def __init__(self, stderr: Path) -> None:
        self.stderr = stderr
        self.start()

    def start(self) -> None:
        """Start a process and wait until it has imported what it needs."""
        context = multiprocessing.get_context("spawn")
        self.connection, remote = context.Pipe()
        self.process = context.Process(target=work, args=(remote, self.stderr), daemon=True)
        self.process.start()
        remote.close()  # else its end would not be noticed
        if not self.connection.poll(START_S) or self.connection.recv() != "ready":
            raise RuntimeError(f"the watched process did not start within {START_S} s")

    def load(self, path: Path, sample: Sample) -> Result:
        """The result of a file; after a crash or a hang the process is started again."""
        result = Result("hang", f"no report within {KILL_S} s")
        try:
            self.connection.send((path, sample.n_samples, sample.whole))
            if self.connection.poll(KILL_S):
                received: Result = self.connection.recv()
                return received
        except (EOFError, OSError):  # the other end is gone
            self.process.join()
            result = Result("crash", f"exit code {self.process.exitcode}")
        self.process.kill()
        self.process.join()
        self.start()
        return result

    def stop(self) -> None:
        """Let the process end by itself."""
        self.connection.send(None)
        self.process.join(KILL_S)


def measure(n_files: int, seed: int, keep: Path | None = None) -> dict[str, Any]:
    """Try the files and count what happened; those that did wrong are written to `keep`."""
    counts: Counter[str] = Counter()
    offenders = []
    results = []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        stderr = Path(folder) / "stderr"
        watched = Watched(stderr)
        for i in tqdm(range(n_files), unit="file", disable=None):
            sample = mutant(i, seed)
            path = Path(folder) / f"{i:06}.{sample.suffix}"
            path.write_bytes(sample.data)
            result = watched.load(path, sample)
            if result.outcome == "hang":
                result = watched.load(
                    path, sample.n_samples
                )  # once more: a busy machine is not a hang
            results.append(result)
            counts[result.outcome] += 1
            if result.detail:
                offenders.append(f"{path.name}: {result.outcome}: {result.detail}")
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / path.name).write_bytes(sample.data)
            path.unlink()
        watched.stop()
        stray = stderr.stat().st_size
    return {
        "files_tried": n_files,
        "loaded": counts["loaded"],
        "refused": counts["refused"],
        "crashes": counts["crash"],
        "hangs": counts["hang"],
        "wrong_errors": counts["wrong"],
        "lost_unsaid": counts["lost"],
        "slowest_s": round(max(a.seconds for a in results), 4),
        "peak_memory_mb": round(max(a.peak_mb for a in results)),
        "stray_output_bytes": stray,  # what decoders printed past `load`
        "total_s": round(time.perf_counter() - start, 1),
        "offenders": offenders,
        "seed": seed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=4000, help="how many to try (default: 4000)")
    parser.add_argument("--seed", type=int, default=0, help="decides the damage (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--keep", type=Path, help="a folder for the files that did wrong")
    options = parser.parse_args()
    result = measure(options.files, options.seed, options.keep)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:>20}  {value}")
    sys.exit(bool(result["offenders"]))


if __name__ == "__main__":
    main()

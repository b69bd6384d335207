"""Does training on an hour of recordings wait for them, and does it stay in the same memory?

An hour of noise at 16 kHz lies in 360 files of 10 s, and in 10,000 of 0.36 s. The recipe
``autoregressive`` trains on it in the package's own loop and on one thread, with batches of 4 crops of 1,024
samples and a network of two layers of 8 channels, whose step is short: any real one waits for a smaller share
of its time. By default `tinyaudio.data.decoded` keeps up to 2^29 samples (9 hours at 16 kHz) in memory;
what lies beyond is read from a temporary file. Both are measured: "kept" and "from disk", where nothing is
kept.
Each row is a process of its own.

files, place, workers
start_s              until the folder is opened: every file is decoded once, to see what can be used
first_wait_s         until the first batch: workers start meanwhile
steps                of which the rest is measured
step_ms              a step of training, the wait included, by wall-clock time
waiting              share of the time in which the loop waits for data, after the first batch
loading_cpu_ms       where no worker loads: CPU time of loading a batch, which other load on the machine changes
                     less; divided by 4, that of a crop
step_cpu_ms          CPU time of a step, loading included
memory_mb            of the process and its workers, after the first 10 steps; what they share counts once, what
                     other programs share with them does not count
growth_mb            the most that is added to it until the end

    python -m benchmarks.data_loading --json
    python -m benchmarks.data_loading --seconds 60 --steps 25      # a quick run, of a minute of sound
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.command import parser
from benchmarks.timing import cpu

RATE, HOUR_S = 16_000, 3_600
BATCH_SIZE, CROP = 4, 1_024
SETTLED = 10  # steps before memory is compared
N_FILES = (360, 10_000)  # that an hour is divided into
WORKERS = (0, 1, 2)
OWN = ("Pss_Anon:", "Pss_Shmem:")  # not the libraries, which other programs may share
TIME_LIMIT_S = 10.0  # of a row, after the first batch


def write_sound(folder: Path, n_files: int, seconds: int) -> None:
    """Noise in 16 bits, in so many files of equal length."""
    import numpy as np
    import soundfile

    draws = np.random.default_rng(0)
    folder.mkdir()
    n_samples = RATE * seconds // n_files
    for i in range(n_files):
        samples = draws.integers(-10_000, 10_000, n_samples, dtype=np.int16)
        soundfile.write(folder / f"{i:05d}.wav", samples, RATE)


def memory_mb() -> float:
    """Memory of this process and its workers, where each page that k of them share counts 1/k in each."""
    processes = [os.getpid()]
    for process in processes:  # grows meanwhile
        children = Path(f"/proc/{process}/task/{process}/children")
        processes += [int(child) for child in children.read_text().split()]
    total_kb = 0
    for process in processes:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        total_kb += sum(int(line.split()[1]) for line in lines if line.startswith(OWN))
    return total_kb / 1024


class Waiting:
    """Batches, and how long each was waited for."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self.batches = batches
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []

    def __iter__(self) -> Iterator[Any]:
        while True:
            start, cpu_start = time.perf_counter(), time.thread_time()
            batch = next(self.batches)
            self.seconds.append(time.perf_counter() - start)
            self.cpu_seconds.append(time.thread_time() - cpu_start)
            yield batch


def trained(folder: Path, kept: bool, workers: int, steps: int) -> dict[str, Any]:
    """Train on a folder and measure."""
    import torch

    from tinyaudio.data import decoded
    from tinyaudio.data.batches import Batches
    from tinyaudio.models.causal import CausalNetConfig
    from tinyaudio.recipes import load_recipe
    from tinyaudio.train import State, train

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # files that are shorter than a crop
    if not kept:
        decoded.MEMORY_NUMBERS = 0
    recipe = load_recipe("autoregressive")
    small = CausalNetConfig(channels=8, layers=2)
    config = replace(recipe.sizes["tiny"], model=small, batch_size=BATCH_SIZE, n_samples=CROP)
    state = State(recipe.learners(config))
    start = time.perf_counter()
    dataset = recipe.dataset(config, "train", folder)
    opened = time.perf_counter()
    batches = Waiting(Batches(dataset, config.batch_size, workers=workers).from_step(0))
    memory: list[float] = []
    ends: list[float] = []
    cpu_ends: list[float] = []
    looking = looking_cpu = 0.0  # time that measuring memory takes
    for _ in train(state, iter(batches), steps):
        ends.append(time.perf_counter() - looking)
        cpu_ends.append(time.thread_time() - looking_cpu)
        memory.append(memory_mb())
        looking += time.perf_counter() - looking - ends[-1]
        looking_cpu += time.thread_time() - looking_cpu - cpu_ends[-1]
        if ends[-1] - ends[0] > TIME_LIMIT_S and len(ends) > SETTLED + 1:
            break
    seconds, cpu_seconds = ends[-1] - ends[0], cpu_ends[-1] - cpu_ends[0]
    n_steps = len(ends) - 1
    loading = 1000 * sum(batches.cpu_seconds[1:]) / n_steps
    return {
        "start_s": round(opened - start, 2),
        "first_wait_s": round(batches.seconds[0], 2),
        "steps": len(ends),
        "step_ms": round(1000 * seconds / n_steps, 1),
        "waiting": round(sum(batches.seconds[1:]) / seconds, 3),
        "loading_cpu_ms": None if workers else round(loading, 2),
        "step_cpu_ms": round(1000 * cpu_seconds / n_steps, 2),
        "memory_mb": round(memory[SETTLED], 1),
        "growth_mb": round(max(memory[SETTLED:]) - memory[SETTLED], 1),
    }


def measure(seconds: int, steps: int) -> list[dict[str, Any]]:
    """A row for each way to divide the sound, place and number of workers."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for n_files in N_FILES:
            n_files = max(1, n_files * seconds // HOUR_S)
            folder = Path(place) / str(n_files)
            write_sound(folder, n_files, seconds)
            for kept in (True, False):
                for workers in WORKERS:
                    command = [
                        sys.executable,
                        "-m",
                        "benchmarks.data_loading",
                        "--steps",
                        str(steps),
                    ]
                    command += ["--row", str(folder), str(int(kept)), str(workers)]
                    made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                    where = "kept" if kept else "from disk"
                    row = {"files": n_files, "place": where, "workers": workers}
                    rows.append(row | json.loads(made.stdout))
                    print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def main() -> None:
    options_of = parser("data_loading", __doc__)
    options_of.add_argument(
        "--seconds", type=int, default=HOUR_S, help="of sound (default: an hour)"
    )
    options_of.add_argument("--steps", type=int, default=100, help="of training (default: 100)")
    options_of.add_argument("--row", nargs=3, help=argparse.SUPPRESS)
    options = options_of.parse_args()
    if options.row:
        folder, kept, workers = options.row
        print(json.dumps(trained(Path(folder), kept == "1", int(workers), options.steps)))
        return
    rows = measure(options.seconds, options.steps)
    if options.json:
        about = {"command": "python -m benchmarks.data_loading --json", "date": str(date.today())}
        about |= {"cpu": cpu(), "cores": os.cpu_count(), "seconds": options.seconds}
        print(json.dumps(about | {"rows": rows}, indent=1))
        return
    print("  ".join(rows[0]))
    for row in rows:
        print("  ".join(f"{value!s:>{len(name)}}" for name, value in row.items()))


if __name__ == "__main__":
    main()

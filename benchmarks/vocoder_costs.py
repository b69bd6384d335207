"""What a row of `benchmarks.vocoders` costs: parameters, multiplications, memory, and training."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.timing import significant
from benchmarks.vocoder_rows import CONTROLS, RECORD, Row, control_row, generating_pass, network_row

WARM = 800  # samples of a first call, which loads what is loaded once


def parameters(net: Any) -> int:
    """Of the network that generates, folded; 0 of a control."""
    from tinyaudio.models.weight_norm import count_folded

    return 0 if net is None else count_folded(net)


def macs(call: Callable[[], Any]) -> int:
    """Multiplications with an addition each, in all convolutions and products of matrices of a call.

    Fourier transforms, activations and solutions of equations do not count.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() // 2


def macs_a_second(row: Row, clip: Any, sample_rate: int) -> float:
    """Of a second of sound, the mel filters and what follows the network included."""
    return significant(macs(generating_pass(row, clip)) / (clip.shape[1] / sample_rate))


def training_minutes(place: str) -> dict[str, float | None]:
    """How long a run was trained: by the clock, of its log; of CPU time, where ``runs/README.md`` says it."""
    name = Path(place).name
    logs = [folder / "log.jsonl" for folder in (Path(place), RECORD / name)]
    log = next((file for file in logs if file.exists()), None)
    record = (RECORD / "README.md").read_text()
    cpu = re.search(
        rf"^\| `{re.escape(name)}` \|.*?(\d+) minutes of CPU time", record, re.MULTILINE
    )
    return {
        "training_minutes": logged_minutes(log) if log else None,
        "training_cpu_minutes": float(cpu[1]) if cpu else None,
    }


def logged_minutes(log: Path) -> float:
    """Of all sittings: a run that was stopped and resumed counts its seconds from 0 again."""
    lines = map(json.loads, log.read_text().splitlines())
    seconds = [line["seconds"] for line in lines if "seconds" in line] + [0.0]
    return round(sum(a for a, b in itertools.pairwise(seconds) if b < a) / 60, 1)


# ---------------------------------------------------------------------------- memory


def memory_kb(key: str) -> int | None:
    """A number of this process: ``VmRSS`` now, ``VmHWM`` at most; None where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{key}:")), None)


def growth_mb(call: Callable[[], Any]) -> float | None:
    """By how much a call makes this process grow, at its peak; None where the system does not say."""
    before = memory_kb("VmRSS")
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    except OSError:
        return None
    call()
    peak = memory_kb("VmHWM")
    return None if before is None or peak is None else round((peak - before) / 1024, 1)


def peak_memory_mb(name: str, place: str, clip_number: int = 0) -> float | None:
    """The same of a row and a clip, in a process of its own, which has made a short sound before."""
    command = [sys.executable, "-m", "benchmarks.vocoder_costs", name, place, str(clip_number)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:
        raise RuntimeError(f"memory of {name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main() -> None:
    """What `peak_memory_mb` runs."""
    import torch

    from benchmarks.vocoder import narrow_clips
    from benchmarks.vocoder_rows import narrow_config
    from tinyaudio.checkpoints import open_run

    name, place, number = sys.argv[1:]
    torch.set_num_threads(1)
    row = control_row(name) if name in CONTROLS else network_row(name, open_run(place), place)
    clip = narrow_clips(narrow_config(), int(number) + 1)[-1]
    row.way(clip[:, :WARM])
    print(json.dumps(growth_mb(lambda: row.way(clip))))


if __name__ == "__main__":
    main()

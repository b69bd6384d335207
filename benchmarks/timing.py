"""Rates and ratios that a busy machine changes little."""

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def seconds(work: Callable[[], Any]) -> float:
    """CPU time of this thread."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def rate(generate: Callable[[], Any], n_samples: int) -> float:
    """Samples a second of this thread's CPU time."""
    return n_samples / seconds(generate)


def ratio(over: list[float], under: list[float]) -> float | None:
    """Median of the ratios round by round; None if either was not measured."""
    if not over or not under:
        return None
    return significant(statistics.median(a / b for a, b in zip(over, under, strict=True)))


def significant(x: float) -> float:
    """Four digits, which is more than a machine repeats."""
    return float(f"{x:.4g}")


def cpu() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()

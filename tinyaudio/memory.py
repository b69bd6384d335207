"""Memory: what is too large for it is refused, before the system stops the program or starts to swap.

Implements: `available_bytes`; `check_batch`, before training; `limit_memory`, which makes an allocation
            beyond what there is fail, as a graphics card's does; `out_of_memory`, what is said then.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tinyaudio.errors import UserError

REMEDY = "lower --batch-size or --n-samples, or choose a smaller --size"


def available_bytes() -> int:
    """Bytes of memory that a program can still take without swapping; of the container, if in one."""
    meminfo, cgroup = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
    if not meminfo.exists():  # macOS says only how much there is in all
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    available = int(lines["MemAvailable"].split()[0]) * 1024
    try:
        limit = int((cgroup / "memory.max").read_text())
        return min(available, limit - int((cgroup / "memory.current").read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return available


def check_batch(item: Mapping[str, Any], batch_size: int) -> None:
    """Raise a `UserError` if a batch of such items does not fit into memory.

    Example:
        >>> check_batch({"audio": torch.zeros(1, 4_096)}, batch_size=8)
        >>> check_batch({"audio": torch.zeros(1, 2**20)}, batch_size=10**9)
        Traceback (most recent call last):
        tinyaudio.errors.UserError: a batch of 1000000000 clips takes 4194304.0 GB, of ...
    """
    n_bytes = batch_size * sum(v.nbytes for v in item.values() if isinstance(v, Tensor))
    if n_bytes > (available := available_bytes()):
        raise UserError(
            f"a batch of {batch_size} clips takes {n_bytes / 1e9:.1f} GB, of {available / 1e9:.1f} GB that"
            f" are free; {REMEDY}"
        )


@contextmanager
def limit_memory() -> Iterator[None]:
    """Let the process take what is free and no more: on Linux, where allocations else succeed until a kill.

    Not where there is a graphics card, whose driver reserves addresses that it never uses.
    """
    status = Path("/proc/self/status")
    if torch.cuda.is_available() or not status.exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    limit = int(lines["VmData"].split()[0]) * 1024 + available_bytes()
    hard = before[1]
    lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (lower, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def out_of_memory(error: BaseException) -> str | None:
    """What to say of an error, if it is that memory did not suffice; else None.

    Example:
        >>> out_of_memory(MemoryError("Unable to allocate 7.28 TiB for an array"))[:66]
        'not enough memory (Unable to allocate 7.28 TiB for an array); lowe'
        >>> out_of_memory(ValueError("another")) is None
        True
    """
    text = str(error)
    short = "not enough memory" in text or "allocate memory" in text or "out of memory" in text
    if not isinstance(error, MemoryError) and not (isinstance(error, RuntimeError) and short):
        return None
    reason = (
        text.strip().splitlines()[0].split("DefaultCPUAllocator: ")[-1] if text.strip() else "-"
    )
    return f"not enough memory ({reason}); {REMEDY}"

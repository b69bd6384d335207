"""Several processes that train together: what they must agree on, and what is said when one is lost.

`torchrun` starts them, on one machine or more, and Accelerate connects them:

    torchrun --nproc_per_node 2 -m tinyaudio train wavenet --out runs/mine

Implements: `make_accelerator`; `check_agreement` before the first step, `any_process` at each,
            `lost_process` when one has died; `stop_signals`; `check_division` of a batch; `code_digest`.
See:        `tinyaudio.microbatches` for what each computes; the chapter "Growing up".
"""

import hashlib
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch.utils.data import Dataset

from tinyaudio.errors import TrainingError, UserError

if TYPE_CHECKING:
    from accelerate import Accelerator

LOST = ("gloo", "NCCL", "closed by peer", "Connection reset", "Broken pipe")  # in messages of torch


def make_accelerator(device: str) -> "Accelerator | None":
    """An accelerator if the program was started by torchrun with several processes, else None.

    Raises:
        UserError: Accelerate is not installed.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return None
    try:
        from accelerate import Accelerator
    except ImportError:
        raise UserError(
            "several processes need Accelerate: pip install 'tinyaudio[train]'"
        ) from None
    return Accelerator(cpu=device == "cpu")


def rank_and_number(accelerator: "Accelerator | None") -> tuple[int, int]:
    """Which process this is, from 0, and how many train together."""
    return (accelerator.process_index, accelerator.num_processes) if accelerator else (0, 1)


def check_division(batch_size: int, world_size: int, accumulate: int) -> None:
    """Raise a `UserError` if a batch cannot be divided into equal parts.

    Example:
        >>> check_division(8, world_size=2, accumulate=2)
        >>> check_division(2, world_size=2, accumulate=2)
        Traceback (most recent call last):
        tinyaudio.errors.UserError: --batch-size 2: cannot be divided evenly among 2 processes with 2 parts ...
    """
    parts = world_size * accumulate
    if batch_size % parts:
        among = f"{world_size} processes" if world_size > 1 else "1 process"
        each = f" with {accumulate} parts each" if accumulate > 1 else ""
        raise UserError(
            f"--batch-size {batch_size}: cannot be divided evenly among {among}{each}; it is the size over"
            f" all of them, so use a multiple of {parts}"
        )


def check_agreement(
    accelerator: "Accelerator | None", problem: UserError | None, step: int, clips: Dataset
) -> None:
    """Raise the same error on every process if one has a problem, or they do not train the same thing.

    Without it, a process that stops at once would leave the others waiting for it.

    Args:
        accelerator: With several processes; with None, only the problem matters.
        problem: What is wrong here, if something is.
        step: Where the run goes on.
        clips: What is learned from.

    Raises:
        UserError: The problem of the first process that has one, or the code, step or sound that differs.
    """
    if accelerator is None:
        if problem:
            raise problem
        return
    from accelerate.utils import gather_object

    facts = {"code": code_digest(), "step": step, "sound": in_words(clips)}
    everyone = gather_object([(str(problem or ""), facts)])
    for rank, (found, _) in enumerate(everyone):
        if found:
            raise UserError(f"rank {rank} of {len(everyone)} processes: {found}")
    for rank, (_, theirs) in enumerate(everyone):
        for name, first in everyone[0][1].items():
            if theirs[name] != first:
                raise UserError(
                    f"rank {rank} has another {name} ({theirs[name]}) than rank 0 ({first}); give all"
                    " processes the same package, data, options and --out"
                )


def in_words(clips: Dataset) -> str:
    """How many clips there are, and how loud the first one is: other files would differ in it.

    Example:
        >>> clip = {"audio": torch.full((1, 9), 0.5)}
        >>> in_words(torch.utils.data.Subset([clip], [0, 0, 0]))
        '3 clips, the first of rms 0.5000'
    """
    n = len(clips)  # type: ignore[arg-type]
    if n == 0:
        return "no clips"
    return f"{n} clips, the first of rms {clips[0]['audio'].square().mean().sqrt():.4f}"


def any_process(accelerator: "Accelerator | None", here: bool) -> bool:
    """Whether something holds on any process; all must ask at the same step."""
    if accelerator is None:
        return here
    flag = torch.tensor(float(here), device=accelerator.device)
    return bool(accelerator.reduce(flag, reduction="sum") > 0)  # type: ignore[operator]


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """The first Ctrl-C or SIGTERM sets an event, so that the step ends first; the second acts at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}

    def handler(number: int, frame: object) -> None:
        stop.set()
        for s, earlier in before.items():
            signal.signal(s, earlier)

    for s in before:
        signal.signal(s, handler)
    try:
        yield stop
    finally:
        for s, earlier in before.items():
            signal.signal(s, earlier)


def share_generator(accelerator: "Accelerator | None") -> None:
    """Let all draw as rank 0 does: a saved state is that of its GPU, the first; with None, nothing is done."""
    if accelerator and accelerator.device.type == "cuda":
        torch.cuda.set_rng_state(torch.cuda.get_rng_state(0), accelerator.device)


@contextmanager
def lost_process(out: Path) -> Iterator[None]:
    """Say in one line that another process has ended, when talking to it fails.

    Raises:
        TrainingError: Instead of torch's own error.
    """
    try:
        yield
    except RuntimeError as error:
        if not any(word in str(error) for word in LOST):
            raise
        raise TrainingError(
            f"another process of this run has ended, so this one stops ({str(error).splitlines()[0][:120]});"
            f" {out} keeps the last checkpoint, and the same command resumes from it"
        ) from None


def code_digest() -> str:
    """Eight hexadecimal digits of the package's source and torch's version, equal where the code is equal.

    Example:
        >>> len(code_digest())
        8
    """
    root = Path(__file__).parent
    digest = hashlib.sha256(torch.__version__.encode())
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]

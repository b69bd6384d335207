"""The folder of a run, and what keeps it whole.

run.json            recipe, configuration, data, versions, command: what made it
log.jsonl           losses and scores on held-out sound, one line each
state.safetensors   where training stands; the same command resumes from here
net/ ...            the weights of each network, for `generate`, `evaluate` and `from_pretrained`
"""

import json
import os
import platform
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch

import tinyaudio
from tinyaudio.checkpoints import open_run
from tinyaudio.errors import CheckpointError
from tinyaudio.files import atomic_write, locked
from tinyaudio.recipe import Recipe
from tinyaudio.resume import check_fit, load_state, read_record
from tinyaudio.train import State


def locked_run(out: Path) -> AbstractContextManager[None]:
    """Keep a second process out of the run's folder."""
    return locked(
        out, CheckpointError(f"{out}: another process is training here; give another --out")
    )


def versions() -> dict[str, str]:
    """What a reader needs to make the run again."""
    return {
        "command": " ".join(["tinyaudio", *sys.argv[1:]]),
        "tinyaudio": tinyaudio.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
    }


def changed_backend(out: Path, backends: dict[str, str]) -> str | None:
    """What to say if a resumed run goes on by other instructions than it began with, or None."""
    try:
        before = json.loads((out / "run.json").read_text())["backends"]
    except (OSError, ValueError, KeyError, TypeError):  # lost or damaged; it is written anew
        return None
    if before == backends:
        return None
    return f"computed by {before} before, by {backends} now: the last digits will differ"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    with atomic_write(path, CheckpointError) as file:
        # A file name that is not UTF-8 has lone surrogates, which JSON writes as escapes.
        file.write(text.encode(errors="backslashreplace") + b"\n")


def log(out: Path, entry: dict[str, Any]) -> None:
    """Append a line to the run's log, and see it on the disk: a checkpoint may follow.

    Raises:
        CheckpointError: The log cannot be written.
    """
    path = out / "log.jsonl"
    try:
        with open(path, "a") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be written ({error.strerror}); free some space and run the same command"
            " again, which resumes from the last checkpoint"
        ) from None


def truncate_log(path: Path, step: int) -> None:
    """Drop what came after the checkpoint, since those steps are made again, and what is half a line."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(errors="replace").splitlines() if step else []:
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line)
        except (
            ValueError,
            TypeError,
            KeyError,
        ):  # the end of a line that a kill or a full disk cut
            continue
    with atomic_write(path, CheckpointError) as file:
        file.write("".join(line + "\n" for line in kept).encode())


def resume(state: State, out: Path, metadata: dict[str, Any]) -> bool:
    """Load the run's checkpoint, if it has one and it is this very run's.

    Raises:
        CheckpointError: The folder holds another run, which is left as it is.
    """
    path = out / "state.safetensors"
    if not path.exists():
        return False
    saved = read_record(path)["metadata"]
    for key in metadata:
        if saved.get(key) != metadata[key]:
            raise CheckpointError(
                f"{out} holds another run ({difference(saved.get(key), metadata[key], key)}); it was left"
                " as it is. Give another --out, or the options it was made with"
            )
    load_state(state, path)
    return True


def difference(saved: Any, wanted: Any, name: str) -> str:
    """The first place where two configurations differ, in words.

    Example:
        >>> difference({"seed": 0}, {"seed": 1}, "config")
        'its seed is 0, not 1'
    """
    if isinstance(saved, dict) and isinstance(wanted, dict):
        key = next(k for k in [*wanted, *saved] if saved.get(k) != wanted.get(k))
        return difference(saved.get(key), wanted.get(key), key)
    return f"its {name} is {saved}, not {wanted}"


def init_from_run(state: State, recipe: Recipe[Any], source: Path) -> None:
    """Give a new run's networks the weights of another run, or of a model of the package.

    Args:
        state: With the recipe's learners; its optimizers start anew.
        recipe: The recipe of the new run.
        source: A run's folder, or the name of a model that comes with the package.

    Raises:
        CheckpointError: There is no such run, or it is another recipe's or of another size.
    """
    models = open_run(source, recipe).models
    for learner in state.learners:
        if learner.name not in models:
            raise CheckpointError(f"--from {source}: has no network {learner.name!r} to start from")
        weights = models[learner.name].state_dict()
        for module in [learner.module, *([learner.ema.module] if learner.ema else [])]:
            check_fit(f"--from {source}", module, "", weights)
            module.load_state_dict(weights)

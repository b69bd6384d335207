"""The folder of a run, and what keeps it whole.

run.json            recipe, configuration, data, versions, command: what made it
log.jsonl           losses and looks at held-out sound, one line each
state.safetensors   where training stands; the same command goes on from here
net/ ...            the weights of each model, for `generate`, `evaluate` and `from_pretrained`
"""

import fcntl
import json
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

import tinyaudio
from tinyaudio.checkpoints import SHIPPED, load_weights, pretrained
from tinyaudio.errors import CheckpointError
from tinyaudio.files import atomic_write
from tinyaudio.recipes import autoregressive, speech, vocoder, wavegan, wavenet
from tinyaudio.resume import load_state, read_record
from tinyaudio.train import State

if TYPE_CHECKING:
    from accelerate import Accelerator

RECIPES: dict[str, ModuleType] = {
    "autoregressive": autoregressive,
    "wavenet": wavenet,
    "speech": speech,
    "vocoder": vocoder,
    "wavegan": wavegan,
}


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep a second process out of the run's folder; the system lets go when this one ends."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = open(out / ".lock", "w")  # held open while the run lasts
    except OSError as error:
        raise CheckpointError(
            f"{out}: cannot be written ({error.strerror}); give another --out"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CheckpointError(
                f"{out}: another process is training here; give another --out"
            ) from None
        yield


def versions() -> dict[str, str]:
    """What a reader needs to make the run again."""
    return {
        "command": " ".join(["tinyaudio", *sys.argv[1:]]),
        "tinyaudio": tinyaudio.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with atomic_write(path, CheckpointError) as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def log(out: Path, entry: dict[str, Any]) -> None:
    """Append a line to the run's log."""
    with open(out / "log.jsonl", "a") as file:
        file.write(json.dumps(entry) + "\n")


def truncate_log(path: Path, step: int) -> None:
    """Drop what came after the checkpoint: those steps are made again."""
    if not path.exists():
        return
    lines = path.read_text().splitlines()
    kept = (
        [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= step]
        if step
        else []
    )
    with atomic_write(path, CheckpointError) as file:
        file.write("".join(line + "\n" for line in kept).encode())


def resume(
    state: State, out: Path, metadata: dict[str, Any], accelerator: "Accelerator | None"
) -> bool:
    """Load the run's checkpoint if it has one and it is this very run's."""
    path = out / "state.safetensors"
    if not path.exists():
        return False
    theirs = read_record(path)["about"]
    for key in metadata:
        if theirs.get(key) != metadata[key]:
            raise CheckpointError(
                f"{out} holds another run ({difference(theirs.get(key), about[key], key)}); it was left as it"
                " is. Give another --out, or the options it was made with"
            )
    load_state(state, path, accelerator=accelerator)
    return True


def init_from_run(state: State, recipe: ModuleType, init_from: Path) -> None:
    """Give a new run's networks the weights that another run, or a model of the package, has learned.

    Args:
        state: As the recipe builds it; its optimizers start anew.
        recipe: The recipe of the new run.
        learned: A run's folder, or a name in `SHIPPED`.

    Raises:
        CheckpointError: There is no such run, or it is another recipe's or of another size.
    """
    theirs, _, models = open_run(init_from)
    if theirs is not recipe:
        raise CheckpointError(
            f"--from {learned}: made by the recipe {theirs.__name__.rpartition('.')[2]!r}; a run can"
            " only begin with weights of its own recipe"
        )
    for learner in state.learners:
        weights = models[learner.name].state_dict()
        mine = learner.module.state_dict()
        for name, weight in weights.items():
            if name not in mine or mine[name].shape != weight.shape:
                raise CheckpointError(
                    f"--from {learned}: its network is of another size ({name}); give the --size and"
                    " the kind of sound that it was made with"
                )
        # What a network has beyond the other one begins as it was drawn.
        learner.module.load_state_dict(mine | weights)
        if learner.ema:
            learner.ema.module.load_state_dict(mine | weights)


def difference(theirs: Any, ours: Any, name: str) -> str:
    """The first place where two configurations differ, in words."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        key = next(k for k in [*ours, *theirs] if theirs.get(k) != ours.get(k))
        return difference(theirs.get(key), ours.get(key), key)
    return f"its {name} is {theirs}, not {ours}"


def open_run(out: Path) -> tuple[ModuleType, Any, dict[str, nn.Module]]:
    """Read what a run has learned, or a model that comes with the package.

    Args:
        out: A folder that `run` wrote; where there is none, a name in `SHIPPED`.

    Returns:
        Its recipe, configuration and models.

    Raises:
        CheckpointError: It is not a run's folder, or it has no checkpoint yet.
    """
    metadata = read_about(out)
    if metadata["recipe"] not in RECIPES:
        raise CheckpointError(
            f"{out}: made by the recipe {about['recipe']!r}, which this version does not have"
        )
    recipe = RECIPES[metadata["recipe"]]
    if is_shipped(out):
        net = pretrained(str(out))
        return recipe, replace(recipe.Config.tiny(), model=net.config), {"net": net}
    config = read_config(recipe, metadata["config"], out)
    return recipe, config, {k: load_weights(m, out / k) for k, m in recipe.MODELS.items()}


def is_shipped(out: Path) -> bool:
    """Whether this is the name of a model that comes with the package, and no folder."""
    return not out.exists() and str(out) in SHIPPED


def read_about(out: Path) -> dict[str, Any]:
    """What a run's folder, or a model that comes with the package, says of itself."""
    if is_shipped(out):
        card = resources.files("tinyaudio") / "assets" / "models" / str(out) / "about.json"
        # Its recordings, if it had some, are not here: it is scored on what the recipe makes.
        return {**json.loads(card.read_text()), "data": {"folder": None}}
    try:
        metadata: dict[str, Any] = json.loads((out / "run.json").read_text())
    except OSError:
        raise CheckpointError(
            f"{out}: no run.json in it; give a folder that 'tinyaudio train --out' made, or one of"
            f" {', '.join(SHIPPED)}"
        ) from None
    except json.JSONDecodeError as error:
        raise CheckpointError(f"{out}/run.json: not readable ({error})") from None
    return metadata


def read_config(recipe: ModuleType, saved: dict[str, Any], out: Path) -> Any:
    """A recipe's configuration from JSON."""
    tiny = recipe.Config.tiny()
    try:
        return replace(tiny, **saved | {"model": type(tiny.model)(**saved["model"])})
    except (TypeError, KeyError) as error:
        raise CheckpointError(
            f"{out}/run.json: written by another version of tinyaudio ({error})"
        ) from None

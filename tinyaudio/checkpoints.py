"""Trained systems in folders, read strictly and without a connection.

A trained system is a folder.  Those that come with the package lie in ``assets/models`` and look like
the folder of any run:

    run.json                   recipe, configuration, and how it was made
    net/config.json            of each network, under its learner's name: the size ...
    net/model.safetensors      ... and the weights

Implements: `pretrained`, a network that comes with the package or lies on the hub; `open_run`, a whole
            system.
See:        `tinyaudio.weights` for one network's files; `tinyaudio.resume` for resuming training.
"""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download

from tinyaudio.errors import CheckpointError
from tinyaudio.recipe import Models, Recipe, networks
from tinyaudio.recipes import load_recipe
from tinyaudio.weights import read_weights

FORMAT = 2  # of a folder; raised when an older reader would misread a newer folder, or the reverse


@dataclass(frozen=True)
class TrainedRun:
    """What `open_run` reads.

    Attributes:
        recipe: What made it.
        config: The configuration it was made with.
        models: Its networks in evaluation mode, on the CPU, in float32, by their learners' names.
        metadata: What its run.json says.
    """

    recipe: Recipe[Any]
    config: Any
    models: Models
    metadata: dict[str, Any]


def shipped() -> list[str]:
    """The names of the models that come with the package.

    Example:
        >>> "causal-notes" in shipped()
        True
    """
    return sorted(path.name for path in shipped_folder().iterdir() if path.is_dir())


def shipped_folder() -> Path:
    """Where the models that come with the package lie."""
    return Path(str(resources.files("tinyaudio"))) / "assets" / "models"


def pretrained(name: str, network: str | None = None) -> Any:
    """A trained network, ready to evaluate and generate.

    Args:
        name: One of `shipped`, which needs no network connection; or a repository of the hub, such as
            "user/my-run", into which a run's folder was uploaded.
        network: Which one, by its learner's name, of a system that has several.

    Returns:
        The network, a `torch.nn.Module`, in evaluation mode, on the CPU, in float32.

    Raises:
        CheckpointError: There is no such model, or it has several networks and none was named.

    Example:
        >>> pretrained("causal-notes").config.n_levels
        256
    """
    if name not in shipped() and "/" not in name:
        raise CheckpointError(
            f"no model {name!r} comes with tinyaudio; there are: {', '.join(shipped())}. For a run's"
            " folder, use open_run"
        )
    models = open_run(shipped_folder() / name if name in shipped() else download(name)).models
    if network is None and len(models) > 1:
        raise CheckpointError(f"{name} has the networks {', '.join(models)}; name one of them")
    chosen = next(iter(models)) if network is None else network
    if chosen not in models:
        raise CheckpointError(f"{name} has no network {network!r}; it has: {', '.join(models)}")
    return models[chosen]


def download(repository: str) -> Path:
    """The hub's copy of a run's folder, kept in the user's cache; reads nothing that could run code."""
    try:
        return Path(snapshot_download(repository, allow_patterns=["*.json", "*.safetensors"]))
    except Exception as error:  # the hub's client raises its transport's errors, too
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{repository}: not to be had from the hub ({reason})") from None


def open_run(place: str | Path, recipe: Recipe[Any] | None = None) -> TrainedRun:
    """Read a trained system.

    Args:
        place: A folder that `tinyaudio.run.run` wrote; where there is none, a name in `shipped`.
        recipe: What made it; needed only if that is not one of the package's.

    Raises:
        CheckpointError: It is not a run's folder, it has no weights yet, or they are not the recipe's.
        UserError: Its recipe is not in this package.

    Example:
        >>> run = open_run("causal-notes")
        >>> run.recipe.name, list(run.models)
        ('autoregressive', ['net'])
    """
    folder = folder_of(place)
    metadata = read_metadata(folder)
    made_by = metadata["recipe"]
    if recipe is not None and recipe.name != made_by:
        raise CheckpointError(f"{place}: made by the recipe {made_by!r}, not {recipe.name!r}")
    recipe = recipe or load_recipe(made_by)
    try:
        config = recipe.read_config(metadata["config"])
    except (TypeError, KeyError) as error:
        raise CheckpointError(
            f"{place}: its configuration is another version's of {made_by!r} ({error}); train it again"
        ) from None
    with torch.random.fork_rng():
        found = networks(recipe.learners(config))
    saved = sorted(path.parent.name for path in folder.glob("*/model.safetensors"))
    if not saved:
        raise CheckpointError(f"{place}: no weights in it yet; train a little longer")
    if extra := set(saved) - set(found):
        raise CheckpointError(
            f"{place}: holds the networks {', '.join(saved)}, but the recipe {made_by!r} makes"
            f" {', '.join(found)} ({', '.join(sorted(extra))} is none of them); it is another version's"
        )
    models = {name: read_weights(found[name], folder / name) for name in found if name in saved}
    return TrainedRun(recipe, config, models, metadata)


def folder_of(place: str | Path) -> Path:
    """A run's folder, or that of a model that comes with the package."""
    is_shipped = not Path(place).exists() and str(place) in shipped()
    return shipped_folder() / str(place) if is_shipped else Path(place)


def read_metadata(folder: Path) -> dict[str, Any]:
    """What run.json says of a trained system.

    Raises:
        CheckpointError: There is none, it cannot be read, or it is of an earlier layout.
    """
    path = folder / "run.json"
    try:
        metadata = json.loads(path.read_bytes())
    except OSError:
        what = "no run.json in it" if folder.is_dir() else "no such folder"
        raise CheckpointError(
            f"{folder}: {what}; give a folder that 'tinyaudio train --out' made, or one of"
            f" {', '.join(shipped())}"
        ) from None
    except ValueError as error:
        raise CheckpointError(f"{path}: not readable ({error})") from None
    parts = metadata if isinstance(metadata, dict) else {}
    if not isinstance(parts.get("recipe"), str) or not isinstance(parts.get("config"), dict):
        raise CheckpointError(f"{path}: not written by tinyaudio; give a run's folder")
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{folder}: a run of tinyaudio {metadata.get('tinyaudio', 'before 0.2')}, whose layout this"
            " version does not read; train again, or use the version that made it"
        )
    return metadata

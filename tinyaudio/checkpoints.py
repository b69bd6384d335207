"""Weights to share: a folder with ``config.json`` and ``model.safetensors``.

They are written and read by the hub's model mixin, so that ``Model.from_pretrained(folder_or_repo)``,
``model.save_pretrained(folder)`` and ``model.push_to_hub(repo)`` work for every model here.  This file
adds what the mixin leaves open: writing that loses nothing, reading that is strict, and `pretrained`,
which finds the models that come with the package and needs no network.

See:        `tinyaudio.resume` for stopping and resuming training.
"""

import contextlib
import copy
import io
import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

import safetensors
from huggingface_hub import PyTorchModelHubMixin
from torch import nn

from tinyaudio.errors import CheckpointError
from tinyaudio.files import atomic_write
from tinyaudio.models.causal import CausalNet
from tinyaudio.models.wavenet import WaveNet

Model = TypeVar("Model", bound=PyTorchModelHubMixin)

# The models that come with the package.
SHIPPED: dict[str, type[CausalNet] | type[WaveNet]] = {
    "causal-notes": CausalNet,
    "wavenet-notes": WaveNet,
    "wavenet-speech": WaveNet,
    "wavenet-vocoder": WaveNet,
}


@overload
def pretrained(name: Literal["causal-notes"]) -> CausalNet: ...
@overload
def pretrained(
    name: Literal["wavenet-notes", "wavenet-speech", "wavenet-vocoder"],
) -> WaveNet: ...
@overload
def pretrained(name: str) -> CausalNet | WaveNet: ...
def pretrained(name: str) -> CausalNet | WaveNet:
    """A trained model that comes with the package, ready to speak; needs no network.

    Args:
        name: One of `SHIPPED`.

    Returns:
        The model in evaluation mode, on the CPU, in float32 (it is stored in half precision).

    Raises:
        CheckpointError: No such model.

    Example:
        >>> pretrained("causal-notes").config.n_levels
        256
    """
    if name not in SHIPPED:
        raise CheckpointError(
            f"no model called {name!r} comes with tinyaudio; there are: {', '.join(SHIPPED)}."
            " For a folder or a hub repository, use load_weights"
        )
    with resources.as_file(resources.files("tinyaudio") / "assets" / "models" / name) as folder:
        return load_weights(SHIPPED[name], folder)


def save_weights(
    model: PyTorchModelHubMixin,
    folder: str | Path,
    *,
    half: bool = False,
    about: dict[str, Any] | None = None,
) -> None:
    """Write what ``save_pretrained`` writes, each file whole or not at all.

    Args:
        model: A model of this package.
        folder: Made if need be; files of the same names are replaced.
        half: Store float16, half the size.
        about: Written beside them as ``about.json``, such as the command that trained the model.

    Raises:
        CheckpointError: The folder cannot be written.
    """
    if half:
        model = copy.deepcopy(model).half()  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as draft:
        try:
            model.save_pretrained(draft)
            if about is not None:
                (Path(draft) / "about.json").write_text(json.dumps(about, indent=2) + "\n")
        except (OSError, safetensors.SafetensorError) as error:
            raise CheckpointError(
                f"{draft}: cannot be written ({error}); free some space"
            ) from None
        for file in sorted(Path(draft).iterdir()):
            with atomic_write(Path(folder) / file.name, CheckpointError) as place:
                place.write(file.read_bytes())


def load_weights(model_class: type[Model], folder: str | Path) -> Model:
    """Read a model from a folder that `save_weights` or ``save_pretrained`` wrote.

    Stricter than ``from_pretrained``: every weight must be there and fit, and only safetensors is read.

    Args:
        model_class: Which model the folder holds.
        folder: Holds ``config.json`` and ``model.safetensors``.

    Returns:
        The model in evaluation mode, on the CPU, in float32.

    Raises:
        CheckpointError: A file is missing or damaged, or they are another model's.
    """
    folder = Path(folder)
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder}: no {name} in it; not the folder of a saved model")
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the mixin prints what it reads
            model = model_class.from_pretrained(folder, strict=True, local_files_only=True)
    except (
        safetensors.SafetensorError,
        json.JSONDecodeError,
        RuntimeError,
        TypeError,
        OSError,
    ) as error:
        first_line = str(error).strip().splitlines()[0]
        raise CheckpointError(
            f"{folder}: cannot be read as a {model_class.__name__} ({first_line});"
            " it is damaged, or another model's or version's"
        ) from None
    assert isinstance(model, nn.Module)
    return model.float().eval()  # type: ignore[return-value]

"""The weights of one network in a folder: written whole or not at all, read strictly.

The files are those of the hub's model mixin, so that ``Model.from_pretrained(folder)``,
``model.save_pretrained(folder)`` and ``model.push_to_hub(repo)`` work for every model here.

Implements: `save_weights`; `load_weights`, of a class; `read_weights`, into a network that is there.
See:        `tinyaudio.checkpoints` for whole systems; `tinyaudio.resume` for resuming training.
"""

import contextlib
import copy
import io
import tempfile
from pathlib import Path
from typing import TypeVar

import safetensors
import safetensors.torch
from huggingface_hub import PyTorchModelHubMixin
from torch import nn

from tinyaudio.errors import CheckpointError
from tinyaudio.files import atomic_write
from tinyaudio.resume import check_fit

Model = TypeVar("Model", bound=PyTorchModelHubMixin)


def save_weights(model: nn.Module, folder: str | Path, *, half: bool = False) -> None:
    """Write a network's ``model.safetensors`` and ``config.json``, each file whole or not at all.

    Args:
        model: A model of this package; of any other module, the weights alone are written.
        folder: Made if need be; files of the same names are replaced.
        half: Store float16, half the size.

    Raises:
        CheckpointError: The folder cannot be written.
    """
    if half:
        model = copy.deepcopy(model).half()
    with tempfile.TemporaryDirectory() as draft:
        try:
            if isinstance(model, PyTorchModelHubMixin):
                model.save_pretrained(draft)
            else:
                safetensors.torch.save_model(model, f"{draft}/model.safetensors")
        except (OSError, safetensors.SafetensorError) as error:
            raise CheckpointError(
                f"{draft}: cannot be written ({error}); free some space"
            ) from None
        (Path(draft) / "README.md").unlink(missing_ok=True)  # a model card is the user's to write
        for path in sorted(Path(draft).iterdir()):
            with atomic_write(Path(folder) / path.name, CheckpointError) as file:
                file.write(path.read_bytes())


def read_weights(model: nn.Module, folder: Path) -> nn.Module:
    """Fill a network with the weights of a folder, all of which must be there and fit.

    Returns:
        The network in evaluation mode, in float32.

    Raises:
        CheckpointError: The file is missing or damaged, or holds another network's weights.
    """
    path = folder / "model.safetensors"
    try:
        weights = safetensors.torch.load(path.read_bytes())
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read ({first_line(error)})") from None
    check_fit(path, model, "", weights)
    model.load_state_dict(weights)
    return model.requires_grad_(True).float().eval()


def load_weights(model_class: type[Model], folder: str | Path) -> Model:
    """Read one network from a folder that `save_weights` or ``save_pretrained`` wrote.

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
    except (safetensors.SafetensorError, ValueError, RuntimeError, TypeError, OSError) as error:
        raise CheckpointError(
            f"{folder}: cannot be read as a {model_class.__name__} ({first_line(error)}); it is damaged,"
            " or another model's or version's"
        ) from None
    assert isinstance(model, nn.Module)
    return model.float().eval()  # type: ignore[return-value]


def first_line(error: BaseException) -> str:
    """What an exception says, shortened to a line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)

"""Stop training now, resume it later, bit for bit.

A training state is one ``.safetensors`` file with all that the next step depends on: weights,
optimizers, averages, the random generators, and the step, which is also the data's position (batch k
is a function of the seed and k).  Reading it can run no code, and writing it replaces the earlier file
whole or not at all.

See:        `tinyaudio.train` for the loop; `tinyaudio.checkpoints` for weights to share.
"""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from tinyaudio.errors import CheckpointError
from tinyaudio.files import atomic_write
from tinyaudio.train import State

FORMAT = 2  # raised when an older reader would misread a newer file


def save_state(
    state: State,
    path: str | Path,
    *,
    metadata: dict[str, Any] | None = None,
) -> None:
    """Write all that the next training step depends on.

    Args:
        state: What `tinyaudio.train.train` yields.
        path: A ``.safetensors`` file; replaced whole or not at all.
        metadata: Kept with it and given back by `load_state`, such as the run's configuration.

    Raises:
        CheckpointError: The file cannot be written; an earlier one of that name is untouched.
    """
    numbers, arrays = random_states()
    tensors: dict[str, Tensor] = {}
    learners: dict[str, Any] = {}
    for learner in state.learners:
        tensors |= {f"{learner.name}/module/{k}": v for k, v in learner.module.state_dict().items()}
        if learner.ema:
            averages = learner.ema.module.state_dict()
            tensors |= {f"{learner.name}/ema/{k}": v for k, v in averages.items()}
        optimizer = learner.optimizer.state_dict()
        scalars: dict[str, dict[str, Any]] = {}
        for index, moments in optimizer["state"].items():
            for k, v in moments.items():
                if isinstance(v, Tensor):
                    tensors[f"{learner.name}/optimizer/{index}/{k}"] = v
                else:
                    scalars.setdefault(str(index), {})[k] = v
        learners[learner.name] = {"groups": optimizer["param_groups"], "scalars": scalars}
    tensors |= {f"random/0/{k}": v for k, v in arrays.items()}
    record = {
        "format": FORMAT,
        "step": state.step,
        "learners": learners,
        "random": [numbers],
        "torch": torch.__version__,
        "metadata": metadata or {},
    }
    header = {"tinyaudio": json.dumps(record)}
    with atomic_write(path, CheckpointError) as file:
        file.write(safetensors.torch.save(detached(tensors), header))


def load_state(state: State, path: str | Path) -> dict[str, Any]:
    """Continue where `save_state` left off, bit for bit.

    Everything is read and compared before anything is changed.

    Args:
        state: Freshly built, with the same learners; changed in place.
        path: What `save_state` wrote.

    Returns:
        The ``metadata`` that was saved with it.

    Raises:
        CheckpointError: The file cannot be read, or belongs to another model or version.
    """
    record = read_record(path)
    try:
        tensors = safetensors.torch.load(Path(path).read_bytes())
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint ({error})") from None
    if list(record["learners"]) != [learner.name for learner in state.learners]:
        raise CheckpointError(
            f"{path}: holds the learners {', '.join(record['learners'])}; this run has"
            f" {', '.join(p.name for p in state.learners)}. It is the checkpoint of another model"
        )
    modules: list[tuple[str, nn.Module]] = []
    for learner in state.learners:
        modules.append((f"{learner.name}/module/", learner.module))
        if learner.ema:
            modules.append((f"{learner.name}/ema/", learner.ema.module))
    for prefix, module in modules:
        check_fit(path, module, prefix, tensors)

    for prefix, module in modules:
        module.load_state_dict(strip_prefix(prefix, tensors))
    for learner in state.learners:
        saved = record["learners"][learner.name]
        moments: dict[int, dict[str, Any]] = {int(i): v for i, v in saved["scalars"].items()}
        for key, value in strip_prefix(f"{learner.name}/optimizer/", tensors).items():
            index, _, name = key.partition("/")
            moments.setdefault(int(index), {})[name] = value
        learner.optimizer.load_state_dict({"state": moments, "param_groups": saved["groups"]})
    # All processes draw from the generators of the first, whoever saved them.
    set_random_states(record["random"][0], strip_prefix("random/0/", tensors))
    state.step = record["step"]
    metadata: dict[str, Any] = record["metadata"]
    return metadata


def read_record(path: str | Path) -> dict[str, Any]:
    """What a training state says of itself: step, learners, ``metadata``; reads no weights.

    Raises:
        CheckpointError: No such file, or not one that this version reads.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"{path}: no such checkpoint")
    try:
        header = read_metadata(Path(path))
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint ({error})") from None
    if "tinyaudio" not in header:
        raise CheckpointError(f"{path}: safetensors, but not a training state of tinyaudio")
    try:
        record: dict[str, Any] = json.loads(header["tinyaudio"])
        written_in = record["format"]
    except (ValueError, TypeError, KeyError):
        raise CheckpointError(f"{path}: not a training state of tinyaudio, or damaged") from None
    if written_in != FORMAT:
        raise CheckpointError(
            f"{path}: a training state of format {written_in}, this version reads format {FORMAT};"
            " train again, or resume with the version of tinyaudio that wrote it"
        )
    return record


def read_metadata(path: Path) -> dict[str, str]:
    """A safetensors file's own words: its header is JSON, behind its length in eight bytes.

    `safetensors.safe_open` would do, but for folders whose names are not UTF-8.
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ValueError("its header is longer than the file")
        header: dict[str, dict[str, str]] = json.loads(file.read(length))
    return header.get("__metadata__", {})


def check_fit(path: str | Path, module: nn.Module, prefix: str, tensors: dict[str, Tensor]) -> None:
    """Raise a `CheckpointError` that names the first weight that is missing, extra or misshapen."""
    want = {k: tuple(v.shape) for k, v in module.state_dict().items()}
    have = {k: tuple(v.shape) for k, v in strip_prefix(prefix, tensors).items()}
    for name in sorted(want.keys() | have.keys()):
        if want.get(name) != have.get(name):
            raise CheckpointError(
                f"{path}: weight {prefix}{name} is {have.get(name, 'missing')} in the file and"
                f" {want.get(name, 'missing')} in the model. It is the checkpoint of another size or model"
            )


# ---------------------------------------------------------------------------- helpers


def strip_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The entries whose name begins with `prefix`, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def detached(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous copies on the CPU; safetensors refuses tensors that share memory."""
    return {
        k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in tensors.items()
    }


def random_states() -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The states of Python's, NumPy's and torch's generators: plain numbers, and tensors."""
    _, keys, position, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 (the global one is what we keep)
    numbers = {
        "python": random.getstate(),
        "numpy": [position, has_gauss, gauss],
    }
    arrays = {
        "numpy": torch.from_numpy(np.asarray(keys).astype(np.int64)),
        "torch": torch.get_rng_state(),
    }
    for i, generator in enumerate(
        torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    ):
        arrays[f"cuda/{i}"] = generator
    return numbers, arrays


def set_random_states(numbers: dict[str, Any], arrays: dict[str, Tensor]) -> None:
    """Put back what `random_states` took."""
    version, internal, gauss_next = numbers["python"]
    random.setstate((version, tuple(internal), gauss_next))
    keys = arrays["numpy"].numpy().astype(np.uint32)
    np.random.set_state(("MT19937", keys, *numbers["numpy"]))  # noqa: NPY002
    torch.set_rng_state(arrays["torch"])
    for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        if f"cuda/{i}" in arrays:
            torch.cuda.set_rng_state(arrays[f"cuda/{i}"], i)

"""Where training and generation run: a device by its name.

Implements: `resolve_device`, `move_to`.
"""

import torch

from tinyaudio.errors import UserError
from tinyaudio.train import State


def resolve_device(device: str) -> str:
    """A device's name, "auto" being the GPU if there is one.

    Raises:
        UserError: There is no such device, or it holds no values.

    Example:
        >>> resolve_device("cpu")
        'cpu'
    """
    if device == "meta":
        raise UserError("device 'meta' holds no values; try --device cpu")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"device {device!r} cannot be used ({reason}); try --device cpu") from None
    return device


def move_to(state: State, device: str) -> None:
    """Put every learner on a device; the optimizers hold the same parameters still."""
    for learner in state.learners:
        learner.module.to(device)
        if learner.ema:
            learner.ema.module.to(device)

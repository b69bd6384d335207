"""Two minutes of training, and the picture of its losses.

Implements: `train_minutes`, which stops by the clock; `save_curve`.
See:        `tinyaudio.train`, whose loop this is.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write
from tinyaudio.train import Batch, Learner, State, train

MOST_STEPS = 10**9  # the clock comes first


def train_minutes(
    learners: Sequence[Learner],
    batches: Iterator[Batch],
    minutes: float | int,
    steps: int | None = None,
) -> dict[str, list[float]]:
    """Train until the time is over, one step at least.

    Args:
        learners: What moves.
        batches: The data.
        minutes: Of the clock, data included.
        steps: To be made instead, however long they take.

    Returns:
        The loss of each learner, one a step, by its name.

    Raises:
        TrainingError: A loss is no longer finite.
    """
    losses: dict[str, list[float]] = {one.name: [] for one in learners}
    total, unit = (round(60 * minutes), "s") if steps is None else (steps, "step")
    began = time.monotonic()
    with tqdm(total=total, unit=unit, file=sys.stderr, mininterval=1) as bar:
        for state in train(State([*learners]), batches, steps or MOST_STEPS):
            for name, values in losses.items():
                values.append(state.logs[f"{name}/loss"])
            last = {name: f"{values[-1]:.3f}" for name, values in losses.items()}
            bar.set_postfix(last, refresh=False)
            seconds = time.monotonic() - began
            bar.update((min(round(seconds), total) if steps is None else state.step) - bar.n)
            if steps is None and seconds >= 60 * minutes:
                break
    return losses


def moving_average(values: Sequence[float], width: int) -> Tensor:
    """The mean of each value and those before it, at most so many.

    Example:
        >>> moving_average([1.0, 3.0, 5.0], 2)
        tensor([1., 2., 4.])
    """
    sums = torch.tensor([0.0, *values], dtype=torch.float64).cumsum(0)
    ends = torch.arange(1, len(values) + 1)
    begins = (ends - width).clamp_min(0)
    return ((sums[ends] - sums[begins]) / (ends - begins)).float()


def require_plots() -> None:
    """Raise a `UserError` where curves cannot be drawn, before time is spent on them."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise UserError("the curve is drawn by matplotlib: pip install matplotlib") from None


def save_curve(path: Path, losses: Mapping[str, Sequence[float]], title: str) -> None:
    """Draw losses against steps, each with its moving average.

    Args:
        path: A PNG file.
        losses: Of each learner, one a step.
        title: Above the picture.

    Raises:
        UserError: It cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots(1, len(losses), squeeze=False)[0]
    for ax, (name, values) in zip(axes, losses.items(), strict=True):
        steps = range(1, len(values) + 1)
        average = moving_average(values, max(1, len(values) // 20))
        ax.plot(steps, values, color="0.75", linewidth=0.8, label="each step")
        ax.plot(steps, average.numpy(), color="C0", linewidth=1.8, label="moving average")
        ax.set(xlabel="step", ylabel=f"loss of {name}")
        ax.margins(x=0)
        ax.legend(frameon=False)
    figure.suptitle(title)
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    with atomic_write(path) as file:
        file.write(picture.getvalue())

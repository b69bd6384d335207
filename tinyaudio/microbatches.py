"""A batch in equal parts: one for each process, or one after the other, or both.

A step on the parts is the step on the whole batch.  Gradients of means over clips are averaged, and
noise is drawn for the whole batch, of which each part keeps its own rows: rank 1 of 2 with 4 clips
trains with rows 4 to 7 of the noise that one process draws for 8.  So all processes have the same
random generators, and a run may go on with another number of them.

Implements: `share_noise`, `accumulated`, `in_bfloat16`: losses made of losses; `RowsOfNoise`.
Differs:    what a network computes over a batch (batch normalization, minibatch deviation), it computes
            over each part, and so a mean with weights; a codebook that follows an average moves at each
            part of `accumulated`.
See:        the chapter "Growing up".
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from tinyaudio.errors import UserError
from tinyaudio.train import Batch, Learner, Loss

BY_SIZE = (torch.rand, torch.randn, torch.randint)
BY_TENSOR = (torch.rand_like, torch.randn_like)


class RowsOfNoise(TorchFunctionMode):
    """Random numbers drawn for a whole batch, of which one part's rows are kept.

    It changes what draws for each clip: `torch.rand`, `randn`, `randint`, `rand_like`, `randn_like` and
    dropout, where the first axis is the part's clips, or several times as many.  What names a
    ``generator``, even None, is left alone.

    Args:
        index: Which part, from 0.
        count: Of how many.
        n_rows: Clips of the part.

    Example:
        >>> torch.manual_seed(0); whole = torch.rand(4, 2)
        <...>
        >>> torch.manual_seed(0); mode = RowsOfNoise(index=1, count=2, n_rows=2)
        <...>
        >>> with mode:
        ...     part = torch.rand(2, 2)
        >>> torch.equal(part, whole[2:])
        True
    """

    def __init__(self, index: int, count: int, n_rows: int) -> None:
        super().__init__()
        self.index, self.count, self.n_rows = index, count, n_rows

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let a function be, or draw for the whole batch."""
        kwargs = kwargs or {}
        if "generator" in kwargs or not args:
            return func(*args, **kwargs)
        if func in BY_SIZE:
            # rand(2, 3), rand((2, 3)), randint(9, (2, 3)), randint(1, 9, (2, 3))
            bounds, size = (args[:-1], args[-1]) if not isinstance(args[-1], int) else ((), args)
            if self.is_of_clips(size):
                whole = (self.count * size[0], *size[1:])
                return self.rows(func(*bounds, whole, **kwargs))  # type: ignore[call-overload]
        elif func in BY_TENSOR and self.is_of_clips(args[0].shape):
            return self.rows(func(self.for_all(args[0]), *args[1:], **kwargs))
        elif func is F.dropout and self.is_of_clips(args[0].shape):
            return args[0] * self.rows(func(torch.ones_like(self.for_all(args[0])), **kwargs))
        return func(*args, **kwargs)

    def is_of_clips(self, size: Any) -> bool:
        """Whether the first axis is that of the part's clips."""
        return len(size) > 0 and size[0] > 0 and size[0] % self.n_rows == 0

    def for_all(self, x: Tensor) -> Tensor:
        """Room for as many rows as the whole batch has, in the same order of axes in memory."""
        size = [self.count * x.shape[0], *x.shape[1:]]
        axes = sorted(range(x.ndim), key=x.stride, reverse=True)
        room = x.new_empty([size[axis] for axis in axes])
        return room.permute([axes.index(axis) for axis in range(x.ndim)])

    def rows(self, whole: Tensor) -> Tensor:
        """This part's; where two batches lie one behind the other, its rows of both."""
        return whole.unflatten(0, (-1, self.count, self.n_rows))[:, self.index].flatten(0, 1)


def share_noise(loss: Loss, index: int, count: int) -> Loss:
    """A loss of one part of a batch, under its share of the batch's noise.

    Args:
        loss: Of any batch.
        index: Which part, from 0.
        count: Of how many.
    """

    def of_part(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        with RowsOfNoise(index, count, n_clips(batch)):
            return loss(batch, step)

    return of_part


def accumulated(learner: Learner, losses: list[Loss]) -> Loss:
    r"""A loss of a batch in parts, one after the other: one part's activations are in memory at a time.

    \nabla L = \frac{1}{n} \sum_k \nabla L_k

    Args:
        learner: Whose parameters' gradient it is.
        losses: One for each part; each begins with the same random generators.

    Returns:
        A loss whose value and gradient are the means over the parts.
    """
    n = len(losses)

    def of_parts(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        parameters = [p for p in learner.module.parameters() if p.requires_grad]
        gradients: list[Tensor | None] = [None] * len(parameters)
        n_part = n_clips(batch) // n
        means: dict[str, Tensor] = {}
        generators = generator_states(parameters[0].device)
        for k, loss in enumerate(losses):
            set_generator_states(parameters[0].device, generators)
            part = {name: x[k * n_part : (k + 1) * n_part] for name, x in batch.items()}
            value, logs = loss(part, step)
            found = torch.autograd.grad(value / n, parameters, allow_unused=True)
            gradients = [
                new if old is None else old if new is None else old + new
                for old, new in zip(gradients, found, strict=True)
            ]
            for name, x in {"loss": value, **logs}.items():
                means[name] = means.get(name, torch.zeros_like(value)) + x.detach().float() / n
        # p - sg[p] is nothing, and its gradient is 1: a number with the mean's value and gradient.
        pairs = zip(parameters, gradients, strict=True)
        total = means.pop("loss")
        for p, g in pairs:
            if g is not None:  # what no part used stays out of the optimizer, as in a whole batch
                total = total + ((p - p.detach()) * g).sum()
        return total, means

    return of_parts


PRECISIONS = ("float32", "bf16")


def check_precision(precision: str) -> None:
    """Refuse any but those that are there.

    Raises:
        UserError: It is another.

    Example:
        >>> check_precision("bfloat16")
        Traceback (most recent call last):
        tinyaudio.errors.UserError: precision 'bfloat16': choose one of float32, bf16
    """
    if precision not in PRECISIONS:
        raise UserError(f"precision {precision!r}: choose one of {', '.join(PRECISIONS)}")


def in_bfloat16(loss: Loss) -> Loss:
    """A loss whose convolutions and matrix products are computed in bfloat16, its weights being float32.

    Raises:
        UserError: By the new loss, if the model has an operation that cannot mix both.
    """

    def rounded(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        device = next(iter(batch.values())).device.type
        try:
            with torch.autocast(device, dtype=torch.bfloat16):
                value, logs = loss(batch, step)
        except RuntimeError as error:
            if "dtype" not in str(error):
                raise
            raise UserError(
                f"bf16: this model has an operation that does not mix numbers of both kinds ({error}); use"
                " --precision float32"
            ) from None
        return value.float(), logs

    return rounded


def micro_batch_loss(
    learner: Learner, rank: int = 0, world_size: int = 1, accumulate: int = 1, bf16: bool = False
) -> Loss:
    """A learner's loss as one of several processes computes it.

    Args:
        learner: With the loss of a whole batch; not changed.
        rank: Of this process.
        world_size: How many processes there are.
        accumulate: Parts that each takes one after the other.
        bf16: Whether to compute in bfloat16.
    """
    loss = in_bfloat16(learner.loss) if bf16 else learner.loss
    count = world_size * accumulate
    if count == 1:
        return loss
    parts = [share_noise(loss, rank * accumulate + k, count) for k in range(accumulate)]
    return parts[0] if accumulate == 1 else accumulated(learner, parts)


# ---------------------------------------------------------------------------- helpers


def n_clips(batch: Batch) -> int:
    """How many clips a batch has."""
    return len(next(iter(batch.values())))


def generator_states(device: torch.device) -> list[Tensor]:
    """The states of torch's generators: on the CPU, and on the device."""
    on_device = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *on_device]


def set_generator_states(device: torch.device, states: list[Tensor]) -> None:
    """Put back what `generator_states` took."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)

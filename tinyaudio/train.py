"""The one training loop.  It owns *when* parameters move; a loss owns *why*.

A likelihood, a VQ-VAE or a diffusion model has one `Learner`; a GAN has two.  `train` is a generator
that yields after every step, so the caller prints, evaluates, saves or stops:

    for state in train(state, batches, steps=20_000):
        if state.step % 1_000 == 0:
            save_state(state, "run/latest.safetensors")

Several processes: start the same program with ``torchrun`` and pass an `accelerate.Accelerator`.
Each process takes its share of the batch, and the gradients are averaged once before each step.

See:        chapter 2, where the loop is printed whole; `tinyaudio.resume` for stop and resume.
"""

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tinyaudio.errors import TrainingError

if TYPE_CHECKING:
    from accelerate import Accelerator

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]
Schedule = Callable[[int], float]


# ---------------------------------------------------------------------------- schedules
# The learning rate at a step is the optimizer's times schedule(step), so that resuming needs no state.


def constant(step: int) -> float:
    """The same learning rate throughout."""
    return 1.0


def warmup(n_steps: int) -> Schedule:
    """Rise in a straight line to 1 at step `n_steps`, then stay.

    Example:
        >>> [warmup(4)(step) for step in (0, 1, 3, 100)]
        [0.25, 0.5, 1.0, 1.0]
    """
    return lambda step: min(1.0, (step + 1) / n_steps)


def cosine(n_steps: int, n_warmup: int = 0, final: float = 0.0) -> Schedule:
    """Warm up, then fall along half a cosine to `final` at step `n_steps`.

    Example:
        >>> [round(cosine(100)(step), 3) for step in (0, 50, 100, 200)]
        [1.0, 0.5, 0.0, 0.0]
    """

    def schedule(step: int) -> float:
        if step < n_warmup:
            return (step + 1) / n_warmup
        progress = min(1.0, (step - n_warmup) / max(1, n_steps - n_warmup))
        return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2

    return schedule


# ---------------------------------------------------------------------------- learners


class EMA:
    r"""A copy of a network whose weights are a running average of the trained ones.

    \theta' \leftarrow m \theta' + (1 - m) \theta,   m = \min(decay, (1 + t) / (10 + t))

    At the early steps t, the smaller m lets the average forget the random weights it began with.

    Args:
        module: The network to follow; it is copied.
        decay: How slowly the copy moves, in [0, 1).

    Example:
        >>> net = nn.Linear(1, 1)
        >>> average = EMA(net, decay=0.0)
        >>> with torch.no_grad():
        ...     _ = net.weight.fill_(3.0)
        >>> average.update(net, step=0)
        >>> average.module.weight.item()
        3.0
    """

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move a little towards `module`; buffers are copied."""
        m = min(self.decay, (1 + step) / (10 + step))
        for average, new in zip(self.module.parameters(), module.parameters(), strict=True):
            average.lerp_(new, 1 - m)
        for kept, buffer in zip(self.module.buffers(), module.buffers(), strict=True):
            kept.copy_(buffer)


@dataclass
class Learner:
    """A set of parameters, the loss that moves it, and how often.

    Attributes:
        name: Stands before every log entry, as in ``critic/loss``.
        module: Its parameters move, and no others, whatever else the loss passes through.
        loss: ``(batch, step) -> (scalar, logs)``.
        optimizer: Over the module's parameters, all of them and no others.
        every: Moves at every n-th step; 5 lets a critic step five times first.
        schedule: Factor on the learning rate as a function of the step.
        max_grad_norm: Gradients longer than this are scaled down to it.
        ema: A running average of the module, kept up to date.
        backend: Names what computes the loss; a run is bitwise repeatable on one.
    """

    name: str
    module: nn.Module
    loss: Loss
    optimizer: torch.optim.Optimizer
    every: int = 1
    schedule: Schedule = constant
    max_grad_norm: float | None = None
    ema: EMA | None = None
    backend: Callable[[], str] = lambda: "PyTorch"

    def __post_init__(self) -> None:
        held = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        if held != {id(p) for p in self.module.parameters() if p.requires_grad}:
            raise ValueError(f"learner {self.name!r}: give its optimizer module.parameters()")
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])  # what the schedule multiplies


@dataclass
class State:
    """All that training changes.

    Attributes:
        learners: In the order in which they move; each has a name of its own.
        step: Steps made so far; batch number `step` of the data comes next.
        logs: What the last step reported, as ``learner/quantity``.
    """

    learners: list[Learner]
    step: int = 0
    logs: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [learner.name for learner in self.learners]
        if len(set(names)) < len(names):
            raise ValueError(f"learners need different names, not {', '.join(names)}")


# ---------------------------------------------------------------------------- the loop


def train(
    state: State,
    batches: Iterable[Batch],
    steps: int,
    accelerator: "Accelerator | None" = None,
) -> Iterator[State]:
    """Move every learner until `steps` steps have been made in all.

    Args:
        state: Where training stands; changed in place.
        batches: The data from batch number ``state.step`` on.
        steps: Step number to stop at.
        accelerator: Device, precision and processes; by default, the device the first learner is on.

    Yields:
        The same state, after every step.

    Raises:
        TrainingError: A loss or gradient is no longer finite (that learner has not moved), or the
            data ended too soon.

    Example:
        >>> net = nn.Linear(1, 1, bias=False)
        >>> def loss(batch, step):
        ...     return (net(batch["x"]) - 2 * batch["x"]).square().mean(), {}
        >>> learner = Learner("net", net, loss, torch.optim.SGD(net.parameters(), lr=0.5))
        >>> for state in train(State([learner]), [{"x": torch.ones(1, 1)}] * 20, steps=20):
        ...     pass
        >>> round(net.weight.item(), 3)
        2.0
    """
    first = next(state.learners[0].module.parameters())
    device = accelerator.device if accelerator else first.device
    stream = iter(batches)
    while state.step < steps:
        try:
            batch = next(stream)
        except StopIteration:
            raise TrainingError(f"the data ended at step {state.step} of {steps}") from None
        batch = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
        logs: dict[str, Tensor] = {}
        for learner in state.learners:
            if (state.step + 1) % learner.every == 0:
                logs |= optimizer_step(learner, batch, state.step, accelerator)
        state.logs = {name: value.item() for name, value in logs.items()}
        state.step += 1
        yield state


def optimizer_step(
    learner: Learner, batch: Batch, step: int, accelerator: "Accelerator | None" = None
) -> dict[str, Tensor]:
    """Make one step of one learner.

    Returns:
        Its loss and logs, named ``learner/quantity``; means over all processes.
    """
    parameters = [p for p in learner.module.parameters() if p.requires_grad]
    with accelerator.autocast() if accelerator else nullcontext():
        loss, logs = learner.loss(batch, step)
    learner.optimizer.zero_grad(set_to_none=True)
    # `inputs` keeps the gradient to this learner: a generator's loss passes through the critic
    # and leaves the critic's own gradients alone.
    loss.backward(inputs=parameters)
    logs = {"loss": loss, **logs}
    values = torch.stack([value.detach().float() for value in logs.values()])
    if accelerator and accelerator.num_processes > 1:
        values = average_over_processes(parameters, values, accelerator)
    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    for quantity, value in (("loss", values[0]), ("gradient", norm)):
        if not torch.isfinite(value):
            raise TrainingError(
                f"learner {learner.name!r}: the {quantity} became {value.item()} at step {step}; it was not"
                " moved. Lower the learning rate or set max_grad_norm, and resume from the last checkpoint"
            )
    if learner.max_grad_norm:
        nn.utils.clip_grads_with_norm_(parameters, learner.max_grad_norm, norm)
    for group in learner.optimizer.param_groups:
        group["lr"] = group["initial_lr"] * learner.schedule(step)
    learner.optimizer.step()
    if learner.ema:
        learner.ema.update(learner.module, step)
    return {f"{learner.name}/{name}": value for name, value in zip(logs, values, strict=True)}


def average_over_processes(
    parameters: list[nn.Parameter], values: Tensor, accelerator: "Accelerator"
) -> Tensor:
    """Replace every process's gradients by their mean, in one exchange.

    Averaging after the backward pass, rather than wrapping the networks, leaves the loss free to
    differentiate twice (a gradient penalty) or to use several networks at once.

    Returns:
        The averages of `values`.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([values, *(g.flatten() for g in gradients)])
    flat = accelerator.reduce(flat, reduction="mean")  # type: ignore[assignment]
    at = len(values)
    for g in gradients:
        g.copy_(flat[at : at + g.numel()].view_as(g))
        at += g.numel()
    return flat[: len(values)]

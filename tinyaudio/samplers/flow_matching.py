r"""Sampling by flow matching: from noise along a learned velocity, in steps of equal length.

    x_{t+h} = x_t + h v(x_t, t)                                               Euler, one call a step

    x_{t+h} = x_t + (h / 2) (v(x_t, t) + v(x_t + h v(x_t, t), t + h))         Heun, two calls a step

Halving the step halves the error of the first and quarters that of the second, once steps are short.  Along
straight paths on which the velocity does not change, one step of either is exact.

Paper:      Liu, Gong & Liu, "Flow straight and fast", 2023 (arXiv:2209.03003), for Euler's;
            Karras et al., "Elucidating the design space of diffusion-based generative models", 2022
            (arXiv:2206.00364), for Heun's.
Implements: `euler`, `heun`; `trajectory`, all steps; `sample`, the clips at their end.
See:        `tinyaudio.objectives.flow_matching` for the training; the chapter "What came after".
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.samplers.request import check_seeds, make_generators

# x_t and t to a velocity; from it, x_t, t and the length of a step: x at the step's end.
Velocity = Callable[[Tensor, float], Tensor]
Step = Callable[[Velocity, Tensor, float, float], Tensor]


def euler(velocity: Velocity, x: Float[Tensor, "B *shape"], t: float, h: float) -> Tensor:
    """One step along the velocity at its beginning.

    Example:
        >>> euler(lambda x, t: x, torch.tensor([1.0]), 0.0, 0.5)
        tensor([1.5000])
    """
    return x + h * velocity(x, t)


def heun(velocity: Velocity, x: Float[Tensor, "B *shape"], t: float, h: float) -> Tensor:
    """One step along the mean of the velocities at its beginning and at the end that Euler's step has.

    Example:
        >>> heun(lambda x, t: x, torch.tensor([1.0]), 0.0, 0.5)
        tensor([1.6250])
    """
    first = velocity(x, t)
    return x + h / 2 * (first + velocity(x + h * first, t + h))


@torch.no_grad()
def trajectory(
    network: Callable[..., Tensor],
    noise: Float[Tensor, "B *shape"],
    n_steps: int,
    *,
    step: Step = euler,
    condition: Tensor | None = None,
) -> Iterator[Float[Tensor, "B *shape"]]:
    """From noise to clips: n_steps + 1 points at equal distances in time.

    Args:
        network: As `tinyaudio.objectives.flow_matching.flow_matching_loss` has it, in evaluation mode.
        noise: x_0, Gaussian of variance 1, on the network's device.
        n_steps: Of equal length.
        step: `euler` or `heun`.
        condition: What the network is conditioned on, a row a clip.

    Raises:
        UserError: There is no step, or the network's output is not finite.

    Example:
        >>> to_one = lambda x, t: (1 - x) / (1 - t)[:, None]
        >>> [x.item() for x in trajectory(to_one, torch.zeros(1, 1), 4)]
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if n_steps < 1:
        raise UserError(f"cannot sample in {n_steps} steps; give at least 1")
    given = () if condition is None else (condition,)

    def velocity(x: Tensor, t: float) -> Tensor:
        return network(x, torch.full((len(x),), t).to(x), *given)

    x, h = noise, 1 / n_steps
    yield x
    for i in range(n_steps):
        x = step(velocity, x, i * h, h)
        if not bool(x.isfinite().all()):
            raise UserError(
                f"the network's output is not finite at step {i + 1} of {n_steps}; its weights or its"
                " condition hold NaN or infinity"
            )
        yield x


def sample(
    network: Callable[..., Tensor],
    shape: Sequence[int],
    seeds: Sequence[int],
    n_steps: int,
    *,
    step: Step = euler,
    condition: Tensor | None = None,
    device: str | torch.device = "cpu",
    at_once: int = 50,
) -> Float[Tensor, "B *shape"]:
    """The clips at the end of a `trajectory`; each is a function of its seed alone.

    Args:
        network: This and what is not named here as for `trajectory`.
        shape: Of one clip.
        seeds: One a clip.
        n_steps: Of equal length.
        step: `euler` or `heun`.
        condition: What the network is conditioned on, a row a clip, if anything.
        device: Of the network.
        at_once: Clips that the network gets together.

    Raises:
        UserError: A seed is out of range, or as for `trajectory`.

    Example:
        >>> sample(lambda x, t: torch.zeros_like(x), (1, 8), seeds=[3, 4], n_steps=2).shape
        torch.Size([2, 1, 8])
    """
    check_seeds(seeds)
    clips = []
    for first in range(0, len(seeds), at_once):
        part = slice(first, first + at_once)
        generators = make_generators(seeds[part])
        noise = torch.stack([torch.randn(*shape, generator=g) for g in generators]).to(device)
        given = None if condition is None else condition[part]
        points = trajectory(network, noise, n_steps, step=step, condition=given)
        clips.append(deque(points, maxlen=1).pop())  # keeps none but the last
    return torch.cat(clips)

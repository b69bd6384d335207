r"""Flow matching: a network learns the velocity of straight paths from noise to clips.

    x_t = (1 - t) x_0 + t x_1,   x_0 \sim N(0, I),   t \sim U(0, 1)      [Liu et al., eq. 1]

    L = E \| v_\theta(x_t, t, c) - (x_1 - x_0) \|^2

Here time runs from the noise x_0 at t = 0 to the clip x_1 at t = 1, against the time of DDPM, whose x_0 is the
clip.  Many paths pass a point; the best velocity is the mean of theirs, and moving along it carries the noise's
distribution to that of the clips:

    v(x, t) = E[x_1 - x_0 | x_t = x],   dx / dt = v(x, t)

Paper:      Lipman, Chen, Ben-Hamu, Nickel & Le, "Flow matching for generative modeling", 2023
            (arXiv:2210.02747), section 4.1, with a smallest deviation of 0; Liu, Gong & Liu, "Flow straight and
            fast", 2023 (arXiv:2209.03003), section 2.1.
Implements: `flow_matching_loss`, `interpolate`, `velocity_target`.
See:        `tinyaudio.samplers.flow_matching`, which solves the equation; `tinyaudio.objectives.diffusion`,
            its neighbour; the chapter "What came after".
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]


def interpolate(
    noise: Float[Tensor, "B *shape"], clips: Float[Tensor, "B *shape"], t: Float[Tensor, " B"]
) -> Float[Tensor, "B *shape"]:
    """Where each straight path is at its own time: x_t.

    Args:
        noise: x_0, where the paths begin.
        clips: x_1, where they end.
        t: From 0, the noise, to 1, the clip; one a path.

    Example:
        >>> noise, clips = torch.zeros(3), torch.full((3,), 8.0)
        >>> interpolate(noise, clips, torch.tensor([0.0, 0.25, 1.0]))
        tensor([0., 2., 8.])
    """
    t = t.reshape(-1, *[1] * (clips.ndim - 1)).to(clips)
    return (1 - t) * noise + t * clips


def velocity_target(
    noise: Float[Tensor, "B *shape"], clips: Float[Tensor, "B *shape"]
) -> Float[Tensor, "B *shape"]:
    """The velocity of the straight paths, dx_t / dt, the same at every time: from the noise to the clip.

    Example:
        >>> velocity_target(torch.tensor([1.0]), torch.tensor([4.0]))
        tensor([3.])
    """
    return clips - noise


def flow_matching_loss(
    network: Callable[..., Tensor],
    *,
    clean: Callable[[Batch], Tensor] = itemgetter("audio"),
    condition: Callable[[Batch], Any] | None = None,
) -> Loss:
    """The squared error of the velocity, each clip on a path from a noise of its own, at a time of its own.

    Args:
        network: x_t, times (B,) in [0, 1], and the condition if there is one, to velocities.
        clean: The clips x_1 of a batch, of whatever shape; their variance should be near 1.
        condition: What the network is conditioned on, computed from a batch.

    Returns:
        The loss of a batch, a mean over all its numbers; it logs nothing more.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        clips = clean(batch)
        noise = torch.randn_like(clips)
        t = torch.rand(len(clips)).to(clips)
        given = () if condition is None else (condition(batch),)
        velocity = network(interpolate(noise, clips, t), t, *given)
        return (velocity - velocity_target(noise, clips)).square().mean(), {}

    return loss

r"""Wasserstein losses: a critic that measures a distance, a generator that shortens it.

    W(P, Q) = \sup_{f: |f(a) - f(b)| \le |a - b|}  E_{x \sim P} f(x) - E_{x \sim Q} f(x)

The critic is the f; a penalty on its gradient keeps it from being steeper than 1.

Paper:      Arjovsky, Chintala, Bottou, "Wasserstein GAN" (2017); Gulrajani et al., "Improved
            Training of Wasserstein GANs" (2017), algorithm 1.
Implements: `gradient_penalty`, `wasserstein_critic`, `wasserstein_generator`.
Differs:    `one_sided` penalises only slopes above 1 (Petzka et al., 2018); the papers' two-sided
            penalty can settle on the wrong sign in one dimension.
See:        part 3, "Bottlenecks and critics".
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Float[Tensor, "B *shape"],
    generated: Float[Tensor, "B *shape"],
    mix: Float[Tensor, " B"] | None = None,
    *,
    one_sided: bool = False,
) -> Float[Tensor, ""]:
    r"""How far the critic's slope is from 1 between real and generated examples.

    E[(\|\nabla f(\hat x)\|_2 - 1)^2],   \hat x = m x + (1 - m) \tilde x      [Gulrajani, eq. 3]

    Args:
        critic: The function f, one score an example.
        real: Examples x of the data.
        generated: Examples of the generator, as many.
        mix: Where between the two to look, m in [0, 1]; drawn uniformly when left out.
        one_sided: Leave slopes below 1 unpunished.

    Returns:
        The mean penalty, 0 or more, differentiable in the critic's parameters.

    Example:
        >>> slope = torch.tensor([3.0, 4.0])  # a linear critic, as steep as 5 everywhere
        >>> x = torch.zeros(2, 2)
        >>> gradient_penalty(lambda x: x @ slope, x, x + 1).item()
        16.0
    """
    if mix is None:
        mix = torch.rand(len(real), device=real.device)
    m = mix.reshape(-1, *[1] * (real.ndim - 1))
    between = (m * real + (1 - m) * generated).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    # The epsilon keeps the root's own gradient finite where the critic is flat.
    excess = (slope.flatten(1).square().sum(1) + 1e-12).sqrt() - 1
    return (excess.relu() if one_sided else excess).square().mean()


def wasserstein_critic(
    critic: Callable[[Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    latents: Callable[[int], Tensor],
    penalty_weight: float = 10.0,
) -> Loss:
    """The critic's loss: E f(generated) - E f(real) + weight * penalty.

    Args:
        critic: Audio (B, 1, T) to scores (B,).
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        penalty_weight: The papers' lambda.

    Returns:
        A loss for batches with a key ``audio``; logs ``wasserstein``, the estimated distance.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        real = batch["audio"]
        with torch.no_grad():
            generated = generator(latents(len(real)).to(real.device))
        distance = critic(real).mean() - critic(generated).mean()
        penalty = gradient_penalty(critic, real, generated)
        logs = {"wasserstein": distance.detach(), "penalty": penalty.detach()}
        return penalty_weight * penalty - distance, logs

    return loss


def wasserstein_generator(
    critic: Callable[[Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    latents: Callable[[int], Tensor],
) -> Loss:
    """The generator's loss: - E f(generated).

    Args:
        critic: Audio (B, 1, T) to scores (B,).
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.

    Returns:
        A loss that takes only the size and device of a batch's ``audio``.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        real = batch["audio"]
        generated = generator(latents(len(real)).to(real.device))
        return -critic(generated).mean(), {}

    return loss

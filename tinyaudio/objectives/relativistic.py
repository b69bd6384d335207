r"""Relativistic GAN: a discriminator scores real audio above generated audio, pair by pair.

    L_D = E[softplus(D(\tilde x) - D(x))] + \frac{\gamma}{2} (R_1 + R_2)

    L_G = E[softplus(D(x) - D(\tilde x))]

    R_1 = E \|\nabla D(x)\|^2,   R_2 = E \|\nabla D(\tilde x)\|^2

Each generated clip is compared with a real one, so that D learns a boundary near every one of them, where the
losses of the first GAN only ask for one between the sets: a generator that leaves a mode out is punished
there.  The two penalties keep D flat at the data and at what is generated; without them the game does not
converge.

Paper:      Jolicoeur-Martineau, "The relativistic discriminator: a key element missing from standard GAN",
            2019 (arXiv:1807.00734); Sun, Fang & Schwing, "Towards a better global loss landscape of GANs",
            2020, for the pairing; Mescheder, Geiger & Nowozin, "Which training methods for GANs do actually
            converge?", 2018, for R1 and R2; Huang et al., "The GAN is dead; long live the GAN!", 2024, for
            all of it together.
Implements: `relativistic_discriminator`, `relativistic_generator`, `gradient_square`; conditions and labels
            as in `tinyaudio.objectives.adversarial`.
See:        part 3, "Bottlenecks and critics".
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.objectives.adversarial import Batch, Loss, generate, score


def relativistic_discriminator(
    discriminator: Callable[..., Any],
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    penalty_weight: float | int = 1.0,
    *,
    condition: Callable[[Batch], Any] | None = None,
    label: str | None = None,
    label_weight: float | int = 1.0,
) -> Loss:
    r"""The discriminator's loss L_D, in nats; \ln 2 where it cannot tell.

    Args:
        discriminator: Audio (B, 1, T) to scores (B,), of which only differences mean something.
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        penalty_weight: \gamma; 0 leaves the penalties out.
        condition: What the networks are conditioned on, computed from a batch.
        label: Key of the batch's classes (B,), for an auxiliary classifier.
        label_weight: Of the classifier's cross-entropy.

    Returns:
        A loss for batches with a key ``audio``; logs ``real_above_generated``, the share of pairs in the
        right order, if there is a penalty ``r1`` and ``r2``, and if there is a label ``cross_entropy``.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        given = condition(batch) if condition else None
        with torch.no_grad():
            generated = generate(generator, latents, batch, given, label)
        real, fake = (
            one.detach().requires_grad_(bool(penalty_weight)) for one in (batch["audio"], generated)
        )
        real_scores, cross_entropy = score(discriminator, real, batch, given, label)
        fake_scores, _ = score(discriminator, fake, batch, given, label)
        total = F.softplus(fake_scores - real_scores).mean()
        logs = {"real_above_generated": (real_scores > fake_scores).float().mean()}
        if penalty_weight:
            r1, r2 = gradient_square(real_scores, real), gradient_square(fake_scores, fake)
            total = total + penalty_weight / 2 * (r1 + r2)
            logs |= {"r1": r1.detach(), "r2": r2.detach()}
        if cross_entropy is not None:
            total = total + label_weight * cross_entropy
            logs["cross_entropy"] = cross_entropy.detach()
        return total, logs

    return loss


def relativistic_generator(
    discriminator: Callable[..., Any],
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    *,
    condition: Callable[[Batch], Any] | None = None,
    label: str | None = None,
    label_weight: float | int = 1.0,
) -> Loss:
    """The generator's loss L_G: its clips are to score above the real ones that they are paired with.

    Args:
        discriminator: This and what follows as for `relativistic_discriminator`.
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        condition: What the networks are conditioned on, computed from a batch.
        label: Key of the classes that generated audio is to be recognised as.
        label_weight: Of that cross-entropy.

    Returns:
        A loss for batches with a key ``audio``; logs ``cross_entropy`` if there is a label.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        given = condition(batch) if condition else None
        generated = generate(generator, latents, batch, given, label)
        with torch.no_grad():
            real_scores, _ = score(discriminator, batch["audio"], batch, given, label)
        fake_scores, cross_entropy = score(discriminator, generated, batch, given, label)
        total = F.softplus(real_scores - fake_scores).mean()
        if cross_entropy is None:
            return total, {}
        return total + label_weight * cross_entropy, {"cross_entropy": cross_entropy.detach()}

    return loss


def gradient_square(
    scores: Float[Tensor, " B"], audio: Float[Tensor, "B *shape"]
) -> Float[Tensor, ""]:
    r"""E \|\nabla D\|^2 at the examples that were scored, differentiable in the discriminator's parameters.

    Args:
        scores: One an example, each of which depends on its own example alone.
        audio: The examples, which require gradients.

    Example:
        >>> slope, x = torch.tensor([3.0, 4.0]), torch.zeros(2, 2, requires_grad=True)
        >>> gradient_square(x @ slope, x).item()
        25.0
    """
    (slope,) = torch.autograd.grad(scores.sum(), audio, create_graph=True)
    return slope.flatten(1).square().sum(1).mean()

r"""The losses of the first GAN: a discriminator tells real from generated audio, a generator deceives it.

    \min_G \max_D  E_x \ln \sigma(D(x)) + E_z \ln \sigma(-D(G(z)))

At the best D for a given G, the game's value is 2 JS(P, Q) - 2 ln 2, with the Jensen-Shannon divergence
of data and generated audio.

Paper:      Goodfellow et al., "Generative adversarial nets" (2014), equation 1 and section 3; Mirza &
            Osindero, "Conditional generative adversarial nets" (2014); Odena et al., "Conditional image
            synthesis with auxiliary classifier GANs" (2017).
Implements: `gan_discriminator`, `gan_generator`; conditions and labels as in
            `tinyaudio.objectives.adversarial`.
Differs:    scores are logits: the sigmoid is part of the loss.
See:        part 3, "Bottlenecks and critics".
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.objectives.adversarial import Batch, Loss, generate, score


def gan_discriminator(
    discriminator: Callable[..., Any],
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    *,
    condition: Callable[[Batch], Any] | None = None,
    label: str | None = None,
    label_weight: float | int = 1.0,
) -> Loss:
    r"""The discriminator's loss: E[-\ln \sigma(D(x))] + E[-\ln \sigma(-D(\tilde x))], in nats.

    Args:
        discriminator: Audio (B, 1, T) to logits (B,) of being real.
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        condition: What the networks are conditioned on, computed from a batch.
        label: Key of the batch's classes (B,), for an auxiliary classifier.
        label_weight: Of the classifier's cross-entropy.

    Returns:
        A loss for batches with a key ``audio``; logs ``jensen_shannon``, a lower bound of the divergence
        in nats, and ``cross_entropy`` if there is a label.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        given = condition(batch) if condition else None
        with torch.no_grad():
            generated = generate(generator, latents, batch, given, label)
        real_scores, cross_entropy = score(discriminator, batch["audio"], batch, given, label)
        generated_scores, _ = score(discriminator, generated, batch, given, label)
        total = F.softplus(-real_scores).mean() + F.softplus(generated_scores).mean()
        logs = {"jensen_shannon": math.log(2) - total.detach() / 2}
        if cross_entropy is not None:
            total = total + label_weight * cross_entropy
            logs["cross_entropy"] = cross_entropy.detach()
        return total, logs

    return loss


def gan_generator(
    discriminator: Callable[..., Any],
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    *,
    saturating: bool = False,
    condition: Callable[[Batch], Any] | None = None,
    label: str | None = None,
    label_weight: float | int = 1.0,
) -> Loss:
    r"""The generator's loss: E[-\ln \sigma(D(\tilde x))], or in the minimax game E[\ln \sigma(-D(\tilde x))].

    The minimax game's loss saturates: its gradient vanishes where the discriminator is certain, as it is
    at the beginning of training.

    Args:
        discriminator: This and what follows as for `gan_discriminator`.
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        saturating: Take the minimax game's loss.
        condition: What the networks are conditioned on, computed from a batch.
        label: Key of the classes that generated audio is to be recognised as.
        label_weight: Of that cross-entropy.

    Returns:
        A loss that takes the size, device and conditions of a batch, not its sound; logs
        ``cross_entropy`` if there is a label.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        given = condition(batch) if condition else None
        generated = generate(generator, latents, batch, given, label)
        scores, cross_entropy = score(discriminator, generated, batch, given, label)
        total = -F.softplus(scores).mean() if saturating else F.softplus(-scores).mean()
        if cross_entropy is None:
            return total, {}
        return total + label_weight * cross_entropy, {"cross_entropy": cross_entropy.detach()}

    return loss

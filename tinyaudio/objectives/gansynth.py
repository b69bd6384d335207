r"""GANSynth's losses: a Wasserstein critic that also names the pitch, for networks that grow.

    L_D = E D(G(z, \tilde y)) - E D(x) + 10 GP + 0.001 E D(x)^2 + 10 E[-\ln p(y | x)]

    L_G = - E D(G(z, \tilde y)) + 10 E[-\ln p(\tilde y | G(z, \tilde y))]

y is the pitch of a real note x, and \tilde y that of a generated one.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 3 and
            appendix D, and its code; Gulrajani et al. (2017) for GP, Karras et al. (2018) for the square of
            D(x), Odena et al. (2017) for the classifier.
Implements: `gansynth_losses`, of what `tinyaudio.objectives.adversarial` has; `conditional_losses`, for
            the small networks, which are both given the pitch.
Differs:    The code takes the penalty before it scales its images: D is held to a slope of 1 per unit of log
            magnitude and per half turn of phase, that is to 15 and 1.25 per unit of the scaled image (1 /
            0.0661 and 1 / 0.8).  Here it is held to 1 in both channels of the scaled image: what is penalised
            should not depend on the unit of a logarithm.
            A batch's generated notes have the pitches of its real ones, which are drawn from the histogram of
            the data, as the code draws them; no term of the losses compares a note with another.
See:        part 4, "Sound as a picture".
"""

from collections.abc import Callable
from functools import partial
from operator import itemgetter

import torch
from torch import Tensor

from tinyaudio.models.gansynth import GANSynthConfig
from tinyaudio.models.growth import blend
from tinyaudio.objectives.adversarial import (
    Batch,
    Loss,
    wasserstein_critic,
    wasserstein_generator,
)
from tinyaudio.objectives.relativistic import relativistic_discriminator, relativistic_generator

DRIFT_WEIGHT = 1e-3


def gansynth_losses(
    discriminator: Callable[[Tensor, float], tuple[Tensor, Tensor]],
    generator: Callable[[Tensor, Tensor, float], Tensor],
    config: GANSynthConfig,
    to_image: Callable[[Tensor], Tensor],
    progress: Callable[[int], float],
    penalty_weight: float | int = 10.0,
    label_weight: float | int = 10.0,
) -> tuple[Loss, Loss]:
    """The losses of both networks.

    Args:
        discriminator: Images and a progress to scores (B,), and logits (B, K) of the pitches.
        generator: Latents (B, D), MIDI pitches (B,) and a progress to images.
        config: The networks' size.
        to_image: Audio (B, 1, T) to images of the finest resolution.
        progress: How far the networks have grown at a step.
        penalty_weight: Of the gradient penalty.
        label_weight: Of the classifier's cross-entropy, in nats.

    Returns:
        The discriminator's and the generator's, for batches with ``audio`` and ``pitch``, MIDI numbers (B,).
        Both log ``cross_entropy``; the discriminator also ``wasserstein``, ``progress``, and ``penalty`` if it
        has a weight.
    """

    def networks_at(p: float) -> tuple[Callable[..., tuple[Tensor, Tensor]], Callable[..., Tensor]]:
        """Both at a progress; the generator takes classes from 0."""
        return (
            lambda image: discriminator(image, p),
            lambda z, label: generator(z, label + config.lowest_pitch, p),
        )

    def latents(n: int) -> Tensor:
        return torch.randn(n, config.n_latents)

    def discriminator_loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        p = progress(step)
        loss = wasserstein_critic(
            *networks_at(p),
            latents,
            penalty_weight,
            one_sided=False,
            drift_weight=DRIFT_WEIGHT,
            label="label",
            label_weight=label_weight,
        )
        # The real images are as coarse as the generated ones.
        image = blend(to_image(batch["audio"]), p, config.n_resolutions)
        total, logs = loss({"audio": image, "label": batch["pitch"] - config.lowest_pitch}, step)
        return total, logs | {"progress": torch.full_like(total.detach(), p)}

    def generator_loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        loss = wasserstein_generator(
            *networks_at(progress(step)), latents, label="label", label_weight=label_weight
        )
        return loss(batch | {"label": batch["pitch"] - config.lowest_pitch}, step)

    return discriminator_loss, generator_loss


CONDITIONAL_LOSSES = ("relativistic", "wasserstein")


def conditional_losses(
    name: str,
    discriminator: Callable[[Tensor, Tensor], Tensor],
    generator: Callable[[Tensor, Tensor], Tensor],
    latents: Callable[[int], Tensor],
    to_image: Callable[[Tensor], Tensor],
    penalty_weight: float | int,
) -> tuple[Loss, Loss]:
    """The losses of a discriminator and a generator that are both given the pitch.

    Args:
        name: Of `CONDITIONAL_LOSSES`; "wasserstein" is the paper's without a classifier.
        discriminator: Images and MIDI pitches (B,) to scores (B,).
        generator: Latents (B, D) and pitches to images.
        latents: Draws that many rows of latents.
        to_image: Audio (B, 1, T) to images.
        penalty_weight: Of R1 and R2, or of the gradient penalty; the paper's is 10.

    Returns:
        The discriminator's and the generator's, for batches with ``audio`` and ``pitch``.
    """
    nets, pitch = (discriminator, generator, latents), itemgetter("pitch")
    if name == "relativistic":
        pair = (
            relativistic_discriminator(*nets, penalty_weight, condition=pitch),
            relativistic_generator(*nets, condition=pitch),
        )
    else:
        critic = partial(wasserstein_critic, one_sided=False, drift_weight=DRIFT_WEIGHT)
        pair = (
            critic(*nets, penalty_weight, condition=pitch),
            wasserstein_generator(*nets, condition=pitch),
        )

    def of_images(loss: Loss) -> Loss:
        return lambda batch, step: loss(batch | {"audio": to_image(batch["audio"])}, step)

    return of_images(pair[0]), of_images(pair[1])

r"""Losses of upsamplers that know the right answer: squared error, features of an autoencoder, a discriminator.

    L_{RMS} = E \sqrt{\frac{1}{T} \sum_t (y_t - \hat y_t)^2 + 10^{-6}}

    L_G = E[(y - \hat y)^2] + \lambda_f E[(\phi(y) - \phi(\hat y))^2] - \lambda_a E[\ln \sigma(D(\hat y))]

    L_D = -E[\ln \sigma(D(y))] - E[\ln \sigma(-D(\hat y))],   L_\phi = E[(y - \psi(\phi(y)))^2]

A squared error alone asks for the mean of all top bands that fit a low band, whose phases cancel: the best
answer to it is too quiet.  phi are the innermost features of an autoencoder, psi its decoder.

Paper:      Kuleshov, Enam & Ermon, 2017 (arXiv:1708.00853), public code, for L_{RMS}; Kim & Sathe, 2019
            (arXiv:1903.09027), for the others; Goodfellow et al., "Generative adversarial nets", 2014.
Implements: `root_square_error`, of each clip; `copy_loss`, `feature_gan_discriminator`,
            `feature_gan_generator`.
Differs:    scores are logits, as in `tinyaudio.objectives.gan`.  The autoencoder learns at the same time as
            the others, not before them.
See:        chapter 20, "What fills the top band"; `tinyaudio.models.mugan`.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.objectives.adversarial import Batch, Loss

FLOOR = 1e-6  # of Kuleshov's code


def root_square_error(
    made: Float[Tensor, "B C T"], audio: Float[Tensor, "B C T"]
) -> Float[Tensor, ""]:
    """L_RMS, the mean over clips of their root mean square error: no loud clip outweighs all soft ones.

    Args:
        made: Estimates.
        audio: The sound, as long.

    Example:
        >>> round(root_square_error(torch.zeros(2, 1, 9), torch.full((2, 1, 9), 0.5)).item(), 4)
        0.5
    """
    return ((made - audio).square().mean(dim=(1, 2)) + FLOOR).sqrt().mean()


def copy_loss(autoencoder: Callable[[Tensor], Tensor]) -> Loss:
    """The mean squared error of an autoencoder's copy of a batch's ``audio``.

    Args:
        autoencoder: Audio (B, 1, T) to its copy.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return F.mse_loss(autoencoder(batch["audio"]), batch["audio"]), {}

    return loss


def feature_gan_discriminator(
    discriminator: Callable[[Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    low: Callable[[Batch], Tensor],
) -> Loss:
    """The discriminator's loss L_D, in nats; 2 ln 2 where it cannot tell.

    Args:
        discriminator: Audio (B, 1, T) to logits (B,) of being recorded.
        generator: Low-rate audio at the new rate to audio with a top band, both (B, 1, T).
        low: The generator's input, computed from a batch.

    Returns:
        A loss for batches with a key ``audio``; logs ``accuracy``, the share that it gets right.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            made = generator(low(batch))
        real, fake = discriminator(batch["audio"]), discriminator(made)
        right = torch.cat([real > 0, fake < 0]).float().mean()
        return F.softplus(-real).mean() + F.softplus(fake).mean(), {"accuracy": right}

    return loss


def feature_gan_generator(
    discriminator: Callable[[Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    encode: Callable[[Tensor], Tensor],
    low: Callable[[Batch], Tensor],
    feature_weight: float | int = 1.0,
    adversarial_weight: float | int = 0.001,
) -> Loss:
    r"""The generator's loss L_G.

    Args:
        discriminator: This, the generator and its input as for `feature_gan_discriminator`.
        generator: See there.
        encode: Audio (B, 1, T) to the features \phi that sounds are compared by.
        low: See there.
        feature_weight: \lambda_f.
        adversarial_weight: \lambda_a; 0 leaves the discriminator out.

    Returns:
        A loss for batches with a key ``audio``; logs its three terms, without weights: ``squared_error``,
        ``features`` and ``adversarial``.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        audio, made = batch["audio"], generator(low(batch))
        with torch.no_grad():
            wanted = encode(audio)
        terms = {
            "squared_error": F.mse_loss(made, audio),
            "features": F.mse_loss(encode(made), wanted),
        }
        total = terms["squared_error"] + feature_weight * terms["features"]
        if adversarial_weight:
            terms["adversarial"] = F.softplus(-discriminator(made)).mean()
            total = total + adversarial_weight * terms["adversarial"]
        return total, {name: value.detach() for name, value in terms.items()}

    return loss

r"""A VAE that a critic helps: likelihood says what to say, the critic how it should sound.

    L_{vae}    = \beta KL(q(z | x) \| N(0, I)) - E_q \ln N(x; G(z, y), s^2 I) - w E f(G(z', y), y)

    L_{critic} = E f(G(z', y), y) - E f(x, y) + \lambda GP

x is a frame of speaker y; z' are the latents of another clip of the batch, most often of another speaker,
so that G(z', y) is a conversion to y, which no reference exists for.  The critic compares conversions to a
speaker with that speaker's real frames.  Its term moves the decoder alone: the encoder learns from the evidence
lower bound.  In the first stage w is 0: the VAE learns alone, and the critic learns to tell its conversions, so
that its distance means something when the second stage begins.

Paper:      Hsu, Hwang, Wu, Tsao & Wang, "Voice conversion from unaligned corpora using variational
            autoencoding Wasserstein generative adversarial networks", 2017 (arXiv:1704.00849); Larsen,
            Sonderby, Larochelle & Winther, "Autoencoding beyond pixels using a learned similarity metric",
            2016 (arXiv:1512.09300), for the first VAE with a critic.
Implements: `vae_loss`, `critic_loss`; `converted`, `others`.
Differs:    the critic's slope is held by a gradient penalty; a penalty of 0 leaves that to
            `tinyaudio.objectives.adversarial.clip_weights`, as in the paper.  The authors' code has one source
            and one target speaker, decodes draws where the critic here is shown what z's mean decodes to, as
            in use, and lets the critic rest in the first stage.
See:        `tinyaudio.models.vae_wgan`; part 3, "Bottlenecks and critics".
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.vae_wgan import MelVAE
from tinyaudio.objectives.adversarial import wasserstein_critic
from tinyaudio.objectives.variational import gaussian_log_likelihood, kl_divergence

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]
Gaussian = tuple[Tensor, Tensor]  # mean and log-variance


def others(batch: Batch) -> Batch:
    """Each clip's neighbour in the batch, in a circle; a batch of one is its own neighbour.

    Example:
        >>> others({"speaker": torch.tensor([5, 6, 7])})["speaker"]
        tensor([7, 5, 6])
    """
    return {name: value.roll(1, 0) for name, value in batch.items()}


def converted(net: MelVAE, batch: Batch) -> Float[Tensor, "B F N"]:
    """The frames of each clip's neighbour in the voice of the clip's speaker, from the mean of their latents.

    The gradient reaches the decoder, not the encoder.
    """
    source = others(batch)
    with torch.no_grad():
        latents, _ = net.encode(source["frames"], source["mean"])
    return net.decode(latents, source["frames"], source["mean"], batch["speaker"])


def vae_loss(
    reconstruct: Callable[[Batch], tuple[Tensor, Gaussian]],
    convert: Callable[[Batch], Tensor],
    critic: Callable[[Tensor, Tensor], Tensor],
    scale: float | int,
    beta: float | int = 1.0,
    critic_weight: float | int = 0.0,
    critic_from: int = 0,
) -> Loss:
    r"""The loss of encoder and decoder, in nats a frame.

    Args:
        reconstruct: A batch to its frames' reconstruction (B, F, N), and mean and log-variance of their
            latents (B, D, N), a draw of which was decoded.
        convert: A batch to other clips' frames in the voices of its speakers, as `converted` has them.
        critic: Frames (B, F, N) and speakers (B,) to scores (B,).
        scale: s, the standard deviation of an observation, in the unit of the frames.
        beta: \beta; 1 is the bound.
        critic_weight: w, in nats a unit of the critic's score; 0 is the plain VAE.
        critic_from: Step from which the critic counts, the second stage's first.

    Returns:
        A loss for batches with ``frames`` and ``speaker``; logs ``log_likelihood`` and ``kl``, both in nats a
        frame, and in the second stage ``score``, the critic's of conversions.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        output, (mean, log_variance) = reconstruct(batch)
        x, x_hat = by_frame(batch["frames"]), by_frame(output)
        log_likelihood = gaussian_log_likelihood(x, x_hat, scale).mean()
        kl = kl_divergence(by_frame(mean), by_frame(log_variance)).mean()
        total, logs = beta * kl - log_likelihood, {"log_likelihood": log_likelihood, "kl": kl}
        if critic_weight and step >= critic_from:
            score = critic(convert(batch), batch["speaker"]).mean()
            total, logs["score"] = total - critic_weight * score, score
        return total, logs

    return loss


def critic_loss(
    critic: Callable[[Tensor, Tensor], Tensor],
    convert: Callable[[Batch], Tensor],
    penalty_weight: float | int = 10.0,
    *,
    one_sided: bool = True,
) -> Loss:
    r"""The critic's loss: minus the distance it estimates of conversions from real frames, and its penalty.

    Args:
        critic: This and what follows as for `vae_loss`.
        convert: No gradient reaches what it is computed with.
        penalty_weight: \lambda, of `tinyaudio.objectives.adversarial.gradient_penalty`.
        one_sided: Leave slopes below 1 unpunished; False for that of Gulrajani et al.

    Returns:
        A loss that logs ``wasserstein``, the estimated distance, and ``penalty`` if there is one.
    """
    # The generator of `wasserstein_critic` draws latents; here they are those of the batch's other clips.
    of_frames = wasserstein_critic(
        lambda frames, batch: critic(frames, batch["speaker"]),
        lambda _, batch: convert(batch),
        lambda n: torch.empty(n, 0),
        penalty_weight,
        one_sided=one_sided,
        condition=lambda batch: batch,
    )
    return lambda batch, step: of_frames({**batch, "audio": batch["frames"]}, step)


def by_frame(x: Float[Tensor, "B F N"]) -> Float[Tensor, "BN F"]:
    """The frames of all clips, one behind the other."""
    return x.transpose(1, 2).flatten(0, 1)

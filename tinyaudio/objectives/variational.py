r"""The evidence lower bound, which trains a VAE, and an autoencoder as the case without a prior.

    \ln p(x) \ge E_{q(z|x)} \ln p(x | z) - KL(q(z | x) \| N(0, I))    [Kingma & Welling 2013, eq. 3]

The observation is Gaussian around the decoder's output, with a variance of s^2, a fixed s that
says what difference counts as little.  All terms are in nats a clip: sums over the numbers of a
spectrogram and over the latents, means over the clips of a batch.

Paper:      Kingma & Welling, "Auto-encoding variational Bayes", 2013 (arXiv:1312.6114), section 2.3 and
            appendix B; Higgins et al., "beta-VAE", 2017, for a weight of the KL other than 1.
Implements: `kl_divergence`, `gaussian_log_likelihood`, `elbo_loss`; `mean_error`, for evaluation.
See:        part 3, "Bottlenecks and critics".
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]


def kl_divergence(
    mean: Float[Tensor, "B D"], log_variance: Float[Tensor, "B D"] | None
) -> Float[Tensor, " B"]:
    r"""How much a latent distribution says beyond the prior, in closed form.

    KL(N(\mu, \sigma^2) \| N(0, I)) = \frac{1}{2} \sum_d (\mu^2 + \sigma^2 - 1 - \ln \sigma^2)    [app. B]

    Args:
        mean: mu.
        log_variance: ln sigma^2; None of an autoencoder, which has no distribution: 0.

    Returns:
        Nats for each clip, 0 or more.

    Example:
        >>> kl_divergence(torch.tensor([[1.0, 1.0]]), torch.zeros(1, 2))
        tensor([1.])
    """
    if log_variance is None:
        return torch.zeros_like(mean[:, 0])
    # expm1: sigma near 1 would lose its digits in e^v - 1.
    return (mean.square() + log_variance.expm1() - log_variance).sum(1) / 2


def gaussian_log_likelihood(
    x: Float[Tensor, "B *shape"], mean: Float[Tensor, "B *shape"], scale: float | int
) -> Float[Tensor, " B"]:
    r"""The log-density of observations around a decoder's output.

    \ln N(x; m, s^2 I) = - \sum ((x - m)^2 / 2 s^2 + \ln s + \frac{1}{2} \ln 2 \pi)

    Args:
        x: Observations.
        mean: m, a decoder's output.
        scale: s, in the unit of x.

    Returns:
        Nats for each clip; a density, so that it may be above 0.

    Example:
        >>> gaussian_log_likelihood(torch.zeros(1, 2), torch.zeros(1, 2), 1.0)
        tensor([-1.8379])
    """
    squares = ((x - mean) / scale).square().flatten(1)
    constant = math.log(scale) + math.log(2 * math.pi) / 2
    return -squares.sum(1) / 2 - squares.shape[1] * constant


def elbo_loss(
    net: Callable[..., tuple[Tensor, tuple[Tensor, Tensor | None]]],
    n_latents: int,
    scale: float | int,
    beta: float | int = 1.0,
) -> Loss:
    """Minus the evidence lower bound of a VAE; of an autoencoder, minus the log-likelihood alone.

    Args:
        net: Takes ``frames``, ``pitch`` if the batch has it or None, and the noise (B, D) of its latents;
            gives reconstructions, and mean and log-variance of the latents: no log-variance, but None,
            makes it an autoencoder.
        n_latents: D.
        scale: s, the standard deviation of an observation, in the unit of the frames.
        beta: Weight of the KL; 1 is the bound.

    Returns:
        A loss in nats a clip, for batches with ``frames``; logs ``log_likelihood``, ``kl``, and ``rms``, the
        root mean square of the reconstruction's error in the unit of the frames.  The noise is torch's own.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        x = batch["frames"]
        noise = torch.randn(len(x), n_latents, device=x.device)
        output, (mean, log_variance) = net(x, batch.get("pitch"), noise)
        log_likelihood = gaussian_log_likelihood(x, output, scale).mean()
        kl = kl_divergence(mean, log_variance).mean()
        rms = (x - output).square().mean().sqrt()
        return beta * kl - log_likelihood, {"log_likelihood": log_likelihood, "kl": kl, "rms": rms}

    return loss


def mean_error(
    net: Callable[..., tuple[Tensor, tuple[Tensor, Tensor | None]]], batch: Batch
) -> Float[Tensor, ""]:
    """Mean absolute difference of reconstructions, from the latents' mean, in the unit of the frames.

    Args:
        net: As for `elbo_loss`; the noise is None.
        batch: With ``frames``, and ``pitch`` if the network takes it.
    """
    output, _ = net(batch["frames"], batch.get("pitch"), None)
    return (output - batch["frames"]).abs().mean()

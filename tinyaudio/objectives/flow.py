r"""The likelihood of a normalizing flow: how probable its noise is, and how much it stretched the sound.

    -\log p(x) = \frac{\|z\|^2}{2 \sigma^2} + \frac{T}{2} \log(2 \pi \sigma^2) - \log|\det dz / dx|

Without the determinant, z = 0 for all sounds would be best; with its sign wrong, so it would be even more.

Digital silence is a point, and the density of a point has no bound: a flow that may stretch it without end
does so.  A little noise on the sound bounds it: `dequantized`.

Paper:      Prenger, Valle & Catanzaro, "WaveGlow", ICASSP 2019 (arXiv:1811.00002), equations 3 to 6; Ho,
            Chen, Srinivas, Duan & Abbeel, "Flow++", 2019 (arXiv:1902.00275), section 3.1, for noise on discrete
            data.
Implements: `negative_log_likelihood`; `flow_loss`, for a `Learner`; `dequantized`.
Differs:    the constant T / 2 log(2 pi sigma^2) is kept, so that the number is the density's.
See:        `tinyaudio.models.waveglow`.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.objectives.adversarial import Batch, Loss


def negative_log_likelihood(
    z: Float[Tensor, "B *shape"], log_det: Float[Tensor, " B"], sigma: float | int = 1.0
) -> Float[Tensor, " B"]:
    """Of each clip, in nats a sample.

    Args:
        z: What the flow makes of the clips.
        log_det: The logarithm of the Jacobian's determinant of each, dz / dx.
        sigma: Standard deviation that z is to have.

    Example:
        >>> round(negative_log_likelihood(torch.zeros(1, 8, 5), torch.zeros(1)).item(), 4)  # ln(2 pi) / 2
        0.9189
    """
    n_samples = z[0].numel()
    energy = z.flatten(1).square().sum(1) / (2 * sigma**2)
    constant = n_samples / 2 * math.log(2 * math.pi * sigma**2)
    return (energy + constant - log_det) / n_samples


def dequantized(audio: Float[Tensor, "B 1 T"], level: float | int) -> Float[Tensor, "B 1 T"]:
    """The sound with white noise of that rms on it."""
    return audio + level * torch.randn_like(audio) if level else audio


def flow_loss(
    net: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], sigma: float | int, level: float | int
) -> Loss:
    """The mean over the clips of a batch with the keys ``audio`` and ``frames``.

    Args:
        net: Audio and frames to z and log-determinants.
        sigma: Standard deviation that z is to have.
        level: Of `dequantized`.

    Returns:
        A loss in nats a sample; logs ``rms``, of z, and ``log_det``, a sample.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        z, log_det = net(dequantized(batch["audio"], level), batch["frames"])
        logs = {
            "rms": z.detach().square().mean().sqrt(),
            "log_det": log_det.detach().mean() / z[0].numel(),
        }
        return negative_log_likelihood(z, log_det, sigma).mean(), logs

    return loss

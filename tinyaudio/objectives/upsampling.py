r"""What upsamplers learn: NU-Wave the whole waveform, the small network a whitened residual.

    x_0 = y,   condition u                                              NU-Wave
    x_0 = (y - u) / sigma(low),   condition low and log sigma         whitened residual

y is the sound at the high rate, u the low-rate sound interpolated by a sinc.

Paper:      Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321), and its public code, for the schedule and the
            logarithm of the absolute error.
Implements: `nuwave_loss`, `whitened_loss`; `NUWAVE_DIFFUSION` and `WHITENED_DIFFUSION`, what their samplers
            have to agree with.
See:        `tinyaudio.objectives.diffusion`; `tinyaudio.samplers.upsampling`.
"""

from collections.abc import Callable
from operator import itemgetter

from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.interpolation import upsample_sinc
from tinyaudio.models.whitened_residual import MARGIN, WhitenedResidual, fold
from tinyaudio.objectives.diffusion import Batch, GaussianDiffusion, Loss, diffusion_loss
from tinyaudio.objectives.diffusion_time import ContinuousLevel
from tinyaudio.objectives.noise_schedule import NUWAVE, linear

NUWAVE_DIFFUSION = GaussianDiffusion(ContinuousLevel(NUWAVE), "epsilon")
# 97 % of the draws have an SNR of -17 to 26 dB, where a signal of variance 1 is neither lost nor plain.
WHITENED_DIFFUSION = GaussianDiffusion(ContinuousLevel(linear(1_000, 1e-6, 0.008)), "v")
FIT_STEPS = 100  # of training, in which the ridge regression is fitted to its batches


def nuwave_loss(network: Callable[..., Tensor], ratio: int) -> Loss:
    """The logarithm of the mean absolute error of the noise.

    Args:
        network: `tinyaudio.models.nuwave.NuWave`.
        ratio: The high rate over the low one.

    Returns:
        The loss of a batch of `tinyaudio.data.upsampling_crops`, but for `MARGIN` low-rate samples at either
        end.
    """

    def clean(batch: Batch) -> Float[Tensor, "B 1 T"]:
        return inner(batch["audio"], ratio)

    def condition(batch: Batch) -> Float[Tensor, "B 1 T"]:
        return inner(upsample_sinc(batch["low"], ratio), ratio)

    return diffusion_loss(
        network, NUWAVE_DIFFUSION, clean=clean, condition=condition, error="log-absolute"
    )


def whitened_loss(net: WhitenedResidual) -> Loss:
    """The mean squared error of v; in the first steps of training the level's prediction is fitted, too.

    Args:
        net: The network; its ridge regression moves in training mode only.

    Returns:
        As `nuwave_loss`.
    """
    ratio = net.config.ratio
    of_prepared = diffusion_loss(
        net, WHITENED_DIFFUSION, clean=itemgetter("clean"), condition=itemgetter("condition")
    )

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        residual = batch["audio"] - upsample_sinc(batch["low"], ratio)
        if net.training and step < FIT_STEPS:
            net.ridge.update(batch["low"], residual, n_seen=step)
        condition, scale = net.prepare(batch["low"])
        clean = fold(inner(residual, ratio) / scale, ratio)
        return of_prepared({"clean": clean, "condition": condition}, step)

    return loss


def inner(audio: Float[Tensor, "B 1 T"], ratio: int) -> Float[Tensor, "B 1 U"]:
    """Crops without `MARGIN` low-rate samples at either end."""
    return audio[:, :, MARGIN * ratio : -MARGIN * ratio]

r"""Denoising diffusion: a network learns to undo noise of any strength, one loss for every paper of this part.

    x_t = \sqrt{\bar\alpha} x_0 + \sqrt{1 - \bar\alpha} \epsilon,   \epsilon \sim N(0, I)      [DDPM, eq. 4]

    L = E \| \epsilon - \epsilon_\theta(x_t, t, c) \|^2      [DDPM, eq. 14]

The noise is the score of the noisy clips, but for a factor, and so is what a network learns of it:

    \epsilon_\theta(x_t) \approx E[\epsilon | x_t] = -\sqrt{1 - \bar\alpha} \nabla \log p(x_t)

Networks are called ``network(x_t, time)`` or ``network(x_t, time, condition)``.  What they get as time, one
number a clip, is decided by one of `tinyaudio.objectives.diffusion_time`; and what they predict by a word, here
with the clip that follows from it:

    epsilon   the noise    x_0 = (x_t - sqrt(1 - alpha-bar) epsilon) / sqrt(alpha-bar)
    x0        the clip     itself
    v         of both      x_0 = sqrt(alpha-bar) x_t - sqrt(1 - alpha-bar) v

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239), algorithm 1;
            Chen et al., "WaveGrad", 2021 (arXiv:2009.00713), section 2.1, for the absolute error; the public
            code of Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321), for its logarithm; Salimans &
            Ho, "Progressive distillation for fast sampling of diffusion models", 2022 (arXiv:2202.00512),
            section 4 and appendix D, for v.
Implements: `GaussianDiffusion`, what training and sampling agree on; `add_noise`; `diffusion_loss`.
See:        `tinyaudio.objectives.noise_schedule` for alpha-bar and the papers' notations; the chapter
            "Diffusion from scratch".
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.objectives.diffusion_time import Time

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]
PREDICTIONS = ("epsilon", "x0", "v")
ERRORS = ("squared", "absolute", "log-absolute")
LEAST_ERROR = 1e-20  # before a logarithm


# ---------------------------------------------------------------------------- what it predicts


@dataclass(frozen=True, eq=False)
class GaussianDiffusion:
    """What the training of a network and sampling from it have to agree on.

    Attributes:
        time: What the network gets beside a noisy clip.
        prediction: What it returns: "epsilon", "x0" or "v".

    Raises:
        UserError: There is no such prediction, or it is of the noise where no signal is left.

    Example:
        >>> from tinyaudio.objectives.diffusion_time import DiscreteTime
        >>> from tinyaudio.objectives.noise_schedule import DDPM
        >>> diffusion = GaussianDiffusion(DiscreteTime(DDPM), "v")
        >>> x_0, noise, alpha_bar = torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([0.64])
        >>> v = diffusion.target(x_0, noise, alpha_bar)
        >>> v, diffusion.clean(v, add_noise(x_0, noise, alpha_bar), alpha_bar)
        (tensor([-1.]), tensor([3.]))
    """

    time: Time
    prediction: str = "epsilon"

    def __post_init__(self) -> None:
        if self.prediction not in PREDICTIONS:
            known = ", ".join(PREDICTIONS)
            raise UserError(f"no prediction {self.prediction!r}; choose one of {known}")
        if self.time.schedule.zero_terminal_snr:
            self.check(self.time.schedule.alpha_bars)

    def check(self, alpha_bars: Float[Tensor, " N"]) -> None:
        """Raise a `UserError` if the noise is predicted where there is nothing but noise."""
        if self.prediction == "epsilon" and bool((alpha_bars == 0).any()):
            raise UserError(
                "a schedule of zero terminal SNR leaves no signal at its end, and a prediction of the"
                " noise tells nothing about it; predict v or x0"
            )

    def target(
        self,
        x_0: Float[Tensor, "B *shape"],
        noise: Float[Tensor, "B *shape"],
        alpha_bar: Float[Tensor, " B"],
    ) -> Float[Tensor, "B *shape"]:
        """What the network should return for a noisy clip."""
        if self.prediction == "epsilon":
            return noise
        if self.prediction == "x0":
            return x_0
        signal, std = coefficients(alpha_bar, x_0)
        return signal * noise - std * x_0

    def clean(
        self,
        output: Float[Tensor, "B *shape"],
        x_t: Float[Tensor, "B *shape"],
        alpha_bar: Float[Tensor, " B"],
    ) -> Float[Tensor, "B *shape"]:
        """The clip x_0 that the network's output means."""
        if self.prediction == "x0":
            return output
        signal, std = coefficients(alpha_bar, x_t)
        if self.prediction == "epsilon":
            return (x_t - std * output) / signal
        return signal * x_t - std * output


def coefficients(alpha_bar: Float[Tensor, " B"], like: Tensor) -> tuple[Tensor, Tensor]:
    """The factors of signal and noise, sqrt(alpha-bar) and sqrt(1 - alpha-bar), one a clip.

    Rooted in the precision they come in, then of the clips' dtype, device and number of axes.
    """
    column = alpha_bar.reshape(-1, *[1] * (like.ndim - 1))
    return column.sqrt().to(like), (1 - column).sqrt().to(like)


def add_noise(
    x_0: Float[Tensor, "B *shape"],
    noise: Float[Tensor, "B *shape"],
    alpha_bar: Float[Tensor, " B"],
) -> Float[Tensor, "B *shape"]:
    r"""The noisy clips x_t, each with a strength of noise of its own.

    x_t = \sqrt{\bar\alpha} x_0 + \sqrt{1 - \bar\alpha} \epsilon

    Example:
        >>> add_noise(torch.tensor([1.0, 1.0]), torch.tensor([2.0, 2.0]), torch.tensor([1.0, 0.0]))
        tensor([1., 2.])
    """
    signal, std = coefficients(alpha_bar, x_0)
    return signal * x_0 + std * noise


# ---------------------------------------------------------------------------- the loss


def diffusion_loss(
    network: Callable[..., Tensor],
    diffusion: GaussianDiffusion,
    *,
    clean: Callable[[Batch], Tensor] = itemgetter("audio"),
    condition: Callable[[Batch], Any] | None = None,
    error: str = "squared",
) -> Loss:
    """How far the network is from what it should predict, each clip under noise of its own strength.

    Args:
        network: Noisy clips, times (B,), and the condition if there is one.
        diffusion: Which strengths, and what is predicted.
        clean: The clips x_0 of a batch, of whatever shape; their variance should be near 1.
        condition: What the network is conditioned on, computed from a batch.
        error: "squared", as in DDPM and DiffWave; "absolute", as in WaveGrad and the public code of
            DiffWave; "log-absolute", as in NU-Wave: the logarithm of each clip's mean absolute error, whose
            gradient does not depend on how large the error is.

    Returns:
        The loss of a batch, a mean over all its numbers, or clips; it logs nothing more.

    Raises:
        UserError: There is no such error.
    """
    if error not in ERRORS:
        raise UserError(f"no error {error!r}; choose one of {', '.join(ERRORS)}")

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        x_0 = clean(batch)
        alpha_bar, time = diffusion.time.draw(len(x_0))
        noise = torch.randn_like(x_0)
        x_t = add_noise(x_0, noise, alpha_bar)
        given = () if condition is None else (condition(batch),)
        output = network(x_t, time.to(x_t), *given)
        difference = output - diffusion.target(x_0, noise, alpha_bar)
        return mean_error(difference, error), {}

    return loss


def mean_error(difference: Float[Tensor, "B *shape"], error: str) -> Float[Tensor, ""]:
    """The mean of squares, of absolute values, or of the logarithms of the clips' mean absolute values.

    Example:
        >>> [round(mean_error(torch.tensor([[1.0, 3.0], [0.0, 1.0]]), e).item(), 3) for e in ERRORS]
        [2.75, 1.25, 0.0]
    """
    if error == "squared":
        return difference.square().mean()
    if error == "absolute":
        return difference.abs().mean()
    return difference.abs().flatten(1).mean(dim=1).clamp(min=LEAST_ERROR).log().mean()

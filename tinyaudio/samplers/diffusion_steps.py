r"""One step of sampling from a diffusion model: from a noisy x_t to a less noisy x_s, by an estimate of x_0.

After the last step alpha-bar_s is 1, and all three ways return the estimate itself: no noise is added there.

    x_s = (\sqrt{\bar\alpha_s} \beta x_0 + \sqrt{\alpha} (1 - \bar\alpha_s) x_t) / (1 - \bar\alpha_t) + \sigma z

    x_s = \sqrt{\bar\alpha_s} x_0 + \sqrt{1 - \bar\alpha_s - \eta^2 \sigma^2} \epsilon + \eta \sigma z

    x_s = \frac{\sigma_s}{\sigma_t} x_t - \alpha_s (e^{-h} - 1) (x_0 + \frac{1}{2r} (x_0 - x_0'))

The first is ancestral sampling [DDPM, eq. 7]; alpha is the ratio of alpha-bar_t and alpha-bar_s, and beta is
1 - alpha, so that t and s need not be neighbours.  The second is DDIM [eq. 12].  The third is DPM-Solver++(2M),
where alpha and sigma are the square roots of alpha-bar and 1 - alpha-bar, lambda is the logarithm of their
ratio, h its growth in this step, r that of the step before over h, and x_0' the estimate of the step before.

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239), algorithm 2;
            Song, Meng & Ermon, "Denoising diffusion implicit models", 2021 (arXiv:2010.02502); Lu et al.,
            "DPM-Solver++", 2022 (arXiv:2211.01095), algorithm 2.
Implements: `ancestral`, `DDIM`, `dpm_solver`; `solver`, one by name; `Point` and `Step`, what they are given
            and their type.
See:        `tinyaudio.samplers.diffusion` for all steps; the chapter "Diffusion from scratch".
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError


class Point(NamedTuple):
    """One point on the way from noise to a clip.

    Attributes:
        x: x_t (B, ...).
        clean: The estimate of x_0 from it.
        alpha_bar: The share of the signal's power in x_t.
    """

    x: Tensor
    clean: Tensor
    alpha_bar: float


# From the points so far, the last one that of x_t, the next alpha-bar, and a source of noise: x_s.
Step = Callable[[Sequence[Point], float, Callable[[], Tensor]], Tensor]


@dataclass(frozen=True)
class DDIM:
    """A step along the noise that the network sees, part of which may be replaced by new noise.

    Attributes:
        eta: How much; at 0 the clip is a function of the first noise, at 1 this is `ancestral`.

    Raises:
        UserError: eta is not from 0 to 1.

    Example:
        >>> import torch
        >>> point = Point(torch.tensor([1.0]), torch.tensor([0.5]), alpha_bar=0.64)
        >>> DDIM()([point], 1.0, lambda: torch.ones(1))
        tensor([0.5000])
    """

    eta: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.eta <= 1:
            raise UserError(
                f"eta {self.eta}: must be from 0, no new noise, to 1, ancestral sampling"
            )

    def __call__(
        self, points: Sequence[Point], alpha_bar: float, noise: Callable[[], Tensor]
    ) -> Tensor:
        """x_s, from x_t and the estimate of x_0."""
        x, clean, before = points[-1]
        # the noise that is in x_t if the estimate is right
        epsilon = (x - math.sqrt(before) * clean) / math.sqrt(1 - before)
        std = self.eta * posterior_std(before, alpha_bar)
        kept = math.sqrt(max(0.0, 1 - alpha_bar - std**2))
        x_s = math.sqrt(alpha_bar) * clean + kept * epsilon
        return x_s + std * noise() if std else x_s


def ancestral(
    points: Sequence[Point], alpha_bar: float, noise: Callable[[], Tensor]
) -> Float[Tensor, "B *shape"]:
    """A draw from q(x_s | x_t, x_0), with the estimate in the place of x_0.

    Args:
        points: Of which the last is needed.
        alpha_bar: That of x_s.
        noise: Draws z.

    Example:
        >>> import torch
        >>> point = Point(torch.tensor([1.0]), torch.tensor([0.5]), alpha_bar=0.64)
        >>> ancestral([point], 1.0, lambda: torch.ones(1))
        tensor([0.5000])
    """
    x, clean, before = points[-1]
    alpha = before / alpha_bar
    of_clean = math.sqrt(alpha_bar) * (1 - alpha) / (1 - before)
    of_x = math.sqrt(alpha) * (1 - alpha_bar) / (1 - before)
    std = posterior_std(before, alpha_bar)
    mean = of_clean * clean + of_x * x
    return mean + std * noise() if std else mean


def posterior_std(before: float, alpha_bar: float) -> float:
    r"""The deviation of x_s given x_t and x_0; 0 at the last step.

    \sigma^2 = \frac{1 - \bar\alpha_s}{1 - \bar\alpha_t} (1 - \frac{\bar\alpha_t}{\bar\alpha_s})

    Args:
        before: alpha-bar_t.
        alpha_bar: alpha-bar_s, above it.

    Example:
        >>> round(posterior_std(0.36, 0.64), 4), posterior_std(0.36, 1.0)
        (0.4961, 0.0)
    """
    return math.sqrt((1 - alpha_bar) / (1 - before) * (1 - before / alpha_bar))


def dpm_solver(
    points: Sequence[Point], alpha_bar: float, noise: Callable[[], Tensor]
) -> Float[Tensor, "B *shape"]:
    """A step of second order: the estimate is carried on along a line through this one and the one before.

    The first step, which has none before it, and the last one, which is infinitely long in lambda, are of first
    order.  No noise is added.

    Args:
        points: Of which the last two are needed.
        alpha_bar: That of x_s.
        noise: Not used.

    Example:
        >>> import torch
        >>> point = Point(torch.tensor([1.0]), torch.tensor([0.5]), alpha_bar=0.64)
        >>> dpm_solver([point], 1.0, lambda: torch.ones(1))
        tensor([0.5000])
    """
    x, clean, before = points[-1]
    h = log_snr(alpha_bar) - log_snr(before)
    if len(points) > 1 and math.isfinite(h):
        _, earlier, at_first = points[-2]
        r = (log_snr(before) - log_snr(at_first)) / h
        clean = clean + (clean - earlier) / (2 * r)
    # sigma_s / sigma_t, and alpha_s (1 - e^-h) without a difference of nearly equal numbers
    of_x = math.sqrt((1 - alpha_bar) / (1 - before))
    return of_x * x - math.sqrt(alpha_bar) * math.expm1(-h) * clean


def log_snr(alpha_bar: float) -> float:
    """lambda, half the logarithm of the ratio of powers; minus infinity for noise alone, infinity for none.

    Example:
        >>> log_snr(0.5), log_snr(0.0), log_snr(1.0)
        (0.0, -inf, inf)
    """
    if alpha_bar in (0, 1):
        return math.inf if alpha_bar else -math.inf
    return math.log(alpha_bar / (1 - alpha_bar)) / 2


SOLVERS: dict[str, Step] = {"ancestral": ancestral, "ddim": DDIM(), "dpm-solver": dpm_solver}


def solver(name: str) -> Step:
    """A kind of step by its name, as commands have it.

    Raises:
        UserError: There is none of that name.

    Example:
        >>> solver("ddim")
        DDIM(eta=0.0)
    """
    if name not in SOLVERS:
        raise UserError(f"no sampler {name!r}; there are: {', '.join(SOLVERS)}")
    return SOLVERS[name]

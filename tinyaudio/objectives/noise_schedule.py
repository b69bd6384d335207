r"""Noise schedules: how much noise each step of a diffusion adds, and how much signal is left after it.

    x_t = \sqrt{1 - \beta_t}\, x_{t-1} + \sqrt{\beta_t}\, \epsilon_t,   t = 1, ..., T      [DDPM, eq. 2]

    x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \epsilon      [DDPM, eq. 4]

    \bar\alpha_t = \prod_{s \le t} (1 - \beta_s)

Notation is DDPM's throughout.  What the same thing is called in

    here, as in DDPM    DiffWave         WaveGrad               NU-Wave
    x_0, clean          x_0              y_0                    y_0
    x_t, noisy          x_t              y_n                    y_t
    t = 1 ... T         t = 1 ... T      n = 1 ... N            t = 1 ... T
    beta_t, alpha-bar   beta_t, the same beta_n, the same       beta_t, the same
    sqrt(alpha-bar_t)   the same         noise level; l_s in    noise level
                                         training
    the network gets    t                the noise level        the noise level, times 50,000
    condition           mel spectrogram  x, a mel spectrogram   y_d, the low-rate waveform

Arrays count from 0, as a network's steps do in the authors' code of DDPM: ``alpha_bars[0]`` is that of step 1.
The values are double precision: the first steps of WaveGrad differ from 1 by a millionth.

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239); Nichol &
            Dhariwal, "Improved denoising diffusion probabilistic models", 2021 (arXiv:2102.09672), eq. 17; Lin
            et al., "Common diffusion noise schedules and sample steps are flawed", 2024 (arXiv:2305.08891),
            algorithm 1 and section 3.3; Kong et al., "DiffWave", 2021 (arXiv:2009.09761); Chen et al.,
            "WaveGrad", 2021 (arXiv:2009.00713); Lee & Han, "NU-Wave", 2021 (arXiv:2104.02321).
Implements: `NoiseSchedule`; `linear`, `cosine`, `zero_terminal_snr`; the papers' schedules as constants.
See:        the chapter "Diffusion from scratch".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """The variance of the noise that each step adds, and the share of the signal's power that is left.

    Attributes:
        betas: Above 0 and below 1, none smaller than the one before it.
        zero_terminal_snr: Allow, and require, that the last one is 1: no signal is left after it.
        alpha_bars: What is left after each step, falling from below 1.

    Raises:
        UserError: There is no step, or the betas are not as above.

    Example:
        >>> schedule = NoiseSchedule([0.1, 0.5])
        >>> len(schedule), schedule.alpha_bars
        (2, tensor([0.9000, 0.4500], dtype=torch.float64))
    """

    betas: Tensor | Sequence[float]
    zero_terminal_snr: bool = False
    alpha_bars: Float[Tensor, " T"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        betas = torch.as_tensor(self.betas, dtype=torch.float64, device="cpu")
        if betas.ndim != 1 or len(betas) < 1:
            raise UserError(
                f"a noise schedule has one beta a step, not the shape {(*betas.shape,)}"
            )
        inner = betas[:-1] if self.zero_terminal_snr else betas
        # written so that NaN is refused, too
        outside = ~((inner > 0) & (inner < 1))
        if outside.any():
            t = int(outside.nonzero()[0])
            raise UserError(
                f"beta {betas[t]:g} of step {t + 1} is not between 0 and 1; the noise that a step adds"
                " is part of a variance of 1 (only zero_terminal_snr ends with 1)"
            )
        if self.zero_terminal_snr and betas[-1] != 1:
            raise UserError(f"with zero_terminal_snr the last beta is 1, not {betas[-1]:g}")
        falling = (betas.diff() < 0).nonzero()
        if len(falling):
            t = int(falling[0])
            raise UserError(
                f"beta falls from {betas[t]:g} to {betas[t + 1]:g} at step {t + 2}; give betas in"
                " rising order"
            )
        alpha_bars = (1 - betas).cumprod(0)
        if (torch.cat([torch.ones(1), alpha_bars]).diff() >= 0).any():
            raise UserError("a beta is too small for double precision: a step would change nothing")
        object.__setattr__(self, "betas", betas)
        object.__setattr__(self, "alpha_bars", alpha_bars)

    def __len__(self) -> int:
        """The number of steps T."""
        return len(self.alpha_bars)

    def spaced(self, n_steps: int) -> Float[Tensor, " N"]:
        """The alpha-bars of a few of the steps, evenly spaced, the last among them.

        Sampling begins with pure noise, which is nearest to the last step [Lin et al., section 3.3].

        Args:
            n_steps: From 1 to T.

        Raises:
            UserError: There are not so many steps.

        Example:
            >>> NoiseSchedule([0.1, 0.2, 0.3, 0.4]).spaced(2)
            tensor([0.7200, 0.3024], dtype=torch.float64)
        """
        if not 1 <= n_steps <= len(self):
            raise UserError(
                f"cannot sample in {n_steps} steps: from 1 to {len(self)}, of which training had"
            )
        # k T / N for k = 1 ... N, rounded up so that step T is the last one
        steps = [-(-k * len(self) // n_steps) for k in range(1, n_steps + 1)]
        return self.alpha_bars[torch.tensor(steps) - 1]


# ---------------------------------------------------------------------------- shapes


def linear(n_steps: int, first: float, last: float) -> NoiseSchedule:
    """Betas at equal distances, as DDPM, DiffWave, WaveGrad and NU-Wave have them.

    Args:
        n_steps: T, at least 2.
        first: Of step 1.
        last: Of step T.

    Raises:
        UserError: There are fewer steps, or the values are no schedule.

    Example:
        >>> linear(3, 0.1, 0.3).betas
        tensor([0.1000, 0.2000, 0.3000], dtype=torch.float64)
    """
    check_steps(n_steps)
    return NoiseSchedule(torch.linspace(first, last, n_steps, dtype=torch.float64))


def cosine(n_steps: int, offset: float = 0.008, largest: float = 0.999) -> NoiseSchedule:
    r"""The signal's share falls along a squared cosine, more slowly at both ends than a linear schedule's.

    \bar\alpha_t = f(t) / f(0),   f(t) = \cos^2(\frac{\pi}{2} \frac{t / T + s}{1 + s})      [eq. 17]

    Args:
        n_steps: T, at least 2.
        offset: s, which keeps the first betas from vanishing.
        largest: Betas are cut off there; without it the last one would be 1.

    Raises:
        UserError: There are fewer steps, or the values are no schedule.

    Example:
        >>> cosine(1_000).alpha_bars[499].sqrt()
        tensor(0.7027, dtype=torch.float64)
    """
    check_steps(n_steps)
    t = torch.arange(n_steps + 1, dtype=torch.float64) / n_steps
    f = torch.cos(math.pi / 2 * (t + offset) / (1 + offset)).square()
    return NoiseSchedule((1 - f[1:] / f[:-1]).clamp(max=largest))


def zero_terminal_snr(schedule: NoiseSchedule) -> NoiseSchedule:
    r"""The same schedule, shifted and scaled so that its last step leaves pure noise.

    l_t \leftarrow (l_t - l_T) \frac{l_1}{l_1 - l_T},   l_t = \sqrt{\bar\alpha_t}

    Sampling begins with pure noise; so should, then, the training [Lin et al., algorithm 1].  At that step a
    network can predict x_0 or v, and not the noise, which is its input.

    Args:
        schedule: Of at least 2 steps.  The first step keeps its beta.

    Raises:
        UserError: There is only one step.

    Example:
        >>> zero_terminal_snr(linear(3, 0.1, 0.3)).alpha_bars
        tensor([0.9000, 0.3033, 0.0000], dtype=torch.float64)
    """
    check_steps(len(schedule))
    root = schedule.alpha_bars.sqrt()
    alpha_bars = ((root - root[-1]) * root[0] / (root[0] - root[-1])).square()
    before = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bars[:-1]])
    return NoiseSchedule(1 - alpha_bars / before, zero_terminal_snr=True)


def check_steps(n_steps: int) -> None:
    """Raise a `UserError` unless there are at least 2 steps."""
    if n_steps < 2:
        raise UserError(f"a noise schedule of {n_steps} steps has no shape; give at least 2")


# ---------------------------------------------------------------------------- the papers'

DDPM = linear(1_000, 1e-4, 0.02)  # section 4
COSINE = cosine(1_000)  # as long
DIFFWAVE_50 = linear(50, 1e-4, 0.05)  # the base network
DIFFWAVE_200 = linear(200, 1e-4, 0.02)  # the large network, and without a condition
DIFFWAVE_FAST = NoiseSchedule([1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5])  # sampling in 6 steps
WAVEGRAD = linear(1_000, 1e-6, 0.01)
NUWAVE = linear(1_000, 1e-6, 0.006)
NUWAVE_FAST = NoiseSchedule([1e-6, 2e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.9])  # sampling in 8 steps


def by_name(name: str) -> NoiseSchedule:
    """A schedule of 1,000 steps by its name, as commands have it: "cosine", or "linear", DDPM's.

    Raises:
        UserError: There is none of that name.

    Example:
        >>> by_name("linear") is DDPM
        True
    """
    if name not in ("cosine", "linear"):
        raise UserError(f"no noise schedule {name!r}; choose cosine or linear")
    return DDPM if name == "linear" else COSINE

r"""What a diffusion network gets as time: the number of a step, or the level of the signal that is left.

    DiscreteTime       t, from 0 to T - 1; whole numbers in training               DDPM, DiffWave
    ContinuousLevel    sqrt(alpha-bar), anywhere from sqrt(alpha-bar_T) to 1       WaveGrad, NU-Wave

Either draws the strengths of the noise in training, and says in sampling what a network has to get for a
strength that need not be one of the schedule's.

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239), algorithm 1;
            Kong et al., "DiffWave", 2021 (arXiv:2009.09761), appendix B, for steps between two steps; Chen et
            al., "WaveGrad", 2021 (arXiv:2009.00713), section 2.2 and algorithm 1, for continuous levels.
Implements: `DiscreteTime`, `ContinuousLevel`; `Time`, their interface.
Differs:    a strength that training did not have is given as the nearest one that it had, and warned of; the
            public code of DiffWave leaves such steps out.
See:        `tinyaudio.objectives.noise_schedule` for alpha-bar and the papers' notations; the chapter
            "Diffusion from scratch".
"""

import warnings
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.objectives.noise_schedule import NoiseSchedule


@runtime_checkable
class Time(Protocol):
    """How a network is given the strength of the noise, and which strengths it learns."""

    @property
    def schedule(self) -> NoiseSchedule:
        """Of training."""

    def draw(self, n: int) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Alpha-bars for the n clips of a training batch, one each, and what the network gets for them."""

    def network_input(self, alpha_bars: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """What the network gets for these alpha-bars."""


@dataclass(frozen=True)
class DiscreteTime:
    r"""The network gets the number of the step, counted from 0; in sampling it may lie between two.

    t' = t + \frac{l_t - l}{l_t - l_{t+1}},   l = \sqrt{\bar\alpha}      [DiffWave, appendix B]

    Attributes:
        schedule: Of training.

    Example:
        >>> time = DiscreteTime(NoiseSchedule([0.19, 0.75]))  # levels 0.9 and 0.45
        >>> time.network_input(torch.tensor([0.9, 0.675, 0.45], dtype=torch.float64).square())
        tensor([0.0000, 0.5000, 1.0000], dtype=torch.float64)
    """

    schedule: NoiseSchedule

    def draw(self, n: int) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Steps, each drawn uniformly from all: their alpha-bars, and their numbers."""
        t = torch.randint(len(self.schedule), (n,))
        return self.schedule.alpha_bars[t], t.double()

    def network_input(self, alpha_bars: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Numbers of steps, with a fraction between two; beyond the first or last, that one, and a warning."""
        levels = self.schedule.alpha_bars.sqrt()
        wanted = clip_to(alpha_bars.double().sqrt(), levels[-1], levels[0])
        if len(levels) == 1:
            return torch.zeros_like(wanted)
        # the last step, but one at most, whose level is not below the one that is wanted
        t = torch.searchsorted(-levels, -wanted, right=True).clamp(1, len(levels) - 1) - 1
        return t + (levels[t] - wanted) / (levels[t] - levels[t + 1])


@dataclass(frozen=True)
class ContinuousLevel:
    """The network gets the square root of alpha-bar, and learns every level between those of the steps.

    Attributes:
        schedule: Of training.

    Example:
        >>> ContinuousLevel(NoiseSchedule([0.19, 0.75])).network_input(torch.tensor([0.25]))
        tensor([0.5000], dtype=torch.float64)
    """

    schedule: NoiseSchedule

    def draw(self, n: int) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """A step each, then a level between it and the one before, both uniformly; squared, and as it is."""
        levels = torch.cat([torch.ones(1), self.schedule.alpha_bars.sqrt()])
        s, u = torch.randint(len(self.schedule), (n,)), torch.rand(n, dtype=torch.float64)
        level = torch.lerp(levels[s], levels[s + 1], u)
        return level.square(), level

    def network_input(self, alpha_bars: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Levels; below the lowest of training, that one, and a warning."""
        levels = self.schedule.alpha_bars.sqrt()
        return clip_to(alpha_bars.double().sqrt(), levels[-1], torch.ones_like(levels[0]))


def clip_to(
    levels: Float[Tensor, " N"], lowest: Float[Tensor, ""], highest: Float[Tensor, ""]
) -> Float[Tensor, " N"]:
    """Levels within those of training; a warning says how many were not."""
    outside = int(((levels < lowest - 1e-9) | (levels > highest + 1e-9)).sum())
    if outside:
        warnings.warn(
            f"{outside} of {len(levels)} noise levels are outside those of training,"
            f" {lowest:.4g} to {highest:.4g}; the network gets the nearest one instead",
            stacklevel=3,
        )
    return levels.clamp(lowest, highest)

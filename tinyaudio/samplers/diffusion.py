"""Sampling from a diffusion model: from noise to a clip, by way of the clip that a network sees in noise.

At each step the network's estimate of x_0 is turned into a slightly less noisy x_s; how, is the choice of a
function of `tinyaudio.samplers.diffusion_steps`.

Paper:      Ho, Jain & Abbeel, "Denoising diffusion probabilistic models", 2020 (arXiv:2006.11239), algorithm 2.
Implements: `trajectory`, all steps; `denoise`, from any source of noise; `sample`, the clips at their end.
Differs:    clipping, if asked for, clips the estimate of x_0; the public code of DiffWave and WaveGrad clips
            the noisy x_t.  A clip is a function of its seed alone, whatever else is in the batch.
See:        `tinyaudio.objectives.diffusion` for the training; the chapter "Diffusion from scratch".
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.samplers.diffusion_steps import Point, Step, ancestral
from tinyaudio.samplers.request import check_seeds, make_generators


@torch.no_grad()
def trajectory(
    network: Callable[..., Tensor],
    diffusion: GaussianDiffusion,
    alpha_bars: Float[Tensor, " N"],
    shape: Sequence[int],
    seeds: Sequence[int],
    *,
    step: Step = ancestral,
    condition: Tensor | None = None,
    clip: float | int | None = None,
    device: str | torch.device = "cpu",
) -> Iterator[Point]:
    """From pure noise to clips, one point a network's call and the clips.

    Args:
        network: As `tinyaudio.objectives.diffusion.diffusion_loss` has it, in evaluation mode.
        diffusion: What it was trained with.
        alpha_bars: Of the steps, falling, as ``schedule.alpha_bars`` and ``schedule.spaced(50)`` are; sampling
            begins with the last.
        shape: Of one clip.
        seeds: One a clip.
        step: `ancestral`, ``DDIM()`` or `dpm_solver`.
        condition: What the network is conditioned on, a row a clip.
        clip: Largest absolute value of the estimate of x_0; none by default.
        device: Of the network.

    Yields:
        N + 1 points: x_T, which is the noise, then each x_t with its estimate of x_0; last, the clips twice.

    Raises:
        UserError: A seed, the alpha-bars or the clip is out of range, or the network's output is not finite.

    Example:
        >>> from tinyaudio.objectives.diffusion_time import DiscreteTime
        >>> from tinyaudio.objectives.noise_schedule import DDPM
        >>> diffusion = GaussianDiffusion(DiscreteTime(DDPM), "x0")
        >>> knows = lambda x, t: torch.full_like(x, 0.5)
        >>> [*trajectory(knows, diffusion, DDPM.spaced(5), (1, 3), seeds=[0])][-1].x
        tensor([[[0.5000, 0.5000, 0.5000]]])
    """
    check_seeds(seeds)
    generators = make_generators(seeds)

    def noise() -> Tensor:
        return torch.stack([torch.randn(*shape, generator=g) for g in generators]).to(device)

    yield from denoise(
        network, diffusion, alpha_bars, noise, step=step, condition=condition, clip=clip
    )


@torch.no_grad()
def denoise(
    network: Callable[..., Tensor],
    diffusion: GaussianDiffusion,
    alpha_bars: Float[Tensor, " N"],
    noise: Callable[[], Tensor],
    *,
    step: Step = ancestral,
    condition: Tensor | None = None,
    clip: float | int | None = None,
) -> Iterator[Point]:
    """A `trajectory` whose noise has another source.

    Args:
        network: This and what follows as for `trajectory`.
        diffusion: What it was trained with.
        alpha_bars: Of the steps.
        noise: Called for x_T, and for each noise that a step adds: (B, ...) on the network's device.
        step: `ancestral`, ``DDIM()`` or `dpm_solver`.
        condition: What the network is conditioned on, if anything.
        clip: Largest absolute value of the estimate of x_0, if any.

    Yields:
        As `trajectory`.

    Raises:
        UserError: The alpha-bars or the clip is out of range, or the network's output is not finite.
    """
    check_alpha_bars(alpha_bars)
    diffusion.check(alpha_bars)
    if clip is not None and not clip > 0:
        raise UserError(f"clip {clip}: the largest value of a clip must be above 0")
    times = diffusion.time.network_input(alpha_bars)
    given = () if condition is None else (condition,)
    falling = [*reversed(alpha_bars.tolist()), 1.0]
    x, points = noise(), list[Point]()
    for i, alpha_bar in enumerate(falling[:-1]):
        output = network(x, times[-1 - i].to(x).expand(len(x)), *given)
        clean = diffusion.clean(output, x, alpha_bars[-1 - i].expand(len(x)))
        if not bool(clean.isfinite().all()):
            raise UserError(
                f"the network's output is not finite at step {i + 1} of {len(alpha_bars)}; its weights"
                " or its condition hold NaN or infinity"
            )
        if clip is not None:
            clean = clean.clamp(-clip, clip)
        # a step looks back at one estimate, no further
        points = [*points[-1:], Point(x, clean, alpha_bar)]
        yield points[-1]
        x = step(points, falling[i + 1], noise)
    yield Point(x, x, 1.0)


def sample(
    network: Callable[..., Tensor],
    diffusion: GaussianDiffusion,
    alpha_bars: Float[Tensor, " N"],
    shape: Sequence[int],
    seeds: Sequence[int],
    *,
    step: Step = ancestral,
    condition: Tensor | None = None,
    clip: float | int | None = None,
    device: str | torch.device = "cpu",
    at_once: int = 50,
) -> Float[Tensor, "B *shape"]:
    """The clips at the end of a `trajectory`, many of them in parts.

    Args:
        network: This and what follows as for `trajectory`.
        diffusion: What it was trained with.
        alpha_bars: Of the steps.
        shape: Of one clip.
        seeds: One a clip.
        step: `ancestral`, ``DDIM()`` or `dpm_solver`.
        condition: What the network is conditioned on, a row a clip, if anything.
        clip: Largest absolute value of the estimate of x_0, if any.
        device: Of the network.
        at_once: Clips that the network gets together.

    Raises:
        UserError: As for `trajectory`.

    Example:
        >>> from tinyaudio.objectives.diffusion_time import ContinuousLevel
        >>> from tinyaudio.objectives.noise_schedule import WAVEGRAD
        >>> diffusion = GaussianDiffusion(ContinuousLevel(WAVEGRAD))
        >>> sample(lambda x, level: x, diffusion, WAVEGRAD.spaced(6), (1, 8), seeds=[3, 4]).shape
        torch.Size([2, 1, 8])
    """
    check_seeds(seeds)
    clips = []
    for first in range(0, len(seeds), at_once):
        part = slice(first, first + at_once)
        points = trajectory(
            network,
            diffusion,
            alpha_bars,
            shape,
            seeds[part],
            step=step,
            condition=None if condition is None else condition[part],
            clip=clip,
            device=device,
        )
        clips.append(deque(points, maxlen=1).pop().x)  # keeps none but the last
    return torch.cat(clips)


def check_alpha_bars(alpha_bars: Float[Tensor, " N"]) -> None:
    """Raise a `UserError` unless the steps add noise: alpha-bars below 1, falling, 0 at the least.

    Example:
        >>> check_alpha_bars(torch.zeros(0))
        Traceback (most recent call last):
        tinyaudio.errors.UserError: cannot sample in 0 steps; give at least 1
    """
    if alpha_bars.ndim != 1 or not len(alpha_bars):
        raise UserError("cannot sample in 0 steps; give at least 1")
    inside = (alpha_bars >= 0) & (alpha_bars < 1)
    if not bool(inside.all() and (alpha_bars.diff() < 0).all()):
        raise UserError(
            "alpha-bars must fall from step to step, below 1 and not below 0; give those of a"
            " NoiseSchedule"
        )

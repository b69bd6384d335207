r"""Mel frames to a waveform by a diffusion model, in as many steps as one likes.

With few steps their places matter most.  Equal steps of t spend nearly all of them where the sound is
noise; here they are equally far apart in the logarithm of the signal-to-noise ratio,

    \lambda = \frac{1}{2} \log \frac{\bar\alpha}{1 - \bar\alpha}

from the end of the training's schedule to a noise 26 dB below the signal, which a network removes at once.

Paper:      Chen et al., "WaveGrad", 2021 (arXiv:2009.00713), section 3, which searches a grid for its six
            steps; Lu et al., "DPM-Solver", 2022 (arXiv:2206.00927), section 3.4, for equal steps of lambda.
Implements: `vocode`; `equal_log_snr`, the alpha-bars of a few steps.
See:        `tinyaudio.samplers.diffusion`.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError, UserError
from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.objectives.noise_schedule import NoiseSchedule
from tinyaudio.represent.mel_level import mel_level
from tinyaudio.samplers.diffusion import sample
from tinyaudio.samplers.diffusion_steps import Step, ancestral, log_snr

LAST_LOG_SNR = math.log(20)  # of amplitudes: 26 dB
LARGEST = 10.0  # of an estimate of x_0, over the level: 20 dB


def equal_log_snr(schedule: NoiseSchedule, n_steps: int) -> Float[Tensor, " N"]:
    """Alpha-bars of a few steps that are equally far apart in log-SNR.

    Args:
        schedule: Of training; sampling begins at its last level.
        n_steps: From 1 to the training's.

    Raises:
        UserError: There are not so many steps.

    Example:
        >>> from tinyaudio.objectives.noise_schedule import WAVEGRAD
        >>> equal_log_snr(WAVEGRAD, 3)
        tensor([0.9975, 0.6202, 0.0066], dtype=torch.float64)
    """
    if not 1 <= n_steps <= len(schedule):
        raise UserError(
            f"cannot sample in {n_steps} steps: from 1 to {len(schedule)}, of which training had"
        )
    first, last = (float(schedule.alpha_bars[i]) for i in (0, -1))
    end = min(LAST_LOG_SNR, log_snr(first))
    log_snrs = torch.linspace(log_snr(last), end, n_steps, dtype=torch.float64)
    return torch.sigmoid(2 * log_snrs).flip(0)


def vocode(
    network: Callable[[Tensor, Tensor], Tensor],
    diffusion: GaussianDiffusion,
    frames: Float[Tensor, "1 M N"],
    hop_length: int,
    n_steps: int,
    seeds: Sequence[int] = (0,),
    *,
    prior: bool = True,
    step: Step = ancestral,
) -> Float[Tensor, "B 1 T"]:
    """One waveform for each seed, T = N hop_length samples.

    Args:
        network: Of noisy clips and their times; bound to these frames.
        diffusion: What it was trained with.
        frames: On the network's device.
        hop_length: Samples a frame.
        n_steps: Calls of the network.
        seeds: One a clip.
        prior: Whether the network has learned waveforms divided by `mel_level`.
        step: How a step is made; see `tinyaudio.samplers.diffusion_steps`.

    Returns:
        The clips, on the CPU.

    Raises:
        AudioError: The frames are not finite.
        UserError: A seed or the number of steps is out of range.

    Example:
        >>> from tinyaudio.objectives.diffusion_time import ContinuousLevel
        >>> from tinyaudio.objectives.noise_schedule import WAVEGRAD
        >>> diffusion = GaussianDiffusion(ContinuousLevel(WAVEGRAD))
        >>> vocode(lambda x, level: x, diffusion, torch.zeros(1, 80, 3), 64, n_steps=6).shape
        torch.Size([1, 1, 192])
    """
    if not bool(frames.isfinite().all()):
        raise AudioError("mel frames that are not finite; look for NaN in what they were made of")
    alpha_bars = equal_log_snr(diffusion.time.schedule, n_steps)
    shape = (1, frames.shape[2] * hop_length)
    clip, device = LARGEST if prior else 1.0, frames.device
    made = sample(network, diffusion, alpha_bars, shape, seeds, step=step, clip=clip, device=device)
    return (made * mel_level(frames, hop_length) if prior else made).cpu()

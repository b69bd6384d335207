r"""Why strided layers and pitch do not fit: a sinusoid meets every frame of a stride at another phase.

    \phi_n = 2 \pi f_0 n S / f_s  mod  2 \pi

f_0 is the frequency and f_s the sample rate, in Hz, and S the stride in samples.  A transposed convolution
adds, at each step of its stride, a copy of its filter, louder or softer.  One filter is enough if all frames
show the sound at the same phase or at its opposite, where S is a whole number of half periods.  Otherwise the
frames of a sinusoid span a plane: it takes two filters, a quarter period apart, and activations that turn by
the phase of a stride from frame to frame.  Every pitch needs a pair of its own and a rate of its own.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), figure 1.
Implements: `frame_phases`, `by_one_filter`.
Differs:    from WaveGAN's layers in that the filters are as long as the stride and do not overlap.
See:        the chapter on the earth mover's distance.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError


def frame_phases(
    frequency_hz: float | int, stride: int, n_frames: int, sample_rate: int = 16_000
) -> Float[Tensor, " N"]:
    r"""The phase that a sinusoid has at the first sample of each frame.

    Args:
        frequency_hz: Of the sinusoid, sin(2 \pi f t), which begins at phase 0.
        stride: Samples from frame to frame.
        n_frames: How many.
        sample_rate: In Hz.

    Returns:
        Radians in [-\pi, \pi).

    Raises:
        UserError: A number is not positive.

    Example:
        >>> frame_phases(1_000, 16, 3)  # a period of 16 samples: always the same
        tensor([0., 0., 0.])
        >>> frame_phases(1_000, 20, 3)  # and a quarter of a period farther each time
        tensor([ 0.0000,  1.5708, -3.1416])
    """
    if min(frequency_hz, stride, n_frames, sample_rate) <= 0:
        raise UserError(
            f"{frequency_hz} Hz, stride {stride}, {n_frames} frames, {sample_rate} Hz: all must be above 0"
        )
    periods = torch.arange(n_frames, dtype=torch.float64) * stride * frequency_hz / sample_rate
    return (2 * math.pi * ((periods + 0.5) % 1 - 0.5)).float()


def by_one_filter(audio: Float[Tensor, " T"], stride: int) -> Float[Tensor, " t"]:
    r"""The nearest that one filter can come: the same waveform in every frame, each with a factor of its own.

    \min_{a, w} \sum_n \|x_n - a_n w\|^2,   the first singular triple of the frames

    Args:
        audio: A sound, of which frames are cut.
        stride: Length of a frame and of the filter, in samples.

    Returns:
        The sound as these frames make it; what is left at the end, less than a frame, is cut off.

    Raises:
        UserError: The sound is shorter than a frame.

    Example:
        >>> t = torch.arange(4_096)
        >>> for period in (16, 24):  # 64 samples are four of the first
        ...     tone = torch.sin(2 * math.pi * t / period)
        ...     made = by_one_filter(tone, 64)
        ...     print(round(float((made / tone.norm()).square().sum()), 3))
        1.0
        0.521
    """
    if not 0 < stride <= len(audio):
        raise UserError(f"stride {stride}: must be from 1 to the sound's {len(audio)} samples")
    frames = audio[: len(audio) // stride * stride].reshape(-1, stride)
    U, S, Vh = torch.linalg.svd(frames, full_matrices=False)
    return (S[0] * U[:, :1] * Vh[:1]).flatten()

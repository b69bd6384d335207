r"""The level of a waveform at every sample, from its mel frames.

    \sigma_n = \max(\frac{1}{16} \sqrt{\sum_m mel_{n,m}^2}, 10^{-3})

The frames know how loud the sound is, moment by moment.  PriorGrad therefore begins the diffusion with
noise of that deviation, N(0, sigma^2); for a network this is the ordinary diffusion of the waveform divided
by sigma, which has a variance near 1 in loud and in soft places.

Paper:      Lee et al., "PriorGrad: Improving conditional denoising diffusion models with data-dependent
            adaptive prior", ICLR 2022 (arXiv:2106.06406), section 4.1.
Implements: `mel_level`.
Differs:    the paper's deviation is the energy of a frame over the largest of the training set, held over
            the frame; ours is an estimate of the deviation itself, interpolated between frames.
See:        `tinyaudio.recipes.wavegrad`.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.represent.logmel import from_log_mel

SCALE = (
    16.0  # of mel magnitudes over the rms: 15 for white noise, 17 for the median of voices at 8 kHz
)
LEAST = 1e-3  # -60 dB, so that silence has a level, too


def mel_level(frames: Float[Tensor, "B M N"], hop_length: int) -> Float[Tensor, "B 1 T"]:
    """The deviation of the waveform, T = N hop_length samples.

    Args:
        frames: Of `tinyaudio.represent.logmel.log_mel`; frame n is centred on sample n hop_length.
        hop_length: Samples a frame.

    Returns:
        Straight lines from frame to frame; the last level is held.

    Example:
        >>> mel_level(torch.full((1, 80, 2), -1.0), hop_length=2)
        tensor([[[0.0010, 0.0010, 0.0010, 0.0010]]])
    """
    level = from_log_mel(frames).square().sum(1).sqrt() / SCALE  # (B, N)
    level = level.clamp(min=LEAST)
    following = torch.cat([level[:, 1:], level[:, -1:]], dim=1)
    place = (torch.arange(hop_length, device=frames.device) / hop_length).to(level)
    return torch.lerp(level[..., None], following[..., None], place).flatten(1)[:, None]

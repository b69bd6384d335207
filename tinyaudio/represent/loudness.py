r"""How loud a sound is, moment by moment, in whole decibels: what a player reads as *p* or *f*.

    L = \lfloor 20 \log_{10} \sqrt{\sum_t w_t x_t^2} \rceil,   y = 1 + L / 40

so that -80 dB, the least, is -1 and 0 dB, a square wave at full scale, is 1, as in
`tinyaudio.represent.logmel`.  Frame n is centred on sample n * hop_length.

Paper:      Engel et al., "DDSP: Differentiable digital signal processing", 2020, tell a synthesizer
            loudness and pitch, too.
Implements: `loudness`, of a recording; `scaled`, of decibels.
Differs:    theirs is weighted as the ear weighs it; here it is the power.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

WINDOW = (
    1024  # samples; shorter than a period of low notes, the power would go up and down with them
)
FLOOR_DB, RANGE_DB = -80.0, 40.0


def loudness(audio: Float[Tensor, "B T"], hop_length: int) -> Float[Tensor, "B 1 N"]:
    """How loud a recording is at samples 0, hop_length, 2 hop_length ...

    Args:
        audio: In [-1, 1].
        hop_length: Samples a frame.

    Returns:
        Numbers from -1, which is silence, to 1; N = ceil(T / hop_length).

    Example:
        >>> loudness(torch.cat([torch.zeros(1, 2_048), torch.ones(1, 2_048)], dim=1), 1_024)
        tensor([[[-1.0000, -1.0000,  0.9250,  1.0000]]])
    """
    T = audio.shape[1]
    window = torch.hann_window(WINDOW, device=audio.device)
    beyond = hop_length - 1 - (T - 1) % hop_length  # to a whole frame
    power = F.pad(audio.square()[:, None], (WINDOW // 2, WINDOW // 2 - hop_length + beyond))
    mean = F.conv1d(power, (window / window.sum())[None, None], stride=hop_length)
    return scaled(10 * mean.clamp(min=10 ** (FLOOR_DB / 10)).log10())


def scaled(level_db: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Decibels below full scale, as `loudness` has them.

    Example:
        >>> scaled(torch.tensor([-80.0, -20.2, 0.0]))
        tensor([-1.0000,  0.5000,  1.0000])
    """
    return 1 + level_db.round() / RANGE_DB

"""A distance of two sets of drum sounds, for systems whose losses cannot be compared.

Implements: `frechet_db`.
See:        `tinyaudio.metrics.generative`, for the Fréchet distance.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.metrics.generative import frechet_distance
from tinyaudio.represent.logmel import RANGE_DB, log_mel

SAMPLE_RATE = 16_000  # of the shipped run
SILENCE_DB = 60  # below the loudest level


def frechet_db(real: Float[Tensor, "B 1 T"], made: Float[Tensor, "B 1 T"]) -> float:
    """The root of the Fréchet distance of two sets of clips, from levels in 8 bands and 4 parts of time, in dB.

    Scores of two critics have no common unit; levels have.

    Example:
        >>> import torch
        >>> clips = torch.randn(64, 1, 4096, generator=torch.Generator().manual_seed(0))
        >>> frechet_db(clips, clips) < 0.1, round(frechet_db(clips, clips / 10))
        (True, 20)
    """
    levels = [RANGE_DB * log_mel(clips, SAMPLE_RATE) for clips in (real, made)]
    floor = float(levels[0].max()) - SILENCE_DB
    pooled = [F.adaptive_avg_pool2d(one.clamp_min(floor), (8, 4)).flatten(1) for one in levels]
    distance = frechet_distance(*(one / one.shape[1] ** 0.5 for one in pooled))
    return float(distance.clamp_min(0).sqrt())

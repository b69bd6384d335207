"""Noise that belongs to a place in a sound, so that a sound made in blocks is that made at once.

Implements: `PositionNoise`.
See:        `tinyaudio.samplers.upsampling`, which makes sounds in overlapping blocks.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.rng import Purpose, generator

CHUNK = 2**14  # samples that one generator makes
BEFORE = 2**20  # chunks before sample 0 that have noise, too: 4 days at 48 kHz


class PositionNoise:
    """Draws of white noise of variance 1; sample i of draw j is a function of (seed, j, i).

    Args:
        seed: Decides all of it.
        begin: The first sample wanted; also before the sound, below 0.
        end: The one after the last.
        device: Where to have it; the numbers are the same.

    Example:
        >>> whole, part = PositionNoise(0, -5, 20_000), PositionNoise(0, 17_000, 17_003)
        >>> torch.equal(whole()[..., 17_005:17_008], part())
        True
    """

    def __init__(self, seed: int, begin: int, end: int, device: str | torch.device = "cpu") -> None:
        self.seed, self.begin, self.end, self.device = seed, begin, end, device
        self.draw = 0

    def __call__(self) -> Float[Tensor, "1 1 T"]:
        """The next draw."""
        first, last = self.begin // CHUNK, -(-self.end // CHUNK)
        key = (self.seed, Purpose.UPSAMPLING_NOISE, self.draw)
        chunks = [
            torch.from_numpy(generator(*key, BEFORE + i).standard_normal(CHUNK, dtype="float32"))
            for i in range(first, last)
        ]
        self.draw += 1
        start = self.begin - first * CHUNK
        noise = torch.cat(chunks)[start : start + self.end - self.begin]
        return noise[None, None].to(self.device)

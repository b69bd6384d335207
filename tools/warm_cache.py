"""Compile librosa's pitch functions once, before several processes need them at the same time.

Numba writes the index of its cache before the code that the index names.  A process that reads in between, or
two that compile for different types at once, can load the code of other types, which crashes the interpreter.

    python -m tools.warm_cache
"""

import torch

from tinyaudio.metrics.pitch import f0_track

RATE = 16_000


def main() -> None:
    """Estimate one pitch."""
    tone = torch.sin(2 * torch.pi * 220 * torch.arange(RATE // 2) / RATE)
    f0_track(tone, RATE)


if __name__ == "__main__":
    main()

r"""How loud a note of a family is meant to be while its key is down: what a score calls its dynamics.

Struck, it falls by 60 dB in the time that its family takes at that pitch; sustained, it is held once it
has begun.  The middle of each range of `tinyaudio.data.instruments.families` stands for the family.

Implements: `dynamics`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math

from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.instruments.families import RANGES, Range, Struck
from tinyaudio.data.instruments.partials import hertz

LOUDEST_DB = -10.0  # most families, played at velocity 100, are within some 4 dB of it


def dynamics(family: str, pitch: int, times_s: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """The level of one note.

    Args:
        family: One of `tinyaudio.data.instruments.families.FAMILIES`.
        pitch: MIDI pitch; 60 is middle C.
        times_s: Since its key was struck, in seconds.

    Returns:
        In decibels below full scale, none under -80 dB.

    Example:
        >>> import torch
        >>> dynamics("guitar", 60, torch.tensor([0.0, 1.0, 2.0])).round()
        tensor([-10., -27., -44.])
        >>> dynamics("flute", 72, torch.tensor([0.01, 1.0, 2.0])).round()
        tensor([-38., -10., -10.])
    """
    ranges = RANGES[family]
    if isinstance(ranges, Struck):
        hz = hertz(float(pitch))
        # As `struck` has it: higher strings ring for a shorter time, and high partials for a shorter one.
        t60_s = middle(ranges.t60_s) / (1 + (hz / middle(ranges.damping_hz)) ** 1.2)
        if ranges.bars == ((),):
            t60_s *= (hz / 200) ** -0.35
        level = LOUDEST_DB - 60 * times_s / t60_s
    else:
        begun = (times_s / middle(ranges.attack_s)).clamp(1e-4, 1) ** 1.5  # as `sustained` has it
        level = LOUDEST_DB + 20 * begun.log10()
    return level.clamp(min=-80)


def middle(ends: Range) -> float:
    """Of a range that is drawn from by ratio."""
    return math.sqrt(ends[0] * ends[1])

"""A mel vocoder's waveform block by block: in few different lengths, and in constant memory.

A convolutional network gives a sample of what lies at most some frames around it.  So it may be computed over a
block with as many more frames at either end, whose samples are dropped: the sound is the same.  That has two
uses.  PyTorch prepares a convolution anew for every length that it has not met, which takes a small network
longer than the sound itself; here there are seven lengths, however many clips have.  And memory does not grow
with the clip.  The price is the dropped frames: a sixteenth of the work for a long clip, more for a short one.

Implements: `in_blocks`.
See:        ``context_frames`` of `HiFiGANConfig`, `UnivNetConfig` and `WaveGlowConfig`; ``python -m
            benchmarks.vocoders`` measures ``changed_length_over_steady``.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

LENGTHS = (4, 6, 8, 12, 16, 24, 32)  # of blocks, in contexts


def in_blocks(
    net: Callable[..., Float[Tensor, "B 1 _"]],
    inputs: Sequence[Float[Tensor, "B _ _"]],
    context_frames: int,
) -> Float[Tensor, "B 1 T"]:
    """What ``net(*inputs)`` is, computed in blocks.

    Args:
        net: Gives as many samples for every frame.
        inputs: The frames first; others have as many numbers for every frame.
        context_frames: As many frames beside its own as a sample depends on.

    Example:
        >>> frames = torch.arange(100.0)[None, None]
        >>> in_blocks(lambda x: 2 * x, [frames], context_frames=1)[0, 0, 97:]
        tensor([194., 196., 198.])
    """
    n_frames = inputs[0].shape[2]
    parts, done = [], 0
    while done < n_frames:
        begin = max(0, done - context_frames)
        length = block_length(n_frames - begin, n_frames, context_frames)
        begin = min(begin, n_frames - length)  # the last block ends with the clip
        end = begin + length
        # Its last frames lack their neighbours, unless the clip ends there.
        sure = end if end == n_frames else end - context_frames
        made = net(*(cut(x, begin, end, n_frames) for x in inputs))
        parts.append(cut(made, done - begin, sure - begin, length))
        done = sure
    return torch.cat(parts, dim=2)


def block_length(n_left: int, n_frames: int, context_frames: int) -> int:
    """The shortest block that has all frames that are left, else the longest that the clip has room for.

    Example:
        >>> [block_length(n_left, 250, context_frames=6) for n_left in (20, 60, 250)]
        [24, 72, 192]
    """
    lengths = [k * context_frames for k in LENGTHS if k * context_frames <= n_frames]
    lengths = lengths or [n_frames]
    return min((length for length in lengths if length >= n_left), default=lengths[-1])


def cut(x: Float[Tensor, "B C T"], begin: int, end: int, n_frames: int) -> Float[Tensor, "B C _"]:
    """The numbers of frames from ``begin`` to ``end`` (without)."""
    per_frame = x.shape[2] // n_frames
    return x[:, :, begin * per_frame : end * per_frame]

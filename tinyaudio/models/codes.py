"""Codes: samples of a waveform as integers, quantization levels.

Implements: `check_codes`, which refuses codes out of range.
See:        chapter 3, "mu-law and the softmax".
"""

from jaxtyping import Shaped
from torch import Tensor

from tinyaudio.errors import UserError


def check_codes(codes: Shaped[Tensor, "*shape"], n_levels: int) -> None:
    """Refuse codes outside a model's quantization levels.

    Args:
        codes: Integers in [0, n_levels - 1].
        n_levels: Number of values a sample can take.

    Raises:
        UserError: They are not integers, or one is out of range.

    Example:
        >>> import torch
        >>> check_codes(torch.tensor([0, 255]), 256)
        >>> check_codes(torch.tensor([3, 256]), 256)
        Traceback (most recent call last):
        tinyaudio.errors.UserError: codes from 3 to 256 do not fit 256 levels, 0 to 255
    """
    if codes.is_floating_point() or codes.is_complex():
        raise UserError(
            f"codes are integers, not {codes.dtype}; encode audio with"
            " tinyaudio.represent.mulaw.encode"
        )
    if not codes.numel():
        return
    low, high = (int(end) for end in codes.aminmax())
    if low < 0 or high >= n_levels:
        raise UserError(
            f"codes from {low} to {high} do not fit {n_levels} levels, 0 to {n_levels - 1}"
        )

"""What the vocoders of this package take: mel frames of as many bands as they were built for.

Implements: `check_bands`.
See:        `tinyaudio.represent.logmel`, which makes the frames.
"""

from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError


def check_bands(mel: Float[Tensor, "B M N"], n_mels: int) -> None:
    """Raise a `UserError` unless the frames have that many bands, and there is a frame.

    Args:
        mel: The frames.
        n_mels: Bands that the network takes.

    Raises:
        UserError: They have not.

    Example:
        >>> import torch
        >>> check_bands(torch.zeros(1, 64, 5), 80)
        Traceback (most recent call last):
        tinyaudio.errors.UserError: a spectrogram of 64 bands: this network takes 80; make it with log_mel
    """
    if mel.shape[1] != n_mels:
        raise UserError(
            f"a spectrogram of {mel.shape[1]} bands: this network takes {n_mels}; make it with log_mel"
        )
    if not mel.shape[2]:
        raise UserError("a spectrogram without a frame; give at least one sample of sound")

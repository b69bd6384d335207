r"""Distance of acoustic frames: mel bands, log-F0 and voicing, of `tinyaudio.represent.prosody`.

    L = \mathrm{mean}_{bands} |y - \hat{y}| + \frac{w}{80} \sum_{pitch, voicing} |y - \hat{y}|

Up to a constant, - ln of a Laplace distribution around the reconstruction with one scale for the bands and
another for pitch and voicing.

Implements: `frames_loss`, `mel_difference_db`.
"""

from jaxtyping import Float
from torch import Tensor

from tinyaudio.represent.logmel import N_MELS, RANGE_DB

PITCH_WEIGHT = (
    10.0  # w: a tenth of an octave, or of full voicing, weighs as much as 40 dB of one band
)


def frames_loss(
    frames: Float[Tensor, "B C N"], reference: Float[Tensor, "B C N"]
) -> Float[Tensor, ""]:
    """The loss L, in units of `log_mel`.

    Example:
        >>> import torch
        >>> a, b = torch.zeros(1, 82, 5), torch.zeros(1, 82, 5)
        >>> b[:, 80] = 1.0  # an octave
        >>> frames_loss(a, b).item()
        0.125
    """
    difference = (frames - reference).abs().mean((0, 2))
    return difference[:N_MELS].mean() + PITCH_WEIGHT / N_MELS * difference[N_MELS:].sum()


def mel_difference_db(
    frames: Float[Tensor, "B C N"], reference: Float[Tensor, "B C N"]
) -> Float[Tensor, ""]:
    """Mean absolute difference of the mel bands, in dB."""
    return RANGE_DB * (frames - reference)[:, :N_MELS].abs().mean()

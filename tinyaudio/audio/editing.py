"""Cropping, mixing to mono, and levels.

Implements: `crop`, `to_mono`, `peak_db`, `rms_db`.
See:        chapter 1, "Sound into numbers".
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError


def crop(
    audio: Float[Tensor, "*batch time"], n_samples: int, start: int | torch.Generator = 0
) -> Float[Tensor, "*batch n_samples"]:
    """Cut out `n_samples` samples; where the sound is shorter, zeros follow it.

    Args:
        audio: Any sound.
        n_samples: Length of the result, at least 1.
        start: First sample, or a generator that draws one so that the crop lies inside the sound.

    Raises:
        AudioError: `start` lies outside the sound, `n_samples` is not positive, or the sound is not
            in floating point, which holds for the other functions here, too.

    Example:
        >>> crop(torch.tensor([[1.0, 2.0, 3.0]]), 2, start=1)
        tensor([[2., 3.]])
        >>> crop(torch.tensor([[1.0, 2.0, 3.0]]), 5)
        tensor([[1., 2., 3., 0., 0.]])
    """
    check_waveform(audio)
    length = audio.shape[-1]
    if n_samples < 1:
        raise AudioError(f"cannot crop to {n_samples} samples; ask for at least 1")
    if isinstance(start, torch.Generator):
        choices = max(1, length - n_samples + 1)
        start = int(torch.randint(choices, (), generator=start, device=start.device))
    if not 0 <= start < max(1, length):
        raise AudioError(f"cannot crop from sample {start}: the sound has {length}")
    cropped = audio[..., start : start + n_samples]
    return F.pad(cropped, (0, n_samples - cropped.shape[-1]))


def to_mono(audio: Float[Tensor, "*batch channels time"]) -> Float[Tensor, "*batch 1 time"]:
    """Average the channels; the mean, unlike the sum, cannot leave [-1, 1].

    Example:
        >>> to_mono(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([[0.5000, 0.0000]])
    """
    check_waveform(audio)
    return audio.mean(dim=-2, keepdim=True)


def peak_db(
    audio: Float[Tensor, "*batch time"], floor_db: float = -120.0
) -> Float[Tensor, "*batch"]:
    """The largest magnitude in dB: 0 at full scale, `floor_db` for silence.

    Example:
        >>> peak_db(torch.tensor([0.1, -0.5]))
        tensor(-6.0206)
    """
    check_waveform(audio)
    return _db(audio.abs().amax(dim=-1), floor_db)


def rms_db(
    audio: Float[Tensor, "*batch time"], floor_db: float = -120.0
) -> Float[Tensor, "*batch"]:
    """The root mean square in dB: 0 for a square wave at full scale, -3.01 for a sine, `floor_db` for silence.

    Example:
        >>> rms_db(torch.tensor([0.5, -0.5]))
        tensor(-6.0206)
    """
    check_waveform(audio)
    return _db(audio.square().mean(dim=-1).sqrt(), floor_db)


def _db(amplitude: Tensor, floor_db: float) -> Tensor:
    return 20 * torch.log10(amplitude.clamp(min=10 ** (floor_db / 20)))

"""Spectrograms that a network made to sound; mel frames by the vocoder that comes with the package.

Implements: `shipped_vocoder`; `frames_to_audio`.
See:        `tinyaudio.samplers.vocode`, for one long clip.
"""

from functools import cache
from importlib import resources
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.represent.logbins import N_BINS, from_log_bins
from tinyaudio.represent.logmel import HOP_LENGTH
from tinyaudio.represent.spectrum import griffin_lim
from tinyaudio.samplers.vocode import HIGHEST, LOWEST, vocode
from tinyaudio.weights import load_weights

NAMES = {"speech": "istft-vocoder", "notes": "istft-vocoder-notes"}


@cache
def shipped_vocoder(material: str, sample_rate: int = 16_000) -> ISTFTVocoder:
    """The frame-rate vocoder of speech or of notes, in evaluation mode, on the CPU.

    Args:
        material: "speech" or "notes".
        sample_rate: In Hz, of the frames.

    Raises:
        UserError: It is of another sample rate, or there is no such material.

    Example:
        >>> shipped_vocoder("notes").config.harmonic
        False
    """
    if material not in NAMES:
        raise UserError(f"no vocoder of {material!r} is shipped; there are: {', '.join(NAMES)}")
    folder = Path(str(resources.files("tinyaudio"))) / "assets" / "models" / NAMES[material]
    net = load_weights(ISTFTVocoder, folder / "net")
    if net.config.sample_rate != sample_rate:
        raise UserError(
            f"mel frames at {sample_rate} Hz: the shipped vocoder makes sound at"
            f" {net.config.sample_rate} Hz; train at that rate"
        )
    return net


def frames_to_audio(
    frames: Float[Tensor, "B F N"], material: str, sample_rate: int = 16_000
) -> Float[Tensor, "B 1 T"]:
    """Sound of spectrograms of `tinyaudio.represent.logbins.log_bands`, 256 (N - 1) samples long.

    Args:
        frames: 80 mel bands, for the shipped vocoder, or 512 bins, for Griffin-Lim; levels out of range
            are brought into it.
        material: See `shipped_vocoder`.
        sample_rate: In Hz.

    Returns:
        Clips on the CPU.

    Example:
        >>> frames_to_audio(torch.full((2, 80, 5), -1.0), "notes").shape
        torch.Size([2, 1, 1024])
    """
    frames = frames.detach().float().cpu().clamp(LOWEST, HIGHEST)
    if frames.shape[1] == N_BINS:
        return griffin_lim(from_log_bins(frames), HOP_LENGTH)[:, None]
    net = shipped_vocoder(material, sample_rate)
    return torch.cat([vocode(net, one[None]) for one in frames])

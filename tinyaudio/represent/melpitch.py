r"""The pitch of a mel spectrogram: Griffin and Lim make it audible, and one listens.

Mel bands tell low harmonics apart, high ones no longer; yet together they leave little choice of how
often a second the waveform repeats itself.  What Griffin-Lim finds has wrong phases and sounds hollow,
but it repeats as often as the voice did.

Paper:      Griffin & Lim, "Signal estimation from modified short-time Fourier transform", 1984.
Implements: `mel_pitch`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent.logmel import HOP_LENGTH, filterbank, from_log_mel
from tinyaudio.represent.melscale import mel_to_linear
from tinyaudio.represent.spectrum import griffin_lim
from tinyaudio.represent.voicepitch import voice_pitch


def mel_pitch(frames: Float[Tensor, "B 80 N"], sample_rate: int) -> Float[Tensor, "B N"]:
    """Follow the pitch of one voice in each clip.

    Args:
        frames: From `tinyaudio.represent.logmel.log_mel`.
        sample_rate: In Hz, up to 48,000.

    Returns:
        In Hz, from 60 to 600; where nothing is voiced, what leads from one pitch to the next.

    Raises:
        UserError: See `voice_pitch`.

    Example:
        >>> from tinyaudio.represent.logmel import log_mel
        >>> t = torch.arange(8_000) / 16_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 150 * k * t) for k in range(1, 20)) / 20
        >>> mel_pitch(log_mel(buzz[None, None], 16_000), 16_000)[0, 10].round()
        tensor(150.)
    """
    magnitudes = mel_to_linear(from_log_mel(frames), filterbank(sample_rate)).to(frames)
    found = []
    for magnitude in magnitudes:  # one by one, so that a clip does not depend on those beside it
        # A frame more, so that there is sound on both sides of the last.
        audible = griffin_lim(F.pad(magnitude[None], (0, 1), mode="replicate")[0], HOP_LENGTH)
        found.append(voice_pitch(audible, sample_rate, HOP_LENGTH)[: frames.shape[2]])
    return torch.stack(found)

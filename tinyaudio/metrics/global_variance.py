r"""Global variance: how much the spectral envelope of a clip moves in time, a measure of over-smoothing.

    v_d(c) = \frac{1}{N} \sum_n (c_{n,d} - \bar{c}_d)^2

    ratio = \exp \frac{1}{D} \sum_d \ln \frac{v_d(c)}{v_d(c^{ref})}

c are the mel cepstra of a clip.  A model that answers with means moves less than what it learned from: the
ratio is below 1, and the sound is muffled.  Above 1 it moves more, as noise does.

Paper:      Toda & Tokuda, "A speech parameter generation algorithm considering global variance for
            HMM-based speech synthesis", 2007, for the variance of a clip.
Implements: `variance_ratio`; `global_variance_ratio`, of two clips; `frames_variance_ratio`, of mel frames.
Differs:    the one number for all cepstra is ours; the paper plots the variance of each.
See:        `tinyaudio.models.parametric.global_variance`; part 3, "Bottlenecks and critics".
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.metrics.conversion import cepstra, mel_cepstra
from tinyaudio.models.parametric import global_variance
from tinyaudio.represent.logmel import N_MELS

STILL = 1e-6  # what moves less counts as moving that much, so that two still clips have the ratio 1


def variance_ratio(
    variance: Float[Tensor, " D"], reference: Float[Tensor, " D"]
) -> Float[Tensor, ""]:
    """The geometric mean over channels of the ratios of two variances.

    Args:
        variance: From `tinyaudio.models.parametric.global_variance`.
        reference: Likewise.

    Example:
        >>> variance_ratio(torch.tensor([1.0, 4.0]), torch.tensor([4.0, 4.0]))
        tensor(0.5000)
    """
    return (variance.clamp(min=STILL).log() - reference.clamp(min=STILL).log()).mean().exp()


def global_variance_ratio(
    audio: Float[Tensor, "*a T"], reference: Float[Tensor, "*r S"], sample_rate: int
) -> float:
    """Global variance of a clip's cepstra over a reference's: 1 moves as much, below 1 is over-smoothed.

    The first cepstrum, which is the level, is left out.

    Args:
        audio: One channel.
        reference: A real voice, one channel.
        sample_rate: In Hz.

    Raises:
        UserError: The reference does not move.

    Example:
        >>> from tinyaudio.data.voices import Voices
        >>> clip = Voices(1)[0]["audio"]
        >>> global_variance_ratio(clip, clip, 16_000)
        1.0
    """
    moved, wanted = (
        global_variance(cepstra(one, sample_rate)[:, 1:]) for one in (audio, reference)
    )
    if not (wanted > 0).all():
        raise UserError("the reference does not move: there is no variance to compare with")
    return variance_ratio(moved, wanted).item()


def frames_variance_ratio(
    frames: Float[Tensor, "B C N"], reference: Float[Tensor, "B C N"]
) -> Float[Tensor, ""]:
    """The same of frames, the variances of a batch's clips taken together.

    Args:
        frames: Their first channels are those of `log_mel`.
        reference: Frames of real voices, of whatever sentences.

    Example:
        >>> frames = torch.rand(2, 82, 30)
        >>> frames_variance_ratio(frames / 2, frames)
        tensor(0.2500)
    """
    variances = [
        torch.stack([global_variance(mel_cepstra(clip[:N_MELS])[1:].T) for clip in batch]).mean(0)
        for batch in (frames, reference)
    ]
    return variance_ratio(*variances)

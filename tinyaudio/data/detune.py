r"""Pitch augmentation: a part of a clip, at random, is played a little out of tune.

    y(t) = x(c + 2^{s/12} (t - c)),   s from -0.5 to 0.5 semitones, in a segment of 0.25 to 0.5 s around c

An encoder that gets y and has to lead back to x cannot memorize x.  The segment is read faster or slower
from its middle outwards, so that it keeps its length and nothing in it moves by more than 7.3 ms.

Paper:      Mor, Wolf, Polyak & Taigman, "A universal music translation network", 2018
            (arXiv:1805.07848), section 3.
Implements: `detune`, of random numbers; `shift_pitch`, of given ones.
Differs:    the authors' pitch shift keeps onsets where they are, by a phase vocoder, which smears them.
See:        `tinyaudio.data.domain_crops`.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

SECONDS = (0.25, 0.5)  # of the segment
SEMITONES = 0.5  # at most, up or down
FADE_S = 0.005  # from the clip to the segment, and back
REACH = 16  # samples on either side that the interpolation uses


def detune(
    audio: Float[Tensor, "1 T"], sample_rate: int, draws: np.random.Generator
) -> Float[Tensor, "1 T"]:
    """Shift the pitch of a random segment by a random amount; the rest is untouched.

    Args:
        audio: In [-1, 1]; a clip that is shorter than the segment is shifted as a whole.
        sample_rate: In Hz.
        draws: Decides segment and shift.

    Example:
        >>> clip = torch.rand(1, 16_000)
        >>> other = detune(clip, 16_000, np.random.default_rng(0))
        >>> 4_000 <= int((clip != other).sum()) <= 8_000
        True
    """
    T = audio.shape[1]
    n = min(T, round(draws.uniform(*SECONDS) * sample_rate))
    first = int(draws.integers(T - n + 1))
    semitones = float(draws.uniform(-SEMITONES, SEMITONES))
    return shift_pitch(audio, first, n, semitones, fade=round(FADE_S * sample_rate))


def shift_pitch(
    audio: Float[Tensor, "1 T"], first: int, n: int, semitones: float | int, fade: int = 0
) -> Float[Tensor, "1 T"]:
    """Shift the pitch of a segment.

    Args:
        audio: A clip.
        first: The segment's first sample.
        n: Its length, in samples.
        semitones: Upwards; what exceeds the Nyquist frequency folds back, so no more than a few.
        fade: Samples of cross-fade at each end of the segment, within it.

    Example:
        >>> clip = torch.sin(0.2 * torch.arange(1_000))[None]
        >>> octave = shift_pitch(clip, 400, 200, 12)
        >>> torch.allclose(octave[0, 500], torch.sin(torch.tensor(0.2 * (499.5 + 2 * 0.5))), atol=1e-3)
        True
    """
    t = torch.arange(first, first + n, dtype=torch.float64)
    middle = first + (n - 1) / 2
    shifted = interpolate(audio, middle + 2 ** (semitones / 12) * (t - middle))
    into = torch.arange(1, n + 1) / (fade + 1)  # rises to 1 over the fade, and stays
    weight = torch.minimum(into, into.flip(0)).clamp(max=1)
    out = audio.clone()
    out[:, first : first + n] = torch.lerp(audio[:, first : first + n], shifted, weight)
    return out


def interpolate(audio: Float[Tensor, "1 T"], places: Float[Tensor, " n"]) -> Float[Tensor, "1 n"]:
    r"""A clip between its samples, by a sinc under a Hann window; zeros stand before and after it.

    x(t) = \sum_m x_m sinc(t - m) \cos^2(\pi (t - m) / 2R),   |t - m| < R

    Args:
        audio: A clip.
        places: t, in samples.
    """
    m = places.floor()[:, None] + torch.arange(1 - REACH, 1 + REACH)  # (n, 2 R)
    distance = (places[:, None] - m).to(audio.dtype)
    weights = torch.sinc(distance) * torch.cos(torch.pi * distance / (2 * REACH)).square()
    padded = F.pad(audio, (1, 1))  # what lies outside is read as one of two zeros
    at = (m.long() + 1).clamp(0, audio.shape[1] + 1)
    return (padded[:, at] * weights).sum(-1)

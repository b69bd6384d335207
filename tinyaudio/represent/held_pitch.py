r"""How much of a voice holds its pitch, as singing does and speech does not.

    m_n = \frac{1}{w} \sum_{i=0}^{w-1} c_{n+i},   |m_{n+w} - m_n| < a fifth of a semitone,   all of it voiced

c is the pitch in octaves, and w about 0.19 s: one cycle of a vibrato, which the mean takes out.  In speech the
pitch hardly ever stays where it is for two such stretches.

Paper:      Sundberg, "The Science of the Singing Voice", 1987, for a vibrato's rate, from 5 to 7 a second.
Implements: `held_pitch`.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.represent.logmel import HOP_LENGTH
from tinyaudio.represent.prosody import SEMITONES, VOICED

SAMPLE_RATE = 16_000
CYCLE_S = 0.19
WITHIN = 0.2 / SEMITONES  # octaves
SUNG = 0.2  # share from which a recording counts as sung; robotic speech at times has more


def held_pitch(pitch: Float[Tensor, "2 N"]) -> float:
    """Share of the voiced frames that are in a stretch of 0.38 s whose pitch is held; 1 if none is voiced.

    Args:
        pitch: Of `tinyaudio.represent.prosody.pitch_frames`, every 256 samples at 16 kHz.

    Example:
        >>> steady = torch.stack([torch.zeros(100), torch.ones(100)])
        >>> falling = torch.stack([-torch.arange(100) / 50, torch.ones(100)])
        >>> held_pitch(steady), held_pitch(falling)
        (1.0, 0.0)
    """
    voiced = pitch[1] > VOICED
    if not voiced.any():
        return 1.0
    w = round(CYCLE_S * SAMPLE_RATE / HOP_LENGTH)
    n = pitch.shape[1] - 2 * w + 1
    held = torch.zeros_like(voiced)
    if n > 0:
        means = pitch[0].unfold(0, w, 1).mean(1)
        steady = (means[w : w + n] - means[:n]).abs() < WITHIN
        steady &= voiced.unfold(0, 2 * w, 1).all(1)
        for i in steady.nonzero().flatten().tolist():
            held[i : i + 2 * w] = True
    return (held & voiced).float().sum().item() / voiced.float().sum().item()

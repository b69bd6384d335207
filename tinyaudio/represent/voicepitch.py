r"""The pitch of a voice: how often a second it repeats itself, followed through time.

    r_n(\tau) = \frac{2 \sum_t x_t\, x_{t + \tau}}{\sum_t x_t^2 + \sum_t x_{t + \tau}^2}

A frame that equals itself a lag later has 1.  From frame to frame the pitch may move, but a leap must be
worth its while: the path that gains most, less what its leaps cost, is taken.

Paper:      Boersma, "Accurate short-term analysis of the fundamental frequency and the
            harmonics-to-noise ratio of a sampled sound", 1993, for the path of least cost.
Implements: `voice_pitch`.
Differs:    both ends of a frame are compared as they are, without a window.  There is always a pitch,
            also where nothing is voiced.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.represent.viterbi import best_path

LOW_HZ, HIGH_HZ = 60.0, 600.0  # of speech
STEP = 1 / 120  # of the grid of pitches, in octaves: 10 cents
LEAP = 0.2  # what a leap of an octave costs, in repetition
HIGHER = 0.03  # what an octave up is worth: two periods repeat, too
FRAME = 1024  # samples
HIGHEST_RATE = 48_000  # of sounds: there a frame is 21 ms, a period of 60 Hz 17 ms


def voice_pitch(
    audio: Float[Tensor, " T"], sample_rate: int, hop_length: int
) -> Float[Tensor, " N"]:
    """Follow the pitch of one voice.

    Args:
        audio: In [-1, 1].
        sample_rate: In Hz, up to 48,000.
        hop_length: Samples from frame to frame.

    Returns:
        The pitch at sample n hop_length, in Hz, from 60 to 600; where nothing is voiced, what leads from
        one pitch to the next.  N = 1 + T // hop_length.

    Raises:
        UserError: The sample rate is so high that a frame does not hold a period of 60 Hz.

    Example:
        >>> t = torch.arange(8_000) / 16_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 150 * k * t) for k in range(1, 20)) / 20
        >>> voice_pitch(buzz, 16_000, hop_length=256)[10].round()
        tensor(150.)
    """
    if sample_rate > HIGHEST_RATE:
        raise UserError(
            f"the pitch of a voice is followed up to a rate of {HIGHEST_RATE} Hz, not {sample_rate} Hz;"
            " resample the sound"
        )
    pitches, likeness = repetition(audio, sample_rate, hop_length)
    leaps = LEAP * (pitches[:, None] - pitches).abs().clamp(max=1.0)
    # Between the pitches of the grid, the peak lies where the parabola through three of them has its own.
    peak = best_path(likeness, leaps).clamp(1, len(pitches) - 2)
    a, b, c = (likeness.gather(1, (peak + k)[:, None])[:, 0] for k in (-1, 0, 1))
    beside = ((a - c) / 2 / (a - 2 * b + c).clamp(max=-1e-9)).clamp(-0.5, 0.5)
    return 2 ** (pitches[peak] + STEP * beside)


def repetition(
    audio: Float[Tensor, " T"], sample_rate: int, hop_length: int
) -> tuple[Float[Tensor, " P"], Float[Tensor, "N P"]]:
    """How much each frame repeats itself after a period of each pitch, in octaves over 1 Hz; 1 is wholly."""
    pitches = torch.arange(math.log2(LOW_HZ), math.log2(HIGH_HZ), STEP)
    lags = sample_rate / 2**pitches
    n_lags = int(lags[0]) + 3
    frames = F.pad(audio, (FRAME // 2, FRAME // 2)).unfold(0, FRAME, hop_length).double()
    products = torch.fft.irfft(torch.fft.rfft(frames, 2 * FRAME).abs() ** 2)[:, :n_lags]
    energy = F.pad(frames.square().cumsum(1), (1, 0))
    tau = torch.arange(n_lags)
    both = (
        energy[:, FRAME - tau] + energy[:, -1:] - energy[:, tau]
    )  # of all but the last, the first
    r = (2 * products / (both + 1e-6)).float()
    # Between whole lags, a cubic through four of them.
    before, s = lags.long(), lags % 1
    a, b, c, d = (r[:, before + k] for k in (-1, 0, 1, 2))
    at_lags = b + s / 2 * (c - a + s * (2 * a - 5 * b + 4 * c - d + s * (3 * (b - c) + d - a)))
    return pitches, at_lags + HIGHER * (pitches - pitches[0])

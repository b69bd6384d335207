r"""The pitch that a mel spectrogram shows: the distance between its stripes, followed through time.

    r(\tau) = \sum_k |X_k| \cos(2 \pi k \tau / n)

What stands a distance f apart in frequency repeats every 1 / f in time, and no phase is needed to see
it.  From frame to frame the pitch may move, but a leap must be worth its while.

Paper:      Boersma, "Accurate short-term analysis of the fundamental frequency and the
            harmonics-to-noise ratio of a sampled sound", 1993, for dividing by the window's own
            autocorrelation and for the path of least cost.
Implements: `mel_pitch`.
Differs:    the spectrum is what 80 mel bands left of it, and magnitudes stand where powers would: so
            the stripes count that the mel bands still resolve.  There is always a pitch, also where
            nothing is voiced.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.represent.logmel import N_FFT, filterbank, from_log_mel

LOW_HZ, HIGH_HZ = 60.0, 600.0  # of speech
STEP = 1 / 120  # of the grid of pitches, in octaves: 10 cents
FINER = 8  # steps a sample, of the lag
LEAP = 1.2  # what a leap of an octave costs, in periodicity
HIGHEST_RATE = 48_000  # of sounds: there a frame of 1024 samples is 21 ms, a period of 60 Hz 17 ms
HIGHER = 0.03  # what an octave up is worth: two periods repeat, too


def mel_pitch(frames: Float[Tensor, "B 80 N"], sample_rate: int) -> Float[Tensor, "B N"]:
    """Follow the pitch of one voice.

    Args:
        frames: From `tinyaudio.represent.logmel.log_mel`.
        sample_rate: In Hz.

    Returns:
        In Hz, from 60 to 600; where nothing is voiced, what leads from one pitch to the next.

    Raises:
        UserError: The sample rate is so high that a frame does not hold a period of 60 Hz.

    Example:
        >>> from tinyaudio.represent.logmel import log_mel
        >>> t = torch.arange(8_000) / 16_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 150 * k * t) for k in range(1, 20)) / 20
        >>> mel_pitch(log_mel(buzz[None, None], 16_000), 16_000)[0, 10].round()
        tensor(150.)
    """
    if sample_rate > HIGHEST_RATE:
        raise UserError(
            f"a pitch is read off mel spectrograms of up to {HIGHEST_RATE} Hz, not {sample_rate} Hz;"
            " resample the sound"
        )
    return torch.stack([one_voice(clip, sample_rate) for clip in frames])


def one_voice(frames: Float[Tensor, "80 N"], sample_rate: int) -> Float[Tensor, " N"]:
    """The same for one clip: the path of the highest periodicity, less what its leaps cost."""
    pitches, likeness = periodicity(frames, sample_rate)
    leaps = LEAP * (pitches[:, None] - pitches).abs().clamp(max=1.0)
    score, came_from = likeness[:, 0], []
    for now in likeness.T[1:]:
        best, where = (score - leaps).max(dim=1)
        score = best + now
        came_from.append(where)
    path = [score.argmax()]
    for where in reversed(came_from):
        path.append(where[path[-1]])
    # Between the pitches of the grid, the peak lies where the parabola through three of them has its own.
    peak = torch.stack(path[::-1]).clamp(1, len(pitches) - 2)
    a, b, c = (likeness.T.gather(1, (peak + k)[:, None])[:, 0] for k in (-1, 0, 1))
    beside = ((a - c) / 2 / (a - 2 * b + c).clamp(max=-1e-9)).clamp(-0.5, 0.5)
    return 2 ** (pitches[peak] + STEP * beside)


def periodicity(
    frames: Float[Tensor, "80 N"], sample_rate: int
) -> tuple[Float[Tensor, " P"], Float[Tensor, "P N"]]:
    """How much each frame repeats itself after a period of each pitch, in octaves over 1 Hz; 1 is wholly."""
    spectrum = (spread(sample_rate) @ from_log_mel(frames[None])[0]).clamp(min=0)
    n = FINER * N_FFT
    r = torch.fft.irfft(F.pad(spectrum, (0, 0, 0, n // 2 - N_FFT // 2)), n=n, dim=0)
    pitches = torch.arange(math.log2(LOW_HZ), math.log2(HIGH_HZ), STEP)
    lags = FINER * sample_rate / 2**pitches
    before, share = lags.long(), (lags % 1)[:, None]
    at_lags = (1 - share) * r[before] + share * r[before + 1]
    likeness = at_lags / (r[0].clamp(min=1e-9) * own(n)[before][:, None])
    return pitches, likeness + HIGHER * (pitches - pitches[0])[:, None]


@cache
def spread(sample_rate: int) -> Float[Tensor, "F 80"]:
    """Spreads mel bands over the bins again, by least squares."""
    return torch.linalg.pinv(filterbank(sample_rate))


@cache
def own(n: int) -> Float[Tensor, " lags"]:
    """What a Hann window leaves of a lag, however periodic the sound."""
    window = torch.hann_window(N_FFT)
    r = torch.fft.irfft(torch.fft.rfft(window, n).abs() ** 2, n=n)[:N_FFT]
    n_lags = FINER * (N_FFT - 1) + 1
    return F.interpolate((r / r[0])[None, None], n_lags, mode="linear", align_corners=True)[0, 0]

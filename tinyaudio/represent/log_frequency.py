r"""A log-magnitude spectrogram whose bands are a third of a semitone apart, as pitches are.

Transposing a sound shifts it along this axis, and the harmonics of every pitch are at the same distances from
the first, 12 log2(h) semitones.  Band j is a triangle around

    f_j = 440 \cdot 2^{(p_j - 69) / 12},   p_j = 24 - 1/3 + j / 3,   j = 0, ..., 254

from MIDI pitch 24 (32.7 Hz) to 108 (4,186 Hz, the highest key of a piano).  Frames of 4,096 samples have bins
3.9 Hz apart at 16 kHz.  Below about 200 Hz that is more than the bands' distance, and neighbours share bins.

Paper:      Brown, "Calculation of a constant Q spectral transform", 1991, for the axis.
Implements: `log_frequency`, `log_frequency_filterbank`.
Differs:    the frames are as long for low pitches as for high ones, so that one Fourier transform does.
See:        `tinyaudio.models.pitch_classifier`, which looks at it.
"""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.errors import AudioError
from tinyaudio.represent.melscale import mel
from tinyaudio.represent.spectrum import log_magnitude, stft

N_FFT, HOP_LENGTH = 4_096, 1_024
PITCHES = (24, 108)  # of the first and the last semitone
BANDS_A_SEMITONE = 3
N_BANDS = BANDS_A_SEMITONE * (PITCHES[1] - PITCHES[0] + 1)
FLOOR_DB, RANGE_DB = -80.0, 40.0  # as `tinyaudio.represent.logmel` has them


@cache
def log_frequency_filterbank(sample_rate: int) -> Float[Tensor, "M F"]:
    """A triangle a band, as wide as its neighbours are far but no narrower than two bins; of height 1 in sum.

    Args:
        sample_rate: In Hz.

    Raises:
        AudioError: The highest band is above half the sample rate.

    Example:
        >>> log_frequency_filterbank(16_000).shape
        torch.Size([255, 2049])
    """
    steps = torch.arange(N_BANDS, dtype=torch.float64) - 1
    centres = midi_to_hz(PITCHES[0]) * 2 ** (steps / (12 * BANDS_A_SEMITONE))
    if centres[-1] > sample_rate / 2:
        raise AudioError(
            f"sample rate {sample_rate} Hz: must be {2 * centres[-1]:.0f} or more for bands up to"
            f" {centres[-1]:.0f} Hz"
        )
    widths = (centres * (2 ** (1 / (12 * BANDS_A_SEMITONE)) - 1)).clamp(min=sample_rate / N_FFT)
    bins = torch.linspace(0, sample_rate / 2, N_FFT // 2 + 1, dtype=torch.float64)
    filters = (1 - (bins - centres[:, None]).abs() / widths[:, None]).clamp(min=0)
    return (filters / filters.sum(1, keepdim=True)).float()


def log_frequency(audio: Float[Tensor, "B 1 T"], sample_rate: int) -> Float[Tensor, "B M N"]:
    """255 bands, 1 + ceil(T / 1,024) frames; -80 dB of a full-scale sine and below is -1, 0 dB is 1.

    Args:
        audio: In [-1, 1].
        sample_rate: In Hz.

    Example:
        >>> t = torch.arange(16_384) / 16_000
        >>> a = log_frequency(torch.sin(2 * torch.pi * 440 * t)[None, None], 16_000)
        >>> a.shape, a[0, :, 8].argmax().item()  # A4 is 45 semitones above the lowest: 3 * 45 + 1
        (torch.Size([1, 255, 17]), 136)
    """
    magnitude = stft(audio.squeeze(1), N_FFT, HOP_LENGTH).abs()
    bands = mel(magnitude, log_frequency_filterbank(sample_rate))
    return 1 + log_magnitude(bands, FLOOR_DB, N_FFT / 4) / RANGE_DB

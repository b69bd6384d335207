r"""Timbre of a steady tone: how loud its harmonics are, relative to each other.

    L_h = 20 \log_{10} |X(h f_0)|,   d = \frac{1}{H} \sum_h |(L_h - \bar L) - (L'_h - \bar L')|

Levels are relative to their mean, so that neither loudness nor pitch enters, and not lower than 60 dB
under the loudest harmonic.

Paper:      Plomp, "Timbre as a multidimensional attribute of complex tones", 1970: differences of level
            between two tones' spectra predict how different they sound.
Implements: `harmonic_levels`, `harmonics_distance`.
Differs:    single harmonics stand in the place of bands of a third of an octave, and mean absolute
            differences in that of a Euclidean distance.
See:        chapter 5, "WaveNet".
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError

RANGE_DB = 60.0
HIGHEST = 0.95  # of the Nyquist frequency: resampling may have taken what lies above
MISTUNED = 0.03  # a harmonic is looked for so far from its place, as a fraction of the pitch
N_HARMONICS = 10


def harmonic_levels(
    audio: Float[Tensor, "*one T"], f0_hz: float, sample_rate: int
) -> Float[Tensor, " H"]:
    """Levels of the first harmonics of a steady tone, up to ten.

    Args:
        audio: The steady part of a tone, of one channel, ten periods or more.
        f0_hz: Its pitch.
        sample_rate: In Hz; harmonics that it cannot hold are left out.

    Returns:
        dB, relative to their mean; 0 of all harmonics alike, of silence, too.

    Raises:
        AudioError: The tone is too short, or has several channels.

    Example:
        >>> t = torch.arange(8_000) / 16_000
        >>> tone = torch.sin(2 * torch.pi * 200 * t) + 0.1 * torch.sin(2 * torch.pi * 400 * t)
        >>> levels = harmonic_levels(tone, 200.0, 16_000)
        >>> round(float(levels[0] - levels[1]), 1)
        20.0
    """
    check_waveform(audio)
    samples = audio.detach().cpu().double()
    if samples.numel() != samples.shape[-1]:
        raise AudioError(f"a tone of shape {list(audio.shape)}: give one channel")
    samples = samples.flatten()
    if len(samples) < 10 * sample_rate / f0_hz:
        raise AudioError(f"{len(samples)} samples hold fewer than ten periods of {f0_hz:.0f} Hz")
    n_fft = 4 * len(samples)  # a peak between two bins would be up to 1.4 dB too low
    spectrum = torch.fft.rfft(samples * torch.hann_window(len(samples)).double(), n_fft).abs()
    bins_a_hz, levels = n_fft / sample_rate, []
    for h in range(1, N_HARMONICS + 1):
        if h * f0_hz > HIGHEST * sample_rate / 2:
            break
        low, high = ((h + off) * f0_hz * bins_a_hz for off in (-MISTUNED, MISTUNED))
        levels.append(spectrum[round(low) : round(high) + 1].max())
    amplitudes = torch.stack(levels)
    decibels = 20 * torch.log10(amplitudes.clamp(min=1e-12))
    decibels = decibels.clamp(min=decibels.max() - RANGE_DB)
    return (decibels - decibels.mean()).float()


def harmonics_distance(levels: Float[Tensor, " H"], reference: Float[Tensor, " H"]) -> float:
    """Mean absolute difference of two tones' `harmonic_levels`, in dB.

    Example:
        >>> harmonics_distance(torch.tensor([3.0, -3.0]), torch.tensor([1.0, -1.0]))
        2.0
    """
    return float((levels - reference).abs().mean())

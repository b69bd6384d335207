r"""The low and the high band of a sound, split at a frequency so that their sum is the sound again.

    low = F^{-1} [ F x \cdot 1(f < f_c) ],   high = x - low

A brick wall over the spectrum of the whole clip: no transition band, no delay, and nothing of the one in the
other.  The clip counts as one period, so that the filter rings from one end into the other; a sound that begins
and ends in silence does not show it.

Implements: `band`, `split_bands`, `replace_low_band`.
See:        chapter 22, "Measuring and listening".
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.audio.resampling import check_rate
from tinyaudio.errors import AudioError


def band(
    audio: Float[Tensor, "*batch T"],
    sample_rate: int,
    low_hz: float | int,
    high_hz: float | int,
) -> Float[Tensor, "*batch T"]:
    """What of a sound lies in a band.

    Args:
        audio: Any number of clips.
        sample_rate: In Hz.
        low_hz: The lowest frequency that stays.
        high_hz: The lowest one above it that is taken away; above the Nyquist frequency nothing is.

    Raises:
        AudioError: The band is empty, or the clip is no waveform.

    Example:
        >>> t = torch.arange(1_600, dtype=torch.float64) / 16_000
        >>> tones = [torch.sin(2 * torch.pi * hz * t) for hz in (500, 3_000)]
        >>> torch.allclose(band(sum(tones), 16_000, 0, 1_000), tones[0])
        True
    """
    check_waveform(audio)
    check_rate(sample_rate)
    if not 0 <= low_hz < high_hz:
        raise AudioError(
            f"the band from {low_hz} to {high_hz} Hz is empty; give 0 <= low_hz < high_hz"
        )
    if audio.numel() == 0:
        return audio
    spectrum = torch.fft.rfft(audio)
    hz = frequencies(audio, sample_rate)
    return torch.fft.irfft(spectrum * ((hz >= low_hz) & (hz < high_hz)), audio.shape[-1])


def split_bands(
    audio: Float[Tensor, "*batch T"], sample_rate: int, cutoff_hz: float | int
) -> tuple[Float[Tensor, "*batch T"], Float[Tensor, "*batch T"]]:
    """What lies below a frequency, and the rest.

    Args:
        audio: Any number of clips.
        sample_rate: In Hz.
        cutoff_hz: The lowest frequency of the high band; half the lower rate where a sound was upsampled.

    Raises:
        AudioError: The low band is empty, or the clip is no waveform.

    Example:
        >>> audio = torch.randn(1, 4_801, generator=torch.Generator().manual_seed(0))
        >>> low, high = split_bands(audio, 48_000, 8_000)
        >>> torch.allclose(low + high, audio)
        True
    """
    low = band(audio, sample_rate, 0, cutoff_hz)
    return low, audio - low


def replace_low_band(
    audio: Float[Tensor, "*batch T"],
    source: Float[Tensor, "*other S"],
    sample_rate: int,
    cutoff_hz: float | int,
) -> Float[Tensor, "*batch T"]:
    """The high band of one sound over the low band of another.

    An upsampler need not invent what it was given: the low band of its output is replaced by the input's.  This
    comes last: clipping afterwards would change the low band again.

    Args:
        audio: What a model generated.
        source: The input, brought to the same rate by `tinyaudio.audio.interpolation.upsample_sinc`.
        sample_rate: Of both, in Hz.
        cutoff_hz: Up to where the source is right: at most half of its rate before, and less by the transition
            band of the filter that it came through.

    Returns:
        A sound whose spectrum is the source's below the cutoff and the generated one's from it on; it may leave
        [-1, 1].

    Raises:
        AudioError: The two differ in shape, or the low band is empty.

    Example:
        >>> silence, tone = torch.zeros(480), torch.sin(torch.arange(480) * torch.pi / 12)  # 2 kHz
        >>> torch.allclose(replace_low_band(silence, tone, 48_000, 8_000), tone, atol=1e-5)
        True
    """
    if audio.shape != source.shape:
        raise AudioError(
            f"sounds of shapes {tuple(audio.shape)} and {tuple(source.shape)}; bring the source to the rate"
            " and length of the other"
        )
    return band(source, sample_rate, 0, cutoff_hz) + split_bands(audio, sample_rate, cutoff_hz)[1]


def frequencies(audio: Float[Tensor, "*batch T"], sample_rate: int) -> Float[Tensor, " F"]:
    """The frequencies of the spectrum of a whole clip, in Hz, in double precision."""
    return torch.fft.rfftfreq(
        audio.shape[-1], 1 / sample_rate, dtype=torch.float64, device=audio.device
    )

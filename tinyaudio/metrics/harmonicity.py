r"""The harmonics-to-noise ratio: how much of a voiced frame repeats after a period.

    HNR = 10 \log_{10} \frac{r}{1 - r}

r is the normalized autocorrelation at the period: the share of the power that is periodic, if the rest is
noise.

Paper:      Boersma, "Accurate short-term analysis of the fundamental frequency and the
            harmonics-to-noise ratio of a sampled sound", 1993.
Implements: `harmonics_to_noise`.
Differs:    the period is given, by a pitch that is estimated elsewhere, and r is compared within 50 cents of
            it; what lies below a frequency can be left out, since the lowest harmonics outweigh all others.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError
from tinyaudio.represent.logmel import HOP_LENGTH
from tinyaudio.represent.source_filter import normalized_autocorrelation

NEAR_OCTAVES = 0.04  # 48 cents
LEAST, MOST = 0.01, 0.9999  # of r: -20 and 40 dB
RAMP_HZ = 100.0


def harmonics_to_noise(
    audio: Float[Tensor, "*one T"],
    f0_hz: Float[Tensor, " N"],
    sample_rate: int,
    *,
    above_hz: float | int = 0,
) -> Float[Tensor, " N"]:
    """The harmonics-to-noise ratio of each frame.

    Args:
        audio: A clip of one channel.
        f0_hz: From `tinyaudio.metrics.pitch.f0_track`, of this clip or of its reference; NaN where it is
            unvoiced.  N = 1 + T // 256.
        sample_rate: In Hz.
        above_hz: Only what lies above it is measured.

    Returns:
        dB, from -20 to 40 (of a sound without noise 25 or more, since its period is seldom a whole
        number of samples); NaN where f0_hz is NaN or not from 60 to 600 Hz.

    Raises:
        AudioError: There are several channels, or the track has another length.

    Example:
        >>> t = torch.arange(8_000) / 16_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 125 * k * t) for k in range(1, 20))
        >>> float(harmonics_to_noise(buzz, torch.full((32,), 125.0), 16_000)[9]) > 30
        True
    """
    check_waveform(audio)
    samples = audio.detach().reshape(-1).cpu().float()
    if audio.numel() != audio.shape[-1] or len(f0_hz) != 1 + len(samples) // HOP_LENGTH:
        raise AudioError(
            f"a clip of shape {tuple(audio.shape)} and a track of {len(f0_hz)} frames: must be one"
            " channel and 1 + T // 256 frames"
        )
    if above_hz:
        # A high-pass without delay: a ramp over the spectrum.
        spectrum = torch.fft.rfft(samples)
        hz = torch.linspace(0, sample_rate / 2, len(spectrum))
        gain = ((hz - above_hz) / RAMP_HZ).clamp(0, 1)
        samples = torch.fft.irfft(spectrum * gain, len(samples))
    octaves, r = normalized_autocorrelation(samples, sample_rate)
    near = (octaves - f0_hz.log2()[:, None]).abs() < NEAR_OCTAVES  # False where it is NaN
    share = r.masked_fill(~near, -1).amax(dim=1).clamp(LEAST, MOST)
    return torch.where(near.any(dim=1), 10 * torch.log10(share / (1 - share)), torch.nan)

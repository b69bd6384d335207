r"""A log-magnitude spectrogram whose height is a power of two, in the scale of `tinyaudio.represent.logmel`.

    y = 1 + 20 \log_{10}(max(|X| / (N / 4), 10^{-4})) / 40

so that a sine at full scale is 1 and -80 dB is -1.

Paper:      Engel et al. 2017 (arXiv:1704.01279), whose baseline autoencoder learns from such spectrograms.
Implements: `log_bins`, `from_log_bins`; `log_bands`, these or mel bands.
Differs:    in the scale; like theirs, it leaves out the highest bin, half the sample rate.
See:        part 3, "Bottlenecks and critics".
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS, RANGE_DB, log_mel
from tinyaudio.represent.spectrum import from_log_magnitude, log_magnitude, stft

N_BINS = N_FFT // 2
FLOOR_DB = -80.0


def log_bins(audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B F N"]:
    """512 bins, 1 + ceil(T / 256) frames; silence is -1.

    Example:
        >>> import torch
        >>> log_bins(torch.zeros(1, 1, 2_560)).shape
        torch.Size([1, 512, 11])
    """
    magnitude = stft(audio.squeeze(1), N_FFT, HOP_LENGTH)[:, :-1].abs()
    return 1 + log_magnitude(magnitude, FLOOR_DB, N_FFT / 4) / RANGE_DB


def from_log_bins(levels: Float[Tensor, "B F N"]) -> Float[Tensor, "B G N"]:
    """Magnitudes of `tinyaudio.represent.spectrum.stft`, with the highest bin at the floor.

    Example:
        >>> import torch
        >>> from_log_bins(torch.ones(1, 512, 1))[0, 0]
        tensor([256.])
    """
    whole = F.pad(levels, (0, 0, 0, 1), value=1 + FLOOR_DB / RANGE_DB)
    return from_log_magnitude((whole - 1) * RANGE_DB, N_FFT / 4)


def log_bands(
    audio: Float[Tensor, "B 1 T"], sample_rate: int, n_bands: int
) -> Float[Tensor, "B F N"]:
    """A log spectrogram by its height: `log_mel` of 80 bands, or `log_bins` of 512.

    Raises:
        ValueError: It is neither.

    Example:
        >>> import torch
        >>> log_bands(torch.zeros(1, 1, 2_560), 16_000, 80).shape
        torch.Size([1, 80, 11])
    """
    if n_bands == N_MELS:
        return log_mel(audio, sample_rate)
    if n_bands != N_BINS:
        raise ValueError(f"{n_bands} bands: must be {N_MELS}, of mel, or {N_BINS}, bins")
    return log_bins(audio)

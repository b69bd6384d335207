r"""The log-mel spectrogram that conditions a vocoder: decibels, scaled to numbers near one.

    y = 1 + 20 \log_{10}(max(mel, 10^{-4})) / 40

so that -80 dB is -1 and 0 dB is 1.  Frame n is centred on sample n * hop_length.

Implements: `log_mel`, `middle_frames`, `from_log_mel`.
Differs:    from common vocoders (Shen et al. 2018: 80 bands of 125 to 7600 Hz, natural logarithm) in
            the band edges, 0 Hz to half the sample rate, and in the scale.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.represent.melscale import mel, mel_filterbank
from tinyaudio.represent.spectrum import stft

N_FFT, HOP_LENGTH, N_MELS = 1024, 256, 80
FLOOR = 1e-4  # -80 dB
RANGE_DB = 40  # of half the scale


@cache
def filterbank(sample_rate: int, n_fft: int = N_FFT) -> Float[Tensor, "M F"]:
    """The filters of `log_mel`."""
    return mel_filterbank(sample_rate, n_fft, N_MELS)


def log_mel(
    audio: Float[Tensor, "B 1 T"],
    sample_rate: int,
    n_fft: int = N_FFT,
    hop_length: int = HOP_LENGTH,
) -> Float[Tensor, "B M N"]:
    """What a mel vocoder is conditioned on.

    Args:
        audio: In [-1, 1].
        sample_rate: In Hz.
        n_fft: Length of a frame, in samples.  Magnitudes grow with it; they are scaled to those of 1024.
        hop_length: From frame to frame, in samples.

    Returns:
        80 bands, 1 + ceil(T / hop_length) frames; silence is -1.

    Example:
        >>> log_mel(torch.zeros(1, 1, 2_560), 16_000).shape
        torch.Size([1, 80, 11])
    """
    magnitude = stft(audio.squeeze(1), n_fft, hop_length).abs() * (N_FFT / n_fft)
    mels = mel(magnitude, filterbank(sample_rate, n_fft))
    return 1 + 20 / RANGE_DB * torch.log10(mels.clamp(min=FLOOR))


def middle_frames(
    audio: Float[Tensor, "B 1 T"], frames: Float[Tensor, "B C N"], n_fft: int, hop_length: int
) -> tuple[Float[Tensor, "B 1 t"], Float[Tensor, "B C n"]]:
    """A crop without its outer n_fft / 2 samples, and the frames of what remains.

    These frames are those that the whole recording has there, since their windows lie within the crop.

    Args:
        audio: Crops of a recording, in [-1, 1].
        frames: Theirs, 1 + ceil(T / hop_length), the first centred on sample 0, as `log_mel` makes them.
        n_fft: Length of a frame's window, in samples; a multiple of 2 hop_length.
        hop_length: From frame to frame, in samples.

    Example:
        >>> crop = torch.zeros(1, 1, 4_096)
        >>> inner, frames = middle_frames(crop, log_mel(crop, 16_000), 1_024, 256)
        >>> inner.shape, frames.shape
        (torch.Size([1, 1, 3072]), torch.Size([1, 80, 12]))
    """
    margin = n_fft // 2
    outer = margin // hop_length
    return audio[:, :, margin:-margin], frames[:, :, outer : -outer - 1]


def from_log_mel(frames: Float[Tensor, "*batch M N"]) -> Float[Tensor, "*batch M N"]:
    """Undo the scale of `log_mel`: magnitudes in mel bands, for `melscale.mel_to_linear`.

    Example:
        >>> from_log_mel(torch.tensor([[[-1.0], [1.0]]])).flatten()
        tensor([1.0000e-04, 1.0000e+00])
    """
    return 10 ** ((frames - 1) * RANGE_DB / 20)

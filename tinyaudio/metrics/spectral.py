r"""Log-spectral distances of two sounds, in dB: how much their timbre and level differ.

    d = \frac{1}{N} \sum_n \sqrt{\frac{1}{M} \sum_m (L_{mn} - L'_{mn})^2},   L = 20 \log_{10} mel

Definition: magnitudes of an STFT (Hann window of 1024, hop 256 samples), gathered into M = 80 mel
bands (Slaney's scale and area, 0 Hz to the Nyquist frequency), in dB, not below 60 dB under the
loudest value of the reference.  Root mean square over the bands of a frame, mean over the frames.
`log_stft_distance` is the same over the bins of a spectrum, of any window; a hop is a quarter of it.

Paper:      Gray & Markel, "Distance measures for speech processing", 1976, for the distance of log
            spectra.  Papers take it over bins or bands, of magnitude or power, with other floors: only
            numbers of one definition can be compared.
Implements: `log_mel_distance`, `log_stft_distance`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, filterbank
from tinyaudio.represent.spectrum import log_magnitude, mel, stft

RANGE_DB = 60.0  # what is quieter is masked by the rest


def log_mel_distance(
    audio: Float[Tensor, "*one T"], reference: Float[Tensor, "*other S"], sample_rate: int
) -> float:
    """Distance of a clip from a reference, as the head of this file defines it.

    Phase does not enter, loudness does.  The floor makes it depend on which of the two is the reference.

    Args:
        audio: A clip of one channel.
        reference: What it should be, equally long.
        sample_rate: In Hz.

    Returns:
        dB; 0 for the same clip.

    Raises:
        AudioError: The clips differ in length, are empty, or have several channels, or are not in floating
            point; or the reference is silent.

    Example:
        >>> import torch
        >>> clip = torch.randn(16_000, generator=torch.Generator().manual_seed(0))
        >>> round(log_mel_distance(2 * clip, clip, 16_000), 2)
        6.02
    """
    check_pair(audio, reference)
    bands = [
        mel(stft(one.detach().flatten().cpu(), N_FFT, HOP_LENGTH).abs(), filterbank(sample_rate))
        for one in (audio, reference)
    ]
    return level_distance(*bands)


def log_stft_distance(
    audio: Float[Tensor, "*one T"], reference: Float[Tensor, "*other S"], n_fft: int
) -> float:
    """Distance over the bins of a spectrum: a long window resolves harmonics, a short one onsets.

    Args:
        audio: A clip of one channel.
        reference: What it should be, equally long.
        n_fft: Length of the window, in samples; a multiple of 4.

    Returns:
        dB; 0 for the same clip.

    Raises:
        AudioError: As `log_mel_distance`.

    Example:
        >>> import torch
        >>> clip = torch.randn(16_000, generator=torch.Generator().manual_seed(0))
        >>> round(log_stft_distance(2 * clip, clip, 256), 2)
        6.02
    """
    check_pair(audio, reference)
    pair = (audio, reference)
    return level_distance(
        *(stft(one.detach().flatten().cpu(), n_fft, n_fft // 4).abs() for one in pair)
    )


def check_pair(audio: Tensor, reference: Tensor) -> None:
    """Raise an `AudioError` unless they are clips of one channel, equally long."""
    for one in (audio, reference):
        check_waveform(one)
    if audio.shape[-1] != reference.shape[-1]:
        raise AudioError(
            f"clips of {audio.shape[-1]} and {reference.shape[-1]} samples; cut them to one length"
        )
    for one in (audio, reference):
        if one.numel() != one.shape[-1] or one.numel() == 0:
            raise AudioError(
                f"the distance of a clip of shape {tuple(one.shape)}: one channel only"
            )


def level_distance(levels: Float[Tensor, "F N"], reference: Float[Tensor, "F N"]) -> float:
    """The distance of two spectrograms of magnitudes, in dB."""
    loudest = reference.max().item()
    if loudest == 0:
        raise AudioError("the reference is silent, and everything is infinitely far from it")
    db, reference_db = (
        log_magnitude(one, -RANGE_DB, reference=loudest) for one in (levels, reference)
    )
    return float((db - reference_db).square().mean(dim=0).sqrt().mean())

r"""A distance of two waveforms that does not depend on phase: STFTs at several lengths, and log mel.

    L = \lambda_{mel} \mathrm{mean} |\ln mel(x) - \ln mel(y)| + \frac{\lambda_{stft}}{R} \sum_r d_r

    d_r = \mathrm{mean} |\ln |X_r| - \ln |Y_r|| + \| |X_r| - |Y_r| \| / \| |Y_r| \|

The second term of d, spectral convergence, weighs what is loud; the first one what is quiet.
Long windows resolve harmonics, short ones onsets.

Paper:      Arik, Jun & Diamos, "Fast spectrogram inversion using multi-head convolutional neural networks",
            2019, for both terms; Yamamoto, Song & Kim, "Parallel WaveGAN", 2020, for several
            resolutions; Kong, Kim & Bae, "HiFi-GAN", 2020, for the log-mel term.
Implements: `spectral_loss`; `crop_loss`, of a vocoder.
Differs:    no discriminator beside it, so that what it cannot tell apart is left to the start; weights are
            ours.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.represent.logmel import RANGE_DB, log_mel

WINDOWS = (2048, 1024, 512, 256)  # samples; a hop is a quarter
FLOOR = 1e-4  # added to magnitudes, of which a sine at full scale has 1
MEL_WEIGHT, STFT_WEIGHT = 15.0, 10.0
NEPERS = RANGE_DB / 20 * math.log(10)  # in a unit of `log_mel`


def spectral_loss(
    generated: Float[Tensor, "B 1 T"], reference: Float[Tensor, "B 1 T"], sample_rate: int
) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """The loss L of generated clips, and its terms.

    Args:
        generated: In [-1, 1], 2,048 samples or more.
        reference: What it should be.
        sample_rate: In Hz.

    Returns:
        L, and ``log_mel_db``, ``log_stft_db`` (mean absolute differences in dB) and ``convergence``.

    Example:
        >>> clip = torch.randn(1, 1, 4_096, generator=torch.Generator().manual_seed(0))
        >>> loss, terms = spectral_loss(0.5 * clip, clip, 16_000)
        >>> round(terms["log_mel_db"].item(), 2), round(terms["convergence"].item(), 2)
        (6.02, 0.5)
    """
    # Nepers: a natural logarithm of magnitudes.
    mel = NEPERS * (log_mel(generated, sample_rate) - log_mel(reference, sample_rate)).abs().mean()
    pairs = [(magnitude(generated, n), magnitude(reference, n)) for n in WINDOWS]
    log = torch.stack([((x + FLOOR).log() - (y + FLOOR).log()).abs().mean() for x, y in pairs])
    # A batch of silence would divide by nothing.
    convergence = torch.stack([(x - y).norm() / y.norm().clamp(min=1e-3) for x, y in pairs])
    loss = MEL_WEIGHT * mel + STFT_WEIGHT * (log + convergence).mean()
    db = 20 / math.log(10)
    terms = {
        "log_mel_db": db * mel,
        "log_stft_db": db * log.mean(),
        "convergence": convergence.mean(),
    }
    return loss, terms


def magnitude(audio: Float[Tensor, "B 1 T"], n_fft: int) -> Float[Tensor, "B F N"]:
    """|X| of frames that lie within the clip; a sine at full scale reaches 1."""
    window = torch.hann_window(n_fft, device=audio.device)
    spectrum = torch.stft(
        audio[:, 0], n_fft, n_fft // 4, window=window, center=False, return_complex=True
    )
    return spectrum.abs() / (n_fft / 4)


def crop_loss(
    net: nn.Module, sample_rate: int, margin: int, only: str | None = None
) -> Callable[[dict[str, Tensor], int], tuple[Tensor, dict[str, Tensor]]]:
    """The loss of a vocoder on crops of sound.

    Args:
        net: ``frames`` (B, M, N), and ``harmonics`` if there are some, to a waveform (B, 1, T).
        sample_rate: In Hz.
        margin: Samples at both ends of a crop that do not count, since its frames saw what lies beyond.
        only: A term of `spectral_loss` in place of L.
    """

    def loss(batch: dict[str, Tensor], step: int) -> tuple[Tensor, dict[str, Tensor]]:
        generated = net(batch["frames"], batch.get("harmonics"))
        inside = slice(margin, -margin or None)
        reference = batch["audio"][..., inside]
        total, terms = spectral_loss(generated[..., inside], reference, sample_rate)
        return terms[only] if only else total, terms

    return loss

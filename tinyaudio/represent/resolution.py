r"""Spectrograms of one sound at several resolutions: long windows resolve harmonics, short ones onsets.

A resolution is three numbers of samples, (n_fft, hop_length, window_length); the window is a Hann window,
in the middle of its frame where it is shorter.

Paper:      Yamamoto, Song & Kim, "Parallel WaveGAN", ICASSP 2020 (arXiv:1910.11480), table 1, for the three
            resolutions; Jang et al., "UnivNet", Interspeech 2021 (arXiv:2106.07889), which takes them over.
Implements: `magnitude_at`; `RESOLUTIONS` of the papers, `SHORT_RESOLUTIONS` for 8 kHz.
See:        `tinyaudio.objectives.multi_resolution`, `tinyaudio.models.univnet_discriminators`.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # for 24 kHz
SHORT_RESOLUTIONS = ((256, 64, 256), (512, 128, 512), (128, 32, 128))


def magnitude_at(
    audio: Float[Tensor, "B 1 T"], resolution: Sequence[int]
) -> Float[Tensor, "B F N"]:
    """Magnitudes of a sound's STFT, F = n_fft / 2 + 1 and N = 1 + T // hop_length.

    Frame n is centred on sample n hop_length; outside the clip there is silence, so that any length will do.

    Args:
        audio: In [-1, 1].
        resolution: Its n_fft, hop_length and window_length.

    Example:
        >>> magnitude_at(torch.zeros(1, 1, 600), (1024, 120, 600)).shape
        torch.Size([1, 513, 6])
    """
    n_fft, hop_length, window_length = resolution
    return torch.stft(
        audio[:, 0],
        n_fft,
        hop_length,
        window_length,
        torch.hann_window(window_length, dtype=audio.dtype, device=audio.device),
        pad_mode="constant",
        return_complex=True,
    ).abs()


def check_resolutions(resolutions: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """The same as tuples.

    Raises:
        UserError: One is not three numbers, or its window is longer than its frame.

    Example:
        >>> check_resolutions([[512, 50, 240]])
        ((512, 50, 240),)
    """
    for one in resolutions:
        if len(one) != 3 or not 1 <= one[1] <= one[2] <= one[0]:
            raise UserError(
                f"resolution {tuple(one)}: must be (n_fft, hop_length, window_length), each at most the"
                " one before but the hop, which is at most the window; try 1024, 120 and 600"
            )
    return tuple(tuple(one) for one in resolutions)

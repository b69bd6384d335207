r"""Mu-law companding: a waveform as a sequence of classes, finer where the ear is.

Paper:      van den Oord et al., WaveNet (2016), section 2.2; ITU-T G.711 for telephones.
Implements: f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu) and its inverse: `compress`, `expand`.
            Then uniform quantization of -1...1 to n levels: `encode`, `decode`.
Differs:    the paper leaves the rounding open; we round to the nearest level, so that encoding what
            was decoded returns the same class, for every class.  G.711 itself uses straight pieces.
See:        chapter 3, "mu-law and the softmax".
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError
from tinyaudio.represent.linear import check_numbers


def compress(audio: Float[Tensor, "*shape"], n_levels: int = 256) -> Float[Tensor, "*shape"]:
    r"""Compress the range of amplitudes, so that small ones take more of it, with mu = n_levels - 1.

    f(x) = sign(x) \ln(1 + \mu|x|) / \ln(1 + \mu)                        [WaveNet, section 2.2]

    Args:
        audio: Amplitude in [-1, 1].
        n_levels: Number of quantization levels; mu is one less.

    Returns:
        The compressed amplitude in [-1, 1]; -1, 0 and 1 stay where they are.

    Example:
        >>> compress(torch.tensor([-1.0, 0.0, 0.01, 1.0]))
        tensor([-1.0000,  0.0000,  0.2285,  1.0000])
    """
    check_waveform(audio)
    mu = _mu(n_levels)
    return torch.sign(audio) * torch.log1p(mu * audio.abs()) / math.log1p(mu)


def expand(compressed: Float[Tensor, "*shape"], n_levels: int = 256) -> Float[Tensor, "*shape"]:
    r"""Undo `compress`.

    f^{-1}(y) = sign(y) ((1 + \mu)^{|y|} - 1) / \mu

    Args:
        compressed: Compressed amplitude in [-1, 1].
        n_levels: As given to `compress`.

    Returns:
        The amplitude in [-1, 1].

    Example:
        >>> expand(compress(torch.tensor([-1.0, 0.0, 0.01, 1.0])))
        tensor([-1.0000,  0.0000,  0.0100,  1.0000])
    """
    check_waveform(compressed, "a compressed amplitude in [-1, 1]")
    mu = _mu(n_levels)
    return torch.sign(compressed) * torch.expm1(compressed.abs() * math.log1p(mu)) / mu


def encode(audio: Float[Tensor, "*shape"], n_levels: int = 256) -> Int64[Tensor, "*shape"]:
    r"""Compress a waveform and round it to the nearest of `n_levels` classes.

    code = \lfloor (f(x) + 1) / 2 \cdot \mu + 1/2 \rfloor

    Args:
        audio: Amplitude in [-1, 1]; values outside are clipped.
        n_levels: Number of classes; 256 gives 8 bits a sample.

    Returns:
        The class of every sample, in [0, n_levels - 1]; silence is n_levels // 2.

    Raises:
        AudioError: There are fewer than 2 levels, or samples that are not numbers.

    Example:
        >>> encode(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([  0, 128, 255])
    """
    mu = _mu(n_levels)
    check_numbers(audio)
    if audio.dtype in (torch.float16, torch.bfloat16):
        audio = audio.float()  # half precision holds too few of the levels
    compressed = compress(audio.clamp(-1, 1), n_levels)
    return torch.floor((compressed + 1) / 2 * mu + 0.5).long()


def decode(codes: Int64[Tensor, "*shape"], n_levels: int = 256) -> Float[Tensor, "*shape"]:
    """Turn classes back into amplitudes: the middle of what each class stands for, compressed.

    No class of an even number of levels is exactly zero: with 256, the two middle ones are
    -8.62e-5 and 8.62e-5.

    Args:
        codes: Classes in [0, n_levels - 1].
        n_levels: As given to `encode`.

    Returns:
        float32 amplitude in [-1, 1].

    Raises:
        AudioError: A code lies outside the levels.

    Example:
        >>> decode(torch.tensor([0, 127, 128, 255]))
        tensor([-1.0000e+00, -8.62...e-05,  8.62...e-05,  1.0000e+00])
    """
    mu = _mu(n_levels)
    if codes.numel():
        low, high = (int(end) for end in codes.aminmax())
        if low < 0 or high > mu:
            raise AudioError(
                f"codes from {low} to {high} do not fit {n_levels} levels, 0 to {mu};"
                " encode and decode with the same n_levels"
            )
    return expand((2 * codes - mu).float() / mu, n_levels)


def _mu(n_levels: int) -> int:
    if n_levels < 2:
        raise AudioError(f"n_levels {n_levels}: use at least 2 quantization levels")
    return n_levels - 1

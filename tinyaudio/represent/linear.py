"""Uniform quantization: a waveform as integers of b bits, what every WAV file holds.

Implements: code = round(2^(b-1) x), `encode`; x = code / 2^(b-1), `decode`; both in turn, `quantize`.
Differs:    real converters add dither, a little noise that makes the error independent of the
            sound; here nothing is added.
See:        chapter 1, "Sound into numbers".
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError

MAX_BITS = 24  # float32 holds every integer up to 2^24


def encode(audio: Float[Tensor, "*shape"], bits: int) -> Int64[Tensor, "*shape"]:
    """Round a waveform to the nearest integer of `bits` bits.

    Args:
        audio: Amplitude in [-1, 1]; what lies beyond the last level is clipped to it.
        bits: From 1 to 24.

    Returns:
        Integers from -2^(bits-1) to 2^(bits-1) - 1: at 16 bits, -32768 to 32767.

    Raises:
        AudioError: The number of bits is impossible, or a sample is not a number.

    Example:
        >>> encode(torch.tensor([-1.0, 0.0, 0.5, 1.0]), bits=16)
        tensor([-32768,      0,  16384,  32767])
    """
    full_scale = _full_scale(bits)
    check_numbers(audio)
    return torch.round(audio * full_scale).clamp(-full_scale, full_scale - 1).long()


def decode(codes: Int64[Tensor, "*shape"], bits: int) -> Float[Tensor, "*shape"]:
    """Turn integers of `bits` bits back into amplitudes.

    Args:
        codes: Integers from -2^(bits-1) to 2^(bits-1) - 1.
        bits: As given to `encode`.

    Returns:
        float32 amplitude in [-1, 1).

    Raises:
        AudioError: A code does not fit the bits.

    Example:
        >>> decode(torch.tensor([-32768, 0, 16384]), bits=16)
        tensor([-1.0000,  0.0000,  0.5000])
    """
    full_scale = _full_scale(bits)
    if codes.numel():
        low, high = (int(end) for end in codes.aminmax())
        if low < -full_scale or high >= full_scale:
            raise AudioError(
                f"codes from {low} to {high} do not fit {bits} bits,"
                f" {-full_scale} to {full_scale - 1}; encode and decode with the same bits"
            )
    return codes.float() / full_scale


def quantize(audio: Float[Tensor, "*shape"], bits: int) -> Float[Tensor, "*shape"]:
    r"""Round a waveform to the quantization levels of `bits` bits.

    The signal-to-noise ratio of a sine at full scale is 6.02 b + 1.76 dB: the step is 2^{1-b}, the error,
    uniform over one step, has the power step^2 / 12, and the sine has 1/2.

    Args:
        audio: Amplitude in [-1, 1].
        bits: From 1 to 24.

    Returns:
        Amplitude on the levels -1, -1 + 2^(1-bits), ..., 1 - 2^(1-bits).

    Raises:
        AudioError: The number of bits is impossible, or a sample is not a number.

    Example:
        >>> quantize(torch.tensor([0.1, 0.3, 0.7]), bits=3)
        tensor([0.0000, 0.2500, 0.7500])
    """
    return decode(encode(audio, bits), bits)


def _full_scale(bits: int) -> int:
    if not 1 <= bits <= MAX_BITS:
        raise AudioError(f"cannot use {bits} bits a sample; choose from 1 to {MAX_BITS}")
    return 1 << (bits - 1)


def check_numbers(audio: Float[Tensor, "*shape"]) -> None:
    """Raise an `AudioError` if a sample is NaN, which no code stands for, or the samples are integers.

    Example:
        >>> check_numbers(torch.tensor([0.0, float("nan")]))
        Traceback (most recent call last):
        tinyaudio.errors.AudioError: cannot encode NaN samples; find where they come from
    """
    check_waveform(audio)
    if torch.isnan(audio).any():
        raise AudioError("cannot encode NaN samples; find where they come from")

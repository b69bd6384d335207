"""The check that every function makes which takes a waveform.

Implements: `check_waveform`.
See:        chapter 1, "Sound into numbers".
"""

import torch
from torch import Tensor

from tinyaudio.errors import AudioError

SCALES = {
    torch.int8: "audio / 128",
    torch.uint8: "(audio - 128.0) / 128",
    torch.int16: "audio / 32768",
    torch.int32: "audio / 2**31",
    torch.int64: "audio / 32768 if it has 16 bits",
}


def check_waveform(audio: Tensor, quantity: str = "a waveform in [-1, 1]") -> None:
    """Refuse numbers that are no amplitudes: PCM integers, truth values, complex numbers.

    Args:
        audio: What a function was given.
        quantity: What it should be, for the message.

    Raises:
        AudioError: It is not a tensor of floating-point numbers.

    Example:
        >>> check_waveform(torch.tensor([0, 16384], dtype=torch.int16))
        Traceback (most recent call last):
        tinyaudio.errors.AudioError: int16 numbers, not a waveform in [-1, 1]; divide by full scale: ...
    """
    if not isinstance(audio, Tensor):
        raise AudioError(
            f"a {type(audio).__name__}, not {quantity} in a tensor; torch.from_numpy makes one"
        )
    if audio.is_floating_point():
        return
    kind = str(audio.dtype).removeprefix("torch.")
    if audio.dtype in SCALES:
        advice = f"divide by full scale: {SCALES[audio.dtype]}"
    else:
        advice = (
            "take its real part or its magnitude" if audio.is_complex() else "use audio.float()"
        )
    raise AudioError(f"{kind} numbers, not {quantity}; {advice}")

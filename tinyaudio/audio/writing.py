"""Writing sound files, atomically.

Implements: `save`.
Differs:    libsndfile scales float to 16 bit by 32767 and back by 32768; we use 32768 both ways, so
            that what was saved loads again to the last bit.
See:        chapter 1, "Sound into numbers".
"""

import io
import warnings
from pathlib import Path

import numpy as np
import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.audio.resampling import check_rate
from tinyaudio.errors import AudioError
from tinyaudio.files import atomic_write

FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}
PCM_BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
BLOCK_SAMPLES = 2**16  # written at a time: Vorbis overflows its stack on very long writes


def save(
    path: str | Path,
    audio: Float[Tensor, "*shape"],
    sample_rate: int,
    *,
    subtype: str | None = None,
) -> None:
    """Write a sound file whole or not at all: WAV, FLAC, Ogg (Vorbis) or MP3, by the suffix.

    The file appears under its name only when it is complete and on the disk; an interrupted save,
    or a full disk, leaves what was there before. Missing folders are made. What lies beyond ±1 is
    clipped with a warning.

    Args:
        path: Where to; its suffix chooses the format.
        audio: A clip (channels, time) in [-1, 1].
        sample_rate: In Hz. MP3 takes 8 to 48 kHz at its standard rates only.
        subtype: WAV: ``"PCM_U8"``, ``"PCM_16"`` (default), ``"PCM_24"``, ``"PCM_32"``,
            ``"FLOAT"``, ``"DOUBLE"``. FLAC: ``"PCM_S8"``, ``"PCM_16"`` (default), ``"PCM_24"``.
            Ogg: ``"VORBIS"`` (default), ``"OPUS"``. Integers are rounded, without dither.

    Raises:
        AudioError: The clip is empty, not finite or not a clip, the format cannot hold it, or the
            system refuses.

    Example:
        >>> import tempfile; from tinyaudio.audio import load
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(f"{folder}/a.flac", torch.tensor([[0.25, -0.5]]), sample_rate=44100)
        ...     load(f"{folder}/a.flac")[0]
        tensor([[ 0.2500, -0.5000]])
    """
    path = Path(path)
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        raise AudioError(f"{path}: unknown suffix {path.suffix!r}; use one of {', '.join(FORMATS)}")
    try:
        check_rate(sample_rate)
        numbers = _presentable(audio, path)
    except AudioError as problem:
        raise AudioError(f"{path}: not written: {problem}") from None
    subtype = subtype or soundfile.default_subtype(name)
    encoded = io.BytesIO()  # in memory first: a full disk must not meet a half-written encoder
    try:
        with soundfile.SoundFile(
            encoded, "w", sample_rate, len(numbers), subtype, format=name
        ) as sound:
            for block in torch.split(numbers.T, BLOCK_SAMPLES):
                sound.write(_as_written(block, subtype))
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError) as problem:
        reason = getattr(problem, "error_string", str(problem)).strip(". ")
        raise AudioError(
            f"{path}: {name} cannot hold {len(numbers)} channels at {sample_rate} Hz as {subtype} ({reason});"
            " try a .wav or .flac file, 16000 or 48000 Hz"
        ) from None
    with atomic_write(path, AudioError) as file:
        file.write(encoded.getbuffer())


def _presentable(audio: Tensor, path: Path) -> Tensor:
    """Check that a tensor is a clip, and bring it into [-1, 1]."""
    check_waveform(audio)
    if audio.ndim != 2:
        raise AudioError(
            f"expected (channels, time), got {tuple(audio.shape)};"
            " give mono sound a first axis with audio[None]"
        )
    if not audio.numel():
        raise AudioError("it has no samples")
    audio = audio.detach().cpu().double()  # doubles hold every 32-bit integer
    bad = int((~torch.isfinite(audio)).sum())
    if bad:
        raise AudioError(
            f"{bad} of its {audio.numel()} samples are NaN or infinite; find where they come from"
        )
    peak = audio.abs().max().item()
    if peak > 1 + 2**-15:  # less than a 16-bit step is nothing to report
        beyond = int((audio.abs() > 1).sum())
        warnings.warn(
            f"{path}: {beyond} samples beyond ±1 (peak {peak:.3f}) were clipped; divide by the peak first",
            stacklevel=3,
        )
    return audio.clamp(-1, 1)


def _as_written(block: Tensor, subtype: str) -> np.ndarray:
    """Numbers (time, channels) as the encoder takes them without rescaling: integers for PCM, else floats."""
    bits = PCM_BITS.get(subtype)
    if bits is None:
        return np.asarray(block, dtype=np.float64 if subtype == "DOUBLE" else np.float32)
    full_scale = 2 ** (bits - 1)
    codes = torch.round(block * full_scale).clamp(-full_scale, full_scale - 1)
    # libsndfile keeps the top `bits` bits of 32.
    return np.asarray(codes * 2 ** (32 - bits), dtype=np.int32)

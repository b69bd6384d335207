"""Reading sound files.

Implements: `load`, `convert`.
Differs:    headers are not trusted: memory follows the samples that are read, lengths are those that
            there are (`tinyaudio.audio.decoding`), limits are stated, and every fault of a file gives
            one line.
See:        chapter 1, "Sound into numbers".
"""

import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.decoding import decode
from tinyaudio.audio.editing import to_mono
from tinyaudio.audio.resampling import check_rate, resample
from tinyaudio.errors import AudioError

UNSCALED_PEAK = 8.0  # 18 dB over full scale: not an overshoot but another unit
REASONS = {  # libsndfile's messages in plain words
    "Internal error : SF_INFO struct incomplete": "its header declares 0 Hz or 0 channels",
    "Error : flac decoder lost sync": "it is cut off or damaged",
    "Internal psf_fseek() failed": "it is cut off or damaged",
    "Unspecified internal error": "it is damaged",
}
_STDERR = threading.Lock()


def load(
    path: str | Path,
    sample_rate: int | None = None,
    *,
    mono: bool = False,
    start_s: float = 0.0,
    seconds: float | None = None,
) -> tuple[Float[Tensor, "channels time"], int]:
    """Read a sound file: WAV, FLAC, Ogg, MP3, AIFF and what else libsndfile knows.

    Integer samples of b bits are divided by 2^(b-1). What lies beyond ±1, as lossy decoders and
    float files may have it, is clipped with a warning.  All the sound that is there is read, whatever
    its header declares; a warning says where a file ends early, and where more follows that is not read.

    Args:
        path: The file.
        sample_rate: Rate to convert to, in Hz; `None` keeps the file's own.
        mono: Whether to average the channels into one.
        start_s: Where to begin, in seconds of the file.
        seconds: How long to read; `None` reads to the end. Near the end less may come.

    Returns:
        The clip in [-1, 1] and its sample rate in Hz.

    Raises:
        AudioError: The file cannot be read, holds no finite sound, or is beyond the limits (64
            channels, 768 kHz, 2^30 numbers); the message says which, and what to do.

    Example:
        >>> import tempfile; from tinyaudio.audio import save
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(f"{folder}/a.wav", torch.tensor([[0.0, 0.5, -1.0]]), sample_rate=16000)
        ...     load(f"{folder}/a.wav")
        (tensor([[ 0.0000,  0.5000, -1.0000]]), 16000)
    """
    path = Path(path)
    if sample_rate is not None:
        check_rate(sample_rate)
    if not 0 <= start_s < float("inf") or (seconds is not None and not 0 < seconds < float("inf")):
        raise AudioError(
            f"{path}: cannot read {seconds} s from {start_s} s on; give start_s >= 0, seconds > 0"
        )
    with _quiet_stderr(), _open(path) as file:
        try:
            samples, rate, remark = decode(path, file, start_s, seconds)
        except OSError as problem:
            raise AudioError(
                f"{path}: cannot be read ({problem.strerror}); copy it again"
            ) from None
        except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError) as problem:
            reason = getattr(problem, "error_string", str(problem)).strip(". ")
            reason = REASONS.get(reason, reason)
            raise AudioError(
                f"{path}: cannot be decoded ({reason}). Readable are WAV, FLAC, Ogg, MP3 and AIFF;"
                " convert it, for example with ffmpeg, or fetch it again"
            ) from None
    audio = _in_range(path, samples)
    if remark:
        warnings.warn(f"{path}: {remark}", stacklevel=2)
    if mono:
        audio = to_mono(audio)
    if sample_rate is None:
        return audio, rate
    try:
        return convert(audio, rate, sample_rate), sample_rate
    except AudioError as problem:
        raise AudioError(f"{path}: {problem}") from None


def convert(
    audio: Float[Tensor, "channels time"], from_hz: int, to_hz: int
) -> Float[Tensor, "channels new_time"]:
    """Resample a clip in [-1, 1], and keep it there: the filter overshoots a little.

    Example:
        >>> convert(torch.ones(1, 300), 48_000, 16_000).shape
        torch.Size([1, 100])
    """
    return audio if from_hz == to_hz else resample(audio, from_hz, to_hz).clamp(-1, 1)


def _open(path: Path) -> BinaryIO:
    """Open an ordinary, non-empty file, or say why not."""
    try:
        status = os.stat(path)  # before opening: a pipe would wait for its writer for ever
        if stat.S_ISDIR(status.st_mode):
            raise AudioError(f"{path}: is a folder; name a sound file in it")
        if not stat.S_ISREG(status.st_mode):
            raise AudioError(f"{path}: is not an ordinary file; copy the sound into one")
        if status.st_size == 0:
            raise AudioError(f"{path}: is empty (0 bytes); fetch or record it again")
        return open(path, "rb")
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(path):
            raise AudioError(
                f"{path}: is a link to {os.readlink(path)}, which does not exist; fetch that file, or"
                " remove the link"
            ) from None
        raise AudioError(
            f"{path}: no such file; check the name, and the folder you are in ({Path.cwd()})"
        ) from None
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the name
        reason = getattr(problem, "strerror", None) or problem
        raise AudioError(f"{str(path)!r}: cannot be opened ({reason})") from None


def _in_range(path: Path, samples: np.ndarray) -> Tensor:
    """A clip (channels, time) in [-1, 1] from what the decoder gave."""
    audio = torch.from_numpy(np.ascontiguousarray(samples.T))
    peak = audio.abs().max().item()  # NaN if there is one
    if not np.isfinite(peak):
        bad = int((~torch.isfinite(audio)).sum())
        raise AudioError(
            f"{path}: {bad} of {audio.numel()} samples are NaN or infinite; make the file anew"
        )
    if peak > UNSCALED_PEAK:
        raise AudioError(
            f"{path}: reaches {peak:.4g}, where full scale is 1; divide it by its full scale"
        )
    if peak > 1:
        beyond = int((audio.abs() > 1).sum())
        warnings.warn(
            f"{path}: {beyond} of {audio.numel()} samples lie beyond ±1 (peak {peak:.3f}) and were"
            " clipped; lower the level at the source if it matters",
            stacklevel=3,
        )
    return audio.clamp_(-1, 1)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Send the process's stderr nowhere for a moment.

    libmpg123 prints there, even for good files, and libsndfile offers no switch. The lock keeps
    threads from restoring each other's; what others write meanwhile is lost.
    """
    with _STDERR:
        try:
            kept = os.dup(2)
        except (
            OSError
        ):  # closed: from now on it leads nowhere, or the sound file would take its place
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != 2:
                os.dup2(nowhere, 2)
                os.close(nowhere)
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)

"""Which files of a folder are used, and what sound of theirs: the same for training and for `data check`.

Implements: `audio_files`, `read_recording`.
See:        chapter 1, "Sound into numbers".
"""

import os
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import load, to_mono
from tinyaudio.audio.reading import convert
from tinyaudio.errors import AudioError, DataError

SUFFIXES = frozenset(
    ".wav .wave .bwf .bw64 .rf64 .w64 .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .caf".split()
)
# Sound, too, but of formats that libsndfile does not read.
FOREIGN_SUFFIXES = frozenset(
    ".m4a .m4b .mp4 .aac .wma .ac3 .amr .ape .dsf .dff .mka .mpc .ra .shn .spx .tta .webm .wv .3gp".split()
)
SILENT_PEAK = 1e-4  # -80 dB, three steps of 16 bits; a file below it counts as silent


def audio_files(folder: str | Path) -> list[Path]:
    """Every audio file in a folder and its subfolders, by suffix, sorted; hidden ones are left out.

    Raises:
        DataError: The folder does not exist, or holds no audio file.

    Warns:
        UserWarning: For each folder that cannot be opened, or is a link, and for the suffixes that are
            sound but cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     for name in ("b.WAV", "a.flac", "notes.txt", ".hidden.wav"):
        ...         (Path(place) / name).touch()
        ...     [path.name for path in audio_files(place)]
        ['a.flac', 'b.WAV']
    """
    folder = Path(folder)
    try:
        if not folder.exists():
            raise DataError(f"no such folder: {folder}; check the name (you are in {Path.cwd()})")
        if not folder.is_dir():
            raise DataError(f"{folder} is a file; name the folder that contains it")
    except OSError as problem:
        raise DataError(f"{folder}: cannot be opened ({problem.strerror})") from None
    found, foreign, faults = [], Counter[str](), []

    def note(problem: OSError) -> None:
        faults.append(f"left out: {problem.filename}: cannot be opened ({problem.strerror})")

    for place, folders, names in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        faults += [
            f"left out: {path}: is a link to a folder; name that folder, or put its files here"
            for path in (Path(place, name) for name in folders)
            if path.is_symlink()
        ]
        for path in (Path(place, name) for name in names if not name.startswith(".")):
            suffix = path.suffix.lower()
            if suffix in SUFFIXES:
                found.append(path)
            foreign[suffix] += suffix in FOREIGN_SUFFIXES
    counts = ", ".join(f"{n} {suffix}" for suffix, n in sorted(foreign.items()) if n)
    if counts:
        faults.append(
            f"left out: {folder}: {counts} files, which cannot be read; convert them, for example with ffmpeg"
        )
    if not found:
        why = f" ({'; '.join(faults[:3])})" if faults else ""
        raise DataError(
            f"no audio in {folder}; put WAV, FLAC, Ogg, MP3 or AIFF files into it, or name another folder{why}"
        )
    for fault in faults:
        warnings.warn(fault, stacklevel=2)
    return sorted(found)


@dataclass(frozen=True)
class Recording:
    """A usable file: what training gets of it, and what it is.

    Args:
        audio: Mixed to one channel and resampled, in [-1, 1].
        clip: As it stands in the file, in [-1, 1].
        sample_rate: Of the file, in Hz.
    """

    audio: Float[Tensor, "1 T"]
    clip: Float[Tensor, "channels time"]
    sample_rate: int


def read_recording(path: Path, sample_rate: int) -> Recording:
    """Read a file as training does.

    Args:
        path: The file.
        sample_rate: Of training, in Hz.

    Raises:
        AudioError: It cannot be used; the message says why.

    Example:
        >>> import tempfile, torch; from tinyaudio.audio import save
        >>> with tempfile.TemporaryDirectory() as place:
        ...     save(f"{place}/a.wav", torch.rand(2, 48_000), sample_rate=48_000)
        ...     read_recording(Path(place) / "a.wav", 16_000).audio.shape
        torch.Size([1, 16000])
    """
    clip, file_rate = load(path)
    mono = to_mono(clip)
    try:
        audio = convert(mono, file_rate, sample_rate)
    except AudioError as problem:
        raise AudioError(f"{path}: {problem}") from None
    if audio.abs().max() >= SILENT_PEAK:
        return Recording(audio, clip, file_rate)
    if mono.abs().max() >= SILENT_PEAK:
        raise AudioError(
            f"{path}: holds nothing below {sample_rate / 2:g} Hz, and is silent at {sample_rate} Hz"
        )
    if clip.abs().max() >= SILENT_PEAK:
        raise AudioError(
            f"{path}: its {len(clip)} channels cancel each other when they are mixed to one; keep one of them"
        )
    raise AudioError(f"{path}: is silent; record it again, louder")

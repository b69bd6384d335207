"""From an open sound file to its samples, all of them, whatever its header declares.

Implements: `decode`.
See:        `tinyaudio.audio.lengths` and `tinyaudio.audio.streams`, which find where the sound ends.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from jaxtyping import Float

from tinyaudio.audio.lengths import (
    Spliced,
    bytes_after,
    correct_size,
    declared_frames,
    file_size,
    read_at,
)
from tinyaudio.audio.streams import find, mp3_declares, ogg_links, unbounded_flac, unbounded_mp3
from tinyaudio.audio.take import Take, Unbounded
from tinyaudio.errors import AudioError, PastEndError

MP3_PADDING = 2 * 1152  # samples that an encoder may add, and that are no loss
LEAST_S = 0.01  # less than this is not reported as missing
READING_ON = ("W64", "SVX")  # formats that libsndfile reads to the end of the file
MAX_PADDING = 8  # bytes after the sound of a chunk
COUNTING = ("AVR", "MPC2K", "MAT4", "MAT5", "NIST", "WVE")  # formats that declare frames


def decode(
    path: Path, file: BinaryIO, start_s: float, seconds: float | None
) -> tuple[Float[np.ndarray, "time channels"], int, str]:
    """The samples of a file, their rate in Hz, and a remark if there is more or less than declared.

    Raises:
        AudioError: It holds no samples in this place, or more than fit the memory.
        soundfile.SoundFileError: It is not readable.
    """
    flac, (places, complete) = unbounded_flac(file), ogg_links(file)
    take = Take(path, start_s, seconds)
    if flac:
        declared = flac[1]
        take.add_unbounded(Unbounded(flac[0]), declared)
        position = find(file, b"fLaC", 8, file_size(file)) if take.remark else file_size(file)
        take.damaged = declared == 0 and bool(take.remark) and position == file_size(file)
    elif places:
        take, declared, position = _ogg(take, file, places)
    else:
        take, declared, position = _bounded(take, file)
    remark = "" if take.full else _remark(take, file, declared, position, complete)
    if take.start > 0 and not take.n_samples:
        at = f"at {take.end / take.rate:.2f} s, " if 0 < take.end <= take.start else ""
        more = f"; {remark}" if remark else ""
        raise PastEndError(f"{path}: ends {at}before {start_s} s{more}")
    if not take.n_samples:
        why = "" if complete else ", because it is cut off"
        if complete and (n_bytes := bytes_after(file, position)):
            why = f" by its header, which {n_bytes} bytes follow"
        raise AudioError(f"{path}: holds no samples{why}; fetch or record it again")
    return np.concatenate(take.blocks), take.rate, remark


def _ogg(take: Take, file: BinaryIO, places: list[int]) -> tuple[Take, int, int]:
    """Read the streams of an Ogg file, one after the other."""
    declared = 0
    alone = len(places) == 2 and places[-1] == file_size(file)
    parts: Iterator = (Spliced(file, b"", *ends) for ends in pairwise(places))
    file.seek(0)
    for part in [file] if alone else parts:
        with soundfile.SoundFile(part) as sound:
            take.add(sound)
            declared += 0 if take.remark else sound.frames
        if take.full or take.remark:
            break
    return take, declared, places[-1]


def _bounded(take: Take, file: BinaryIO) -> tuple[Take, int, int]:
    """Read a file whose header is believed, once it has been corrected, but of an MP3 also what follows."""
    source, start, n_promised, n_present = correct_size(file)
    source.seek(0)
    with soundfile.SoundFile(source) as sound:
        seekable = not sound.subtype.startswith("DWVW")
        if seekable:
            take.add(sound)
        form, declared, log = sound.format, sound.frames, sound.extra_info
    if not seekable:
        source.seek(0)
        with Unbounded(source) as sound:
            take.add(sound)
    take.first_byte = start
    position = source.tell()  # decoders may have read ahead
    end = start + min(n_promised, n_present)
    # Of a block at the end that is not whole, bytes may be left; more than that is sound not read.
    n_read, n_left = position - start, end - position
    rest = n_left <= n_read and take.end * n_left < LEAST_S * take.rate * n_read
    if n_promised and form not in READING_ON and (rest or not take.n_samples):
        position = end
    if n_promised > n_present:
        declared = max(declared, round(take.end * n_promised / n_present))
        take.about = "about "
    counted = declared_frames(log, read_at(file, 0, 1024)) if form in COUNTING else 0
    declared = max(declared, counted)
    if 0 < n_promised < position - start - MAX_PADDING or 0 < counted < take.end:
        take.beyond = True
    if re.search("truncated|short read", log) and declared <= take.end:
        take.damaged = True
    if form == "MP3" and not mp3_declares(file):
        declared = 0  # an estimate of libsndfile's
        take.end = take.end if take.n_samples else 0
    if form == "MP3" and not take.full and bytes_after(file, position):
        more = unbounded_mp3(file)
        if more:
            longer = Take(take.path, take.start_s, take.seconds)
            longer.add_unbounded(Unbounded(more), 0)
            if longer.end > take.end + MP3_PADDING:
                return longer, 0, file_size(file)
    if not take.n_samples and not n_promised:  # nothing was read, so that its end is not known
        position = file_size(file)
    return take, declared, position


def _remark(take: Take, file: BinaryIO, declared: int, position: int, complete: bool) -> str:
    """What to say of a file that was read to its end; "" if it is as it should be."""
    end_s = take.end / take.rate
    if declared > take.end:
        digits = 2 if declared - take.end >= LEAST_S * take.rate else 5
        return (
            f"ends after {end_s:.{digits}f} s, where its header declares"
            f" {take.about}{declared / take.rate:.{digits}f} s; fetch it again if the rest matters"
        )
    if not complete or take.damaged:
        return f"is cut off or damaged after {end_s:.2f} s; fetch it again if the rest matters"
    n_read, n_after = max(1, position - take.first_byte), bytes_after(file, position)
    more_s = n_after / n_read * end_s
    if more_s >= LEAST_S or n_after > n_read or take.remark:
        estimate = f", about {more_s:.2f} s of sound," if more_s >= LEAST_S else ""
        why = f" ({take.remark})" if take.remark else ""
        return (
            f"more follows its declared end at {end_s:.2f} s{estimate} and is not read{why};"
            " if these are files put behind each other, split them"
        )
    if take.beyond:
        return (
            f"goes on for longer than its header declares, to {end_s:.2f} s; not all may be sound"
        )
    return ""

"""Unpacking archives that nobody has to trust: all of it appears, or nothing does, and nothing elsewhere.

Implements: `unpack`.
Differs:    from tarfile's ``data`` filter, which takes the leading slash off an absolute path, lets links
            pass that stay in the folder, and has no limits; zipfile has no filter.  A corpus needs files and
            folders only, so whatever else there is refuses the archive, by one rule for both formats.
"""

import bz2
import gzip
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from tqdm.auto import tqdm

from tinyaudio.errors import DataError

BLOCK_BYTES = 2**20
MAX_RATIO = 50  # unpacked to packed; recorded sound is packed to no less than a tenth
MAX_FILES = 1_000_000  # the largest corpus, NSynth, has 0.3 million
DECODERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}  # else it is plain tar
SKIPPED = "__MACOSX"  # what macOS adds to its archives
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,
)


@dataclass(frozen=True)
class Member:
    """One entry of an archive.

    Args:
        name: A path, as the archive has it.
        size: In bytes.
        kind: "file", "folder", or what is refused.
        content: A binary file to read from; None of what is not a file.
    """

    name: str
    size: int
    kind: str
    content: Any


def unpack(archive: Path, folder: Path, max_bytes: int) -> None:
    """Unpack a tar or zip archive into a new folder; where all lies in one folder, that folder's content.

    Args:
        archive: Such as a .tar.gz, .tar.bz2 or .zip file.
        folder: To make; it appears when all is there.
        max_bytes: More than its files may hold together.

    Raises:
        DataError: The archive is damaged, holds what a corpus does not, or the disk is full.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     with zipfile.ZipFile(f"{place}/a.zip", "w") as file:
        ...         file.writestr("corpus/wavs/1.wav", b"sound")
        ...     unpack(Path(place, "a.zip"), Path(place, "corpus"), max_bytes=100)
        ...     Path(place, "corpus/wavs/1.wav").read_bytes()
        b'sound'
    """
    place = folder.with_name(f".{folder.name}.unpacking")
    try:
        shutil.rmtree(place, ignore_errors=True)  # of a process that was killed
        place.mkdir(parents=True)
        limit = min(max_bytes, MAX_RATIO * archive.stat().st_size)
        bar = tqdm(desc=f"unpack {archive.name}", unit="B", unit_scale=True, disable=None)
        with bar, _damage_in_a_line(archive):
            _write_members(archive, place, limit, bar)
        found = list(place.iterdir())
        os.rename(found[0] if len(found) == 1 and found[0].is_dir() else place, folder)
    except OSError as problem:
        raise DataError(
            f"{archive}: cannot be unpacked into {folder} ({problem.strerror or problem}). Free some"
            " space, or remove what is there, and run the same command again; the archive is kept"
        ) from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _write_members(archive: Path, place: Path, limit: int, bar: tqdm) -> None:
    """Write what an archive holds into an empty folder."""
    n_bytes = n_files = 0
    for member in _members(archive):
        path = _safe(archive, member)
        n_bytes, n_files = n_bytes + member.size, n_files + 1
        if n_bytes > limit or n_files > MAX_FILES:
            raise _refused(
                archive,
                f"it grows beyond {limit / 1e9:.3g} GB or {MAX_FILES} files, as no sound does",
            )
        if path.parts[:1] == (SKIPPED,):
            continue
        target = place / path
        if member.content is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise _refused(archive, f"it holds {member.name!r} twice")
        with open(target, "xb") as file:
            while block := member.content.read(BLOCK_BYTES):
                file.write(block)
                bar.update(len(block))


def _members(archive: Path) -> Iterator[Member]:
    """What an archive holds, in its order; each is read before the next one comes."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                mode = info.external_attr >> 16  # 0 from systems that have none
                kind = "folder" if info.is_dir() else "file"
                if stat.S_IFMT(mode) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    kind = "link or device"
                elif info.flag_bits & 1:
                    kind = "file with a password"
                content = zipped.open(info) if kind == "file" else None
                yield Member(info.filename, info.file_size, kind, content)
                if content:
                    content.close()
        return
    # Not tarfile's own decoder, which reads past a wrong checksum.
    with (
        DECODERS.get(archive.suffix, open)(archive, "rb") as decoded,
        tarfile.open(fileobj=decoded, mode="r|") as tar,  # from start to end, without seeking
    ):
        for one in tar:
            kind = "file" if one.isreg() else "folder" if one.isdir() else "link or device"
            content = tar.extractfile(one) if kind == "file" else None
            yield Member(one.name, one.size, kind, content)
        decoded.read(BLOCK_BYTES)  # the padding, and the checksum behind it


def _safe(archive: Path, member: Member) -> PurePosixPath:
    """Where a member goes, in the folder."""
    path = PurePosixPath(member.name)
    foreign = PureWindowsPath(member.name)
    if member.kind not in ("file", "folder"):
        raise _refused(archive, f"{member.name!r} is a {member.kind}")
    if path.is_absolute() or foreign.anchor or "\\" in member.name:
        raise _refused(archive, f"{member.name!r} is not a path in a folder")
    if ".." in path.parts or "\0" in member.name or (member.kind == "file" and not path.parts):
        raise _refused(archive, f"{member.name!r} leads out of the folder, or nowhere")
    return path


def _refused(archive: Path, reason: str) -> DataError:
    return DataError(
        f"{archive}: refused, nothing was unpacked: {reason}. This is not the corpus: delete it, and"
        " fetch it from another address"
    )


@contextmanager
def _damage_in_a_line(archive: Path) -> Iterator[None]:
    """Errors of the decoders as one of ours."""
    try:
        yield
    except DAMAGE as problem:
        raise _damaged(archive, problem) from None
    except OSError as problem:
        if problem.errno is not None:  # of the system, not of the gzip or bz2 decoder
            raise
        raise _damaged(archive, problem) from None


def _damaged(archive: Path, problem: Exception) -> DataError:
    return DataError(
        f"{archive}: cannot be unpacked ({problem}); it is damaged or cut off, and nothing was unpacked:"
        " delete it and run the same command again"
    )

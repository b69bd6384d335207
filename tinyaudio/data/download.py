"""Downloading a corpus: its licence, its archives, their hashes, and the folders that they unpack to.

A hash that is published must be met.  Where none is, the first download is trusted, and its SHA-256 is
written to ``downloads.json``, which a later download into that folder must meet.

Implements: `download`.
See:        `tinyaudio.data.corpora` for what there is, `tinyaudio.data.fetch` and `tinyaudio.data.unpack`.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from tqdm.auto import tqdm

from tinyaudio.data.corpus import Archive, Corpus
from tinyaudio.data.fetch import UnreachableError, fetch
from tinyaudio.data.unpack import unpack
from tinyaudio.errors import DataError
from tinyaudio.files import atomic_write, locked

BLOCK_BYTES = 2**20
RECORD = "downloads.json"


def download(
    corpus: Corpus,
    folder: Path,
    *,
    accept_licence: bool,
    parts: Sequence[str] = (),
    mirrors: Sequence[str] = (),
    hosts: Sequence[str] = (),
) -> list[Path]:
    """Fetch, verify and unpack a corpus; what is there already is left as it is.

    Each archive is fetched to ``FOLDER/FILE.part``, verified, unpacked to ``FOLDER/NAME`` and deleted.
    An archive that was put into the folder by hand is verified and unpacked as if it had been fetched.

    Args:
        corpus: Of `tinyaudio.data.corpora.CORPORA`.
        folder: To put it into.
        accept_licence: Whether its licence was read and accepted.
        parts: Some of its parts; all by default.
        mirrors: Addresses of folders that hold the archives, which are tried first.
        hosts: To which addresses may redirect, beside those of the corpus.

    Returns:
        The folders.

    Raises:
        DataError: The licence is not accepted, no address leads to an archive, it is not the published
            one, or the disk is full; the message says what to do.
    """
    if not corpus.archives:
        raise DataError(
            f"{corpus.name}: its owner gives it out; get it from {corpus.home}, unpack it, and go on with:"
            f" tinyaudio data arrange {corpus.name} FOLDER OUT"
        )
    if not accept_licence:
        raise DataError(
            f"{corpus.name}: its licence is: {corpus.licence} ({corpus.home}); if you accept it, add"
            " --accept-licence"
        )
    archives = corpus.parts(parts)
    busy = DataError(f"{folder}: another download is at work here; wait for it")
    with locked(folder, busy):
        for archive in archives:
            place, path = folder / archive.name, folder / archive.file
            if not place.exists():
                if not path.is_file():
                    fetch_archive(corpus, archive, folder, mirrors, hosts)
                digest = verify(archive, path)
                unpack(path, place, archive.unpacked_bytes)
                trust(archive, digest, folder / RECORD)
                path.unlink()
    return [folder / archive.name for archive in archives]


def fetch_archive(
    corpus: Corpus, archive: Archive, folder: Path, mirrors: Sequence[str], hosts: Sequence[str]
) -> None:
    """Fetch an archive from the first address that has it, and give it its name.

    Raises:
        DataError: None has it, or fetching it failed; what has come is kept.
    """
    part = folder / f"{archive.file}.part"
    faults = []
    for url in [*(f"{mirror.rstrip('/')}/{archive.file}" for mirror in mirrors), archive.url]:
        try:
            fetch(archive, url, part, [*corpus.hosts, *hosts])
        except UnreachableError as fault:
            faults.append(str(fault))
            continue
        os.replace(part, folder / archive.file)
        part.with_name(f"{part.name}.json").unlink(missing_ok=True)
        return
    if part.exists():
        faults.append(
            f"{part.stat().st_size / 1e6:.1f} MB are kept: run the same command again to go on"
        )
    raise DataError(
        f"{'; '.join(faults)}. If the address is dead, see {corpus.home}: give another one with --mirror, or"
        f" put {archive.file} into {folder} yourself and run the same command again"
    )


def verify(archive: Archive, path: Path) -> str:
    """Compare a file with the published hash, or with that of the first download; delete it if it differs.

    Returns:
        Its hash.

    Raises:
        DataError: It is another file.
    """
    record = path.parent / RECORD
    first = "" if archive.hashed else _read_record(record).get(archive.file, "")
    found = _digest(path, "md5" if archive.md5 and not archive.sha256 else "sha256")
    expected = archive.sha256 or archive.md5 or first or found
    if found != expected:
        path.unlink()
        whose = "that is published" if archive.hashed else f"of the first download ({record})"
        raise DataError(
            f"{archive.file}: its hash is {found}, not {expected}, {whose}; it was deleted. Run the same"
            " command again; if that brings the same file, give another address with --mirror"
        )
    return found


def trust(archive: Archive, digest: str, record: Path) -> None:
    """Write down the hash of an archive of which none is published, if this is its first download.

    Warns:
        UserWarning: That it is.
    """
    known = {} if archive.hashed else _read_record(record)
    if archive.hashed or archive.file in known:
        return
    with atomic_write(record, DataError) as file:
        file.write(json.dumps(known | {archive.file: digest}, indent=1).encode() + b"\n")
    warnings.warn(
        f"{archive.file}: no hash of it is published; it is trusted this first time, and its SHA-256 is"
        f" written to {record}",
        stacklevel=3,
    )


def _digest(path: Path, algorithm: str) -> str:
    """The hash of a file."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    total = path.stat().st_size
    with (
        tqdm(
            desc=f"verify {path.name}", total=total, unit="B", unit_scale=True, disable=None
        ) as bar,
        open(path, "rb") as file,
    ):
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            bar.update(len(block))
    return digest.hexdigest()


def _read_record(path: Path) -> dict[str, str]:
    """The hashes of first downloads, by file."""
    try:
        known = json.loads(path.read_text())
        return {str(file): str(digest) for file, digest in known.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as problem:
        raise DataError(f"{path}: cannot be read ({problem}); delete it to trust anew") from None

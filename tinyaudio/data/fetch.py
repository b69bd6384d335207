"""Fetching one large file over HTTP: it goes on where it was interrupted, and only from hosts that were named.

The file grows as ``FILE.part``; ``FILE.part.json`` beside it says which version of which address it is, so
that two versions are never mixed.

Implements: `fetch`.
Differs:    from pooch and from torch.hub, which begin again after an interruption and follow any redirect; from
            huggingface_hub, which resumes, but only from its hub.  Python's own urllib is enough for the rest.
"""

import http.client
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import Message
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from tinyaudio.data.corpus import Archive
from tinyaudio.errors import DataError
from tinyaudio.files import atomic_write

BLOCK_BYTES = 2**18
TIMEOUT_S = 30.0  # without a byte
ATTEMPTS = 4  # in a row that bring nothing
PAUSE_S = 1.0  # before the second; then twice as long each time
RESERVE_BYTES = 100 * 10**6  # of the disk that stay free


class UnreachableError(DataError):
    """An address does not lead to the file, or stopped sending it; another address may have it."""


def fetch(archive: Archive, url: str, path: Path, hosts: Sequence[str] = ()) -> None:
    """Fetch an archive, or the rest of it; afterwards its hash is still to be compared.

    Args:
        archive: What should come: its size, and whether a hash of it is published, so that a part from
            another address may be gone on with.
        url: Where from, by http or https.
        path: Where it is to grow: ``FILE.part``.
        hosts: To which the address may redirect, beside its own.

    Raises:
        UnreachableError: There is no such file at this address, or the connection broke again and again.
        DataError: The disk is full, another host was named, or the size is another.  What has come is kept.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise DataError(f"{url}: not an address of the web; give one that begins with https://")
    opener = urllib.request.build_opener(_Redirects({urlsplit(url).hostname, *hosts}))
    failures, reason = 0, ""
    while failures < ATTEMPTS:
        if failures:
            time.sleep(PAUSE_S * 2 ** (failures - 1))
        before = _size(path)
        try:
            if _append(opener, archive, url, path):
                return
            reason = "the connection was closed early"
        except urllib.error.HTTPError as problem:
            reason = f"{problem.code} {problem.reason}"
            if problem.code < 500 and problem.code != 429:  # it will not be there a second later
                break
        except (OSError, http.client.HTTPException) as problem:
            reason = str(getattr(problem, "reason", None) or problem or type(problem).__name__)
        failures = 1 if _size(path) > before else failures + 1
    raise UnreachableError(f"{url}: {reason}")


def _append(opener: urllib.request.OpenerDirector, archive: Archive, url: str, path: Path) -> bool:
    """One connection; returns whether the file is whole."""
    start = _size(path)
    if start and start == archive.size_bytes:
        return True
    known = _version(path)
    same_version = known.get("version") if known.get("url") == url else ""
    headers = {"User-Agent": "tinyaudio", "Accept-Encoding": "identity"}
    if start and (same_version or archive.hashed):
        headers["Range"] = f"bytes={start}-"
        if same_version:
            headers["If-Range"] = (
                same_version  # the whole comes instead of the rest if it has changed
            )
    try:
        reply = opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as problem:
        if problem.code != 416:
            raise
        # Nothing follows: the part is whole, or longer than the file, and is begun anew.
        if problem.headers.get("Content-Range", "") == f"bytes */{start}":
            _check_size(url, start, archive)
            return True
        path.unlink()
        return False
    with reply:
        if "text/html" in reply.headers.get("Content-Type", ""):
            raise UnreachableError(f"{url}: leads to a web page, not to a file")
        if reply.status != 206:  # the whole: no ranges here, or another version
            start = 0
        elif not reply.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise UnreachableError(f"{url}: sent another part than was asked for")
        length = reply.headers["Content-Length"]
        total = start + int(length) if length else None
        _check_size(url, total, archive)
        _check_room(path, (total or archive.size_bytes or 0) - start + archive.unpacked_bytes)
        if not start:
            _remember(path, url, reply.headers)
        n = _write(reply, path, start, total or archive.size_bytes or archive.unpacked_bytes)
    return n == total if total is not None else archive.size_bytes in (None, n)


def _write(reply: http.client.HTTPResponse, path: Path, start: int, limit: int) -> int:
    """Write what comes to the part from `start` on; returns its size."""
    n = start
    bar = tqdm(desc=path.stem, initial=n, total=limit, unit="B", unit_scale=True, disable=None)
    with bar, _open(path, n) as part:
        while block := reply.read(BLOCK_BYTES):
            n += len(block)
            if n > limit:
                raise UnreachableError(f"{path.stem}: more than {limit} bytes came")
            bar.update(len(block))
            try:
                while block:  # a full disk takes the first bytes of a block, then none
                    block = block[part.write(block) :]
            except OSError as problem:
                raise _cannot_write(path, problem) from None
    return n


def _open(path: Path, start: int) -> FileIO:
    """The part, at its end or emptied; never what a link leads to, which may lie elsewhere."""
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        part = FileIO(os.open(path, flags, 0o666), "wb")
        part.truncate(start)
        part.seek(start)
    except OSError as problem:
        raise _cannot_write(path, problem) from None
    return part


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to named hosts only, and from https to https only."""

    def __init__(self, hosts: set[str | None]) -> None:
        self.hosts = hosts

    def redirect_request(
        self, request: Any, file: Any, code: int, message: str, headers: Any, new_url: str
    ) -> Any:
        """The request that follows, or an error."""
        old, new = urlsplit(request.full_url), urlsplit(new_url)
        if new.hostname not in self.hosts:
            raise DataError(
                f"{request.full_url}: redirects to another host, {new.hostname}; if you trust it, add"
                f" --allow-host {new.hostname}"
            )
        if new.scheme != "https" and old.scheme == "https":
            raise DataError(
                f"{request.full_url}: redirects to {new_url}, which is not encrypted; refused"
            )
        return super().redirect_request(request, file, code, message, headers, new_url)


def _check_size(url: str, total: int | None, archive: Archive) -> None:
    """Refuse a file of another size before it is fetched."""
    known = archive.size_bytes
    if total is not None and (total != known if known else total > archive.unpacked_bytes):
        raise DataError(
            f"{url}: has {total} bytes, not {known or f'at most {archive.unpacked_bytes}'}; it is another"
            " file, or another version: give another address with --mirror"
        )


def _check_room(path: Path, wanted: int) -> None:
    """Refuse to begin what the disk cannot hold."""
    free = shutil.disk_usage(path.parent).free
    if free < wanted + RESERVE_BYTES:
        raise DataError(
            f"{path.parent}: {wanted / 1e9:.2f} GB are needed, to download and to unpack, and"
            f" {free / 1e9:.2f} GB are free; free some space or choose another folder"
        )


def _cannot_write(path: Path, problem: OSError) -> DataError:
    return DataError(
        f"{path}: cannot be written ({problem.strerror}); what has come is kept: free some space and run"
        " the same command again to go on"
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _version(path: Path) -> dict[str, str]:
    """The address of a part, and the version that the server calls it; {} if that is not known."""
    try:
        known = json.loads(_version_file(path).read_text())
        return {name: str(known[name]) for name in ("url", "version")}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _remember(path: Path, url: str, headers: Message) -> None:
    """Write down which version is being fetched."""
    tag = headers.get("ETag", "")
    # A weak tag holds for files that mean the same, which is not enough to join two parts.
    version = headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag
    with atomic_write(_version_file(path), DataError) as file:
        file.write(json.dumps({"url": url, "version": version}).encode())


def _version_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")

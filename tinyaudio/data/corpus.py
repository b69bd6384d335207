"""What a public corpus is: its licence, and archives with their addresses, sizes and hashes.

Implements: `Archive`, `Corpus`.
See:        `tinyaudio.data.corpora`, the corpora of the book.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyaudio.errors import DataError


@dataclass(frozen=True)
class Archive:
    """One file of a corpus.

    Args:
        part: What ``--parts`` calls it.
        name: Of the folder that it unpacks to.
        url: Where it lies.
        unpacked_bytes: More than its files hold together: kept free before it is fetched, and a larger one
            is refused.
        size_bytes: Of the archive; None where it is not published.
        sha256: Published hash, or "".
        md5: The same.
    """

    part: str
    name: str
    url: str
    unpacked_bytes: int
    size_bytes: int | None = None
    sha256: str = ""
    md5: str = ""

    @property
    def file(self) -> str:
        """Its file name.

        Example:
            >>> Archive("all", "LJSpeech-1.1", "https://example.org/LJSpeech-1.1.tar.bz2", 10**9).file
            'LJSpeech-1.1.tar.bz2'
        """
        return self.url.rpartition("/")[2]

    @property
    def hashed(self) -> bool:
        """Whether a hash of it is published."""
        return bool(self.sha256 or self.md5)


@dataclass(frozen=True)
class Corpus:
    """One corpus.

    Args:
        name: On the command line.
        content: What it holds, in a line.
        home: Its page.
        licence: What it may be used for.
        citation: Whom to cite.
        archives: What is downloaded; none where its owner lets nobody else do so.
        hosts: To which its addresses may redirect, beside their own.
    """

    name: str
    content: str
    home: str
    licence: str
    citation: str
    archives: tuple[Archive, ...] = ()
    hosts: tuple[str, ...] = ()

    def parts(self, wanted: Sequence[str] = ()) -> list[Archive]:
        """Its archives, or those of these parts.

        Raises:
            DataError: It has no such part.

        Example:
            >>> parts = tuple(Archive(one, f"notes-{one}", "", 10**9) for one in ("train", "valid"))
            >>> notes = Corpus("notes", "", "", "", "", parts)
            >>> [one.name for one in notes.parts(["valid"])]
            ['notes-valid']
        """
        known = {archive.part: archive for archive in self.archives}
        if unknown := [part for part in wanted if part not in known]:
            raise DataError(
                f"{self.name} has no part {unknown[0]!r}; choose of: {', '.join(known) or 'none'}"
            )
        return [known[part] for part in wanted or known]

"""How much sound a file holds, where its header does not say it or says it wrongly.

libsndfile believes the size in a header.  Programs that write into a pipe, or are stopped, leave it at 0
or -1; files are cut off, or put behind each other.  Such sizes are found here, and corrected.

Implements: `correct_size`, `bytes_after`, `declared_frames`.
See:        `tinyaudio.audio.streams` for MP3, FLAC and Ogg, which have no such size.
"""

import io
import re
import struct
from typing import BinaryIO, NamedTuple

MAX_CHUNKS = 10_000  # looked through
NEAR = 2**16  # bytes: a size this near to 2^31 or 2^32 stands for one that is not known
BLOCK_BYTES = 2**16  # read at a time
MAX_BYTES = 2**42  # of a file: 4 TiB


class Spliced:
    """A file to read from, made of bytes and of a part of another file."""

    def __init__(self, file: BinaryIO, head: bytes, start: int, stop: int) -> None:
        self._file, self._head, self._start = file, head, start
        self._size = len(head) + max(0, stop - start)
        self._position = 0

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, n_bytes: int) -> bytes:
        """Bytes from the position on; fewer at the end."""
        n = max(0, min(n_bytes, self._size - self._position))
        data = self._head[self._position : self._position + n]
        if len(data) < n:
            place = self._start + self._position + len(data) - len(self._head)
            data += read_at(self._file, place, n - len(data))
        self._position += len(data)
        return data


File = BinaryIO | Spliced


class Layout(NamedTuple):
    """How the chunks of a format are laid out, each a name, a size and content."""

    first: int  # where the first chunk begins
    name: int  # bytes of a name
    size: str  # format of a size, for `struct`
    counted: int  # bytes of name and size that the size includes
    align: int  # each chunk begins at a multiple of this


LAYOUTS = {
    b"RIFF": Layout(12, 4, "<I", 0, 2),
    b"RIFX": Layout(12, 4, ">I", 0, 2),
    b"RF64": Layout(12, 4, "<I", 0, 2),
    b"BW64": Layout(12, 4, "<I", 0, 2),
    b"FORM": Layout(12, 4, ">I", 0, 2),  # AIFF, AIFC, 8SVX
    b"caff": Layout(8, 4, ">q", 0, 1),
    b"riff": Layout(40, 16, "<q", 24, 8),  # W64
}
SOUND = (b"data", b"SSND", b"BODY")  # names of the chunk of samples
FILES = (*LAYOUTS, b".snd", b"OggS", b"fLaC")  # a name that no chunk has: another file begins


class Size(NamedTuple):
    """The size of the sound by a header."""

    at: int  # where it stands
    format: str  # for `struct`
    extra: int  # bytes that it includes beside the samples
    start: int  # where the samples begin
    value: int  # what stands there


def read_at(file: BinaryIO, position: int, n_bytes: int) -> bytes:
    """Bytes of a file; fewer at its end, and none where no file reaches."""
    if not 0 <= position < MAX_BYTES:
        return b""
    file.seek(position)
    return file.read(n_bytes)


def file_size(file: BinaryIO) -> int:
    """The size of an open file."""
    return file.seek(0, io.SEEK_END)


def correct_size(file: BinaryIO) -> tuple[File, int, int, int]:
    """Give a header the size that it does not know, where libsndfile would believe it and lose sound.

    Returns:
        The file for a decoder; where the sound begins; and the bytes of it that its header declares, and
        those that may be sound.  0, 0 and 0 where the header has no such size or does not know it.
    """
    size, magic = file_size(file), read_at(file, 0, 4)
    layout = LAYOUTS.get(magic)
    found = _au_size(file, size) if magic == b".snd" else _chunk_size(file, magic, size)
    if found is None:
        return file, 0, 0, 0
    rest, declared, stop = size - found.start, found.value - found.extra, size
    unknown = declared <= 0 or (
        declared > rest and min(abs(found.value - 2**31), abs(found.value - 2**32)) <= NEAR
    )
    if declared <= 0 and metadata_follows(file, found.start, size, layout):
        return file, 0, 0, 0  # it is empty
    width = struct.calcsize(found.format)
    head = read_at(file, 0, found.at + width)
    corrected = bytearray(head)
    believed = unknown or (declared > rest and magic in (b"caff", b"RF64", b"BW64"))
    if believed and rest + found.extra < 2 ** (8 * width - 1):
        struct.pack_into(found.format, corrected, found.at, rest + found.extra)
    if magic == b"BW64":  # is RF64 under another name
        corrected[:4] = b"RF64"
    if layout and 0 < declared < rest:
        after = align(found.start + declared, layout)
        if read_at(file, after, 4) in FILES:  # the decoder would take it for a chunk
            stop = after
    source: File = file
    if stop < size or corrected != head:
        source = Spliced(file, bytes(corrected), len(corrected), stop)
    return source, found.start, 0 if unknown else declared, rest


def align(position: int, layout: Layout) -> int:
    """The next place where a chunk may begin."""
    return -(-position // layout.align) * layout.align


def _au_size(file: BinaryIO, size: int) -> Size | None:
    head = read_at(file, 4, 8)
    if len(head) < 8:
        return None
    start, value = struct.unpack(">2I", head)
    return Size(8, ">I", 0, start, value) if 24 <= start < size else None


def _chunk_size(file: BinaryIO, magic: bytes, size: int) -> Size | None:
    layout = LAYOUTS.get(magic)
    if layout is None:
        return None
    at, large = layout.first, None  # `large`: where RF64 has the size that takes 64 bits
    for _ in range(MAX_CHUNKS):
        width = struct.calcsize(layout.size)
        head = read_at(file, at, layout.name + width)
        if len(head) < layout.name + width:
            return None
        (value,) = struct.unpack(layout.size, head[layout.name :])
        content, name = at + len(head), head[:4]
        if name == b"ds64":
            large = content + 8
        if name in SOUND:
            before = 8 if name == b"SSND" else 4 if magic == b"caff" else 0
            start, extra = content + before, before + layout.counted
            if start >= size:
                return None
            if large and value == 2**32 - 1:
                (value,) = struct.unpack("<q", read_at(file, large, 8).ljust(8, b"\0"))
                return Size(large, "<q", extra, start, value)
            return Size(at + layout.name, layout.size, extra, start, value)
        if value < layout.counted:
            return None
        at = align(content + value - layout.counted, layout)
    return None


def bytes_after(file: BinaryIO, position: int) -> int:
    """How many bytes follow the sound, which ended at `position`, that may be sound.

    Chunks with names, tags of MP3 players, and zeros are none.
    """
    end = untagged_end(file)
    if end <= position or metadata_follows(file, position, end, LAYOUTS.get(read_at(file, 0, 4))):
        return 0
    for place in range(position, end, BLOCK_BYTES):
        if read_at(file, place, min(BLOCK_BYTES, end - place)).strip(b"\0"):
            return end - position
    return 0


def untagged_end(file: BinaryIO) -> int:
    """Where a file ends, without the tags that MP3 players put there."""
    end = file_size(file)
    if end > 128 and read_at(file, end - 128, 3) == b"TAG":  # ID3v1
        end -= 128
    footer = read_at(file, max(0, end - 32), 32)
    if footer.startswith(b"APETAGEX") and len(footer) == 32:  # counts itself, but not its header
        end = max(0, end - 32 - struct.unpack("<I", footer[12:16])[0])
    return end


def metadata_follows(file: BinaryIO, position: int, end: int, layout: Layout | None) -> bool:
    """Whether chunks with names, and nothing else, stand from a position to the end of a file."""
    if layout is None:
        return False
    width = struct.calcsize(layout.size)
    at = align(position, layout)
    for _ in range(MAX_CHUNKS):
        if at >= end:
            return True
        head = read_at(file, at, layout.name + width)
        name = head[:4]
        if len(head) < layout.name + width or name in FILES or not all(31 < c < 127 for c in name):
            return not head.strip(b"\0") and end - at < layout.name + width  # padding
        (value,) = struct.unpack(layout.size, head[layout.name :])
        if value < layout.counted or at + value > end:
            return False
        at = align(at + len(head) + value - layout.counted, layout)
    return False


def declared_frames(log: str, head: bytes) -> int:
    """How many frames a header declares, as libsndfile's log and the header say; 0: neither does.

    Example:
        >>> declared_frames("  Frames      : 16000", b"")
        16000
    """
    found = re.findall(r"(?:\bFrames +|\bCols +|\bData length) ?:? ?(\d+)", log)
    found += [n.decode() for n in re.findall(rb"sample_count -i (\d+)", head)]  # NIST
    return int(found[-1]) if found else 0

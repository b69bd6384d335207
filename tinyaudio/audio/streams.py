"""MP3, FLAC and Ogg without an end that is known beforehand.

MP3 and FLAC are made of frames, and Ogg of pages, each of which can be decoded when it comes.  How many
there are may stand in the first of them, and may be wrong: files are put behind each other, and written
into pipes, where what comes first cannot be corrected.

Implements: `unbounded_mp3`, `mp3_declares`, `unbounded_flac`, `ogg_links`, `find`.
Paper:      ISO 11172-3 and 13818-3 for the frames of MP3; RFC 9639 for FLAC; RFC 3533 for Ogg.
"""

import struct
from typing import BinaryIO, NamedTuple

from tinyaudio.audio.lengths import BLOCK_BYTES, File, Spliced, file_size, read_at, untagged_end

MANY_FRAMES = 2**24  # of an MP3: more than fit the memory
INFO_KBITS = {
    True: (9, 128),
    False: (8, 64),
}  # MPEG 1 or not: index and rate of a frame for the header
RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
BOS, EOS = 2, 4  # flags of an Ogg page: the first and the last of a stream


def after_id3(file: BinaryIO) -> int:
    """Where the tags end that may stand before an MP3 or a FLAC file."""
    at = 0
    while (head := read_at(file, at, 10))[:3] == b"ID3" and len(head) == 10:
        a, b, c, d = head[6:]
        at += 10 + (a << 21 | b << 14 | c << 7 | d)
    return at


class FirstFrame(NamedTuple):
    """The first frame of an MP3."""

    at: int  # where it begins
    head: bytes  # its first bytes
    info: int  # where in them Xing's header may stand, with the number of frames in the file
    mpeg1: bool

    @property
    def has_info(self) -> bool:
        """Whether there is such a header."""
        return self.head[self.info : self.info + 4] in (b"Xing", b"Info")


def _first_frame(file: BinaryIO) -> FirstFrame | None:
    at = after_id3(file)
    head = read_at(file, at, 192)
    if len(head) < 192 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # layer 3
        return None
    version, rate_index = head[1] >> 3 & 3, head[2] >> 2 & 3
    if version == 1 or rate_index == 3:
        return None
    mpeg1, mono = version == 3, head[3] >> 6 == 3
    return FirstFrame(at, head, 4 + ((17 if mono else 32) if mpeg1 else (9 if mono else 17)), mpeg1)


def mp3_declares(file: BinaryIO) -> bool:
    """Whether an MP3 says how many frames it has."""
    first = _first_frame(file)
    if first is None or not first.has_info or not first.head[first.info + 7] & 1:
        return False
    return any(first.head[first.info + 8 : first.info + 12])


def unbounded_mp3(file: BinaryIO) -> File | None:
    """The file with a first frame that declares more frames than there are, so that all are decoded.

    Returns:
        `None` if it does not begin with a frame of layer 3 whose size is known.
    """
    first = _first_frame(file)
    if first is None:
        return None
    at, head, info, mpeg1 = first
    if first.has_info:
        frame = bytearray(head)
        flags = frame[info + 7]
        if not flags & 1:  # without a number of frames
            return None
        struct.pack_into(">I", frame, info + 8, MANY_FRAMES)
        lame = info + 8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2
        if lame + 24 <= len(frame):  # no samples to leave out at the end
            frame[lame + 22] &= 0xF0
            frame[lame + 23] = 0
        return Spliced(file, bytes(frame), at + len(frame), file_size(file))
    index, kbits = INFO_KBITS[mpeg1]
    rate_hz = RATES_HZ[head[1] >> 3 & 3][head[2] >> 2 & 3]
    frame = bytearray((144 if mpeg1 else 72) * kbits * 1000 // rate_hz)
    frame[:4] = bytes([head[0], head[1] | 1, index << 4 | head[2] & 12, head[3]])
    frame[info : info + 12] = b"Xing" + struct.pack(">2I", 1, MANY_FRAMES)
    return Spliced(file, bytes(frame), at, file_size(file))


def unbounded_flac(file: BinaryIO) -> tuple[File, int] | None:
    """The file with a header that leaves open how long it is, and how many samples it declared.

    Returns:
        `None` if it is no FLAC file; 0 samples if they were left open already.
    """
    at = after_id3(file)
    head = bytearray(read_at(file, at, 26))
    if len(head) < 26 or head[:4] != b"fLaC" or head[4] & 127:
        return None
    declared = (head[21] & 15) << 32 | struct.unpack_from(">I", head, 22)[0]
    head[21] &= 0xF0
    head[22:26] = bytes(4)
    return Spliced(file, bytes(head), at + len(head), untagged_end(file)), declared


def ogg_links(file: BinaryIO) -> tuple[list[int], bool]:
    """Where the streams of an Ogg file begin that stand behind each other.

    Returns:
        Their places, and the end of the last whole page; and whether that page says that it is the last.
        No places if it is no Ogg file.
    """
    size, at, end = file_size(file), 0, 0
    places: list[int] = []
    flags, between = 0, True
    while at < size:
        head = read_at(file, at, 27)
        if head[:4] != b"OggS" or len(head) < 27:
            if not places:
                return [], True
            at = find(file, b"OggS", at + 1, size)
            continue
        lacing = file.read(head[26])
        after = at + 27 + len(lacing) + sum(lacing)
        if len(lacing) < head[26] or after > size:
            flags = 0
            break
        flags = head[5]
        if flags & BOS and between:  # not: the second stream of a video
            places.append(at)
        between = not flags & BOS
        at = end = after
    return ([*places, end], bool(flags & EOS)) if places else ([], True)


def find(file: BinaryIO, words: bytes, start: int, size: int) -> int:
    """The first place of some bytes from a place on; the file's size if there is none."""
    for place in range(start, size, BLOCK_BYTES):
        found = read_at(file, place, BLOCK_BYTES + len(words) - 1).find(words)
        if found >= 0:
            return place + found
    return size

"""Damaged sound files, each a function of (seed, number).

The first are the bad inputs that people meet, made by hand; then come good files of every kind that
libsndfile can write, damaged in one to three of nine ways.
"""

import io
import struct
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
import soundfile

SUFFIXES = {"AU": "au", "AIFF": "aiff", "OGG": "ogg", "RF64": "wav", "WAVEX": "wav", "SVX": "iff"}
NOT_ALONE = ("RAW", "SD2")  # need a header that is given, or a second file
LENGTHLESS = ("IRCAM", "PVF", "PAF", "XI")  # formats that declare no length
N_SAMPLES, RATE = 3200, 16_000
HEADER = 128  # bytes within which most formats have their header
EXTREMES = [0, 1, 2, 7, 192, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
NOISE = np.random.default_rng(1).integers(-9999, 9999, 3200).astype("<i2").tobytes()


@dataclass(frozen=True)
class Sample:
    """A sound file as suffix and content, and how much sound it holds."""

    suffix: str
    data: bytes
    n_samples: int | None = None  # None: unknown
    form: str = ""  # format, where it is as a whole one
    header: int = 0  # bytes before the sound
    whole: bool = False  # nothing is to be remarked on it


@cache
def whole_files() -> list[Sample]:
    """A good file of each kind that libsndfile can write: 0.2 s at 16 or 8 kHz, mono and stereo in turn."""
    rng = np.random.default_rng(0)
    files: list[Sample] = []
    for form, subtype in kinds():
        for rate, channels in product((RATE, RATE // 2), (1 + len(files) % 2, 1)):
            audio = rng.uniform(-0.9, 0.9, (2 * N_SAMPLES, channels))
            try:
                data = encoded(audio[:N_SAMPLES], form, subtype, rate)
                twice = len(encoded(audio, form, subtype, rate))
            except soundfile.SoundFileError:  # the kind takes another rate, or one channel only
                continue
            suffix = SUFFIXES.get(form, form.lower())
            header = max(0, 2 * len(data) - twice)
            files.append(Sample(suffix, data, N_SAMPLES, form, header))
            break
    return files


def kinds() -> list[tuple[str, str]]:
    """Every format and subtype of libsndfile's that a file by itself can have."""
    return [
        (form, subtype)
        for form in soundfile.available_formats()
        if form not in NOT_ALONE
        for subtype in soundfile.available_subtypes(form)
    ]


def encoded(audio: np.ndarray, form: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    """A good file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate, subtype, format=form)
    return buffer.getvalue()


def wav(
    body: bytes,
    *,
    rate: int = 16_000,
    channels: int = 1,
    bits: int = 16,
    size: int | None = None,
    tag: int = 1,
) -> bytes:
    """A WAV file with any header; `tag` is 1 for integers, 3 for floats."""
    frame = channels * bits // 8
    per_second = rate * frame & 0xFFFFFFFF
    size = len(body) if size is None else size
    fmt = struct.pack("<HHIIHH", tag, channels, rate, per_second, frame & 0xFFFF, bits)
    riff = b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + b"WAVEfmt \x10\0\0\0" + fmt
    return riff + b"data" + struct.pack("<I", size) + body


def float_wav(bad: float) -> bytes:
    """A WAV file of floats from -1 to 1, three of them replaced by `bad`."""
    ramp = np.linspace(-1, 1, 800, dtype="<f4")
    ramp[600:603] = bad
    return wav(ramp.tobytes(), bits=32, tag=3)


def chosen_files() -> list[tuple[str, bytes]]:
    """Bad inputs that people meet, and wrong headers."""
    endless = bytearray(encoded(np.zeros((3200, 1)), "FLAC"))
    endless[21] |= 0x0F  # the 36 bits of STREAMINFO that count samples: all ones
    endless[22:26] = b"\xff" * 4
    caf = b"caff\0\1\0\0desc" + struct.pack(">qd", 32, 16_000.0) + b"lpcm"
    caf += struct.pack(">5I", 2, 2, 1, 1, 16) + b"data" + struct.pack(">qI", 2**37, 0) + NOISE
    return [
        ("wav", b""),
        ("wav", b"\0"),
        ("wav", b"RIFF"),
        ("wav", b"this is a text file, not a sound\n" * 40),
        ("mp3", b"<!DOCTYPE html><html><body>404 Not Found</body></html>"),
        ("mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + NOISE),  # a tag of 256 MB
        ("ogg", b"OggS" + NOISE),
        ("flac", b"fLaC" + NOISE),
        ("flac", bytes(endless)),
        ("caf", caf),
        ("raw", NOISE),
        ("wav", wav(NOISE, rate=0)),
        ("wav", wav(NOISE, rate=1)),
        ("wav", wav(NOISE, rate=2**32 - 1)),
        ("wav", wav(NOISE, channels=0)),
        ("wav", wav(NOISE, channels=192)),
        ("wav", wav(NOISE, channels=2**16 - 1)),
        ("wav", wav(NOISE, bits=0)),
        ("wav", wav(b"")),
        ("wav", wav(NOISE, size=2**31 - 1)),
        ("wav", wav(NOISE, size=2**32 - 16)),
        ("wav", float_wav(float("nan"))),
        ("wav", float_wav(float("inf"))),
        ("wav", float_wav(32_768.0)),
    ]


def damage(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """One of nine kinds of damage, drawn from the generator; may leave nothing."""
    if not data:
        return data
    out = bytearray(data)
    header = min(len(out), HEADER)
    start = int(rng.integers(len(out)))
    span = int(rng.integers(1, 400))
    match int(rng.integers(9)):
        case 0:  # bytes anywhere
            for place in rng.integers(0, len(out), int(rng.integers(1, 40))):
                out[place] = int(rng.integers(256))
        case 1:  # bits of the header
            for place in rng.integers(0, header, int(rng.integers(1, 8))):
                out[place] ^= 1 << int(rng.integers(8))
        case 2:  # cut off anywhere
            del out[start:]
        case 3:  # cut off in the header
            del out[start % header :]
        case 4:  # a field of the header, of 2 or 4 bytes, to something extreme
            for _ in range(int(rng.integers(1, 4))):
                width = int(rng.choice([2, 4]))
                place = int(rng.integers(header)) // 2 * 2
                value = EXTREMES[int(rng.integers(len(EXTREMES)))] % 256**width
                order = "little" if rng.random() < 0.5 else "big"
                out[place : place + width] = value.to_bytes(width, order)
        case 5:  # a span of zeros
            out[start : start + span] = bytes(len(out[start : start + span]))
        case 6:  # a span twice
            out[start:start] = out[start : start + span]
        case 7:  # noise in between
            out[start:start] = rng.bytes(span)
        case 8:  # another file's end
            out[start:] = other[int(rng.integers(len(other))) :]
    return bytes(out)


# Where the lengths stand: bytes before them, how much further on, and their form.
LENGTHS = {
    "WAV": [(b"data", 4, "<I"), (b"RIFF", 4, "<I")],
    "WAVEX": [(b"data", 4, "<I"), (b"RIFF", 4, "<I")],
    "RF64": [(b"ds64", 8, "<Q"), (b"ds64", 16, "<Q"), (b"ds64", 24, "<Q"), (b"data", 4, "<I")],
    "W64": [(b"data", 16, "<Q"), (b"riff", 16, "<Q")],
    "AIFF": [(b"SSND", 4, ">I"), (b"COMM", 10, ">I"), (b"FORM", 4, ">I")],
    "SVX": [(b"BODY", 4, ">I"), (b"VHDR", 8, ">I"), (b"FORM", 4, ">I")],
    "CAF": [(b"data", 4, ">Q")],
    "AU": [(b".snd", 8, ">I")],
    "AVR": [(b"2BIT", 26, ">I")],
    "FLAC": [(b"fLaC", 22, ">I")],  # the lower 32 of 36 bits
    "MP3": [(b"Xing", 8, ">I"), (b"Info", 8, ">I")],
}


def lie(sample: Sample, rng: np.random.Generator) -> bytes:
    """A file that declares another length, where its format has one."""
    fields = [f for f in LENGTHS.get(sample.form, []) if f[0] in sample.data]
    if not fields:
        return sample.data
    marker, offset, form = fields[int(rng.integers(len(fields)))]
    place = sample.data.index(marker) + offset
    width = struct.calcsize(form)
    (true,) = struct.unpack(form, sample.data[place : place + width])
    values = [0, 1, 1000, true // 2, true // 2 * 2 + 64, 2 * true, 2 ** (8 * width) - 1]
    value = values[int(rng.integers(len(values)))] % 2 ** (8 * width)
    return sample.data[:place] + struct.pack(form, value) + sample.data[place + width :]


def changed(sample: Sample, rng: np.random.Generator) -> Sample:
    """A file of which it is known how much sound it holds."""
    data, n, most = sample.data, N_SAMPLES, len(sample.data)
    match int(rng.integers(6)):
        case 0:
            return replace(sample, whole=True)
        case 1:  # cut off
            stop = int(rng.integers(sample.header, most + 1)) if most > sample.header else most
            if sample.form in LENGTHLESS:  # what is missing is not declared
                n = N_SAMPLES * max(0, stop - sample.header) // (most - sample.header) - 1
            return Sample(sample.suffix, data[:stop], n, sample.form, sample.header)
        case 2:  # put behind each other
            times = int(rng.integers(2, 4))
            return Sample(sample.suffix, data * times, n * times)
        case 3:  # something behind it
            more = b"" if rng.random() < 0.5 else rng.bytes(int(rng.integers(1, 4000)))
            return Sample(sample.suffix, data + bytes(int(rng.integers(4000))) + more, n)
        case 4:  # tags around it
            tag = b"TAG" + rng.bytes(125)
            if sample.form in ("MP3", "FLAC"):
                data = b"ID3\4\0\0\0\0\1\0" + rng.bytes(128) + data
            whole = sample.form in ("MP3", "FLAC", "WAV", "WAVEX", "AIFF", "CAF")
            return Sample(sample.suffix, data + tag, n, whole=whole)
        case _:
            return Sample(sample.suffix, lie(sample, rng), n)


def mutant(i: int, seed: int) -> Sample:
    """File number `i`, a function of (seed, i)."""
    chosen = chosen_files()
    if i < len(chosen):
        return Sample(*chosen[i])
    whole = whole_files()
    rng = np.random.default_rng([seed, i])
    sample = whole[i // 2 % len(whole)]
    if i % 2:
        return changed(sample, rng)
    data, other = sample.data, whole[int(rng.integers(len(whole)))].data
    for _ in range(int(rng.integers(1, 4))):
        data = damage(data, other, rng)
    return Sample(sample.suffix, data)

"""Damaged sound files, each a function of (seed, number).

The first are the bad inputs that people meet, made by hand; then come good files of every kind that
libsndfile can write, damaged in one to three of nine ways.
"""

import io
import struct

import numpy as np
import soundfile

# (format, subtype, suffix)
KINDS = [
    *[("WAV", s, "wav") for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")],
    *[("WAV", s, "wav") for s in ("ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610")],
    *[("WAVEX", "PCM_16", "wav"), ("RF64", "PCM_16", "wav"), ("W64", "PCM_16", "w64")],
    *[("FLAC", s, "flac") for s in ("PCM_S8", "PCM_16", "PCM_24")],
    *[("OGG", "VORBIS", "ogg"), ("OGG", "OPUS", "opus"), ("MP3", "MPEG_LAYER_III", "mp3")],
    *[("AIFF", s, "aiff") for s in ("PCM_16", "PCM_24", "FLOAT")],
    *[("CAF", "PCM_16", "caf"), ("CAF", "ALAC_16", "caf"), ("AU", "PCM_16", "au")],
]
MONO_ONLY = {"GSM610", "OPUS", "MPEG_LAYER_III"}  # GSM by its standard, the others to stay small
HEADER = 128  # bytes within which most formats have their header
EXTREMES = [0, 1, 2, 7, 192, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
NOISE = np.random.default_rng(1).integers(-9999, 9999, 3200).astype("<i2").tobytes()


def whole_files() -> list[tuple[str, bytes]]:
    """A good file of each kind, as suffix and content: 0.2 s at 16 kHz, mono and stereo in turn."""
    rng = np.random.default_rng(0)
    files = []
    for i, (form, subtype, suffix) in enumerate(KINDS):
        channels = 1 if subtype in MONO_ONLY else 1 + i % 2
        audio = rng.uniform(-0.9, 0.9, (3200, channels)) * np.linspace(1, 0, 3200)[:, None]
        files.append((suffix, encoded(audio, form, subtype)))
    return files


def encoded(audio: np.ndarray, form: str, subtype: str | None = None) -> bytes:
    """A good file at 16 kHz."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, 16_000, subtype, format=form)
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


def mutant(i: int, seed: int, whole: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Suffix and content of file number `i`, a function of (seed, i); `whole` is `whole_files()`."""
    chosen = chosen_files()
    if i < len(chosen):
        return chosen[i]
    rng = np.random.default_rng([seed, i])
    suffix, data = whole[i % len(whole)]
    _, other = whole[int(rng.integers(len(whole)))]
    for _ in range(int(rng.integers(1, 4))):
        data = damage(data, other, rng)
    return suffix, data

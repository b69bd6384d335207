"""Does `tinyaudio.audio.load` survive damaged files?

Thousands of sound files are made, damaged at random from a seed, and loaded in a process that is watched: it may die
(a crash), answer late (a hang, over one second), or raise anything but `AudioError` (a wrong error). What it does
load must be a clip: float32, (channels, time), finite, in [-1, 1].

    python -m benchmarks.robustness --json
"""

import argparse
import io
import json
import multiprocessing
import os
import resource
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from tqdm import tqdm

from tinyaudio.audio import load
from tinyaudio.errors import AudioError

PATIENCE_S = 1.0  # the promise of the issue: each file loads or is refused within it
KILL_S = 10.0  # after which the worker is taken to hang for ever
KINDS = [  # (format, subtype, suffix)
    *[("WAV", s, "wav") for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")],
    *[("WAV", s, "wav") for s in ("ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610")],
    *[("WAVEX", "PCM_16", "wav"), ("RF64", "PCM_16", "wav"), ("W64", "PCM_16", "w64")],
    *[("FLAC", s, "flac") for s in ("PCM_S8", "PCM_16", "PCM_24")],
    *[("OGG", "VORBIS", "ogg"), ("OGG", "OPUS", "opus"), ("MP3", "MPEG_LAYER_III", "mp3")],
    *[("AIFF", s, "aiff") for s in ("PCM_16", "PCM_24", "FLOAT")],
    *[("CAF", "PCM_16", "caf"), ("CAF", "ALAC_16", "caf"), ("AU", "PCM_16", "au")],
]
EXTREMES = [0, 1, 2, 7, 192, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def whole_files() -> list[tuple[str, bytes]]:
    """One good file of each kind, 0.2 s at 16 kHz; Ogg and MP3 in mono, the others alternating."""
    rng = np.random.default_rng(0)
    files = []
    for i, (form, subtype, suffix) in enumerate(KINDS):
        channels = 1 if suffix in ("mp3", "opus") or subtype == "GSM610" else 1 + i % 2
        audio = rng.uniform(-0.9, 0.9, (3200, channels)) * np.linspace(1, 0, 3200)[:, None]
        buffer = io.BytesIO()
        soundfile.write(buffer, audio, 16_000, subtype, format=form)
        files.append((suffix, buffer.getvalue()))
    return files


def chosen_files() -> list[tuple[str, bytes]]:
    """The bad inputs that people meet, made by hand."""

    def wav(
        rate: int, channels: int, bits: int, body: bytes, size: int | None = None, tag: int = 1
    ) -> bytes:
        frame = channels * bits // 8
        size = len(body) if size is None else size
        fmt = struct.pack(
            "<HHIIHH", tag, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits
        )
        return (
            b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + b"WAVEfmt \x10\0\0\0" + fmt
            + b"data" + struct.pack("<I", size & 0xFFFFFFFF) + body
        )  # fmt: skip

    noise = np.random.default_rng(1).integers(-9999, 9999, 3200).astype("<i2").tobytes()
    floats = np.linspace(-1, 1, 800, dtype="<f4")
    flac = io.BytesIO()
    soundfile.write(flac, np.zeros((3200, 1)), 16_000, format="FLAC")
    total = bytearray(flac.getvalue())
    total[21] |= 0x0F  # the 36-bit count of samples in STREAMINFO: 2^36 - 1
    total[22:26] = b"\xff" * 4
    caf = b"caff\0\1\0\0desc" + struct.pack(">q", 32) + struct.pack(">d", 16_000.0) + b"lpcm"
    caf += struct.pack(">IIIII", 2, 2, 1, 1, 16) + b"data" + struct.pack(">qI", 2**37, 0) + noise
    return [
        ("wav", b""),
        ("wav", b"\0"),
        ("wav", b"RIFF"),
        ("wav", b"this is a text file, not a sound\n" * 40),
        ("mp3", b"<!DOCTYPE html><html><body>404 Not Found</body></html>"),
        ("mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + noise),
        ("ogg", b"OggS" + noise),
        ("flac", b"fLaC" + noise),
        ("flac", bytes(total)),
        ("caf", caf),
        ("raw", noise),
        ("wav", wav(0, 1, 16, noise)),
        ("wav", wav(0xFFFFFFFF, 1, 16, noise)),
        ("wav", wav(16_000, 0, 16, noise)),
        ("wav", wav(16_000, 192, 16, noise)),
        ("wav", wav(16_000, 65_535, 16, noise)),
        ("wav", wav(16_000, 1, 0, noise)),
        ("wav", wav(16_000, 1, 16, b"")),
        ("wav", wav(16_000, 1, 16, noise, size=0xFFFFFFF0)),
        ("wav", wav(16_000, 1, 16, noise, size=2**31 - 1)),
        (
            "wav",
            wav(
                16_000, 1, 32, np.where(floats > 0.5, np.nan, floats).astype("<f4").tobytes(), tag=3
            ),
        ),
        (
            "wav",
            wav(
                16_000, 1, 32, np.where(floats > 0.5, np.inf, floats).astype("<f4").tobytes(), tag=3
            ),
        ),
        ("wav", wav(16_000, 1, 32, (floats * 32_768).astype("<f4").tobytes(), tag=3)),
        ("wav", wav(1, 1, 16, noise)),
    ]


def damage(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """One kind of damage, at one place or several, drawn from the generator."""
    out = bytearray(data)
    header = min(len(out), 128)
    match int(rng.integers(9)):
        case 0:  # bytes anywhere
            for place in rng.integers(0, len(out), int(rng.integers(1, 40))):
                out[place] = int(rng.integers(256))
        case 1:  # bits of the header
            for place in rng.integers(0, header, int(rng.integers(1, 8))):
                out[place] ^= 1 << int(rng.integers(8))
        case 2:  # cut off, the header included
            end = header if rng.random() < 0.5 else len(out)
            del out[int(rng.integers(0, end)) :]
        case 3 | 4:  # a field of the header, of 2 or 4 bytes, to something extreme
            for _ in range(int(rng.integers(1, 4))):
                width = int(rng.choice([2, 4]))
                place = 2 * int(rng.integers(0, header // 2 - 2))
                value = EXTREMES[int(rng.integers(len(EXTREMES)))] % 256**width
                out[place : place + width] = value.to_bytes(
                    width, "little" if rng.random() < 0.5 else "big"
                )
        case 5:  # a span of zeros
            start = int(rng.integers(0, len(out)))
            span = len(out[start : start + int(rng.integers(1, 400))])
            out[start : start + span] = bytes(span)
        case 6:  # a span twice
            start = int(rng.integers(0, len(out)))
            out[start:start] = out[start : start + int(rng.integers(1, 400))]
        case 7:  # noise in between
            start = int(rng.integers(0, len(out)))
            out[start:start] = rng.bytes(int(rng.integers(1, 400)))
        case 8:  # another file's end
            place = int(rng.integers(0, len(out)))
            out[place:] = other[int(rng.integers(0, len(other))) :]
    return bytes(out)


def mutant(i: int, seed: int, whole: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """File number `i` of a run: a function of (seed, i) alone."""
    chosen = chosen_files()
    if i < len(chosen):
        return chosen[i]
    rng = np.random.default_rng([seed, i])
    suffix, data = whole[i % len(whole)]
    other = whole[int(rng.integers(len(whole)))][1]
    for _ in range(int(rng.integers(1, 4))):
        data = damage(data, other, rng) or b"\0"
    return suffix, data


def verdict(path: Path, **part: Any) -> str:
    """What one call of `load` came to: ``loaded``, ``refused``, or what is wrong."""
    try:
        audio, rate = load(path, **part)
    except AudioError as error:
        message = str(error)
        good = "\n" not in message and path.name in message and len(message) < 500
        return "refused" if good else f"poor message: {message!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    if audio.dtype != torch.float32 or audio.ndim != 2 or not 1 <= rate <= 768_000:
        return f"not a clip: {audio.dtype} {tuple(audio.shape)} at {rate} Hz"
    if not 1 <= len(audio) <= 64 or not audio.shape[1] or not audio.abs().max() <= 1:
        return f"not a clip: {tuple(audio.shape)}, peak {audio.abs().max()}"
    return "loaded"


def work(connection: Connection, stderr: str) -> None:
    """The watched process: loads each path that it is sent, whole and in part."""
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    while (path := connection.recv()) is not None:
        start = time.perf_counter()
        whole = verdict(path)
        elapsed = time.perf_counter() - start
        part = verdict(path, mono=True, start_s=0.05, seconds=0.1, sample_rate=8000)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        connection.send((whole, part, elapsed, peak_mb))


class Watched:
    """A worker that is replaced when it dies or does not answer."""

    def __init__(self, stderr: Path) -> None:
        self.stderr = str(stderr)
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, self.stderr), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, path: Path) -> tuple[str, str, float, float] | str:
        """The worker's answer, or ``crash`` or ``hang``."""
        self.connection.send(path)
        try:
            # A fresh worker imports torch before it answers.
            if self.connection.poll(KILL_S if self.process.exitcode is None else 0):
                answer: tuple[str, str, float, float] = self.connection.recv()
                return answer
            outcome = "hang"
        except (EOFError, ConnectionResetError):
            outcome = "crash"
        self.process.kill()
        self.process.join()
        self.start()
        return outcome


def measure(n_files: int, seed: int, keep: Path | None = None) -> dict[str, Any]:
    """Try the files and count what happened."""
    whole = whole_files()
    counts: Counter[str] = Counter()
    offenders = []
    slowest, peak_mb, before_mb = 0.0, 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        stderr = Path(folder) / "stderr"
        worker = Watched(stderr)
        good = Path(folder) / "good.wav"
        good.write_bytes(whole[1][1])
        worker.ask(good)  # the first call imports; it is not timed
        for i in tqdm(range(n_files), unit="file", disable=None):
            suffix, data = mutant(i, seed, whole)
            path = Path(folder) / f"{i:06}.{suffix}"
            path.write_bytes(data)
            answer = worker.ask(path)
            if not isinstance(answer, str) and answer[2] > PATIENCE_S:
                answer = worker.ask(path)  # once more: a busy machine is not a hang
            match answer:
                case str():
                    outcome = detail = answer
                case (_, _, elapsed, _) if elapsed > PATIENCE_S:
                    outcome, detail = "hang", f"{elapsed:.2f} s"
                case (first, second, elapsed, mb):
                    slowest, peak_mb = max(slowest, elapsed), max(peak_mb, mb)
                    before_mb = before_mb or mb
                    wrong = [v for v in (first, second) if v not in ("loaded", "refused")]
                    outcome, detail = ("wrong", wrong[0]) if wrong else (first, "")
            counts[outcome] += 1
            if detail:
                offenders.append(f"{path.name}: {detail}")
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / path.name).write_bytes(data)
            path.unlink()
        worker.connection.send(None)
        worker.process.join(KILL_S)
        stray = stderr.stat().st_size
    return {
        "files_tried": n_files,
        "loaded": counts["loaded"],
        "refused": counts["refused"],
        "crashes": counts["crash"],
        "hangs": counts["hang"],
        "wrong_errors": counts["wrong"],
        "slowest_s": round(slowest, 4),
        "memory_grown_mb": round(peak_mb - before_mb, 1),
        "stray_output_bytes": stray,
        "offenders": offenders,
        "seed": seed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="benchmarks.robustness", description=__doc__.split("\n\n")[1]
    )
    parser.add_argument("--files", type=int, default=2400, help="how many to try (default 2400)")
    parser.add_argument("--seed", type=int, default=0, help="decides the damage (default 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--keep", type=Path, help="a folder for the files that did wrong")
    args = parser.parse_args()
    result = measure(args.files, args.seed, args.keep)
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:>20}  {value}")
    sys.exit(bool(result["crashes"] or result["hangs"] or result["wrong_errors"]))


if __name__ == "__main__":
    main()

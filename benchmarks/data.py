"""How fast, how accurate in pitch and how reproducible is the procedural sound?

notes_per_second            notes of 4 s at 16 kHz, all families, on one core
voices_realtime_48k         seconds of speech at 48 kHz made in a second, on one core
pitch_cents                 by family: median distance between estimated pitch and label. The estimator is
                            librosa's pyin, on a grid of 2 cents; for mallets and keyboards, whose partials
                            are not multiples of the pitch, it is the distance of the spectrum's strongest
                            peak from the nearest partial that the instrument should have
pitch_cents_worst_family    the largest of these
identical_across_threads    whether notes and voices, rounded to 16 bits, are the same with one thread, with
                            two, and with another kernel of the matrix library
identical_across_runs       whether they are the same twice

    python -m benchmarks.data --json
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.command import parser
from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.instruments.instrument import PER_FAMILY, draw_instrument
from tinyaudio.data.instruments.partials import partials_hz
from tinyaudio.data.notes import Notes
from tinyaudio.data.voices import Voices

NOTES_TO_HASH, VOICES_TO_HASH = 33, 2
OWN_PARTIALS = ("keyboard", "mallet")
# Environment variables of the processes that synthesize the sound again.
ONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
TWO = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
OLD_KERNEL = {**ONE, "OPENBLAS_CORETYPE": "Nehalem"}


def int16_bytes(clip: Any) -> bytes:
    """The samples in 16 bits."""
    return np.round(clip.numpy() * 32767).astype("<i2").tobytes()


def notes_hash() -> str:
    notes, digest = Notes(NOTES_TO_HASH), hashlib.sha256()
    for i in range(len(notes)):
        digest.update(int16_bytes(notes[i]["audio"]))
    return digest.hexdigest()


def voices_hash() -> str:
    voices, digest = Voices(VOICES_TO_HASH, sample_rate=48_000), hashlib.sha256()
    for i in range(len(voices)):
        digest.update(int16_bytes(voices[i]["audio"]))
    return digest.hexdigest()


def from_process(option: str, settings: dict[str, str]) -> list[Any]:
    """The output of another process with these variables: "--hashes" or "--speed" of notes and voices."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.data", option],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def notes_per_second(n: int = 150) -> float:
    notes = Notes(n)
    notes[0]  # the first one also loads modules
    start = time.process_time()
    for i in range(n):
        notes[i]
    return n / (time.process_time() - start)


def voices_realtime(n: int = 4) -> float:
    voices = Voices(n, sample_rate=48_000)
    voices[0]
    start = time.process_time()
    seconds = sum(voices[i]["audio"].shape[-1] / 48_000 for i in range(n))
    return seconds / (time.process_time() - start)


def pyin_hz(
    clip: np.ndarray, sample_rate: int, fmin: float, fmax: float, resolution: float
) -> float:
    import librosa

    f0, voiced, _ = librosa.pyin(
        clip,
        fmin=fmin,
        fmax=fmax,
        sr=sample_rate,
        resolution=resolution,
        frame_length=2048 if fmin > 25 else 4096,
        hop_length=512,
        max_transition_rate=50 * resolution,
        fill_na=None,
    )
    found = f0[voiced] if voiced.any() else f0
    return float(np.exp(np.mean(np.log(found))))  # over whole periods of vibrato, nearly


def pyin_cents(clip: np.ndarray, pitch: int, sample_rate: int) -> float:
    """Distance of pyin's pitch from the label's, over the middle of the note."""
    label = midi_to_hz(pitch)
    # First over more than two octaves, so that an octave error is found; then closely around the first
    # estimate, since pyin's answers lie on a grid and its time grows with the square of the grid's size.
    coarse = pyin_hz(clip, sample_rate, label / 2.2, label * 2.2, 0.1)
    near = 2 ** (2 / 12)
    return abs(
        1200 * np.log2(pyin_hz(clip, sample_rate, coarse / near, coarse * near, 0.02) / label)
    )


def partial_cents(clip: np.ndarray, partials_hz: np.ndarray, sample_rate: int) -> float:
    """Distance of the strongest peak of the spectrum from the nearest partial."""
    size = 1 << 18
    spectrum = np.log(np.abs(np.fft.rfft(clip * np.hanning(len(clip)), size)) + 1e-9)
    top = int(np.argmax(spectrum[1:-1])) + 1
    left, middle, right = spectrum[top - 1 : top + 2]
    peak_hz = (top + 0.5 * (left - right) / (left - 2 * middle + right)) * sample_rate / size
    return float(np.min(np.abs(1200 * np.log2(peak_hz / partials_hz))))


def pitch_cents(per_family: int = 16) -> dict[str, float]:
    medians = {}
    for family in FAMILIES:
        notes, errors = Notes(per_family, families=(family,), seconds=2.0), []
        for i in range(per_family):
            item = notes[i]
            rate, pitch = notes.sample_rate, item["pitch"]
            middle = (
                item["audio"][0, round(0.1 * rate) : round(1.3 * rate)].numpy().astype(np.float64)
            )
            if family in OWN_PARTIALS:
                one = draw_instrument(family, item["instrument"] % PER_FAMILY)
                errors.append(partial_cents(middle, partials_hz(one, pitch, rate), rate))
            else:
                errors.append(pyin_cents(middle, pitch, rate))
        medians[family] = round(float(np.median(errors)), 2)
    return medians


def measure() -> dict[str, Any]:
    here, again = from_process("--hashes", ONE), from_process("--hashes", ONE)
    # Processor time is that of all threads: with two, one of them waiting, half the speed would show.
    speed, realtime = from_process("--speed", ONE)
    cents = pitch_cents()
    return {
        "notes_per_second": round(speed, 1),
        "voices_realtime_48k": round(realtime, 1),
        "pitch_cents_worst_family": max(cents.values()),
        "pitch_cents": cents,
        "identical_across_threads": here
        == from_process("--hashes", TWO)
        == from_process("--hashes", OLD_KERNEL),
        "identical_across_runs": here == again,
    }


def main() -> None:
    options_of = parser("data", __doc__)
    options_of.add_argument("--hashes", action="store_true", help=argparse.SUPPRESS)
    options_of.add_argument("--speed", action="store_true", help=argparse.SUPPRESS)
    options = options_of.parse_args()
    if options.hashes:
        print(json.dumps([notes_hash(), voices_hash()]))
        return
    if options.speed:
        print(json.dumps([notes_per_second(), voices_realtime()]))
        return
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            value = "  ".join(f"{family} {cents}" for family, cents in value.items())
        print(f"{name:26} {value}")


if __name__ == "__main__":
    main()

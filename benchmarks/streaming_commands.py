"""Time and memory of the commands that turn one file into another, on long files of repeated real sound."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

UPSAMPLING_RUN = "upsampling-x3"
LOW_RATE = 16_000  # of the files to upsample, in Hz


def converted(seconds: float) -> dict[str, float]:
    """``tinyaudio convert`` of recorded speech, again and again until it is so long."""
    import soundfile

    from tinyaudio.recipes.speakers import SENTENCE

    speech, rate = soundfile.read(SENTENCE, dtype="int16")
    return by_command(["convert"], ["--to", "3"], speech, rate, seconds)


def upsampled(seconds: float, sampling_steps: int) -> dict[str, float]:
    """``tinyaudio upsample`` of a stereo file: recorded speech left, and the same a second later right."""
    import numpy as np

    from tinyaudio.audio.resampling import resample
    from tinyaudio.data.recorded import recording
    from tinyaudio.data.speech_crops import HELD_OUT_SPEECH

    found = recording(HELD_OUT_SPEECH[0])
    speech = resample(found.audio, found.sample_rate, LOW_RATE)[0].numpy()
    stereo = np.stack([speech, np.roll(speech, LOW_RATE)], axis=1)
    options = ["--sampling-steps", str(sampling_steps), "--model", UPSAMPLING_RUN]
    return by_command(["upsample"], options, stereo, LOW_RATE, seconds)


def macs_a_second(sampling_steps: int) -> float:
    """Multiplications and additions of the shipped upsampler for a second of one channel."""
    from tinyaudio.checkpoints import open_run
    from tinyaudio.models.whitened_cost import macs_per_second

    return macs_per_second(open_run(UPSAMPLING_RUN).config.whitened, sampling_steps)


def by_command(
    verb: Sequence[str], options: Sequence[str], sound: Any, sample_rate: int, seconds: float
) -> dict[str, float]:
    """Run the command on a file of a sound that is repeated until it is so long; watch its memory.

    Args:
        verb: The command.
        options: What follows the two files.
        sound: Samples (T,) or (T, C).
        sample_rate: Of the sound, in Hz.
        seconds: Length of the file.
    """
    import soundfile

    n_samples = round(seconds * sample_rate)
    with tempfile.TemporaryDirectory() as folder:
        source, place = Path(folder) / "source.wav", Path(folder) / "made.wav"
        n_channels = sound.shape[1] if sound.ndim == 2 else 1
        with soundfile.SoundFile(source, "w", sample_rate, n_channels) as file:
            for first in range(0, n_samples, len(sound)):
                file.write(sound[: n_samples - first])
        command = [sys.executable, "-m", "tinyaudio", *verb, str(source), str(place), *options]
        start, peak_mb, cpu = time.perf_counter(), 0.0, 0.0
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                peak_mb = max(peak_mb, high_water_mb(process.pid))
                cpu = max(cpu, cpu_seconds(process.pid))
                time.sleep(0.05)
        finally:
            process.kill()
        if process.returncode:
            raise SystemExit(f"error: tinyaudio {verb[0]} ended with {process.returncode}")
        found = soundfile.info(place)
        return {
            "seconds": round(time.perf_counter() - start, 1),
            "cpu_seconds": round(cpu, 1),
            "rss_peak_mb": round(peak_mb, 1),
            "length_s": found.frames / found.samplerate,
            "channels": found.channels,
        }


def high_water_mb(pid: int) -> float:
    """The highest resident memory that a process has had; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s*(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has taken; 0 once it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

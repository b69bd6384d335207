"""One note of a real instrument, rendered from a General-MIDI soundfont.

A soundfont holds recordings of real instruments at some pitches and loudnesses, and rules by which the
other ones are made from them.

Implements: `render_note`, `find_soundfont`.
Differs:    from rendering at the target rate: the synthesizer reads its recordings by linear
            interpolation without a low-pass, so at 16 kHz the overtones would fold back (-23 dB at
            the median, -7 dB at worst).  Notes are rendered at 48 kHz and resampled.
See:        chapter 1, "Sound into numbers".
"""

import functools
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import resample
from tinyaudio.data.nsynth import HOLD
from tinyaudio.errors import DataError

RENDER_HZ = 48_000
GAIN_DB = -4  # the loudest programs of FluidR3 reach 3.5 dB over full scale
# Samples in which a voice that was cut off has faded; without them notes leak into the next.
DRAIN = 480
SILENT = 1e-3  # a peak below it means that the soundfont has no recording for this key

# Where systems keep soundfonts; the first one that exists is used.
PLACES = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
)


def find_soundfont(path: str | Path | None = None) -> Path:
    """The soundfont to render from.

    Args:
        path: An ``.sf2`` or ``.sf3`` file. By default the file named in the environment variable
            TINYAUDIO_SOUNDFONT, else one installed with the system, else the small one that comes
            with the Python package pretty_midi.

    Returns:
        Its path.

    Raises:
        DataError: The file does not exist, or no soundfont is installed.
    """
    named = path or os.environ.get("TINYAUDIO_SOUNDFONT")
    if named:
        if not Path(named).is_file():
            raise DataError(f"{named}: no such soundfont; name an .sf2 or .sf3 file")
        return Path(named)
    places = [Path(place) for place in PLACES]
    bundled = find_spec("pretty_midi")
    if bundled and bundled.origin:
        places.append(Path(bundled.origin).parent / "TimGM6mb.sf2")
    for place in places:
        if place.is_file():
            return place
    raise DataError(
        "no soundfont found: pip install pretty_midi (6 MB), or apt-get install fluid-soundfont-gm"
        " (148 MB, recorded better)"
    )


@functools.lru_cache(maxsize=2)
def _synthesizer(path: Path) -> tuple[Any, int]:
    """A loaded synthesizer and the number of its soundfont; kept, since loading takes up to a second."""
    try:
        import tinysoundfont
    except ImportError:
        raise DataError(
            "soundfonts are rendered by tinysoundfont: pip install --no-deps tinysoundfont"
            " (without --no-deps it installs PyAudio, which is for live playing)"
        ) from None
    synthesizer = tinysoundfont.Synth(gain=GAIN_DB, samplerate=RENDER_HZ)
    try:
        return synthesizer, synthesizer.sfload(str(path))
    except Exception as problem:  # the library raises a bare Exception
        raise DataError(f"{path}: cannot be read as a soundfont ({problem})") from None


def render_note(
    program: int,
    pitch: int,
    velocity: int = 100,
    *,
    seconds: float | int = 4.0,
    sample_rate: int = 16_000,
    soundfont: str | Path | None = None,
) -> Float[Tensor, "1 time"]:
    """Play one note of one instrument: key down for three quarters of the time, then released.

    Args:
        program: General-MIDI instrument, 0 (piano) to 127.
        pitch: MIDI key; 69 is A4, 440 Hz.
        velocity: How hard the key is struck, 1 to 127.
        seconds: Length, in seconds.
        sample_rate: In Hz.
        soundfont: See `find_soundfont`.

    Returns:
        The note, mixed to one channel, in [-1, 1]. The same arguments give the same note, whatever
        was rendered before.

    Raises:
        DataError: A number is out of range, or soundfont or synthesizer are missing.

    Example:
        >>> render_note(program=0, pitch=60, seconds=0.5).shape
        torch.Size([1, 8000])
    """
    for name, value, low, high in (
        ("program", program, 0, 127),
        ("pitch", pitch, 0, 127),
        ("velocity", velocity, 1, 127),
    ):
        if not low <= value <= high:
            raise DataError(f"{name} {value}: must be from {low} to {high}")
    if not 0 < seconds < 3600 or sample_rate <= 0:
        raise DataError(f"cannot render {seconds} s at {sample_rate} Hz; both must be above 0")
    synthesizer, font = _synthesizer(find_soundfont(soundfont))
    synthesizer.sounds_off()
    synthesizer.generate(DRAIN)
    synthesizer.program_select(0, font, 0, program)
    synthesizer.noteon(0, pitch, velocity)
    n_samples = round(seconds * RENDER_HZ)
    n_held = round(HOLD * n_samples)
    held = synthesizer.generate(n_held).tobytes()
    synthesizer.noteoff(0, pitch)
    released = synthesizer.generate(n_samples - n_held).tobytes()
    stereo = np.frombuffer(held + released, dtype=np.float32).reshape(-1, 2)
    clip = torch.from_numpy(stereo.mean(axis=1))[None]
    return resample(clip, RENDER_HZ, sample_rate).clamp(-1, 1)[:, : round(seconds * sample_rate)]

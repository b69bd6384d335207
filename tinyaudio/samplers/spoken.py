"""Speech given to a model that learned from singing: it is converted, and the user is told.

Implements: `warn_if_spoken`.
See:        `tinyaudio.represent.held_pitch` for how the two are told apart.
"""

import warnings
from pathlib import Path

from tinyaudio.audio import load
from tinyaudio.represent.held_pitch import SAMPLE_RATE, SUNG, held_pitch
from tinyaudio.represent.logmel import HOP_LENGTH
from tinyaudio.represent.prosody import pitch_frames

SECONDS = 10.0  # of a recording, from which it is told


def warn_if_spoken(source: Path) -> None:
    """Warn where a recording, by its first ten seconds, seems to be spoken.

    Args:
        source: An audio file.

    Raises:
        AudioError: The file cannot be read.
    """
    audio, _ = load(source, SAMPLE_RATE, mono=True, seconds=SECONDS)
    share = held_pitch(pitch_frames(audio[None], SAMPLE_RATE, HOP_LENGTH)[0])
    if share < SUNG:
        warnings.warn(
            f"{source}: seems to be spoken, not sung: its pitch is held in {share:.0%} of what is voiced. This"
            " model learned from singing; expect little of the result",
            stacklevel=2,
        )

"""NSynth's labels, which procedural and recorded notes share, so that they are interchangeable.

Paper:      Engel et al. 2017, "Neural audio synthesis of musical notes with WaveNet autoencoders"
            (arXiv:1704.01279).
Implements: `note_labels`.
See:        `tinyaudio.data.instruments.families.FAMILIES` for the families, in NSynth's order.
"""

from collections.abc import Sequence

from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.item import Item

SOURCES = ("acoustic", "electronic", "synthetic")
QUALITIES = (
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
)
VELOCITIES = (25, 50, 75, 100, 127)
HOLD = 0.75  # fraction of a note's length for which the key is down


def instrument_name(family: str, source: int, number: int) -> str:
    """NSynth's ``family_source_number``.

    Example:
        >>> instrument_name("organ", 1, 2)
        'organ_electronic_002'
    """
    return f"{family}_{SOURCES[source]}_{number:03d}"


def note_labels(
    i: int,
    *,
    instrument: int,
    name: str,
    family: str,
    source: int,
    qualities: Sequence[int],
    pitch: int,
    velocity: int,
    sample_rate: int,
) -> Item:
    """The entry of a note in NSynth's ``examples.json``.

    Args:
        i: Number of the note in its data set.
        instrument: Number of its instrument.
        name: See `instrument_name`.
        family: One of `FAMILIES`.
        source: Index into `SOURCES`.
        qualities: 1 for each of `QUALITIES` that the note has, else 0.
        pitch: MIDI pitch; 69 is A4, 440 Hz.
        velocity: How hard the key is struck, 1 to 127.
        sample_rate: In Hz.

    Example:
        >>> labels = note_labels(0, instrument=7, name="organ_electronic_007", family="organ", source=1,
        ...     qualities=[0] * 10, pitch=60, velocity=100, sample_rate=16_000)
        >>> labels["note_str"], labels["instrument_family"]
        ('organ_electronic_007-060-100', 6)
    """
    return {
        "note": i,
        "note_str": f"{name}-{pitch:03d}-{velocity:03d}",
        "pitch": pitch,
        "velocity": velocity,
        "sample_rate": sample_rate,
        "instrument": instrument,
        "instrument_str": name,
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": source,
        "instrument_source_str": SOURCES[source],
        "qualities": list(qualities),
        "qualities_str": [q for q, has in zip(QUALITIES, qualities, strict=True) if has],
    }

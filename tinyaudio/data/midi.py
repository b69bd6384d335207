"""Notes of a Standard MIDI File, as a score that a model can play.

They are read by pretty_midi, which the extra ``data`` installs for its soundfont already; it knows tempo
changes and which note-off ends which note.

Implements: `read_midi`.
See:        `tinyaudio.data.melodies.Tone`; `tinyaudio.samplers.melody`, which plays them.
"""

import warnings
from pathlib import Path

from tinyaudio.data.melodies import Tone
from tinyaudio.errors import DataError

LONGEST_S = 3_600


def read_midi(path: str | Path) -> list[Tone]:
    """The notes of all tracks in the order of their onsets, chords included.

    Args:
        path: A Standard MIDI File.

    Returns:
        Its notes.  The notes of a chord have one onset.

    Raises:
        DataError: There is no such file, it is empty, no MIDI, or has no note with a pitch; or pretty_midi is
            missing.

    Warns:
        UserWarning: Drums were left out, those of channel 10: their numbers are no pitches.

    Example:
        >>> import pretty_midi, tempfile
        >>> piece = pretty_midi.PrettyMIDI()
        >>> piece.instruments = [pretty_midi.Instrument(program=0)]
        >>> piece.instruments[0].notes = [pretty_midi.Note(velocity=100, pitch=60, start=0.5, end=1.5)]
        >>> with tempfile.TemporaryDirectory() as place:
        ...     piece.write(f"{place}/one.mid")
        ...     read_midi(f"{place}/one.mid")
        [Tone(onset_s=0.5, held_s=1.0, pitch=60, velocity=100)]
    """
    try:
        import pretty_midi
    except ImportError:
        raise DataError("MIDI files are read by pretty_midi: pip install pretty_midi") from None
    path = Path(path)
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path}: is empty")
    try:
        # What it remarks on, such as the type of file, is of no use here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            piece = pretty_midi.PrettyMIDI(str(path))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except Exception as error:  # the library raises whatever the broken bytes lead to
        reason = str(error).strip() or type(error).__name__
        raise DataError(f"{path}: cannot be read as a MIDI file ({reason})") from None
    parts = [(one.is_drum, note) for one in piece.instruments for note in one.notes]
    notes = [note for is_drum, note in parts if not is_drum]
    if not notes:
        what = "nothing but drums (channel 10), which have no pitch" if parts else "no notes"
        raise DataError(f"{path}: has {what}; give a file with a melody")
    if len(notes) < len(parts):
        warnings.warn(
            f"{path}: {len(parts) - len(notes)} drum notes (channel 10) were left out", stacklevel=2
        )
    if (end := max(note.end for note in notes)) > LONGEST_S:
        raise DataError(f"{path}: lasts {end:.0f} s; cut it to {LONGEST_S} s or less")
    tones = [
        Tone(float(n.start), float(n.end - n.start), int(n.pitch), int(n.velocity)) for n in notes
    ]
    return sorted(tones, key=lambda tone: (tone.onset_s, tone.pitch))

"""Scores from MIDI files, and files that hold none."""

import sys
import warnings

import pretty_midi
import pytest

from tinyaudio.data.melodies import Tone
from tinyaudio.data.midi import LONGEST_S, read_midi
from tinyaudio.errors import DataError


def write(path, *parts, tempo=120.0):
    """A file with a track for each part: notes (pitch, start, end), or a dict with is_drum."""
    piece = pretty_midi.PrettyMIDI(initial_tempo=tempo)
    for notes, is_drum in parts:
        track = pretty_midi.Instrument(program=0, is_drum=is_drum)
        track.notes = [pretty_midi.Note(100, *note) for note in notes]
        piece.instruments.append(track)
    piece.write(str(path))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tune.mid"


@pytest.mark.parametrize("tempo", [40, 120, 300])
def test_a_melody_comes_back_with_its_times_whatever_its_tempo(path, tempo):
    notes = [(60, 0.0, 0.5), (62, 0.5, 0.75), (59, 1.0, 3.0)]
    score = read_midi(write(path, (notes, False), tempo=tempo))
    assert [tone.pitch for tone in score] == [60, 62, 59]
    for tone, (pitch, start, end) in zip(score, notes, strict=True):
        assert isinstance(tone, Tone) and tone.velocity == 100
        assert (tone.onset_s, tone.held_s) == pytest.approx((start, end - start), abs=0.01)


def test_chords_and_tracks_are_kept_in_the_order_of_their_onsets(path):
    low = [(40, 0.0, 2.0), (43, 2.0, 4.0)]
    chord = [(67, 1.0, 2.0), (60, 1.0, 2.0), (64, 1.0, 2.0)]
    score = read_midi(write(path, (chord, False), (low, False)))
    assert [tone.pitch for tone in score] == [40, 60, 64, 67, 43]


def test_drums_are_left_out_and_said_to_be(path):
    beat = [(36, 0.0, 0.1), (38, 0.5, 0.6)]
    write(path, ([(60, 0.0, 1.0)], False), (beat, True))
    with pytest.warns(UserWarning, match=r"2 drum notes \(channel 10\) were left out"):
        assert [tone.pitch for tone in read_midi(path)] == [60]
    with pytest.raises(DataError, match=r"nothing but drums \(channel 10\), which have no pitch"):
        read_midi(write(path, (beat, True)))


def test_a_file_without_notes_an_empty_one_and_none_at_all_are_refused(path, tmp_path):
    with pytest.raises(DataError, match="has no notes; give a file with a melody"):
        read_midi(write(path))
    path.write_bytes(b"")
    with pytest.raises(DataError, match="is empty"):
        read_midi(path)
    with pytest.raises(DataError, match="no such file"):
        read_midi(tmp_path / "none.mid")
    with pytest.raises(DataError, match="cannot be read as a MIDI file"):
        read_midi(tmp_path)  # a folder


def test_broken_bytes_are_refused_in_a_line(path):
    whole = write(path, ([(60, i / 4, i / 4 + 0.2) for i in range(40)], False)).read_bytes()
    broken = [b"RIFF" + bytes(100), b"MThd", whole[:20], whole[: len(whole) // 2], whole[14:]]
    broken.append(whole[:4] + bytes(4) + whole[8:])
    for content in broken:
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(DataError) as refused:
                read_midi(path)
        assert "tune.mid: " in str(refused.value) and "\n" not in str(refused.value)


def test_hours_of_music_are_refused(path):
    with pytest.raises(DataError, match=f"lasts {LONGEST_S + 2} s; cut it to {LONGEST_S} s"):
        read_midi(write(path, ([(60, LONGEST_S, LONGEST_S + 2)], False)))


def test_without_the_library_it_is_named(path, monkeypatch):
    write(path, ([(60, 0, 1)], False))
    monkeypatch.setitem(sys.modules, "pretty_midi", None)
    with pytest.raises(DataError, match="pip install pretty_midi"):
        read_midi(path)

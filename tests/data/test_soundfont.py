"""Real instruments, the same every time, with NSynth's labels."""

import json
import sys
from pathlib import Path

import pytest
import torch

from tinyaudio.data import soundfont
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.nsynth import VELOCITIES
from tinyaudio.data.soundfont import find_soundfont, render_note
from tinyaudio.data.soundfont_notes import (
    ELECTRONIC,
    HELD_OUT,
    PROGRAMS,
    SYNTHETIC,
    SoundfontNotes,
)
from tinyaudio.errors import DataError

NSYNTH = "bass brass flute guitar keyboard mallet organ reed string synth_lead vocal".split()
# The keys of an entry of examples.json (magenta.tensorflow.org/datasets/nsynth).
NSYNTH_LABELS = {
    *("note", "note_str", "instrument", "instrument_str", "pitch", "velocity", "sample_rate"),
    *("qualities", "qualities_str", "instrument_family", "instrument_family_str"),
    *("instrument_source", "instrument_source_str"),
}


@pytest.fixture(scope="module")
def font():
    """The small soundfont that comes with pretty_midi."""
    pytest.importorskip("tinysoundfont")
    bundled = Path(pytest.importorskip("pretty_midi").__file__).parent / "TimGM6mb.sf2"
    assert bundled.is_file()
    return bundled


# ---------------------------------------------------------------------------- tables


def test_families_are_nsynth_s_in_its_order():
    assert list(FAMILIES) == list(PROGRAMS) == NSYNTH
    assert VELOCITIES == (25, 50, 75, 100, 127)
    programs = [p for family, _ in PROGRAMS.values() for p in family]
    assert len(programs) == len(set(programs)) and set(programs) <= set(range(128))
    assert not ELECTRONIC & SYNTHETIC


def test_splits_share_no_instrument_and_each_has_every_family_it_can():
    parts = {
        s: {p for _, p, _ in SoundfontNotes(1, split=s).instruments}
        for s in ("train", "valid", "test")
    }
    assert not parts["train"] & parts["valid"] and not parts["train"] & parts["test"]
    assert not parts["valid"] & parts["test"]
    assert parts["valid"] == HELD_OUT["valid"] and parts["test"] == HELD_OUT["test"]
    assert set().union(*parts.values()) == {p for family, _ in PROGRAMS.values() for p in family}
    assert {family for family, _, _ in SoundfontNotes(1).instruments} == set(FAMILIES)


# ---------------------------------------------------------------------------- one note


def test_a_note_has_its_length_and_its_pitch(font):
    note = render_note(73, 69, seconds=2.0, soundfont=font)
    assert note.shape == (1, 32_000) and note.dtype == torch.float32 and note.abs().max() <= 1
    # The middle second of a flute's A4: the strongest bin of 1 Hz is the 440 Hz that was asked for,
    # within the few cents to which recordings are tuned.
    spectrum = torch.fft.rfft(note[0, 8_000:24_000] * torch.hann_window(16_000)).abs()
    assert spectrum[:700].argmax().item() == pytest.approx(440, abs=4)


def test_a_note_does_not_depend_on_what_was_rendered_before(font):
    first = render_note(0, 60, seconds=0.5, soundfont=font)
    for program in (48, 19, 127):  # sounds that ring on
        render_note(program, 48, 127, seconds=0.3, soundfont=font)
    assert torch.equal(render_note(0, 60, seconds=0.5, soundfont=font), first)


def test_a_harder_stroke_is_louder(font):
    soft, hard = (
        render_note(0, 60, v, seconds=0.5, soundfont=font).square().mean() for v in (25, 127)
    )
    assert hard > 2 * soft


def test_the_key_is_let_go_at_three_quarters(font):
    organ = render_note(19, 60, seconds=1.0, soundfont=font)[0]
    held, released = organ[8_000:12_000].square().mean(), organ[15_000:].square().mean()
    assert released < held / 10


def test_little_folds_back_at_a_low_rate(font):
    """At 8 kHz, only what the 48 kHz rendering holds below 4 kHz is left."""
    high = render_note(0, 84, seconds=1.0, sample_rate=48_000, soundfont=font)[0]
    low = render_note(0, 84, seconds=1.0, sample_rate=8_000, soundfont=font)[0]
    n = 4_000 * 85 // 100  # up to where the resampler's filter is flat; 1 Hz a bin
    expected, got = torch.fft.rfft(high)[:n] / 48_000, torch.fft.rfft(low)[:n] / 8_000
    # The resampler lets through at most -90 dB there; the ends of the note add a little.
    assert (expected - got).abs().max() < 1e-3 * expected.abs().max()


def test_numbers_out_of_range_are_refused():
    for wrong in ({"program": 128}, {"pitch": -1}, {"velocity": 0}, {"seconds": 0.0}):
        with pytest.raises(DataError, match=rf"{next(iter(wrong.values()))}.*must be"):
            render_note(**({"program": 0, "pitch": 60} | wrong))


# ---------------------------------------------------------------------------- a data set


def test_note_i_is_a_function_of_seed_split_and_i(font):
    def dataset(**settings):
        return SoundfontNotes(6, seconds=0.2, soundfont=font, **settings)

    forwards = [dataset()[i] for i in range(6)]
    backwards = [dataset()[i] for i in reversed(range(6))][::-1]
    for item, again in zip(forwards, backwards, strict=True):
        assert torch.equal(item.pop("audio"), again.pop("audio")) and item == again
    names = [item["note_str"] for item in forwards]
    assert names != [dataset(seed=1)[i]["note_str"] for i in range(6)]
    assert SoundfontNotes(100, seconds=0.2, soundfont=font)[3]["note_str"] == names[3]


def test_labels_are_nsynth_s_and_true(font):
    notes = SoundfontNotes(8, seconds=0.2, soundfont=font, pitches=(50, 70))
    for i in range(8):
        labels = notes[i]
        audio = labels.pop("audio")
        assert labels.keys() == NSYNTH_LABELS
        family, source, number = labels["instrument_str"].rsplit("_", 2)
        assert (
            labels["note_str"]
            == f"{labels['instrument_str']}-{labels['pitch']:03}-{labels['velocity']:03}"
        )
        assert family == labels["instrument_family_str"] == NSYNTH[labels["instrument_family"]]
        assert source == labels["instrument_source_str"]
        assert int(number) == labels["instrument"] and labels["instrument"] in PROGRAMS[family][0]
        assert labels["velocity"] in VELOCITIES and 50 <= labels["pitch"] <= 70
        assert len(labels["qualities"]) == 10
        assert audio.abs().max() > soundfont.SILENT
        json.dumps(labels)


def test_notes_of_one_family_stay_in_it_and_in_its_range(font):
    notes = SoundfontNotes(10, families=("bass",), seconds=0.1, soundfont=font)
    for i in range(10):
        item = notes[i]
        assert item["instrument_family_str"] == "bass" and item["pitch"] in PROGRAMS["bass"][1]
    with pytest.raises(IndexError):
        notes[10]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"families": ("drum",)}, "no family 'drum'"),
        ({"split": "dev"}, "no split 'dev'"),
        ({"pitches": (100, 120)}, "has no instrument"),
    ],
)
def test_a_data_set_that_cannot_be_is_refused(settings, words):
    with pytest.raises(DataError, match=words):
        SoundfontNotes(1, **settings)


# ---------------------------------------------------------------------------- what is missing


def test_a_soundfont_that_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"none\.sf2: no such soundfont"):
        find_soundfont(tmp_path / "none.sf2")
    monkeypatch.setenv("TINYAUDIO_SOUNDFONT", str(tmp_path / "named.sf2"))
    with pytest.raises(DataError, match=r"named\.sf2: no such soundfont"):
        find_soundfont()
    (tmp_path / "named.sf2").touch()
    assert find_soundfont() == tmp_path / "named.sf2"


def test_without_any_soundfont_the_way_to_one_is_named(monkeypatch):
    monkeypatch.delenv("TINYAUDIO_SOUNDFONT", raising=False)
    monkeypatch.setattr(soundfont, "PLACES", ())
    monkeypatch.setattr(soundfont, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install pretty_midi"):
        find_soundfont()


def test_without_the_synthesizer_the_way_to_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "any.sf2").touch()
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(DataError, match="pip install --no-deps tinysoundfont"):
        render_note(0, 60, soundfont=tmp_path / "any.sf2")


def test_a_file_that_is_no_soundfont_is_named(tmp_path):
    pytest.importorskip("tinysoundfont")
    (tmp_path / "text.sf2").write_text("not a soundfont")
    with pytest.raises(DataError, match=r"text\.sf2: cannot be read as a soundfont"):
        render_note(0, 60, soundfont=tmp_path / "text.sf2")

"""What chapter 0 says of the book, compared with what is there."""

import math
import re

import pytest

from tinyaudio.metrics.pitch import f0_track, midi_to_hz, note_hz
from tinyaudio.represent import mulaw
from tools.book import ROOT, SOURCES
from tools.book.edition import repository
from tools.book.source import read

CHAPTERS = {path.stem: read(path) for path in SOURCES.glob("*.md")}
TEXT = (SOURCES / "index.md").read_text(encoding="utf-8")


def test_every_chapter_is_on_the_map_and_none_that_is_not_there():
    linked = set(re.findall(r"\]\((\w+)\.ipynb\)", TEXT)) - {"glossary", "bibliography"}
    assert linked == {name for name, chapter in CHAPTERS.items() if chapter.number}


def test_it_counts_the_chapters_that_are_there():
    numbers = sorted(chapter.number for chapter in CHAPTERS.values())
    assert numbers == [*range(23), 27]
    assert "1부부터 5부까지, 모두 스물두 장입니다" in TEXT
    assert "Parts 1 to 5 are here now, twenty-two chapters" in TEXT


def test_it_says_that_the_repository_has_no_address_as_long_as_it_has_none():
    assert ("ORG/REPO" in repository()) == ("`ORG/REPO`" in TEXT)


@pytest.mark.parametrize("name", ["train.py", "recipes/autoregressive.py"])
def test_where_an_engineer_begins_is_there(name):
    assert (ROOT / "tinyaudio" / name).is_file() and TEXT.count(f"`tinyaudio/{name}`") == 2


def test_sound_whose_error_is_the_subject_is_lossless():
    """The ten seconds hold a 4-bit violin, and chapter 1 plays bits and aliasing."""
    assert 'player(five_sounds, 16_000, label, format="flac")' in TEXT
    sound = (SOURCES / "sound_into_numbers.md").read_text(encoding="utf-8")
    assert (
        sound.count('format="flac"') >= 2
        and 'player(rough, piano.sample_rate, f"{bits} bit", format="flac")' in sound
    )


def test_the_four_notes_of_the_network_have_the_pitches_that_were_asked_for():
    """Made by the page's own lines; within 30 cents, as chapter 5 counts them."""
    (cell,) = (c for c in CHAPTERS["index"].cells if "wavenet-notes" in c.text and c.kind == "code")
    names = {"mulaw": mulaw}
    exec(re.sub(r"⟦.*?\|(.*?)⟧", r"\1", cell.text), names)
    assert names["drawn"].shape == (1, 32_000)
    for tone, pitch in zip(names["tones"], (60, 64, 67, 72), strict=True):
        track = f0_track(tone[None], 8_000, low_hz=150, high_hz=1_000, hop_length=400)
        assert abs(1_200 * math.log2(note_hz(track) / midi_to_hz(pitch))) < 30

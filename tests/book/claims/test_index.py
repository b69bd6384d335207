"""What chapter 0 says of the book, compared with what is there."""

import re

import pytest

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
    assert numbers == list(range(8)) and "일곱 장" in TEXT and "seven chapters" in TEXT


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

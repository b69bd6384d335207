"""What chapter 0 says of the book, compared with what is there."""

import re

import pytest

from tools.book import ROOT, SOURCES
from tools.book.source import read

CHAPTERS = {path.stem: read(path) for path in SOURCES.glob("*.md")}
TEXT = (SOURCES / "index.md").read_text(encoding="utf-8")


def test_every_chapter_is_on_the_map_and_none_that_is_not_there():
    appendices = {"glossary", "bibliography", "learning_map", "typical_errors"}
    linked = set(re.findall(r"\]\((\w+)\.ipynb\)", TEXT)) - appendices
    assert linked == {name for name, chapter in CHAPTERS.items() if chapter.number}


def test_it_counts_the_chapters_that_are_there():
    numbers = sorted(chapter.number for chapter in CHAPTERS.values())
    assert numbers == [*range(29)]
    assert "1부부터 6부까지, 모두 스물여덟 장입니다" in TEXT
    assert "It has twenty-eight chapters, in parts 1 to 6" in TEXT


@pytest.mark.parametrize("name", ["train.py", "recipes/autoregressive.py"])
def test_where_an_engineer_begins_is_there(name):
    assert (ROOT / "tinyaudio" / name).is_file() and TEXT.count(f"`tinyaudio/{name}`") == 2


def test_sound_whose_error_is_the_subject_is_lossless():
    """Chapter 1 plays bits and aliasing."""
    sound = (SOURCES / "sound_into_numbers.md").read_text(encoding="utf-8")
    assert (
        sound.count('format="flac"') >= 2
        and 'player(rough, piano.sample_rate, f"{bits} bit", format="flac")' in sound
    )

"""The cover is what its command makes of the present models, and says what it plays."""

import math
import sys
import tomllib
from html import escape

import pytest
import soundfile
import torch

from tinyaudio.metrics.pitch import f0_track, midi_to_hz, note_hz
from tools.book import ROOT
from tools.book.cover import FOLDER, PITCHES, flute_notes, stale_cover, wavenet_notes

sys.path.append(str(ROOT / "book" / "_ext"))
from cover import cover, parts

WORDS = tomllib.loads((ROOT / "book" / "cover.toml").read_text(encoding="utf-8"))


def test_it_is_made_from_the_models_that_are_there(tmp_path):
    assert stale_cover() == []
    assert stale_cover(tmp_path) != []


@pytest.mark.parametrize("notes", [flute_notes, wavenet_notes])
def test_both_melodies_have_the_pitches_of_the_song(notes):
    """Within 30 cents, as chapter 5 counts them."""
    pitches = sorted(set(PITCHES))
    for tone, pitch in zip(notes(pitches), pitches, strict=True):
        track = f0_track(tone, 8_000, low_hz=150, high_hz=1_000, hop_length=400)
        assert abs(1_200 * math.log2(note_hz(track) / midi_to_hz(pitch))) < 30


def test_all_sounds_have_one_level_and_last_at_most_ten_seconds():
    files = sorted(FOLDER.glob("*.mp3"))
    assert len(files) == 7
    for file in files:
        sound, rate = soundfile.read(file)
        level = 20 * torch.tensor(sound).square().mean().sqrt().log10()
        assert 3 < len(sound) / rate <= 10 and abs(level + 21.94) < 0.5, file.name


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_part_has_its_card_its_link_and_its_sound(language):
    first = {chapter: f"{chapter}.html" for _, _, chapter in parts(language)}
    html = cover(language, "_static", first)
    for caption, shown, chapter in parts(language):
        assert shown in html and f'href="{chapter}.html"' in html
        if caption in WORDS["sounds"]:
            assert escape(WORDS["sounds"][caption][language]) in html
    assert set(WORDS["sounds"]) <= {caption for caption, _, _ in parts(language)}
    for one in WORDS["sounds"].values():
        assert (FOLDER / f"{one['file']}.mp3").is_file()
    assert WORDS["ko"].keys() == WORDS["en"].keys()

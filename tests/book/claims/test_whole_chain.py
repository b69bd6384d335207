"""The numbers that chapter 24 states in its text, against what its cells printed and the record has."""

import json
import math
import re

import nbformat
import pytest

from tinyaudio.data.voices import speaker
from tools.book import SOURCES

TEXT = (SOURCES / "whole_chain.md").read_text(encoding="utf-8")
NUMBER = r"-?\d+\.\d+"


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "whole_chain.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def found(printed, name):
    """The numbers of a line that begins with a name."""
    line = re.search(rf"(?m)^{re.escape(name)}:? (.+)$", printed)
    assert line, name
    return [float(one.replace(",", "")) for one in re.findall(r"-?\d[\d,]*\.?\d*", line[1])]


def test_the_sounds_have_the_lengths_and_rates_of_their_links(printed):
    for name in ("0 input", "1 vocoder alone", "2 converted"):
        assert found(printed, name)[:2] == [16_000, 32_000]
    assert found(printed, "3 upsampled")[:2] == [48_000, 96_000]


def test_the_more_truth_the_nearer_and_most_from_the_converter(printed):
    names = ["whole chain", "true frames", "true 16 kHz", "true 16 kHz, sinc", "source, sinc"]
    rows = dict(zip(names, (found(printed, f"{name}:") for name in names), strict=True))
    chain, frames, low = (rows[name][0] for name in names[:3])
    assert chain > frames > low and chain - frames > frames - low
    assert all(rows[name][1] < 10 for name in names[:3])
    assert all(rows[name][1] > 6 * rows["true 16 kHz"][1] for name in names[3:])
    assert 1.5 < rows["true 16 kHz, sinc"][0] / low < 2.5
    assert rows["source, sinc"][0] > chain


def test_squares_add_up_and_decibels_do_not(printed):
    first, second = found(printed, "converter")
    whole = float(re.search(rf"(?m)^whole ({NUMBER}) dB$", printed)[1])
    total, root = found(printed, "sum")
    assert total == pytest.approx(first + second, abs=0.15)
    assert root == pytest.approx(math.hypot(first, second), abs=0.1)
    assert abs(whole - root) < abs(whole - total) / 2 and first > second


def test_foreign_frames_are_longer_or_shorter(printed):
    right, slow, fast = (
        found(printed, name)[:2] for name in ("right frames:", "hop of 200:", "22,050 Hz:")
    )
    assert slow[0] / right[0] == pytest.approx(1.28, abs=0.02)
    assert fast[0] / right[0] == pytest.approx(1.38, abs=0.02)
    assert slow[1] == pytest.approx(right[1], rel=0.03) and fast[1] < 0.95 * right[1]
    assert "256 / 200 = 1.28$" in TEXT and "22050 / 16000 = 1.38$" in TEXT


def test_the_quiz_adds_squares():
    assert round(math.hypot(8, 3), 1) == 8.5 and 0.5 < math.hypot(8, 3) - 8 < 0.6


def test_the_seam_is_as_wide_as_half_the_filter(printed):
    first, last = map(int, re.findall(r"(?m)^(\d{4}) (\d{4})$", printed)[0])
    assert 2_000 - 32 <= first < 2_000 and 6_000 <= last < 6_000 + 32


def test_without_a_microphone_the_page_says_so_and_goes_on(printed):
    assert "input: nothing recorded, so the book's voice\n" in printed
    assert "Recorder(limit_s=10)" in TEXT and "after 10 seconds it stops" in TEXT
    assert 'own.wav", 4, folder' in TEXT and speaker(4).kind == "child"  # the target is child 4
    assert "takes = [0.5 * voice(speaker(k), words, sample_rate=HIGH).clip for k in (4, 3)]" in TEXT
    assert "Child 4 and woman 3 say" in TEXT and speaker(3).kind == "woman"


def test_words_are_expected_intact_after_the_vocoder_and_blurred_after_the_converter():
    rows = json.loads((SOURCES.parent / "records" / "chain.json").read_text("utf-8"))["recorded"]
    assert rows["vocoder"]["content_kept"] > 0.85 and rows["chain"]["content_kept"] < 0.5
    assert rows["chain"]["target_speaker_accuracy"] > 0.95


def test_the_table_of_real_voices_is_the_record_s():
    record = json.loads((SOURCES.parent / "records" / "chain.json").read_text("utf-8"))
    measures = ("target_speaker_accuracy", "content_kept", "pitch_course_kept")
    rows = record["recorded"]
    for row in rows.values():
        assert TEXT.count(f" | {' | '.join(f'{row[key]:.2f}' for key in measures)} |") >= 2
    assert 0.2 < rows["chain"]["content_kept"] < rows["mean_moved"]["content_kept"] / 2
    assert f"{record['full_band']['last_link']['high_band_energy_db']:.1f} dB" in TEXT
    assert 35 < record["memory_mb"]["10"] - record["memory_mb"]["1"] < 45

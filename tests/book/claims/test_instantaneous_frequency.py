"""The numbers that chapter 15 states in its text: what its cells print is tested by executing them."""

import json
import re

import nbformat
import pytest

from tinyaudio.represent.gansynth_image import ImageConfig
from tools.book import SOURCES

TEXT = (SOURCES / "instantaneous_frequency.md").read_text(encoding="utf-8")
RECORD = json.loads((SOURCES.parent / "records" / "ifreq.json").read_text(encoding="utf-8"))


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "instantaneous_frequency.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_the_table_is_the_record():
    stated(
        "음 16개와 사운드폰트(녹음한 악기 음을 모은 파일)의 음 16개",
        "16 synthetic notes and 16 of a soundfont",
    )
    assert RECORD["notes"] == 32
    rows = {
        "if_full_length_db_float32": ("32비트 | {} dB", "32 bits | {} dB"),
        "if_full_length_db_float64": ("64비트 | {} dB", "64 bits | {} dB"),
        "complex_mel_db": ("가운데에서 잰 위상 | {} dB", "from the middle of the frame | {} dB"),
        "complex_mel_from_start_db": (
            "처음에서 잰 위상 | {} dB",
            "from the start of the frame | {} dB",
        ),
        "published_mel_db": ("공개된 코드의 IF-mel | {} dB", "of the released code | {} dB"),
    }
    for name, both in rows.items():
        stated(*(words.format(round(RECORD[name])) for words in both))
    stated("4.1배의 시간", "4.1 times as long")
    assert RECORD["time_ratio"] == pytest.approx(4.1, abs=0.05)
    assert RECORD["if_440_hz"] == pytest.approx(0.16, abs=1e-5)


def test_sizes_of_the_papers_pictures():
    stated("251프레임", "251 frames", "126프레임", "126 frames")
    for high, frames in ((False, 251), (True, 126)):
        config = ImageConfig.paper(high_resolution=high)
        assert 1 + config.n_samples // config.hop_length == frames <= config.n_frames
    assert ImageConfig.paper().n_frames == ImageConfig.paper().hop_length == 256


def test_the_quiz_s_500_hz_turn_by_sixteen_half_turns():
    stated("2 · 500 · 256 / 16,000 = 16")
    assert 2 * 500 * 256 / 16_000 == 16


def test_neighbouring_phases_are_as_far_apart_as_random_ones(printed):
    stated("난수와 구별되지 않습니다", "cannot be told from random numbers")
    n, phase, turn = re.search(
        r"(\d+): phase ([\d.]+), instantaneous frequency ([\d.]+)", printed
    ).groups()
    assert int(n) == 36 and float(phase) == pytest.approx(0.5, abs=0.02) and float(turn) <= 0.15


def test_noise_on_frequency_costs_more_than_noise_on_phase(printed):
    found = re.findall(r"noise on (phase|frequency): +(-?\d+) dB", printed)
    noise = {name: int(db) for name, db in found}
    assert noise["phase"] > 16 and noise["frequency"] < 5


def test_the_released_padding_falls_to_5_db_at_the_end(printed):
    stated("5 dB까지 떨어집니다", "falls to 5 dB there")
    ends = dict(
        re.findall(
            r"^(paper|paper \+ H|released|released \+ H) +\(2, .*\) .* (-?\d+) dB$", printed, re.M
        )
    )
    assert int(ends["released + H"]) == 5 and int(ends["released"]) < 10
    assert int(ends["paper"]) > 80 and int(ends["paper + H"]) > 80


def test_mel_pictures_of_the_note(printed):
    rows = {
        kind: (float(snr), float(distance))
        for kind, snr, distance in re.findall(
            r"^(if|if_mel|complex_mel) +(-?\d+) dB +([\d.]+) dB$", printed, re.M
        )
    }
    stated("(4.6 dB)")
    assert rows["if_mel"][1] == pytest.approx(4.6, abs=0.1) and rows["complex_mel"][1] < 1
    assert rows["if"][0] > 100 and rows["complex_mel"][0] > 35 and rows["if_mel"][0] < 6

"""The numbers that chapter 25 states in its text: what its cells print is tested by executing them."""

import json
import re

import nbformat
import pytest

from tinyaudio.checkpoints import folder_of
from tinyaudio.cli.data import FULL_SCALE
from tinyaudio.data.clips import FEW_FILES, HELD_OUT
from tinyaudio.data.recorded import names
from tinyaudio.represent.logmel import HOP_LENGTH
from tools.book import ROOT, SOURCES

TEXT = (SOURCES / "your_own_sound.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "your_own_sound.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def log(name):
    """The held-out scores of a shipped run by step, and its seconds by step."""
    lines = (ROOT / "runs" / name / "log.jsonl").read_text(encoding="utf-8").splitlines()
    scores, seconds = {}, {}
    for line in map(json.loads, lines):
        for key, value in line.items():
            if key.startswith("held_out/"):
                scores[line["step"]] = value
        seconds[line["step"]] = line.get("seconds", seconds.get(line["step"], 0))
    return scores, seconds


def test_the_stand_in():
    stated("악기 음 36개, 모두 72초", "the 36 instrument notes", "72 seconds in all")
    assert len(names("note")) == 36
    stated("(악기 음 27개, 54초)", "(27 notes, 54 seconds)")
    assert len([i for i in range(36) if i % 4 != 3]) == 27


def test_the_check_leaves_two_out_and_remarks_on_three(printed):
    stated("두 파일은 빠지고 넷은", "Two files are left out and four", "Three of those used")
    assert printed.count("left out:") == 2 and "4 of 6 files usable" in printed
    lines = dict(re.findall(r"(?m)^(\w+)\.wav: (.*)$", printed))
    assert FULL_SCALE < 1 and "clipped" in lines["louder"]
    assert "constant offset +0.2" in lines["offset"]
    assert "same sound as first.wav" in lines["twice"] and ";" not in lines["first"]


def test_a_split_by_crops_inflates_the_score(printed):
    crops, recordings, commonest = (
        int(re.search(rf"{name}: (\d+)%", printed)[1])
        for name in ("split by crops", "split by recordings", "always the commonest")
    )
    stated(f"{crops}%입니다", f"{crops}% are right", f"{recordings}%이고", f"{recordings}% are")
    stated(f"답하는 {commonest}%", f"the {commonest}% of always")
    assert crops > 3 * recordings > 3 * commonest


def test_what_the_package_holds_out():
    stated("열 개 이상이면 파일 열 개에 하나꼴", "one file in ten, whole, if there are ten")
    assert FEW_FILES == HELD_OUT == 10


def test_ten_seconds_have_less_than_two_samples_a_parameter(printed):
    stated("샘플이 두 개도", "less than two samples per parameter")
    assert float(re.search(r"10 s +160,000 +([\d.]+)", printed)[1]) < 2


def test_what_training_shows(printed):
    def curve(name):
        return [*map(float, re.search(rf"(?m)^{name} +((?:\d\.\d\d ?)+)$", printed)[1].split())]

    ten, minute = curve("10 s"), curve("54 s")
    ten_from, minute_from, slowly = (
        curve(re.escape(one)) for one in ("10 s, --from", "54 s, --from", "54 s, --from, 1/10")
    )
    assert minute[-1] < ten[-1] < 8 == ten[0]
    assert minute_from[0] < minute[-1] - 1  # before a step
    assert min(ten_from[1:]) > ten_from[0] and slowly[-1] < slowly[0]
    assert all(a < b for a, b in zip(slowly[1:], minute_from[1:], strict=True))


def test_what_the_logs_say_of_ten_minutes_and_an_hour():
    scores, seconds = log("wavenet-notes")
    stated("4.75 (1,000스텝)", "4.75 (1,000 steps)", "6,000스텝, 44분", "6,000 steps, 44 minutes")
    assert (round(scores[0], 2), round(scores[1000], 2), round(scores[6000], 2)) == (8, 4.75, 4.23)
    assert 500 < seconds[1000] < 660 and round(seconds[6000] / 60) == 44
    stated("0.02비트뿐", "no more than 0.02 bits", "195,000스텝", "195,000 steps")
    assert round(scores[5000] - scores[6000], 2) == 0.02
    assert round(86_400 * 6_000 / seconds[6000], -3) == 195_000
    scores, seconds = log("vqvae-voices")
    stated("3.04 (4,000스텝, 9분)", "3.04 (4,000 steps, 9 minutes)", "62.5")
    assert (round(scores[0], 1), round(scores[4000], 2)) == (16.7, 3.04)
    assert round(seconds[4000] / 60) == 9 and 16_000 / HOP_LENGTH == 62.5
    scores, seconds = log("upsampling-x3")
    stated("0.88 (200스텝)", "0.88 (200 steps)")
    stated("0.83 (500스텝, 35분)", "0.83 (500 steps, 35 minutes)")
    assert [round(scores[i], 2) for i in (0, 200, 500)] == [39.3, 0.88, 0.83]
    assert round(seconds[500] / 60) == 35


def test_the_models_that_from_is_given_are_there():
    for name in ("causal-notes", "upsampling-x3", "wavenet-notes", "vqvae-voices"):
        assert f"`{name}`" in TEXT and (folder_of(name) / "run.json").is_file()

"""The numbers that chapter 17 states in its text."""

import json
import math
import re

import nbformat
import pytest
import torch

from tinyaudio.metrics.listening import preference_p
from tinyaudio.represent.gansynth_image import ImageConfig
from tools.book import ROOT, SOURCES
from tools.book.edition import select
from tools.book.source import read

PATH = SOURCES / "generative_metrics.md"
TEXT = PATH.read_text(encoding="utf-8")
RECORD = json.loads((SOURCES.parent / "records" / "gansynth.json").read_text(encoding="utf-8"))
COLUMNS = {
    "ndb": 0,
    "fid": 1,
    "fd_spectrum": 1,
    "inception_score": 1,
    "pitch_entropy": 2,
    "pitch_accuracy_of_real": 2,
    "coverage": 2,
    "precision": 2,
    "nearest_train_ratio": 2,
    "diversity_of_real": 2,
}


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def rows():
    """The table of section 17.3, by the chapter's own cells, without pictures."""
    code = [select(cell.text, "en") for cell in read(PATH).cells if cell.kind == "code"]
    space = {}
    for cell in (code[0], code[1], code[3]):
        exec(cell, space)
    return space["table"]


def test_each_column_is_fooled_by_another_set(rows):
    stated("프레셰 거리는 0에 가깝습니다", "The Fréchet distance of the Gaussian is near 0")
    assert rows["Gaussian"]["FD"] < 0.1 and rows["Gaussian"]["precision"] < 0.6
    assert rows["Gaussian"]["NDB"] > 20 > rows["other real notes"]["NDB"]
    stated("정밀도는 1입니다", "has a precision of 1")
    assert rows["one real note"]["precision"] == 1 and rows["one real note"]["coverage"] < 0.05
    stated(
        "마지막 열을 빼면 모두 진짜 음에 못지않습니다",
        "as good as real notes in every column but the last",
    )
    copies = rows["copies"]
    assert (
        copies["nearest"] == copies["NDB"] == 0
        and min(copies["coverage"], copies["precision"]) > 0.95
    )
    assert rows["noise"]["nearest"] > 10 and 0.8 < rows["other real notes"]["nearest"] < 1.2


def test_half_way_the_straight_line_is_short():
    stated("길이가 16쯤", "about 16 long")
    a, b = torch.randn(2, 256, generator=torch.Generator().manual_seed(0))
    assert math.sqrt(256) == 16 and ((a + b) / 2).norm() < 0.75 * min(a.norm(), b.norm())


def test_the_classifier_is_right_where_the_text_says_so(printed):
    stated("36개는 모두 맞힙니다", "all 36 notes")
    assert "right: 36 / 36" in printed
    about = (ROOT / "runs" / "README.md").read_text(encoding="utf-8")
    stated("98.8%", "88.7%", "95.4%")
    assert "0.988 of 1,000 notes" in about and "0.887 (0.866 to 0.905)" in about
    assert "up to octaves, 0.992 and 0.954 are right" in about


def test_the_paper_s_table_puts_two_systems_first():
    found = re.search(r"\| real \| 549.*?\n\n", TEXT, re.DOTALL)[0]
    rows = {line.split("|")[1].strip(): [float(x) for x in line.split("|")[2:8]] for line in found.splitlines() if "|" in line}  # fmt: skip
    made = {name: row for name, row in rows.items() if name != "real"}
    best = [max, min, min, max, max, min]  # wins, NDB, FID, IS, PA, PE
    first = [pick(made, key=lambda name, i=i: made[name][i]) for i, pick in enumerate(best)]
    assert first == ["IF-Mel + H"] * 2 + ["IF + H"] * 4
    assert max(made, key=lambda name: made[name][1]) == "WaveNet"
    assert sorted(made, key=lambda name: -made[name][0])[:3] == ["IF-Mel + H", "IF-Mel", "WaveNet"]


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "generative_metrics.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_nothing_is_left_to_be_filled_in():
    assert "TODO" not in TEXT and "<<" not in TEXT


def test_our_table_is_the_record_in_both_languages():
    """Every row that was trained, in the benchmark's order, and its figures as rounded."""
    shown = []
    for name, row in RECORD.items():
        if isinstance(row, dict) and "ndb" in row:
            shown += RECORD["gansynth_seeds"] if name == "gansynth" else [row]
    lines = re.findall(r"(?m)^\| [^|]+ ((?:\| [\d.–]+ ){10})\|$", TEXT)
    expected = [
        "".join("| – " if row[c] is None else f"| {row[c]:.{d}f} " for c, d in COLUMNS.items())
        for row in shown
    ]
    assert lines == expected * 2


def test_what_the_text_says_of_the_table():
    seeds, mean, gaussian, plain = (
        RECORD[name] for name in ("gansynth_seeds", "mean_note", "pca_gaussian", "no_template")
    )
    stated(*(f"{seeds[0]['ndb']}{ko} {seeds[1]['ndb']}" for ko in ("에서", " to")))
    pitches = {f"{row['pitch_accuracy_of_real']:.2f}" for row in seeds}
    assert len(pitches) == 1
    stated(f"두 시드 모두 진짜의 {pitches.pop()}배")
    first, second = (f"{row['diversity_of_real']:.2f}" for row in seeds)
    stated(f"{first}배와 {second}배", f"diversity is {first} and {second} of theirs")
    first, second = (f"{row['fd_spectrum'] / mean['fd_spectrum']:.2f}" for row in seeds)
    stated(f"평균 음의 {first}배와 {second}배", f"FD {first} and {second} of the mean note's")
    for row in seeds:
        for name, better in (("ndb", min), ("fid", min), ("fd_spectrum", min), ("coverage", max)):
            assert better(row[name], gaussian[name]) == gaussian[name]
        assert abs(gaussian["diversity_of_real"] - 1) < abs(row["diversity_of_real"] - 1)
        for name in ("pitch_accuracy_of_real", "precision"):
            assert row[name] > gaussian[name]
    ahead = {
        name
        for name in gaussian.keys() & seeds[0].keys()
        if name in ("inception_score", "pitch_entropy", "nearest_train_ratio")
        and len({row[name] > gaussian[name] for row in seeds}) == 1
    }
    assert not ahead  # the seeds disagree on these three
    shipped = seeds[1]
    assert min(row["fid"] for row in seeds) > mean["fid"]
    share = round(100 * plain["pitch_accuracy_of_real"])
    stated(f"음높이는 {share}% 맞습니다", f"a model still gets {share}% of the pitches")
    assert plain["fd_spectrum"] == pytest.approx(mean["fd_spectrum"], rel=0.05)
    assert plain["coverage"] == pytest.approx(shipped["coverage"] / 2, abs=0.03)


def test_variants_of_750_steps_have_not_learned_pitch_and_their_order_is_not_the_paper_s():
    names = ("paper_loss", "phase", "if_mel", "if")
    rows = [RECORD[name] for name in names]
    shares = sorted(f"{row['pitch_accuracy_of_real']:.2f}" for row in rows)
    stated(f"{shares[0]}–{shares[-1]}로 우연", f"{shares[0]} to {shares[-1]}, near chance")
    distances = [row["fd_spectrum"] for row in rows]
    assert distances == sorted(distances)
    stated("(논문의 손실, 위상, IF-mel, IF)", "(the paper's loss, phase, IF-mel, IF)")


def test_the_table_of_speeds_is_the_record():
    speed = RECORD["speed"]
    for way in ("naive", "cached", "native"):
        ratios = [speed[f"{way}_over_gansynth_{n}"] for n in ("one", "64")]
        shown = " | ".join(f"{one:,.0f}" if one >= 100 else f"{one:g}" for one in ratios)
        assert TEXT.count(f"({way}) | {shown} |") == 2, shown
    ms = f"{1000 * speed['seconds_of_one']:.1f} ms"
    stated(f"한 음은 {ms}", f"A note of GANSynth takes {ms}")
    native, cached, naive = (
        speed[f"{way}_over_gansynth_one"] for way in ("native", "cached", "naive")
    )
    stated(f"{naive / native:,.0f}배", f"{naive / native:,.0f}-fold")
    assert native < cached < speed["paper"] < naive
    assert speed["paper"] == 53_880
    stated("한 음(0.99초)과", "one note (0.99 seconds)")
    image = ImageConfig.small()
    assert image.n_samples / image.sample_rate == pytest.approx(0.99, abs=0.005)


def test_a_wavenet_takes_longer_in_every_way(printed):
    for way in ("naive", "cached", "native"):
        assert f"{way} > GANSynth: True" in printed
    assert "naive / native > 100: True" in printed


def test_a_share_without_its_number_says_nothing(printed):
    for k, n, shown in ((6, 10, "0.7539"), (60, 100, "0.0569"), (480, 800, "0.0000")):
        assert f"{k:3} / {n}: {shown}" in printed and f"{preference_p(k, n):.4f}" == shown
    stated("네 번 가운데 세 번", "three of four", "스무 번에 한 번 넘게", "one of twenty")
    stated("(0.008)", "0.070")
    assert [round(preference_p(k, 8), 3) for k in (8, 7)] == [0.008, 0.070]

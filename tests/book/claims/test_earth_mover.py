"""The numbers that chapter 14 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.data.drums import KINDS
from tinyaudio.models.wavegan import Generator, WaveGANConfig, phase_shuffle
from tinyaudio.recipes.wavegan import PAPER
from tools.book import SOURCES

TEXT = (SOURCES / "earth_mover.md").read_text(encoding="utf-8")
PAIRS = 3


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "earth_mover.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def numbers(pattern, printed):
    """The numbers of every line that begins with a pattern."""
    return [
        [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", line)]
        for line in re.findall(rf"(?m)^ *{pattern}: +(.*)$", printed)
    ]


def test_apart_js_is_ln_2_and_kl_infinite_and_w1_the_shift(printed):
    stated("$\\ln 2 \\approx 0.69$가 되고", "JS reaches $\\ln 2 \\approx 0.69$")
    assert f"{math.log(2):.2f}" == "0.69"
    for shift in (1, 3, 7):
        assert re.search(rf"(?m)^ *{shift} +inf +0\.69 +{shift}\.00$", printed)
    assert re.search(r"(?m)^ *0\.5 +inf +0\.35 +0\.50$", printed)


def test_three_ways_give_one_distance(printed):
    rows = re.findall(r"(?m)^(\d\.\d\d) (\d\.\d\d) (\d\.\d\d)$", printed)
    assert len(rows) == PAIRS
    for closed, area, drawn in rows:
        assert closed == area and float(drawn) == pytest.approx(float(closed), abs=0.02)


def test_a_tenfold_bound_makes_the_gap_about_a_thousand_times_larger(printed):
    stated("약 천 배가", "about a thousandfold", "0.40배", "0.40 times the $W_1$")
    rows = [numbers(rf"c = {bound}, gap / c³", printed)[0] for bound in ("0.01", "0.1", "1.0")]
    for gaps in zip(*rows, strict=True):  # of one pair
        assert max(gaps) < 1.5 * min(gaps)
    W = numbers("W1", printed)[0]
    assert W[1] / W[0] == pytest.approx(0.40, abs=0.005)
    assert all(gaps[1] / gaps[0] < 0.35 for gaps in rows)
    stated(
        "0.0007쯤이고 $c = 1$이면 500이 넘습니다",
        "about 0.0007 at $c$ = 0.01, and over 500 at $c$ = 1",
    )
    assert f"{0.01**3 * rows[0][0]:.4f}" == "0.0007" and rows[2][0] > 500
    # The quiz's critic, of the first pair.
    stated("점수 차이가 0.0007", "difference of scores is 0.0007", "$W_1 = 2$인데도", "$W_1$ = 2")


def test_one_sided_critics_reach_the_optimum_and_two_sided_ones_are_caught(printed):
    stated(
        "8% 안에서",
        "within 8%",
        "둘째 쌍의 넷과 다른 두 쌍의 하나씩",
        "four of the second pair and one of",
    )
    stated("이면 $-1.8$", "$-1.8$ for $W = 2$")  # tests/objectives/test_adversarial_optimum.py
    optima = [float(b) for _, b in re.findall(r"(?m)^(\d\.\d{3}) +(\d\.\d{3})$", printed)]
    assert optima == pytest.approx([2.210, 0.868, 2.260], abs=1e-3)
    W = numbers("W1", printed)[0]
    one, two = numbers("one-sided", printed), numbers("two-sided", printed)
    for optimum, distance, gaps in zip(optima, W, one, strict=True):
        assert gaps == pytest.approx([optimum] * 5, rel=0.08) and min(gaps) > distance
    caught = [
        sum(gap < 0.1 * optimum for gap in gaps) for optimum, gaps in zip(optima, two, strict=True)
    ]
    assert caught == [1, 4, 1]


def test_the_games_end_where_the_text_says(printed):
    stated("반음도 다가가지 못한 채", "comes less than a semitone nearer")
    found = dict(re.findall(r"(?m)^(.*?) +W1 (\d\.\d+), gradient < 1e-6: True", printed))
    assert list(found) == ["minimax GAN"] and 6 < float(found["minimax GAN"]) < 7
    others = re.findall(r"(?m)^(?:WGAN-GP|non-saturating GAN) +W1 (\d\.\d+)", printed)
    assert len(others) == 2 and all(float(one) < 0.5 for one in others)


def test_the_paper_s_generator_and_settings():
    stated("난수 100개", "100 random numbers", "16프레임", "16 frames", "다섯 층", "five layers")
    stated("다섯 스텝을 움직입니다", "makes five steps for each")
    config = WaveGANConfig.paper()
    with torch.device("meta"):
        generator = Generator(config)
    assert (config.n_latents, len(generator.layers), config.n_samples) == (100, 5, 16_384)
    assert PAPER.critic_steps == 5 and config.shuffle == 2
    shifted = phase_shuffle(torch.arange(5.0).view(1, 1, 5), torch.tensor([2]))
    stated("`[2, 1, 0, 1, 2]`")
    assert shifted.flatten().tolist() == [2, 1, 0, 1, 2]


def test_the_shipped_model_is_the_one_described():
    stated("층이 넷, 난수가 32개", "four layers and 32 random numbers")
    stated("CPU에서 16,000스텝", "16,000 steps on a CPU", "0.256초", "0.256 s")
    stated("한 스텝씩 번갈아", "take turns, a step each", "드럼 소리 여섯 가지", "six kinds of")
    config = open_run("wavegan-drums").config
    assert (config.model.n_layers, config.model.n_latents, config.steps) == (4, 32, 16_000)
    assert config.model.n_samples / config.sample_rate == 0.256
    assert config.critic_steps == 1 and config.material == "drums" and len(KINDS) == 6


def test_one_filter_is_enough_for_250_hz_and_half_for_440(printed):
    stated("440 Hz는 절반쯤만", "at 440 Hz about half is left")
    assert 16_000 / 250 == 64
    shares = dict(re.findall(r"(?m)^(\d+) Hz: (\d\.\d\d)$", printed))
    assert shares["250"] == "1.00" and 0.5 <= float(shares["440"]) < 0.6


def test_phases_matter_to_the_cello_and_hardly_to_the_hi_hat(printed):
    stated(
        "하이햇은 약 4 dB, 첼로는 약 14 dB",
        "The hi-hat differs by about 4 dB, the cello by about 14",
    )
    distances = dict(re.findall(r"(?m)^(hi-hat|cello): ([\d.]+) dB$", printed))
    assert round(float(distances["hi-hat"])) == 4 and round(float(distances["cello"])) == 14


def test_the_table_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parent / "records" / "critics.json").read_text())
    assert record["sounds"] == 1_000
    rows = {
        "WaveGAN": record["drums"]["wavegan"],
        "other test sounds": record["drums"]["real_held_out"],
        "mean of the training sounds, no network": record["drums"]["mean"],
        "Gaussian in the components, no network": record["drums"]["gaussian"],
        "WaveGAN of pitched notes": record["notes"]["wavegan"],
    }
    for label, row in rows.items():
        shares = " | ".join(f"{row[name]:.2f}" for name in ("coverage", "precision"))
        figures = (
            f"{row['frechet_db2']:.1f} | {row['ndb']} | {shares} | {row['nearest_train_ratio']:.2f}"
        )
        stated(f"| {label} | {figures} |")
        assert TEXT.count(f" | {figures} |") == 2  # Korean and English

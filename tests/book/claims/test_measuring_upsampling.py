"""The numbers that chapter 22 states in its text: what its cells print is tested by executing them."""

import math
import re

import nbformat
import pytest

from tinyaudio.audio.decimation import CUTOFF
from tinyaudio.exercises.required_trials import TRIALS
from tinyaudio.metrics.listening import abx_p, confidence_interval
from tools.book import SOURCES

TEXT = (SOURCES / "measuring_upsampling.md").read_text(encoding="utf-8")
NUMBER = r"-?\d+\.\d+"


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "measuring_upsampling.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def rows(printed, n):
    """The lines of a name and n numbers."""
    found = re.findall(rf"(?m)^(\w+) +((?:{NUMBER} *){{{n}}})$", printed)
    return {name: [*map(float, numbers.split())] for name, numbers in found}


def test_the_printed_table_is_doubled():
    found = re.findall(rf"({NUMBER}) → ({NUMBER})", TEXT)
    assert len(found) == 32  # four systems, four columns, two languages
    for before, after in found:
        assert float(after) == pytest.approx(2 * float(before), abs=1e-9)
    lead = [
        [float(after) for _, after in re.findall(rf"({NUMBER}) → ({NUMBER})", line)]
        for name in ("MU-GAN", "NU-Wave")
        for line in re.findall(rf"(?m)^\| {name} \|.*$", TEXT)[:1]
    ]
    gains = [b - a for a, b in zip(*lead, strict=True)]
    assert min(gains) == pytest.approx(0.36) and max(gains) == pytest.approx(1.8)
    stated("0.36–1.8 dB가 됩니다", "becomes 0.36–1.8 dB")


def test_three_definitions_of_the_snr_differ(printed):
    found = dict(re.findall(rf"(?m)^(SNR\w* +x [\d.]+) *: +({NUMBER})$", printed))
    values = {" ".join(key.split()): value for key, value in found.items()}
    loud = [values[f"{name} x 1"] for name in ("SNR", "SNR_PRINTED", "SNR_KULESHOV")]
    assert loud == ["7.9", "4.0", "7.9"] and values["SNR_KULESHOV x 0.01"] == "3.6"
    stated("7.9, 4.0, 7.9", "7.9, 4.0 and 7.9", "3.6으로", "falls to 3.6")


def test_lsd_differs_by_definition_and_rewards_images(printed):
    line = re.compile(rf"(?m)^LSD_(\w+) +linear +({NUMBER}) +spline +({NUMBER}) +sinc +({NUMBER})")
    table = {name: [*map(float, numbers)] for name, *numbers in line.findall(printed)}
    assert len(table) == 3
    assert all(
        row == sorted(row) for row in table.values()
    )  # lines before the spline before the sinc
    everything = [value for row in table.values() for value in row]
    assert f"{min(everything):.1f}" == "2.6" and max(everything) == table["KULESHOV"][2] == 10
    stated("2.6에서 10까지", "from 2.6 to 10", "5.2에서 1.0까지", "from 5.2 to 1.0")


def test_the_low_band_is_replaced_exactly(printed):
    assert "low band is the input's to 1e-5: True" in printed


def test_right_magnitudes_lose_three_db(printed):
    table = rows(printed, 6)
    filled, sinc = table["filled"], table["sinc"]
    assert filled[1] == 99  # the low band as it was
    assert sinc[0] - filled[0] == pytest.approx(2.5, abs=0.05)
    stated("sinc보다 2.5 dB 낮습니다", "2.5 dB below the sinc's")
    assert [filled[2], sinc[2], table["silence"][2]] == [-2.9, 0, 0]
    stated("-2.9, `sinc`와 `silence`는 0", "has -2.9, and `sinc` and `silence` have 0")
    assert filled[3] < 1 < min(row[3] for name, row in table.items() if name != "filled")
    assert abs(filled[4]) < 0.1 and filled[5] < 1
    assert f"{10 * math.log10(2):.2f}" == "3.01"


def test_noise_in_silence_is_not_seen_by_the_snr(printed):
    found = re.findall(rf"(?m)^ *({NUMBER}) dBFS: SNR +({NUMBER}) dB", printed)
    assert [round(float(level)) for level, _ in found] == [-80, -70, -60]
    stated("SNR은 43 dB로", "the SNR of 43 dB")
    assert round(float(found[2][1])) == 43


def test_filters_fail_on_one_another_unless_all_are_in_training(printed):
    table = rows(printed, 4)
    assert {*table} == {"sinc", "stft", "chebyshev", "butterworth", "all"}
    gains = table["chebyshev"][2] - table["sinc"][2], table["butterworth"][3] - table["sinc"][3]
    assert gains == pytest.approx((1.4, 2.4), abs=0.01)
    stated("1.4 dB와 2.4 dB 낫지만", "better by 1.4 dB and 2.4 dB", "20 dB 안팎", "about 20 dB")
    for name in ("chebyshev", "butterworth"):
        assert all(17 < table["sinc"][i] - table[name][i] < 24 for i in (0, 1))
    assert all(a > b - 0.3 for a, b in zip(table["all"], table["sinc"], strict=True))
    stated("6.4 kHz부터")
    assert 0.8 * 8 == pytest.approx(6.4) and CUTOFF == 0.8


def test_intervals_and_p_values_are_exact(printed):
    line = re.compile(rf"(?m)^ *(\d+) / +(\d+): p = ({NUMBER}), +(\d+)% – +(\d+)%$")
    found = line.findall(printed)
    assert len(found) == 5
    for k, n, p, low, high in found:
        assert f"{abx_p(int(k), int(n)):.3f}" == p
        ends = [f"{100 * end:.0f}" for end in confidence_interval(int(k), int(n))]
        assert ends == [low, high]
    stated("16%에서 84%까지", "between 16% and 84%", "40%에서 60%까지가", "leaves 40% to 60%")
    assert ("4", "8", "0.637", "16", "84") in found and ("50", "100", "0.540", "40", "60") in found
    stated("7번을 맞혀야 합니다(0.035)", "it takes 7 of 8 (0.035)")
    assert abx_p(7, 8) < 0.05 < abx_p(6, 8)


def test_the_numbers_of_trials_are_those_of_the_solution():
    stated("18번", "158번", "18 for `(0.8, 0.05, 0.8)`, and 158 for `(0.6, 0.05, 0.8)`")
    assert TRIALS.right(0.8, 0.05, 0.8) == 18 and TRIALS.right(0.6, 0.05, 0.8) == 158


def test_another_base_makes_a_factor_of_2_3():
    stated("2.3배 차이", "a factor of 2.3")
    assert f"{math.log(10):.1f}" == "2.3"

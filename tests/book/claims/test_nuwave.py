"""The numbers that chapter 21 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest

from tinyaudio.models.nuwave import NuWaveConfig
from tinyaudio.models.nuwave_cost import macs_per_sample
from tinyaudio.models.whitened_residual import WhitenedResidualConfig
from tinyaudio.objectives.noise_schedule import NUWAVE_FAST
from tools.book import SOURCES

TEXT = (SOURCES / "nuwave.md").read_text(encoding="utf-8")
NUMBER = r"-?\d+\.\d+"


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "nuwave.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


@pytest.fixture(scope="module")
def tables(printed):
    """The live systems' table and the shipped model's: sound -> system -> SNR, LSD, energy, envelope."""
    line = re.compile(rf"(?m)^  ([\w-]+) +((?:{NUMBER} *){{4}})$")

    def rows(text):
        return {name: [*map(float, numbers.split())] for name, numbers in line.findall(text)}

    live, shipped = printed.split("vowels: SNR")[1].split("fricatives\n")
    live, of_vowels = live.split("vowels\n")
    shipped, cymbal = shipped.split("cymbal\n")
    vowels, fricatives = live.split("fricatives: SNR")
    return {
        "vowels": rows(vowels),
        "fricatives": rows(fricatives),
        "shipped vowels": rows(of_vowels),
        "shipped fricatives": rows(shipped),
        "cymbal": rows(cymbal),
    }


def test_the_parts_are_those_of_the_network(printed):
    found = dict(
        (part, int(size.replace(",", "")))
        for size, part in re.findall(r"(?m)^ *([\d,]+) +\d+%  (.+)$", printed)
    )
    assert found == {
        "…": 4_481,
        "e": 328_704,
        "W": 741_120,
        "U": 984_960,
        "V": 741_120,
        "residual, skip": 249_600,
    }
    assert sum(found.values()) == 3_049_985
    stated("모두 3,049,985개", "there are 3,049,985")
    share = (found["U"] + found["e"]) / 3_049_985
    assert round(100 * share) == 43
    stated("43%는 노이즈 레벨이라는", "43% of them serve")


def test_both_conditions_reach_nearly_as_far(printed):
    assert re.search(r"(?m)^1x1 +1 6,137$", printed)
    assert re.search(r"(?m)^Bi-DilConv +3 6,139$", printed)
    stated(
        "1×1에서 6,137샘플, Bi-DilConv에서 6,139샘플",
        "6,137 samples of the condition with 1×1 and 6,139",
    )


def test_the_codes_of_the_three_least_levels_are_close(printed):
    rows = re.findall(rf"(?m)^(\d): 0\.\d{{6}} +({NUMBER}) dB +(nan|{NUMBER})$", printed)
    assert [int(n) for n, *_ in rows] == [*range(1, 9)]
    assert [row[2] for row in rows[1:3]] == ["0.10", "0.50"]
    assert [round(float(db)) for _, db, _ in rows[:3]] == [-60, -55, -49]
    others = [float(row[2]) for row in rows[3:]]
    assert round(min(others)) == 4 and round(max(others)) == 12
    stated("0.10과 0.50밖에", "only 0.10 and 0.50 apart, the others 4 to 12")
    assert "length of an embedding: 8.0" in printed


def test_a_logarithm_sees_relative_errors_only(printed):
    rows = dict(
        re.findall(rf"(?m)^((?:log-)?absolute +error x [\d.]+) *: gradient ({NUMBER})$", printed)
    )
    found = {re.sub(r" +", " ", name): float(value) for name, value in rows.items()}
    assert found["log-absolute error x 1"] == found["log-absolute error x 0.01"] == 1
    assert found["absolute error x 0.01"] == pytest.approx(
        found["absolute error x 1"] / 100, abs=1e-3
    )


def test_the_least_error_spans_a_factor_of_40():
    stated("1에서 0.02까지, 40배 넘게", "from 1 down to 0.02, a factor of more than 40")
    level = 0.222**2
    least = math.sqrt(level * 0.01 / (level * 0.01 + 1 - level))
    assert 40 < 1 / least < 50 and round(least, 2) == 0.02


def test_what_eight_steps_leave(printed):
    assert "training: 1000, beta 1e-06 … 6e-03, 0.222" in printed
    assert "sampling:    8, beta 1e-06 … 9e-01, 0.298" in printed
    rows = {
        float(sigma): [float(a), float(b), float(c)]
        for sigma, a, b, c in re.findall(
            rf"(?m)^ *({NUMBER}) +({NUMBER}) +({NUMBER}) +({NUMBER})$", printed
        )
    }
    assert [*rows] == [0.03, 0.1, 0.3, 1.0]
    assert rows[0.1] == [0.062, 0.104, 0.10]
    assert 20 * math.log10(0.062 / 0.1) == pytest.approx(-4, abs=0.3)
    a = float(NUWAVE_FAST.alpha_bars[-1])
    assert f"{0.1 / math.sqrt(a * 0.01 + 1 - a):.3f}" == "0.105"
    assert f"{NUWAVE_FAST.alpha_bars[-2].sqrt():.3f}" == "0.943"
    for sigma in (0.3, 1.0):
        assert max(rows[sigma][:2]) < 0.95 * sigma
    for sigma in (0.03, 0.1):
        assert rows[sigma][1] == pytest.approx(sigma, rel=0.05)
    stated("0.062로, 곧 4 dB", "one of 0.062, which is 4 dB softer", "0.943")


def test_the_cached_condition_saves_what_it_says(printed):
    assert "c = 737,344, d = 987,264: 0.626" in printed
    assert "equal to the bit: True" in printed
    stated("곱셈은 0.626배", "Multiplications are 0.626", "0.729배", "was 0.729")


def test_the_cost_of_the_paper_s_size():
    per_sample = sum(macs_per_sample(NuWaveConfig.paper()))
    assert round(48_000 * per_sample / 1e9) == 83
    step = 3 * 36 * 32_768 * per_sample
    assert round(step / 1e12) == 6 and round(step / 2e10 / 60) == 5
    stated("830억 번", "83 billion", "6조 번", "6 trillion", "5분이 걸립니다", "that is 5 minutes")


def test_the_paper_s_form_learns_nothing_in_this_time_and_the_residual_does(printed, tables):
    direct, small = (
        int(size.replace(",", ""))
        for size in re.findall(r"(?m)^(?:NU-Wave|whitened) +([\d,]+)$", printed)
    )
    assert round(direct / small) == 7
    stated("매개변수가 7분의 1", "a seventh of the parameters")
    assert tables["vowels"]["NU-Wave"][2] > 30
    stated("원본보다 30 dB 넘게", "more than 30 dB above")
    for name in ("vowels", "fricatives"):
        rows = tables[name]
        assert rows["NU-Wave"][0] < rows["whitened"][0] - 5
        assert abs(rows["whitened"][1] - rows["ridge"][1]) <= 0.2
        assert abs(rows["whitened"][3] - rows["ridge"][3]) <= 1.0
        assert rows["sinc"][0] - 4 < rows["whitened"][0] < rows["sinc"][0]


def test_the_shipped_model_follows_its_regression(tables):
    vowels, fricatives = tables["shipped vowels"], tables["shipped fricatives"]
    assert vowels["ridge"][3] - vowels["shipped"][3] == pytest.approx(1, abs=0.5)
    assert fricatives["ridge"][3] - fricatives["shipped"][3] < 0.3
    for name in ("ridge", "shipped"):
        assert fricatives[name][2] == pytest.approx(-10, abs=1.2)
    assert round(tables["cymbal"]["shipped"][2]) == -8
    stated("포락선이 1 dB쯤 가깝고", "about 1 dB nearer", "8 dB 모자랍니다", "lacks 8 dB")


def test_the_table_of_24_speakers_is_the_record_s():
    record = json.loads((SOURCES.parent / "records" / "upsampling.json").read_text("utf-8"))
    assert record["speakers"] == 24
    x3 = record["x3"]
    systems = {
        "ridge_noise": ("릿지 잡음", "ridge noise"),
        "ridge_noise_all_filters": ("릿지 잡음, 모든 필터", "ridge noise, all filters"),
        "whitened": ("실린 것, DPM-Solver++", "shipped, DPM-Solver++"),
        "whitened_ancestral": ("실린 것, 조상 샘플링", "shipped, ancestral"),
        "oracle_envelope": ("원본의 포락선", "true envelope"),
    }
    for name, words in systems.items():
        row, other = x3[name], x3["mismatched"]["butterworth"][name]
        numbers = (
            f"{row['snr_db']:.1f} | {row['lsd']:.2f} | {row['high_band_envelope_db']:.1f}"
            f" | {other['high_band_envelope_db']:.1f} | {row['high_band_energy_db']:.1f} |"
        )
        for word in words:
            assert f"| {word} | {numbers.replace('-', '−')}" in TEXT, (word, numbers)
    gain = x3["gain_over_ridge"]
    assert [f"{gain[key]:.2f}" for key in ("mean", "low", "high")] == ["0.62", "0.25", "0.99"]
    stated("0.62 dB 앞섭니다**(95% 구간 0.25–0.99)", "by 0.62 dB** (95% interval 0.25–0.99)")


def test_having_seen_the_filters_is_what_helps():
    record = json.loads((SOURCES.parent / "records" / "upsampling.json").read_text("utf-8"))
    for ratio in ("x2", "x3"):
        other = record[ratio]["mismatched"]["butterworth"]
        seen, one, network = (
            other[name]["high_band_envelope_db"]
            for name in ("ridge_noise_all_filters", "ridge_noise", "whitened")
        )
        assert abs(seen - network) < 0.25 and one > 2 * max(seen, network)
    stated("그 필터들을 보았기 때문입니다", "having seen the filters, not the network")


def test_the_two_conditions_do_not_differ_yet_at_a_small_size():
    record = json.loads((SOURCES.parent / "records" / "upsampling.json").read_text("utf-8"))
    for ratio, korean in (
        ("x3", "Bi-DilConv가 {:.1f} dB, 1×1이 {:.1f} dB"),
        ("x2", "두 배로 올릴 때는 {:.1f} dB와 {:.1f} dB"),
    ):
        rows = [record[ratio][name] for name in ("nuwave", "nuwave_1x1")]
        stated(korean.format(*(row["snr_db"] for row in rows)))
        assert all(row["high_band_energy_db"] > 17 for row in rows)  # noise


def test_the_band_is_kept_and_blocks_agree(printed):
    assert "below 1e-6 up to 6,700 Hz: True" in printed
    assert re.search(r"(?m)^blocks: 1 7\nequal to 1e-5: True$", printed)


def test_an_inverted_average_averages_nothing(printed):
    raw = float(re.search(rf"(?m)^no average: ({NUMBER})$", printed)[1])
    found = {d: float(v) for d, v in re.findall(rf"(?m)^(0\.\d+): ({NUMBER})$", printed)}
    assert found["0.001"] == pytest.approx(raw, abs=0.02)
    assert found["0.999"] == pytest.approx(math.sqrt(0.001 / 1.999), abs=0.015)


def test_the_script_s_condition_holds_the_answer(printed):
    assert re.search(r"(?m)^script: -?0 dB$", printed)
    assert re.search(r"(?m)^sinc: -60 dB$", printed)  # or below
    assert -40 < int(re.search(r"(?m)^linear: (-\d+) dB$", printed)[1]) < 0
    stated("원본 그대로(0 dB)", "in the original (0 dB)")


def test_expected_outputs_of_the_exercises():
    stated("`(30, 10, 1)`이면 6,137", "6,137 for `(30, 10, 1)`, and 6,139 for `(30, 10, 3)`")
    fields = [NuWaveConfig(condition_kernel=k).condition_receptive_field for k in (1, 3)]
    assert fields == [6_137, 6_139]
    narrow = WhitenedResidualConfig.narrow()
    assert (narrow.n_layers, narrow.channels) == (12, 64)
    stated("12층 64채널을 500스텝", "12 layers and 64 channels that was trained for 500 steps")

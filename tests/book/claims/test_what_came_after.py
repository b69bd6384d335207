"""The numbers that chapter 27 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest

from tools.book import SOURCES

TEXT = (SOURCES / "what_came_after.md").read_text(encoding="utf-8")
RECORDS = SOURCES.parent / "records"


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


def printed_in(chapter):
    """What the cells of a chapter's English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / f"{chapter}.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


@pytest.fixture(scope="module")
def printed():
    return printed_in("what_came_after")


def test_the_table_of_the_book_s_models_is_the_benchmark_s_record():
    systems = json.loads((RECORDS / "generation_cost.json").read_text())["systems"]
    ends = {
        "wavenet": "8,000 | 64,000",
        "native": "8,000 | 64,000",
        "ddpm": "195 | –",
        "codec_lm": "94 | 656",
        "vqvae": "31 | 281",
        "vocoder": "62.5 | –",
    }
    for name, both in ends.items():
        row = systems[name]
        digits = 1 if row["cpu_s"] > 1 else 2
        line = f" | {row['parameters'] / 1e6:.2f}M | {both} | {row['cpu_s']:.{digits}f} |"
        assert TEXT.count(line) == 2, line  # Korean and English
        answers, bits = both.replace(",", "").split(" | ")
        assert row["answers"] == pytest.approx(float(answers), abs=0.5)
        assert (
            row["bits"] is None if bits == "–" else row["bits"] == pytest.approx(int(bits), abs=1)
        )


@pytest.mark.parametrize(
    ("frames", "stages", "codes", "bits"),
    [
        (75, 8, 1_024, 6_000),
        (44_100 / 512, 9, 1_024, 7_752),
        (50, 4, 2_048, 2_200),
        (25, 1, 1_024, 250),
    ],
)
def test_the_papers_bits_a_second_follow_from_frames_and_codes(frames, stages, codes, bits):
    assert frames * stages * math.log2(codes) == pytest.approx(bits, abs=1)
    assert TEXT.count(f"| {bits:,} |") >= 2


def test_a_single_codebook_is_better_for_its_bits_and_rvq_goes_further(printed):
    stated("코드북 하나가 낫습니다", "a single codebook is better", "$2^{56}$")
    assert 8 * math.log2(128) == 56 and 8 * 128 == 1_024
    rows = re.findall(r"RVQ (\d) × 128: +(\d+) bit/s ([\d.]+) dB", printed)
    errors = {int(rate): float(error) for _, rate, error in rows}
    assert list(errors.values()) == sorted(errors.values(), reverse=True) and len(errors) == 8
    falls = [a - b for a, b in zip(errors.values(), list(errors.values())[1:], strict=False)]
    assert all(later < earlier + 0.11 for earlier, later in zip(falls, falls[1:], strict=False))
    [(rate, error)] = re.findall(r"VQ 1024: +(\d+) bit/s ([\d.]+) dB", printed)
    assert (rate, 438 in errors, 1_750 in errors) == ("312", True, True)
    assert errors[1_750] < float(error) < errors[438]


def test_early_stages_are_predicted_better_than_late_ones(printed):
    stated("앞의 단이 뒤의 단보다 훨씬 잘 예측됩니다", "Early stages are far easier to predict")
    rows = re.findall(r"stage (\d): 7 ([\d.]+) ([\d.]+)", printed)
    alone, network = ([float(row[i]) for row in rows] for i in (1, 2))
    assert len(rows) == 3 and all(a > b + 1 for a, b in zip(alone, network, strict=True))
    assert network[0] < network[1] - 0.5 < network[2] - 1
    assert network[0] < 0.5 * alone[0]


def test_heads_differ_in_computation_and_not_in_parameters():
    stated("26.4, Vocos에서 1.2", "26.4 billion multiplications in HiFi-GAN V1, and 1.2 in Vocos")
    stated("13.9와 13.4(백만)", "13.9 and 13.4 million", "스무 배 넘게", "more than twenty")
    bench = printed_in("vocoder_bench")
    costs = [
        list(map(float, re.search(rf"{name} +([\d.]+) +([\d.]+) ", bench).groups()))
        for name in ("HiFi-GAN V1", "Vocos")
    ]
    assert costs == [[13.9, 26.4], [13.4, 1.2]] and 26.4 / 1.2 > 20
    stated("1초에 86번", "86 times a second", "22,050번", "22,050 times")
    assert round(22_050 / 256) == 86


def test_flow_matching_equals_ddim_under_the_cosine_schedule(printed):
    stated("코사인 스케줄의 DDIM이 거의 같은 값을 냅니다", "have nearly the same values")
    rows = {
        name: values.split()
        for name, values in re.findall(r"(?m)^(Euler|Heun|DD.*?|DPM.*?)  +(.*)$", printed)
    }
    euler, ddim, linear, heun = (
        [float(value) for value in rows[name] if value != "–"]
        for name in ("Euler", "DDIM, cosine", "DDIM, linear", "Heun")
    )
    assert all(abs(a - b) <= 0.011 for a, b in zip(euler, ddim, strict=True))
    assert all(a > 1.4 * b for a, b in zip(linear[1:], euler[1:], strict=True))
    assert len({row[0] for name, row in rows.items() if name != "Heun"}) == 1
    assert heun[-1] == min(float(row[-1]) for row in rows.values())


def test_activations_at_twice_the_rate_are_cleaner_by_what_is_said(printed):
    stated("leaky ReLU는 15 dB쯤, Snake는 44 dB쯤", "by about 15 dB, and Snake by about 44")
    gains = {
        name: float(once) - float(twice)
        for name, once, twice in re.findall(
            r"(leaky ReLU|Snake): (-[\d.]+) dB, (-[\d.]+) dB", printed
        )
    }
    assert gains["leaky ReLU"] == pytest.approx(15, abs=0.5)
    assert gains["Snake"] == pytest.approx(44, abs=1)
    assert 701 * 16_000 / 4_096 == pytest.approx(2_738, abs=0.5)


def test_the_table_of_drums_is_the_benchmark_s_record():
    record = json.loads((RECORDS / "flow_matching.json").read_text())
    drums = record["drums"]
    for row in ("ddpm_ddim", "ddpm_dpm-solver", "ddpm_ancestral", "flow_euler", "flow_heun"):
        found = [drums.get(f"{row}_{calls}", {}).get("frechet_db2") for calls in (1, 2, 4, 8)]
        line = " | ".join("–" if one is None else f"{one:.1f}" for one in found)
        assert TEXT.count(f" | {line} |") == 2, line
    for control in ("mean", "real_held_out"):
        assert TEXT.count(f"{drums[control]['frechet_db2']:.1f}") >= 2
    stated(f"{record['steps']:,}스텝", f"{record['steps']:,} steps")

    def distance(name):
        return drums[name]["frechet_db2"]

    for calls in (4, 8):
        others = min(distance(f"ddpm_{s}_{calls}") for s in ("ddim", "dpm-solver", "ancestral"))
        assert max(distance(f"flow_{s}_{calls}") for s in ("euler", "heun")) < others
    assert distance("flow_heun_4") < distance("ddpm_dpm-solver_8")
    assert min(distance("flow_euler_1"), distance("ddpm_ddim_1")) > distance("mean")

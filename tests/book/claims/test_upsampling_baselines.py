"""The numbers that chapter 20 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest
import torch

from tinyaudio.audio.interpolation import upsample_linear
from tinyaudio.models.audiounet import AudioUNet, AudioUNetConfig
from tools.book import SOURCES

TEXT = (SOURCES / "upsampling_baselines.md").read_text(encoding="utf-8")
NUMBER = r"-?\d+\.\d+"


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "upsampling_baselines.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


@pytest.fixture(scope="module")
def scores(printed):
    """Kind of sound -> system -> SNR, SNR above 8 kHz, LSD, energy, envelope."""
    vowels, fricatives = printed.split("vowels\n")[1].split("fricatives\n")
    line = re.compile(rf"(?m)^(nearest|linear|spline|sinc|U-Net) +((?:{NUMBER} *){{5}})$")
    return {
        kind: {name: [*map(float, numbers.split())] for name, numbers in line.findall(rows)}
        for kind, rows in (("vowels", vowels), ("fricatives", fricatives))
    }


def test_tones_fold_to_where_the_formula_says(printed):
    rows = re.findall(
        r"(?m)^ *(\d+) Hz → (\d+) Hz, 0.0 dB; filtered, below -100 dB: True$", printed
    )
    assert [(int(f), int(heard)) for f, heard in rows] == [
        (f, abs(f - 16_000 * round(f / 16_000))) for f in (9_000, 13_000, 21_000)
    ]


def image_db(f, old, new, p):
    """The chapter's formula."""
    sines = [math.sin(math.pi * one / new) for one in (f, old - f)]
    return 20 * p * math.log10(sines[0] / sines[1])


def test_images_are_as_loud_as_the_formula_says(printed):
    rows = dict(re.findall(rf"(?m)^(nearest|linear) +9 kHz +({NUMBER}) dB", printed))
    for p, kind in ((1, "nearest"), (2, "linear")):
        assert float(rows[kind]) == pytest.approx(image_db(7, 16, 48, p), abs=0.06)
        assert f"p = {p}: " in printed
    assert re.search(r"(?m)^sinc +9 kHz < -100 dB +23 kHz < -100 dB$", printed)
    stated("4 dB밖에 작지 않은", "only 4 dB lower than the tone", "only 2 dB lower")


def test_at_double_the_rate_the_formula_is_a_tangent():
    for f in (1, 2.5, 3.9):
        tangent = 40 * math.log10(math.tan(math.pi * f / 16))
        assert image_db(f, 8, 16, 2) == pytest.approx(tangent)
    stated("2,667 Hz의 순음이라면 -9.5 dB", "a tone of 2,667 Hz, brought from 8 kHz to 16 kHz")
    assert image_db(8 / 3, 8, 16, 2) == pytest.approx(-9.54, abs=0.01)
    assert abs(image_db(3.99, 8, 16, 2)) < 0.1


def test_only_the_public_code_s_baseline_is_late_and_pays_for_it(printed):
    line = re.compile(rf"(?m)^x(\d) (\w+) +({NUMBER}) +({NUMBER}) dB$")
    rows = {(int(r), kind): (delay, float(snr)) for r, kind, delay, snr in line.findall(printed)}
    assert len(rows) == 10
    assert {key: delay for key, (delay, _) in rows.items() if delay != "0.000"} == {
        (2, "late"): "0.500",
        (3, "late"): "1.000",
    }
    lost = [rows[r, "linear"][1] - rows[r, "late"][1] for r in (2, 3)]
    assert lost == pytest.approx([8.5, 10.3], abs=0.01)
    stated(
        "두 배에서 8.5 dB, 세 배에서 10.3 dB",
        "8.5 dB of SNR from linear interpolation",
        "10.3 dB at three",
    )
    assert rows[2, "nearest"] == rows[2, "linear"]
    stated("0.00002초의 지연", "a delay of 0.00002 s")
    assert 1 / 48_000 == pytest.approx(0.00002, rel=0.05)


def test_the_sizes_are_those_of_the_networks(printed):
    stated("5,600만 개이고, 여기서 학습한 것은 6만 개", "56 million parameters", "61 thousand")
    with torch.device("meta"):
        sizes = [
            sum(p.numel() for p in AudioUNet(config).parameters())
            for config in (AudioUNetConfig.tiny(), AudioUNetConfig.paper())
        ]
    assert [f"{size:,}" in printed for size in sizes] == [True, True]
    assert round(sizes[0], -3) == 61_000 and round(sizes[1], -6) == 56_000_000


def test_the_u_net_gains_on_vowels_and_is_quiet_on_fricatives(scores):
    stated("sinc보다 1 dB쯤 높고", "about 1 dB above the sinc's")
    vowels, fricatives = scores["vowels"], scores["fricatives"]
    assert vowels["U-Net"][0] - vowels["sinc"][0] == pytest.approx(1, abs=0.3)
    assert [kind for kind, row in vowels.items() if row[1] > 0] == ["U-Net"]
    stated("에너지는 8 dB 모자랍니다", "is 8 dB too low", "25 dB나 작게", "25 dB too low")
    assert round(vowels["U-Net"][3]) == -8 and round(fricatives["U-Net"][3]) == -25
    assert fricatives["U-Net"][0] == pytest.approx(fricatives["sinc"][0], abs=0.05)


def test_longer_training_does_not_fill_the_fricatives(printed):
    found = re.findall(rf"(?m)^(trained here|shipped): ({NUMBER}) dB$", printed)
    assert [name for name, _ in found] == ["trained here", "shipped"]
    assert all(float(energy) < -25 for _, energy in found)
    stated("25 dB 넘게 모자랍니다", "more than 25 dB too weak")


def test_by_other_measures_methods_with_images_come_first(scores):
    stated("이미지를 남기는 방법들", "the methods that leave images come first")
    for rows in scores.values():
        for measure in (2, 4):
            assert min(rows, key=lambda kind, i=measure: rows[kind][i]) in ("nearest", "linear")
    lsd = {kind: row[2] for kind, row in scores["fricatives"].items()}
    assert min(lsd, key=lambda kind: lsd[kind]) == "nearest"


def test_a_mean_is_quiet_and_scores_better(printed):
    rows = re.findall(rf"(?m)^ *(\d+): +({NUMBER}) dB, SNR +({NUMBER}) dB$", printed)
    assert [int(K) for K, *_ in rows] == [1, 4, 16, 64]
    for K, energy, snr in rows:
        assert float(energy) == pytest.approx(-10 * math.log10(int(K)), abs=0.3)
        assert float(snr) == pytest.approx(-10 * math.log10(1 + 1 / int(K)), abs=0.3)


def test_the_energy_of_the_best_prediction_follows_from_its_snr(scores):
    def share(snr_db):
        return 1 - 10 ** (-snr_db / 10)

    stated("원래의 15%, 곧 -8.3 dB", "15% of the energy, which is -8.3 dB", "3 dB이면 -3.0 dB")
    assert f"{share(0.7):.2f} {10 * math.log10(share(0.7)):.1f}" == "0.15 -8.3"
    assert f"{10 * math.log10(share(3)):.1f}" == "-3.0"
    _, snr, _, energy, _ = scores["vowels"]["U-Net"]
    assert energy == pytest.approx(10 * math.log10(share(snr)), abs=1)


def test_expected_outputs_of_the_exercises():
    stated("`[0, 1, 2, 3, 3, 3]`")
    x = torch.tensor([0.0, 3.0, 3.0])  # the last is held
    assert upsample_linear(x, 3)[:6].tolist() == pytest.approx([0, 1, 2, 3, 3, 3])


def test_the_table_of_trained_systems_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parent / "records" / "upsampling.json").read_text())
    assert record["speakers"] == 24
    x3 = record["x3"]
    for name in ("nearest", "linear", "spline", "sinc", "ridge_noise", "unet", "mugan"):
        row = x3[name]
        cells = f"{row['snr_db']:.1f} | {row['lsd']:.2f} | {row['high_band_envelope_db']:.1f} | "
        assert TEXT.count(f" | {cells}{row['high_band_energy_db']:.1f} |\n") == 2, name
    stated("U-Net(1,000스텝)은 SNR이 가장 높고", "The U-Net (1,000 steps) has the highest SNR")
    systems = [name for name, row in x3.items() if isinstance(row, dict) and "snr_db" in row]
    assert max(systems, key=lambda name: x3[name]["snr_db"]) == "unet"
    stated("17 dB 모자랍니다", "17 dB too weak")
    assert round(x3["unet"]["high_band_energy_db"]) == -17
    stated("포락선에서 둘을 크게 이깁니다", "control without a network is far ahead of both")
    ridge, unet, mugan = (
        x3[name]["high_band_envelope_db"] for name in ("ridge_noise", "unet", "mugan")
    )
    assert ridge < min(unet, mugan) / 4

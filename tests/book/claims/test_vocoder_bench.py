"""The numbers that chapter 23 states in its text: what its cells print is tested by executing them."""

import json
import re

import nbformat
import pytest

from tinyaudio.models.hifigan import HiFiGANConfig
from tinyaudio.models.waveglow import WaveGlowConfig
from tinyaudio.objectives.vocoder_gan import FEATURE_WEIGHT, MEL_WEIGHT
from tinyaudio.represent.logmel import RANGE_DB
from tools.book import SOURCES

TEXT = (SOURCES / "vocoder_bench.md").read_text(encoding="utf-8")

RECORD = SOURCES.parent / "records" / "vocoders.json"
# TODO(owner): once `python -m benchmarks.vocoders --json` has made the record of the trained networks, add to section
# 23.9, after the last cell and in both languages (the rows are what `table_row` gives; a test below asks for them):
#   1. "The record of twelve test sentences (`python -m benchmarks.vocoders`, `book/records/vocoders.json`):", table;
#   2. "Each was trained for about __ minutes of a CPU; the networks have __, __ and __ weights.";
#   3. "__ of the three is ahead of WaveNet in __, and none / __ of the rows without a network in __";
#   4. "The hum of the trained WaveGlow stands __ dB above its neighbours, where the untrained one had __."
ROWS = {  # Korean, English
    "wavenet": ("WaveNet", "WaveNet"),
    "diffusion": ("WaveGrad, 6스텝", "WaveGrad, 6 steps"),
    "waveglow": ("WaveGlow", "WaveGlow"),
    "hifigan": ("HiFi-GAN", "HiFi-GAN"),
    "univnet": ("UnivNet", "UnivNet"),
    "istft": ("프레임 단위", "frame rate"),
    "griffin_lim": ("Griffin–Lim", "Griffin–Lim"),
    "noise_with_levels": ("크기를 맞춘 잡음", "noise with levels"),
}
COLUMNS = {  # unit and decimals
    "parameters": (1e6, 2),
    "macs_a_second": (1e9, 2),
    "cpu_seconds_a_second": (1, 3),
    "peak_memory_mb": (1, 0),
    "pitch50": (1, 2),
    "log_mel_db": (1, 1),
    "log_stft_long_db": (1, 1),
    "hnr_high_error_db": (1, 1),
}


def table_row(name, cells):
    """A line of the table in Markdown."""
    numbers = (f"{cells[key] / unit:.{digits}f}" for key, (unit, digits) in COLUMNS.items())
    return f"| {name} | {' | '.join(numbers)} |"


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "vocoder_bench.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def row(printed, name):
    """The numbers of the line that begins with a name."""
    (line,) = re.findall(rf"(?m)^ *{re.escape(name)}:? +(.*)$", printed)
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", line)]


def test_only_the_right_sign_makes_a_density(printed):
    stated(
        "1이 되는 것은 식대로 더했을 때뿐입니다",
        "is 1 only when the log-determinant is added as in the formula",
    )
    right, left_out, wrong = (row(printed, f"{sign} log|det|")[0] for sign in (1, 0, -1))
    assert right == 1 and min(left_out, wrong) > 1.1


def test_the_log_determinant_is_the_numerical_one(printed):
    stated("두 숫자가 같고", "The two numbers agree", "1만분의 1보다", "less than a ten-thousandth")
    assert row(printed, "formula") == row(printed, "Jacobian")
    assert "there and back: True" in printed


def test_the_size_of_waveglow_is_the_paper_s(printed):
    stated(
        "매개변수 8,800만 개로",
        "there are 88 million parameters",
        "단계를 열둘",
        "twelve such steps",
    )
    stated(
        "8층짜리 비인과 WaveNet", "a WaveNet of 8 layers", "이웃한 여덟 샘플", "eight neighbouring"
    )
    paper = WaveGlowConfig.paper()
    assert (paper.n_flows, paper.n_group, paper.n_layers) == (12, 8, 8)
    assert re.search(r"(?m)^WaveGlow +87\.7 ", printed)


def test_the_hum_is_at_multiples_of_an_eighth_of_the_rate(printed):
    stated("모두 이웃보다 10 dB 넘게 솟습니다", "all four lines rise more than 10 dB")
    assert min(row(printed, "couplings random")) > 10
    assert max(row(printed, "couplings zero")) < 9


def test_an_untrained_gan_hums_as_well(printed):
    stated("**험은 흐름만의 것이 아닙니다.**", "**Flows are not alone in humming**")
    stated("멜 252프레임에서 64배", "Mel of 252 frames has become 64 times as many samples")
    stated("1, 2, 3 kHz에 선이 섭니다", "lines stand at 1, 2 and 3 kHz")
    (lines,) = re.findall(r"(?m)^untrained: +([-\d ]+) dB$", printed)
    assert min(map(int, lines.split()[:3])) > 10 and f"1 1 {252 * 64}" in printed


def test_the_generators_of_paper_and_page_upsample_as_stated(printed):
    stated("8·8·2·2 = 256배, 우리는 8·8 = 64배", "8·8·2·2 = 256 times in the paper, 8·8 = 64")
    assert HiFiGANConfig.paper().factors == (8, 8, 2, 2) and HiFiGANConfig.paper().hop_length == 256
    stated(
        "멜의 가중치 45는", "The weight of 45 for mel", "+ 2 \\sum_{k,i}", "+ 45\\; \\mathrm{mean}"
    )
    assert (MEL_WEIGHT, FEATURE_WEIGHT) == (45, 2)


def test_a_period_of_five_makes_constant_columns(printed):
    stated("$p = 5$에서는 세로줄이 상수이므로", "With $p = 5$ the columns are constant")
    changes = [row(printed, f"p = {p}")[0] for p in (2, 3, 5)]
    assert changes[2] == 0 and min(changes[:2]) > 0.5


def test_150_steps_halve_the_distance_and_make_no_pitch(printed):
    stated(
        "절반쯤으로 줄었지만 음높이는 아직 거의", "to about half, but there is hardly any pitch yet"
    )
    line = re.compile(r"(?m)^([\w ]+): ([\d.]+), ([\d.]+) dB, (-?[\d.]+)$")
    found = {name: [*map(float, numbers)] for name, *numbers in line.findall(printed)}
    assert found["150 steps"][1] < 0.6 * found["untrained"][1] and found["150 steps"][0] < 0.2
    stated(
        "잡음에도 진짜에 가까운 점수를 줍니다", "noise with levels a score near that of real sound"
    )
    scores = {name: one[2] for name, one in found.items()}
    assert min(scores["original"], scores["noise with levels"]) > scores["150 steps"] + 0.2


def test_each_doubling_of_the_rate_takes_12_db_off(printed):
    stated("12 dB쯤 줄어듭니다", "takes about 12 dB off", "6,800 Hz는 8 kHz에서 1,200 Hz로")
    once, twice, four_times = (row(printed, f"x{n}")[0] for n in (1, 2, 4))
    assert once - twice == pytest.approx(12, abs=1.5)
    assert twice - four_times == pytest.approx(12, abs=1.5)
    assert 8_000 - 4 * 1_700 == 1_200


def test_the_loop_and_the_product_of_matrices_agree(printed):
    assert "loop: True\nplain: True" in printed and "the same sound: True" in printed


def test_structure_is_worth_more_than_tools(printed):
    stated("HiFi-GAN V1의 약 18분의 1, WaveGlow의 약 180분의 1", "about an 18th", "about a 180th")
    assert "18 … 177" in printed
    cost = {
        name: [float(n) for n in numbers]
        for name, *numbers in re.findall(
            r"(?m)^([\w-]+(?: V\d)?) +([\d.]+) +([\d.]+) +([\d.]+)$", printed
        )
    }
    stated("Vocos의 절반쯤 곱하지만 세 배 걸립니다", "about half as much as Vocos, and takes three")
    (_, ours, slow), (_, theirs, fast) = cost["UnivNet-c16"], cost["Vocos"]
    assert ours / theirs == pytest.approx(0.5, abs=0.1) and slow / fast == pytest.approx(3)
    assert round(cost["WaveGlow"][0]) == 88


def test_every_vocoder_has_a_row(printed):
    names = ("WaveGlow", "HiFi-GAN", "UnivNet", "WaveNet", "WaveGrad, 6", "Griffin-Lim")
    for name in (*names, "noise with levels"):
        assert re.search(rf"(?m)^{name}: [\d.]+, [\d.]+ dB, -?\d+ dB$", printed), name


def test_the_scale_of_the_mel_is_the_one_that_an_exercise_states():
    stated("그 값 1은 40 dB입니다", "a value of 1 of which is 40 dB")
    assert RANGE_DB == 40


def test_the_text_has_the_record_s_table_as_soon_as_there_is_a_record():
    assert RECORD.exists() == (f"book/records/{RECORD.name}" in TEXT)
    table = json.loads(RECORD.read_text())["table"] if RECORD.exists() else {}
    for key, names in ROWS.items():
        if table.get(key):
            stated(*(table_row(name, table[key]) for name in names))


def test_a_row_of_the_table_has_units_that_a_reader_can_take_in():
    cells = dict.fromkeys(COLUMNS, 1.0) | {"parameters": 250_000, "macs_a_second": 2.5e9}
    assert table_row("X", cells) == "| X | 0.25 | 2.50 | 1.000 | 1 | 1.00 | 1.0 | 1.0 | 1.0 |"


def test_a_hum_outlives_the_training_of_three_vocoders(printed):
    stated("험이 10 dB 넘게 남아 있고", "a hum of more than 10 dB remains after training")
    found = {
        name: int(db)
        for name, db in re.findall(r"(?m)^(.+): \d\.\d\d, \d+\.\d dB, (-?\d+) dB$", printed)
    }
    assert len(found) == 7
    humming = {name for name, db in found.items() if db > 10}
    assert humming == {"WaveGlow", "HiFi-GAN", "UnivNet"}
    assert max(db for name, db in found.items() if name not in humming) <= 3

"""The numbers that chapter 19 states in its text: what its cells print is tested by executing them."""

import json
import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.models.diffwave import DiffWave, DiffWaveConfig
from tinyaudio.objectives import noise_schedule as papers
from tinyaudio.recipes.wavegrad import SIZES
from tools.book import SOURCES

TEXT = (SOURCES / "diffusion_vocoders.md").read_text(encoding="utf-8")
RECORD = json.loads((SOURCES.parent / "records" / "vocoder.json").read_text())["narrow"]
SIX = ("6, equal in t", "6, equal in log-SNR", "6, DiffWave's")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "diffusion_vocoders.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def rows(name, printed):
    """The numbers of every line that begins with a name."""
    lines = re.findall(rf"(?m)^{re.escape(name)}:? +(.*)$", printed)
    return [
        [float(n.replace(",", "")) for n in re.findall(r"-?[\d,]*\.?\d+", one)] for one in lines
    ]


def test_dividing_by_the_level_narrows_the_range_of_levels(printed):
    stated(
        "37 dB이던 범위가", "a range of 37 dB becomes one of about 12 dB", "12 dB쯤으로 좁아집니다"
    )
    ((low, high),), ((low_after, high_after),) = rows("x", printed)[:1], rows("x / sigma", printed)
    assert high - low == 37 and high_after - low_after == 12


def test_the_parameters_are_those_of_the_public_packages(printed):
    stated("하나까지 같습니다", "one to one")
    names = ("DiffWave", "DiffWave, no mel", "WaveGrad")
    counts = [rows(name, printed)[0][0] for name in names]
    assert counts == [2_619_971, 2_308_737, 15_920_993]
    stated("매개변수가 여섯 배인 WaveGrad", "with six times as many parameters")
    assert round(counts[2] / counts[0]) == 6


def test_the_receptive_field_is_the_one_of_the_formula(printed):
    stated("$1 + 2 \\cdot 3 \\cdot 1023 = 6139$", "6,139입니다", "it is 6,139")
    assert 1 + 2 * sum(DiffWaveConfig.paper().dilations) == 6_139
    stated("DiffWave의 3분의 1쯤", "about a third as much as DiffWave", "1, 2, …, 512", "30층")
    assert rows("DiffWave", printed)[1] == [6_139]
    assert 0.3 < rows("WaveGrad", printed)[1][0] / 6_139 < 0.4
    assert DiffWaveConfig.paper().dilations == [2**i for i in range(10)] * 3


def test_what_the_mel_adds_is_the_same_in_every_step():
    stated("`DiffWave.with_mel`")
    net, mel = DiffWave(DiffWaveConfig.tiny()), torch.randn(1, 80, 2)
    torch.nn.init.ones_(net.output.weight)
    bound, x = net.with_mel(mel), torch.randn(1, 1, 128)
    for t in (0.0, 7.0):
        assert torch.equal(bound(x, torch.tensor([t])), net(x, torch.tensor([t]), mel))


def test_six_steps_lie_among_the_fifty_of_training(printed):
    (steps,) = rows("t ", printed)
    assert steps[0] == 0 and steps == sorted(steps) and 42 < steps[-1] < len(papers.DIFFWAVE_50) - 1
    assert any(step % 1 for step in steps)


def test_a_noise_level_without_a_scale_hardly_changes_its_code(printed):
    stated(
        "0.2밖에 떨어지지", "only 0.2 apart", "44%", "5,000을 곱하고", "multiplies levels by 5,000"
    )
    table = dict(re.findall(r"(?m)^ *([\d,]+): 8\.0, 0\.9 → 1\.0: ([\d.]+)$", printed))
    assert table["1"] == "0.2" and float(table["5,000"]) > 8
    assert f"{(1 - 0.81) ** 0.5:.2f}" == "0.44" and SIZES["paper"].model.level_scale == 5_000


def test_why_v_is_predicted():
    stated(
        "$\\sqrt{\\bar\\alpha}$가 0.08", "$\\sqrt{\\bar\\alpha}$ is 0.08", "12배", "twelve times"
    )
    root = papers.WAVEGRAD.alpha_bars[-1].sqrt()
    assert f"{root:.2f}" == "0.08" and round(float(1 / root)) == 12
    assert SIZES["narrow"].prediction == "v"


def test_a_short_training_teaches_the_small_network_something(printed):
    stated("멜에 훨씬 가까워졌지만", "is much nearer to the mel")
    stated("**여섯 스텝의 소리는 50스텝의 소리보다 작고**", "in six steps is quieter than in 50")
    made = {name: rows(name, printed)[0] for name in ("noise with levels", "untrained, 6")}
    before, after = re.search(r"(?m)^([\d.]+) → ([\d.]+)$", printed).groups()
    assert float(after) < 0.7 * float(before)
    pair = re.findall(r"(?m)^(6|50): (-?\d+) dB, (\d+) dB$", printed)
    (six, six_db, six_distance), (fifty, fifty_db, fifty_distance) = pair
    assert (six, fifty) == ("6", "50") and int(six_db) < int(fifty_db) < 0
    stated("50스텝의 소리보다 3 dB쯤 작았고", "six steps were about 3 dB quieter than 50")
    assert int(fifty_db) - int(six_db) == pytest.approx(3, abs=1)
    assert max(int(six_distance), int(fifty_distance)) < min(one[1] for one in made.values()) - 4


def test_drawn_and_computed_powers_agree(printed):
    table = re.findall(r"(?m)^ *(?:0\.01|1\.00|100\.00): ([\d.]+) ([\d.]+)$", printed)
    assert len(table) == 3
    for drawn, computed in table:
        assert float(drawn) == pytest.approx(float(computed), rel=0.03)


def test_three_places_of_a_schedule_lose_three_things(printed):
    names = (*SIX, "50, DiffWave's", "50, equal in log-SNR", "1,000")
    changed = {name: rows(name, printed)[0] for name in names}
    at_db = [-40, -30, -20, -10, 0, 10, 20]
    found = {name: dict(zip(at_db, row, strict=True)) for name, row in changed.items()}
    stated("$\\bar\\alpha_1 = 0.87$에서 끝나므로", "end at $\\bar\\alpha_1 = 0.87$")
    assert f"{papers.WAVEGRAD.spaced(6)[0]:.2f}" == "0.87"
    equal_in_t = found["6, equal in t"]
    assert equal_in_t[-10] < -5 and equal_in_t[-20] < -12 and equal_in_t[-30] < -21
    stated("20 dB인 배음이 15 dB 작아집니다", "20 dB comes out 15 dB too weak", "12 dB 작습니다")
    stated("it still is 12 dB too weak", "$\\bar\\alpha_T = 0.28$", "$\\bar\\alpha_T = 0.38$")
    assert round(found["6, DiffWave's"][20]) == -15 and round(found["50, DiffWave's"][20]) == -12
    assert f"{papers.DIFFWAVE_50.alpha_bars[-1]:.2f}" == "0.28"
    assert f"{papers.DIFFWAVE_FAST.alpha_bars[-1]:.2f}" == "0.38"
    stated("잃는 양도 어디서나 −4 dB쯤으로 고릅니다", "the loss is equal, too, about −4 dB")
    level = [found["6, equal in log-SNR"][p] for p in (-20, -10, 0, 10, 20)]
    assert max(level) - min(level) < 0.5 and all(round(one) == -4 for one in level)
    assert min(changed["1,000"]) > -2
    stated("3.4 dB만큼 작아집니다", "becomes 3.4 dB weaker in the middle")
    middle = [found[f"{n}, equal in log-SNR"][0] for n in (50, 6)]
    assert middle[0] - middle[1] == pytest.approx(3.4, abs=0.05)


def test_the_search_finds_what_its_score_says(printed):
    stated(
        "점수는 표에 있는 여섯 스텝 스케줄 가운데 가장 좋습니다",
        "Of all six-step schedules",
        "$9^6$",
        "3,000",
    )
    scores = {name: rows(name, printed)[-1][-1] for name in (*SIX, "6, searched")}
    assert scores.pop("6, searched") < min(scores.values())
    stated("$\\bar\\alpha_T = 0.79$를", "look at its end, $\\bar\\alpha_T = 0.79$")
    assert f"{rows('6, searched', printed)[-1][1]:.2f}" == "0.79"


def test_what_became_less_is_not_the_arithmetic(printed):
    stated("곱셈은 WaveNet의 여섯 배쯤", "take about six times the multiplications of WaveNet")
    table = re.findall(r"(?m)^(\w+): +([\d,]+) in turn, +([\d,]+) billion$", printed)
    cost = {(name, int(n.replace(",", ""))): float(g.replace(",", "")) for name, n, g in table}
    wavenet = cost["WaveNet", 22_050]
    for name in ("DiffWave", "WaveGrad"):
        assert cost[name, 6] / wavenet == pytest.approx(6, rel=0.15)
        assert cost[name, 50] / cost[name, 6] == pytest.approx(50 / 6, rel=0.02)
    assert cost["WaveGrad", 6] / cost["DiffWave", 6] == pytest.approx(1, abs=0.1)


def test_the_paper_s_opinion_scores_are_those_of_its_abstract():
    stated("DiffWave 4.44, WaveNet 4.43", "4.44, beside 4.43 of a WaveNet")


def test_the_table_of_the_trained_network_is_the_record():
    """`python -m benchmarks.vocoder --json`, both editions."""
    ways = {
        "wavenet": ("WaveNet", "WaveNet"),
        "diffusion_50": ("WaveGrad, 50스텝", "WaveGrad, 50 steps"),
        "diffusion_6": ("WaveGrad, 6스텝", "WaveGrad, 6 steps"),
        "griffin_lim": ("Griffin–Lim", "Griffin–Lim"),
        "noise_with_levels": ("모든 밴드를 맞춘 잡음", "noise with the levels of all bands"),
    }
    digits = {"pitch50": 2, "log_mel_db": 1, "log_stft_long_db": 1, "hnr_high_error_db": 1}
    digits["cpu_seconds_a_second"] = 3
    assert RECORD["clips"]["clips"] == 12
    for way, names in ways.items():
        cells = " | ".join(f"{RECORD[way][key]:.{d}f}" for key, d in digits.items())
        stated(*(f"| {name} | {cells} |" for name in names))


def test_the_shipped_network_is_the_worst_row_and_has_a_pitch(printed):
    stated("**다섯 행 가운데 가장 못합니다.**", "**its two rows are the worst of the five**")
    shipped = [RECORD[way] for way in ("diffusion_6", "diffusion_50")]
    others = [RECORD[way] for way in ("wavenet", "griffin_lim", "noise_with_levels")]
    for key in ("log_mel_db", "log_stft_long_db", "hnr_high_error_db"):
        assert min(one[key] for one in shipped) > max(one[key] for one in others), key
    assert max(one["pitch50"] for one in shipped) < min(one["pitch50"] for one in others)
    stated("0.75와 0.67", "0.75 and 0.67", "0.97을 줍니다", "it gives 0.97")
    six, fifty = shipped
    assert f"{fifty['pitch50']:.2f} {six['pitch50']:.2f}" == "0.75 0.67"
    assert f"{RECORD['noise_with_levels']['pitch50']:.2f}" == "0.97"
    assert fifty["log_mel_db"] == pytest.approx(six["log_mel_db"], abs=0.1)
    stated(
        "WaveNet과 비슷한 CPU 시간",
        "about as much CPU time as the WaveNet",
        "일곱 배",
        "seven times",
    )
    time = {way: RECORD[way]["cpu_seconds_a_second"] for way in RECORD if way != "clips"}
    assert time["diffusion_6"] == pytest.approx(time["wavenet"], rel=0.2)
    assert round(time["diffusion_50"] / time["wavenet"]) == 7
    line = re.compile(r"(?m)^((?:WaveGrad|short training), \d+ steps): ([\d.]+), ([\d.]+) dB$")
    heard = {name: float(pitch) for name, pitch, _ in line.findall(printed)}
    made = [heard[f"WaveGrad, {n} steps"] for n in (6, 50)]
    assert heard["short training, 6 steps"] < 0.2 < 0.4 < min(made)


def test_the_shipped_network_is_the_one_described():
    run = open_run("wavegrad-vocoder")
    stated("265,881개", "265,881 weights", "5,000스텝", "5,000 steps", "60배", "60 times as large")
    count = sum(p.numel() for p in run.models["net"].parameters())
    assert (count, run.config.steps, run.config.speaker) == (265_881, 5_000, 1)
    assert round(15_920_993 / count) == 60

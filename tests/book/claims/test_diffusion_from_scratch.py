"""The numbers that chapter 18 states in its text: what its cells print is tested by executing them."""

import json
import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import pretrained
from tinyaudio.objectives import noise_schedule as papers
from tinyaudio.objectives.noise_schedule import DDPM
from tinyaudio.recipes.ddpm import NARROW
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig
from tools.book import SOURCES

TEXT = (SOURCES / "diffusion_from_scratch.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "diffusion_from_scratch.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def row(name, printed):
    """The numbers of the line that begins with a name."""
    line = re.search(rf"(?m)^{re.escape(name)}:? +(.*)$", printed)[1]
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", line)]


def test_the_schedule_of_ddpm_is_the_one_described():
    stated("$\\beta$가 0.0001에서 0.02까지", "rising evenly from 0.0001 to 0.02", "$T = 1000$")
    assert len(DDPM) == 1_000
    assert DDPM.betas[[0, -1]].tolist() == pytest.approx([1e-4, 0.02])
    assert DDPM.betas.diff().std() < 1e-12
    assert DDPM.alpha_bars[-1] < 1e-4


def test_step_by_step_and_at_once_are_one_distribution(printed):
    rows = re.findall(r"(?m)^ *(\d+)  std ([\d.]+) +([\d.]+) \(([\d.]+)\)$", printed)
    assert [int(t) for t, *_ in rows] == [100, 100, 300, 300, 1_000, 1_000]
    for _, std, kept, closed in rows:
        assert float(kept) == pytest.approx(float(closed), abs=0.03)
        assert 0.9 < float(std) < 1.05


def test_the_noise_of_near_values_the_formula_and_the_score_agree(printed):
    rows = re.findall(r"(?m)^x_t = .*?: +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+)$", printed)
    assert len(rows) == 3
    for mean, formula, slope in rows:
        assert formula == slope and float(mean) == pytest.approx(float(formula), abs=0.05)


def test_the_dropped_factor_is_largest_for_small_t(printed):
    stated("계수는 $t$가 작을수록 큽니다", "The factor is largest for small $t$")
    factors = [row(f"t = {t:4}", printed)[0] for t in (2, 10, 100, 1_000)]
    assert factors == sorted(factors, reverse=True) and factors[0] > 50 * factors[-1]


def test_the_loss_ends_at_that_of_the_exact_denoiser(printed):
    stated("손실이 0.2에서", "diffusion model stays at 0.2", "정확한 것도 0.19까지만")
    losses = [row(name, printed)[0] for name in ("untrained", "trained", "exact")]
    assert losses[0] > 0.9 and losses[1:] == [pytest.approx(0.2, abs=0.01), 0.19]


def test_the_mixture_comes_back_unless_noise_is_only_taken_away(printed):
    stated("거의 같은 값 하나로 모입니다", "at nearly one and the same value")
    line = re.compile(r"(?m)^(.*?): (-?[\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)$")
    found = {name: [*map(float, numbers)] for name, *numbers in line.findall(printed)}
    for name in ("exact", "trained"):
        assert found[name] == pytest.approx(found["data"], abs=0.06), name
    mean, std, left, right = found["only subtracting"]
    assert std < 0.02 and left == 0 and right < 0.02 and mean == pytest.approx(0.6, abs=0.05)


def test_what_the_schedules_leave_is_what_the_text_says(printed):
    stated("$\\bar\\alpha_T = 0.28$, 진폭으로 53%", "$\\bar\\alpha_T = 0.28$, which is 53%")
    left = papers.DIFFWAVE_50.alpha_bars[-1]
    assert f"{left:.2f} {left.sqrt():.2f}" == "0.28 0.53"
    names = ("DDPM", "DiffWave, large", "DiffWave, base", "WaveGrad", "NU-Wave")
    rates = [re.search(rf"(?m)^{name} +T = +\d+ +([\d.]+)", printed)[1] for name in names]
    assert rates == ["0.00004", "0.13218", "0.27967", "0.00662", "0.04946"]


def test_a_terminal_snr_above_0_makes_quiet_sound_16_percent_larger(printed):
    stated("데이터보다 16% 크던", "What was 16% larger", "$0.3 / 0.86 = 0.35$")
    variance = 0.09 * papers.DIFFWAVE_50.alpha_bars[-1] + 1 - papers.DIFFWAVE_50.alpha_bars[-1]
    assert f"{1 / variance.sqrt():.2f} {variance.sqrt():.2f}" == "1.16 0.86"
    assert row("DiffWave", printed) == [0.35, 0.35]
    assert row("DiffWave, SNR 0", printed) == [0.3, 0.31]


def test_clipping_the_estimate_is_harmless_and_clipping_x_t_is_not(printed):
    stated("0.282이던 표준편차가 0.266", "standard deviation of 0.282 into 0.266")
    line = re.compile(r"(?m)^(-|x_0|x_t) +(0\.\d{3}) (0\.\d{3})$")
    table = {name: [*map(float, numbers)] for name, *numbers in line.findall(printed)}
    assert table["x_0"] == pytest.approx(table["-"], abs=0.002)
    assert [table[name][0] for name in ("-", "x_t")] == [0.282, 0.266]
    assert table["-"][1] > 0.29 and table["x_t"][1] < 0.285
    stated("셋 가운데 하나가 그 밖에", "a third of the values of $x_t$ are outside")
    assert 2 * torch.distributions.Normal(0, 1).cdf(torch.tensor(-1.0)) > 0.3


def test_ddim_is_of_first_order_and_dpm_solver_of_second(printed):
    stated("4분의 1쯤", "about a quarter", "20분의 1 아래", "less than a twentieth")
    stated("20스텝까지는 둘이 비슷합니다", "Up to 20 steps the two are alike")
    line = re.compile(r"(?m)^(DDIM|DPM-Solver\+\+\(2M\)) +((?:0\.\d{4} ?)+)$")
    errors = {name: [*map(float, numbers.split())] for name, numbers in line.findall(printed)}
    ddim, solver = errors["DDIM"], errors["DPM-Solver++(2M)"]
    assert ddim[2] / ddim[4] == pytest.approx(4, rel=0.15) and solver[2] / solver[4] > 20
    for one, other in zip(ddim[:2], solver[:2], strict=True):
        assert one == pytest.approx(other, rel=0.2)


def test_few_steps_are_too_few_for_the_exact_denoiser_and_all_agree_at_1_000(printed):
    stated("조상 샘플링이 가장 멀고", "With few steps ancestral sampling is farthest")
    line = re.compile(r"(?m)^ *(\d+) ancestral ([\d.]+) +DDIM ([\d.]+) +DPM-Solver\+\+ ([\d.]+)")
    found = {int(n): [*map(float, numbers)] for n, *numbers in line.findall(printed)}
    assert found[1_000] == [0.01] * 3 and min(found[5]) > 0.15
    assert all(found[n][0] > max(found[n][1:]) for n in (5, 10, 50))


def test_the_exact_denoiser_of_300_sounds_gives_training_sounds_back(printed):
    stated("모두 **학습 소리 그대로**", "are **training sounds, unchanged**", "학습 소리 300개")
    assert row("exact denoiser", printed) == [0]
    assert row("eight of the test split", printed)[0] > 50 < row("WaveGAN", printed)[0]


def test_the_pictures_and_the_recipe_are_the_ones_described():
    stated("칸 128개, 프레임 33개", "128 bins, 33 frames", "0.3제곱", "a power of 0.3")
    config = CompressedSTFTConfig()
    assert (config.shape, config.exponent) == ((2, 128, 33), 0.3)
    stated("코사인 스케줄", "of a cosine schedule", "$v$를 예측하도록 5,000스텝", "for 5,000 steps")
    assert NARROW.steps == 5_000 and NARROW.n_sounds == 3_000
    stated("매개변수 63만 개", "0.63 million parameters", "드럼 3,000개", "3,000 drum hits")
    parameters = sum(p.numel() for p in pretrained("ddpm-drums").parameters())
    assert round(parameters / 1e6, 2) == 0.63
    assert (NARROW.schedule, NARROW.prediction, NARROW.image) == ("cosine", "v", config)


def test_the_trained_network_makes_new_sounds(printed):
    stated("테스트 소리보다 멉니다", "is larger than that of test sounds")
    test = row("eight of the test split", printed)[0]
    for calls in (10, 50):
        assert test < row(f"U-Net, {calls} calls", printed)[0] < 2 * test
    stated("학습 전의 잡음도 이 거리가 99", "is at no more than 99")
    assert row("untrained, 10 calls", printed) == [99]


def test_the_table_of_samplers_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parent / "records" / "critics.json").read_text())
    drums = record["drums"]

    def cell(name):
        return f"{drums[name]['frechet_db2']:.1f} / {drums[name]['coverage']:.2f}"

    samplers = ("ancestral", "ddim", "dpm-solver")
    rows = {"5": 5, "10": 10, "50": 50}
    rows |= {"50 (100개)": "50_few", "50 (100 sounds)": "50_few"}
    rows |= {"1,000 (100개)": 1000, "1,000 (100 sounds)": 1000}
    for calls, key in rows.items():
        cells = " | ".join(cell(f"ddpm_{sampler}_{key}") for sampler in samplers)
        count = 1 if "(" in calls else 2  # Korean and English
        assert TEXT.count(f"| {calls} | {cells} |\n") == count, calls
    for name in ("wavegan", "real_held_out", "mean", "gaussian"):
        assert TEXT.count(cell(name)) >= 2, name
    distance = {name: one["frechet_db2"] for name, one in drums.items() if name != "explained"}
    stated("평균의 **0.13배**", "**0.13** of the mean's", "3분의 1입니다", "a third of WaveGAN's")
    assert round(distance["ddpm_ancestral_50"] / distance["mean"], 2) == 0.13
    assert distance["ddpm_ancestral_50"] / distance["wavegan"] == pytest.approx(1 / 3, abs=0.02)
    stated("열 가운데 아홉", "nine of ten test sounds")
    assert drums["ddpm_ancestral_50"]["coverage"] == pytest.approx(0.1, abs=0.02)
    stated("열 번이면 DPM-Solver++가 가장", "with ten DPM-Solver++ is best")
    assert min(samplers, key=lambda s: distance[f"ddpm_{s}_10"]) == "dpm-solver"
    stated("1,000번은 50번보다 낫지 않습니다", "1,000 calls are no better than 50")
    assert all(distance[f"ddpm_{s}_1000"] > distance[f"ddpm_{s}_50_few"] for s in samplers)
    stated("소리가 적으면 커버리지가 작게", "Coverage is smaller for fewer sounds")
    for s in samplers:
        assert drums[f"ddpm_{s}_50_few"]["coverage"] < drums[f"ddpm_{s}_50"]["coverage"]

"""The numbers that chapter 28 states in its text, and what its cells print."""

import math
import re

import nbformat
import pytest
import torch
from torch import nn

from tinyaudio.audio import resample
from tinyaudio.data.recorded import recording
from tinyaudio.exercises.initial_loss import INITIAL_LOSS
from tinyaudio.exercises.shift_snr import SHIFT_SNR
from tinyaudio.exercises.used_codes import USED_CODES
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.quantizer import VectorQuantizer
from tinyaudio.represent.spectrum import log_magnitude, stft
from tinyaudio.train import EMA, Learner
from tools.book import SOURCES

TEXT = (SOURCES / "debugging.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells printed, in English."""
    cells = nbformat.read(SOURCES.parent / "en" / "debugging.ipynb", 4).cells
    return "".join(one.get("text", "") for cell in cells for one in cell.get("outputs", []))


def test_five_checks_have_the_results_that_are_known_in_advance(printed):
    for line in (
        "1. shapes 8 256 200 / 8 200",
        "initial loss 5.545, ln 256 = 5.545",
        "2. reached: logits.bias logits.weight",
        "2. without one after a step: 0",
        "3. one clip learned by heart: True",
        "4. last input that output 60 sees: 60",
        "5. slow and fast agree: True",
    ):
        assert line in printed, line


def test_heights_of_plateaus(printed):
    stated("\\ln 256 = 5.545", "\\ln 8 = 2.079", "2 \\ln 2 = 1.386", "$\\ln 6 = 1.792$")
    assert [round(math.log(k), 3) for k in (256, 8, 4, 6)] == [5.545, 2.079, 1.386, 1.792]
    stated("5.4(점선)에 머뭅니다", "stays at 5.4 (dotted)")
    assert "learning rate 0: 5.545 … 5.545" in printed
    entropy, mean = map(float, re.search(r"H = (\S+), last 100 steps: (\S+)", printed).groups())
    assert mean == 5.4 == round(entropy, 1) < round(math.log(256), 1)


def test_the_learner_refuses_parameters_of_another_network():
    stated("`Learner`는 뒤의 경우를 오류로 거절", "The `Learner` of this book refuses the latter")
    net, other = (CausalNet(CausalNetConfig(channels=2, layers=1)) for _ in range(2))
    with pytest.raises(ValueError, match="give its optimizer"):
        Learner("net", net, lambda batch, step: None, torch.optim.Adam(other.parameters()))


def test_dead_relus(printed):
    stated("0이 아닌 것이 0%", "0% are above 0", "마지막 편향을 뺀 모두", "all but the last bias")
    assert "dB: ReLUs above 0 0%, without a gradient: 0.weight 0.bias 2.weight\n" in printed
    alive = int(re.search(r"dB / 20 \+ 2: ReLUs above 0 (\d+)%", printed)[1])
    assert alive > 30
    assert "last 50 steps 2.08, ln 8 = 2.08" in printed


def test_averages(printed):
    stated("정확히 $\\ln 256$", "is exactly $\\ln 256$")
    assert "right order: the average is better: True" in printed
    assert "swapped: the average is better: False" in printed
    assert "swapped, average: 5.545" in printed


def test_step_responses():
    stated("a_n = 1 - d^n", "$1 - (1 - d)^n$이 되어", "exchanged it is $1 - (1 - d)^n$")
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.zero_()
    # Exchanged, the factors d and 1 - d are those of an average whose decay is 1 - d.
    averages = {0.9: EMA(network, 0.9), 0.1: EMA(network, 1 - 0.9)}
    network.weight.data.fill_(1)
    for n in range(1, 6):
        for d, ema in averages.items():
            ema.update(network, step=1_000)  # late: the first steps have smaller factors
            assert ema.module.weight.item() == pytest.approx(1 - d**n)


def test_one_code_and_many(printed):
    assert "one: error fell tenfold: True, perplexity 1\n" in printed
    many = re.search(r"many: error fell tenfold: True, perplexity (\d+)\n", printed)
    assert int(many[1]) > 10


def test_at_first_latents_are_far_from_the_codes_and_near_each_other():
    stated("코드에서 멀리, 서로는 가까이", "far from the codes and near each other")
    clip = recording("speech-it-queue-youarenext")
    x = resample(clip.audio[0], clip.sample_rate, 8_000)
    frames = log_magnitude(stft(0.95 * x / x.abs().max(), 256, 64).abs(), -80.0)[None] / 20 + 6
    torch.manual_seed(0)
    quantizer, encoder = VectorQuantizer(32, 8), nn.Conv1d(129, 8, 1)
    latents = encoder(frames)[0].T
    spread = (latents - latents.mean(0)).norm(dim=1).mean()
    assert torch.cdist(latents, quantizer.codebook).mean() > 5 * spread


def test_a_fresh_discriminator_settles_it(printed):
    shown = dict(re.findall(r"(seeing|blind|real against real): (\S+)\n", printed))
    assert float(shown["real against real"]) == 1.39
    assert max(float(shown["seeing"]), float(shown["blind"])) < 0.1


def test_a_shift_caps_the_ratio_where_the_formula_says(printed):
    stated("**옥타브마다 6 dB**", "**6 dB an octave**")
    assert "limit by the formula 24 dB\n64 taps 24 dB, 63 taps over 35 dB: True\n" in printed
    assert printed.count("levels apart < 0.5 dB: True") == 2
    assert 20 * math.log10(2) == pytest.approx(6, abs=0.03)
    tones = [20 * math.log10(2 * math.sin(math.pi * f * 0.5 / 8_000)) for f in (200, 400, 800)]
    assert all(b - a == pytest.approx(6, abs=0.2) for a, b in zip(tones, tones[1:], strict=False))


def test_what_the_exercises_expect():
    stated("22.18", "14.2 dB", "8.2 dB")
    assert INITIAL_LOSS.right(8, 10.0) == pytest.approx(22.18, abs=0.005)
    snrs = [round(SHIFT_SNR.right(hz, 0.5, 8_000), 1) for hz in (500.0, 1_000.0)]
    assert snrs == [14.2, 8.2]
    assert USED_CODES.right(torch.tensor([[5, 5]]), 8) == 1
    assert USED_CODES.right(torch.tensor([[0, 1]]), 32) == pytest.approx(2)

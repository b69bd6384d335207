"""The numbers that chapter 4 states in its text: what its cells print is tested by executing them."""

import re

import nbformat
import pytest
import torch
from torch.nn import functional as F

from tinyaudio.data.recorded import recording
from tinyaudio.layers import CausalConv1d
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tools.book import SOURCES

TEXT = (SOURCES / "dilated_causal_convolution.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


def bits_saved(name, p):
    """By the normal equations, where the chapter solves by least squares."""
    x = recording(name).audio[0, 4_000:16_000].double()
    context, target = x.unfold(0, p, 1)[:-1], x[p:]
    half = len(target) // 2
    A, y = context[:half], target[:half]
    error = target[half:] - context[half:] @ torch.linalg.pinv(A.T @ A, hermitian=True) @ A.T @ y
    return torch.log2(target[half:].std() / error.std()).item()


@pytest.mark.parametrize(
    ("name", "period", "before", "after"),
    [
        ("grand-piano-84", 15, 12, 16),
        ("harpsichord-60", 61, 48, 64),
        ("grand-piano-48", 122, 96, 128),
    ],
)
def test_covering_a_period_saves_two_to_four_bits_at_once(name, period, before, after):
    stated("2비트에서 4비트쯤", "some 2 to 4 bits")
    pitch = int(name[-2:])
    assert round(16_000 / (440 * 2 ** ((pitch - 69) / 12))) == period
    assert before < period <= after
    jump = bits_saved(name, after) - bits_saved(name, before)
    assert 1.5 < jump < 4.5
    assert bits_saved(name, 2 * after) - bits_saved(name, after) < jump


def test_a_bass_needs_four_samples_though_its_period_has_327():
    stated("샘플 네 개로 10비트", "four samples save 10 bits")
    assert round(16_000 / (440 * 2 ** ((31 - 69) / 12))) == 327
    assert bits_saved("acoustic-bass-31", 4) == pytest.approx(10, abs=0.7)


def test_a_pure_tone_is_predicted_exactly_from_two_samples():
    stated("지난 두 샘플만으로 정확히", "predicted exactly from its last two samples")
    x = torch.sin(0.3 * torch.arange(100.0).double() + 1)
    torch.testing.assert_close(x[2:], 2 * torch.cos(torch.tensor(0.3).double()) * x[1:-1] - x[:-2])


def test_what_1024_samples_cost():
    """Counted on layers of 32 channels, without biases."""

    def weights(k, dilations):
        layers = [CausalConv1d(32, 32, k, d, bias=False) for d in dilations]
        assert 1 + sum(layer.history for layer in layers) == 1_024
        return sum(layer.weight.numel() for layer in layers)

    one, doubling = weights(1_024, [1]), weights(2, [2**i for i in range(10)])
    assert (one, doubling, one / doubling) == (1_048_576, 20_480, pytest.approx(51, abs=0.3))
    assert 2 * 32 * 32 * 1_023 == 2_095_104
    stated("105만 개", "1.05 million", "51분의 1", "one part in 51", "210만 개", "2.1 million")
    wn30 = sum(p.numel() for p in WaveNet(WaveNetConfig.wn30()).parameters())
    assert one < wn30 and f"{wn30 / 1e6:.2f}" == "1.26"
    stated("126만 개", "1.26 million")


def test_a_first_causal_convolution_sums_two_tables_and_reaches_one_further():
    first = CausalConv1d(256, 4, 2, bias=False)
    codes = torch.randint(256, (1, 30))
    y = first(F.one_hot(codes, 256).mT.float())[0]
    for t in range(1, 30):
        expected = first.weight[:, codes[0, t], 1] + first.weight[:, codes[0, t - 1], 0]
        torch.testing.assert_close(y[:, t], expected)
    torch.manual_seed(0)
    x = torch.zeros(1, 1, 40, requires_grad=True)
    dilations, reaches = [1, 2, 4, 8], []
    for stack in (dilations, [1, *dilations]):
        layers = [CausalConv1d(1, 1, 2, d) for d in stack]
        for layer in layers:
            layer.weight.data.abs_()
        y = torch.nn.Sequential(*layers)(x)
        (slope,) = torch.autograd.grad(y[0, 0, -1], x)
        reaches.append(40 - slope[0, 0].nonzero().min().item())
    assert reaches == [16, 17]


@pytest.mark.parametrize(
    ("stacks", "layers", "k", "first", "r"),
    [(3, 10, 2, 2, 3_071), (3, 10, 3, 3, 6_141), (4, 14, 2, 2, 65_534), (5, 10, 2, 1, 5_116)],
)
def test_receptive_fields_of_known_models(stacks, layers, k, first, r):
    """Dilation by dilation, with the first convolution (NSynth, music translation: their public code)."""
    dilations = stacks * [2**i for i in range(layers)]
    assert 1 + (first - 1) + sum((k - 1) * d for d in dilations) == r


def test_the_table_of_models_has_the_first_convolution():
    assert '"⟦NSynth의 디코더|NSynth\'s decoder⟧": (3, 10, 3, 3)' in TEXT
    assert re.search(r"music translation[^\n]*: \(4, 14, 2, 2\)", TEXT)
    assert round(5_116 / 16) == 320 and 6_141 / 16 < 400 < 65_534 / 16
    stated("320 ms입니다", "makes 320 ms")


def test_the_binary_digits_of_a_lag_are_its_way():
    assert bin(256).count("1") == 1 and bin(255).count("1") == 8
    stated("$m = 255$는 여덟 번", "$m = 255$ eight times")


def test_each_note_gains_where_a_network_first_sees_its_period():
    cells = nbformat.read(SOURCES.parent / "en" / "dilated_causal_convolution.ipynb", 4).cells
    printed = "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))
    rows = re.findall(r"samples: harpsichord (\d\.\d), piano (\d\.\d) bit", printed)
    low, high = ([float(row[i]) for row in rows] for i in (0, 1))
    stated("31샘플에서 반 비트 넘게", "gains more than half a bit from seeing 31 samples")
    assert high[0] - high[1] > 0.5 and high[0] - high[1] > high[1] - high[2]
    stated("256샘플을 보자 반 비트 넘게", "but more than half a bit from 256")
    assert low[1] - low[2] > 0.5 > abs(low[0] - low[1])

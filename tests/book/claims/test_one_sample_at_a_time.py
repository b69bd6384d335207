"""What chapter 2 says in words and numbers, computed again; its own cells are run where it says so."""

import math
import re

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.audio import resample
from tinyaudio.data.markov import MarkovSource
from tinyaudio.data.recorded import recording
from tinyaudio.exercises.one_sample_at_a_time import check_trigram
from tinyaudio.represent import mulaw
from tools.book import SOURCES
from tools.book.edition import select
from tools.book.source import read

CHAPTER = read(SOURCES / "one_sample_at_a_time.md")
TEXT = CHAPTER.path.read_text(encoding="utf-8")


def stated(*words):
    """Each stands in both languages, so at least twice."""
    return all(TEXT.count(word) >= 2 for word in words)


def cell_that_defines(name, tag=""):
    """The chapter's own code; of an exercise, the solution."""
    return next(
        select(cell.text, "en")
        for cell in CHAPTER.cells
        if cell.kind == "code" and f"{name}(" in cell.text and (not tag or tag in cell.tags)
    )


def from_the_page(*names, tag=""):
    scope = {"torch": torch, "nn": torch.nn, "F": F, "math": math}
    for name in names:
        code = re.sub(r"(?m)^check_\w+\(.*\)$|^from tinyaudio.*$", "", cell_that_defines(name, tag))
        exec(code, scope)
    return scope[names[-1]]


# ----------------------------------------------------------------------------- 2.2 counts


def speech(name):
    clip = recording(name)
    return mulaw.encode(resample(clip.audio, clip.sample_rate, 8_000)[0], 64)


@pytest.fixture(scope="module")
def training():
    return torch.cat([speech("speech-it-vm-intro"), speech("speech-it-demo-thanks")])


@pytest.fixture(scope="module")
def held_out():
    return speech("speech-it-queue-youarenext")


def counted(codes, n, K):
    """How often each run of n values occurs, (K, ..., K)."""
    cells = torch.zeros(n * [K], dtype=torch.float64)
    runs = tuple(codes[i : len(codes) - n + 1 + i] for i in range(n))
    return cells.index_put_(runs, torch.ones(1, dtype=torch.float64), accumulate=True)


def bits_of(p, codes):
    n = p.ndim
    return -p[tuple(codes[i : len(codes) - n + 1 + i] for i in range(n))].log2().mean().item()


def normalized(counts):
    return counts / counts.sum(-1, keepdim=True)


def test_a_bigram_saves_1_66_bits_and_an_add_one_trigram_nothing_more(training, held_out):
    unigram, bigram, trigram = (
        bits_of(normalized(counted(training, n, 64) + 1), held_out) for n in (1, 2, 3)
    )
    assert round(unigram - bigram, 2) == 1.66 and bigram < trigram
    assert (round(bigram, 2), round(trigram, 2)) == (4.18, 4.23)
    assert stated("1.66", "4.18")


def test_what_is_missing_is_samples_and_not_cells(training, held_out):
    assert round(len(training), -3) == 92_000 and 64**3 == 262_144
    seen = counted(training, 3, 64)[held_out[:-2], held_out[1:-1], held_out[2:]] > 0
    assert round((~seen).double().mean().item(), 2) == 0.19 and stated("19%", "92,000")


def test_backing_off_to_the_bigram_beats_it(training, held_out):
    bigram = normalized(counted(training, 2, 64) + 1)
    triples = counted(training, 3, 64)
    found = [
        round(bits_of(normalized(triples + weight * bigram), held_out), 2)
        for weight in (1, 8, 32, 64)
    ]
    assert found == [4.59, 4.17, 4.03, 4.01]
    assert stated("4.59", "4.17", "4.03", "4.01")
    assert check_trigram(
        lambda y, K: normalized(counted(y, 3, K) + 64 * normalized(counted(y, 2, K) + 1))
    )


# ------------------------------------------------------------------- 2.3 layer, 2.4 step


def test_the_layer_on_the_page_is_causal_and_its_network_starts_uniform():
    layer = from_the_page("CausalLayer")(3, dilation=2)
    x = torch.randn(1, 3, 12, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (slope,) = torch.autograd.grad(layer(x)[0, :, 7].sum(), x)
    assert set(slope[0].abs().sum(0).nonzero().flatten().tolist()) <= {5, 7}
    net = from_the_page("CausalLayer", "SmallNet")(16)
    codes = torch.randint(16, (2, 30), generator=torch.Generator().manual_seed(1))
    assert net(codes).shape == (2, 16, 30) and not net(codes).any()
    torch.nn.init.normal_(net.logits.weight)
    changed = codes.clone()
    changed[:, 20:] = 15 - changed[:, 20:]
    assert torch.equal(net(changed)[:, :, :21], net(codes)[:, :, :21])  # column 20 sees up to 19
    assert not torch.equal(net(changed)[:, :, 21], net(codes)[:, :, 21])


def test_the_training_step_on_the_page_lowers_the_loss_and_forgets_old_gradients():
    net = from_the_page("CausalLayer", "SmallNet")(16)
    step = from_the_page("training_step")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    codes = torch.arange(64)[None] % 16
    first = step(net, optimizer, codes)
    once = net.logits.weight.grad.clone()
    assert first == pytest.approx(4, abs=1e-5)  # log2(16)
    optimizer.param_groups[0]["lr"] = 0.0
    assert step(net, optimizer, codes) < first
    step(net, optimizer, codes)
    again = net.logits.weight.grad.clone()
    step(net, optimizer, codes)
    assert torch.equal(net.logits.weight.grad, again) and not torch.equal(again, once)


def test_counts_cross_the_entropy_rate_on_what_they_counted_and_not_on_new_data():
    i = torch.arange(16.0)
    towards = 0.9 * i[:, None] + 0.75
    source = MarkovSource(torch.softmax(-0.5 * ((i - towards) / 1.2) ** 2, dim=1))
    assert round(source.entropy_rate, 2) == 2.30
    old, new = source.draw(80_000, seed=0), source.draw(20_000, seed=1)
    for past, on_old, on_new in ((3, 2.26, 2.40), (4, 2.13, 2.64)):
        counts = counted(old, past + 1, 16)
        assert round(bits_of(normalized(counts), old), 2) == on_old < source.entropy_rate
        assert round(bits_of(normalized(counts + 1), new), 2) == on_new > source.entropy_rate
        assert stated(f"{on_old:.2f}", f"{on_new:.2f}")


# ---------------------------------------------------------------------------- 2.10 solutions


def test_the_solution_of_2_2_takes_zeros_in_the_matrix():
    entropy_rate = from_the_page("entropy_rate", tag="solution")
    assert entropy_rate(torch.eye(3), torch.full((3,), 1 / 3)) == 0
    P = torch.tensor([[0.0, 1.0], [0.5, 0.5]])
    assert entropy_rate(P, torch.tensor([1 / 3, 2 / 3])) == pytest.approx(2 / 3)


def test_the_solution_of_2_4_draws_a_value_of_positive_probability_up_to_the_end():
    """The running sum in float32 may end below 1 - 2^-24, the largest u; the value is then the last."""
    draw_value = from_the_page("draw_value", tag="solution")
    g = torch.Generator().manual_seed(0)
    short = 0
    for _ in range(200):
        logits = 2 * torch.randn(64, generator=g)
        total = torch.softmax(logits, 0).cumsum(0)
        short += bool(total[-1] <= 1 - 2**-24)
        assert draw_value(logits, 1.0, 1 - 2**-24) > 0
        assert draw_value(logits, 1.0, 0.0) == 0
        u = torch.rand((), generator=g).item()
        assert draw_value(logits, 1.0, u) == (total > u).int().argmax() or u >= total[-1]
    assert short > 20  # the case that the test is for occurs


def test_a_tone_is_predicted_from_two_samples_exactly():
    """x[t] = 2 cos(w) x[t-1] - x[t-2]: where exercise 2.5 converges to."""
    fit_layer = from_the_page("fit_layer", tag="solution")
    weights = fit_layer(torch.sin(0.5 * torch.arange(800.0)), 2_000, 0.5)
    assert weights.tolist() == pytest.approx([2 * math.cos(0.5), -1], abs=2e-3)
    assert round(2 * math.cos(0.5), 3) == 1.755 and stated("1.755")

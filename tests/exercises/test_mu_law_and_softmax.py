"""Chapter 3's checkers: wrong answers to be caught, and right ones however they are written."""

import math

import numpy as np
import torch

from tinyaudio.exercises.mu_law_and_softmax import (
    check_bell,
    check_encode,
    check_fair_bits,
    check_mean,
)
from tinyaudio.represent import mulaw

V = mulaw.decode(torch.arange(256))


def bent(x, mu=255.0):
    """The curve as it stands in the chapter, in numbers of numpy."""
    x = np.asarray(x, dtype=np.float64)
    return np.sign(x) * np.log(1 + mu * np.abs(x)) / np.log(1 + mu)


def codes(values):
    return torch.tensor(np.clip(values, 0, 255).astype(np.int64))


def logistic(c, mean, scale):
    return 1 / (1 + math.exp(-(c - mean) / scale))


def bars(mean, scale, K, low, high):
    """Differences of F between borders that lie `low` below and `high` above each level."""
    return torch.tensor(
        [logistic(i + high, mean, scale) - logistic(i - low, mean, scale) for i in range(K)]
    )


def half_off(mean, scale, K):
    p = bars(mean, scale, K, 0.0, 1.0)
    p[0], p[-1] = logistic(1, mean, scale), 1 - logistic(K - 1, mean, scale)
    return p


def height(mean, scale, K):
    at = [(i - mean) / scale for i in range(K)]
    return torch.tensor([1 / (4 * scale * math.cosh(z / 2) ** 2) for z in at])


# Typical wrong answers, and words of the message they get (see test_every_exercise.py).
WRONG = {
    "check_encode": [
        (lambda x: codes((bent(x) + 1) / 2 * 255), "slip by one"),
        (lambda x: codes((bent(x) + 1) / 2 * 256), "other places"),
        (lambda x: codes(np.rint(127.5 + 127.5 * bent(x.abs()))), "sign(x) is missing"),
        (lambda x: codes(np.rint((bent(x, 256) + 1) / 2 * 255)), "mu is 256"),
        (lambda x: codes(np.rint((x.double().numpy() + 1) / 2 * 255)), "even levels"),
    ],
    "check_mean": [
        (lambda logits: V[logits.max(0).indices], "likeliest value"),
        (lambda logits: V[round((logits.softmax(0) * torch.arange(256)).sum().item())], "decode first"),
        (lambda logits: (logits.softmax(0) * torch.arange(256)).sum(), "mean of codes; an"),
        (lambda logits: sum(a * v for a, v in zip(logits.tolist(), V.tolist(), strict=True)), "no probabilities"),
    ],
    "check_bell": [
        (lambda mean, scale, K: bars(mean, scale, K, 0.5, 0.5), "own their tails"),
        (lambda mean, scale, K: torch.nn.functional.normalize(bars(mean, scale, K, 0.5, 0.5), 1, 0), "spreads"),
        (height, "height of the bell"),
        (lambda mean, scale, K: bars(mean, scale, K, 1.0, 1.0), "2 wide"),
        (half_off, "half a level"),
    ],
    "check_fair_bits": [
        (lambda bits, q, w: math.log2(2**bits * 256), "even levels"),
        (lambda bits, q, w: bits + math.log2(w[q].sum() / len(q)), "mean first"),
        (lambda bits, q, w: bits + sum(math.log2(n) for n in w) / 256, "All 256 codes"),
        (lambda bits, q, w: bits + sum(math.log(w[c]) for c in q) / len(q), "base 2"),
        (lambda bits, q, w: bits - sum(math.log2(w[c]) for c in q) / len(q), "subtracted"),
    ],
}  # fmt: skip


def test_encode_passes_however_it_is_written():
    """Rounding half up or half to even; a search for the nearest level."""
    assert check_encode(lambda x: codes(np.rint((bent(x) + 1) / 2 * 255)))
    grid = torch.linspace(-1, 1, 256, dtype=torch.float64)
    assert check_encode(lambda x: (torch.tensor(bent(x))[:, None] - grid).abs().argmin(1))


def test_mean_passes_however_it_is_written():
    def loop(logits):
        top = logits.max()
        odds = [math.exp(a - top) for a in logits]
        return sum(o * v for o, v in zip(odds, V.tolist(), strict=True)) / sum(odds)

    assert check_mean(loop)
    assert check_mean(lambda logits: (logits.softmax(0) * V).sum())


def test_bell_passes_however_it_is_written():
    def level_by_level(mean, scale, K):
        p = bars(mean, scale, K, 0.5, 0.5)
        p[0] += logistic(-0.5, mean, scale)
        p[-1] += 1 - logistic(K - 0.5, mean, scale)
        return p

    assert check_bell(level_by_level)


def test_bell_s_answer_adds_up_to_one_where_the_common_mistake_does_not():
    p = bars(20.0, 3.0, 8, 0.5, 0.5)
    assert p.sum() < 0.02


def test_fair_bits_passes_however_it_is_written():
    assert check_fair_bits(lambda bits, q, w: bits + sum(math.log2(w[c]) for c in q) / len(q))
    assert check_fair_bits(lambda bits, q, w: math.log2(2**bits) + torch.log2(w[q]).sum() / len(q))

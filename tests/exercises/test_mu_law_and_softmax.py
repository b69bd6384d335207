"""Chapter 3's checkers: right answers pass however they are written."""

import math

import numpy as np
import torch

from tinyaudio.exercises.mu_law_and_softmax import (
    check_bell,
    check_encode,
    check_fair_bits,
    check_levels,
    check_mean,
    check_mixture_bits,
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


def mixed(parameters, codes, K, *, softmax=True, log_first=False, soft=False, tails=True, base=2.0):
    """Bits of a mixture in Python's floats, one code at a time, with the mistakes of learners."""
    weights, means, scales = parameters.chunk(3)
    total = 0.0
    for t, code in enumerate(codes.tolist()):
        w = weights[:, t].softmax(0) if softmax else weights[:, t].exp()
        terms = []
        for m in range(len(weights)):
            s = scales[m, t].item()
            s = math.log(1 + math.exp(s)) if soft else math.exp(s)
            low = 0.0 if tails and code == 0 else logistic(code - 0.5, means[m, t].item(), s)
            high = 1.0 if tails and code == K - 1 else logistic(code + 0.5, means[m, t].item(), s)
            terms.append((w[m].item(), high - low))
        if log_first:
            total += sum(a * math.log(p) for a, p in terms)
        else:
            total += math.log(sum(a * p for a, p in terms))
    return -total / len(codes) / math.log(base)


def differences(parameters, codes, K):
    """Right as long as no probability underflows."""
    weights, means, scales = parameters.chunk(3)
    low, high = (torch.sigmoid((codes + h - means) / scales.exp()) for h in (-0.5, 0.5))
    p = torch.where(codes == K - 1, 1.0, high) - torch.where(codes == 0, 0.0, low)
    return -(weights.softmax(0) * p).sum(0).clamp(min=1e-12).log2().mean()


def test_encode_passes_however_it_is_written():
    """Rounding half up or half to even; a search for the nearest level."""
    assert check_encode(lambda x: codes(np.rint((bent(x) + 1) / 2 * 255)))
    grid = torch.linspace(-1, 1, 256, dtype=torch.float64)
    upper = grid.flip(0)  # of two as near, the higher
    assert check_encode(lambda x: 255 - (torch.tensor(bent(x))[:, None] - upper).abs().argmin(1))


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


def test_mixture_bits_passes_with_the_package_s_own_sum_of_logarithms():
    """Another way to the same number: the product of two sigmoids, in double precision."""

    def double(parameters, codes, K):
        w, c, s = parameters.double().chunk(3)
        a, b = ((codes + h - c) * torch.exp(-s) for h in (-0.5, 0.5))
        log = torch.nn.functional.logsigmoid
        p = log(b) * (codes < K - 1) + log(-a) * (codes > 0)
        p = p + torch.where((codes > 0) & (codes < K - 1), torch.log1p(-torch.exp(a - b)), 0.0)
        return -(w.log_softmax(0) + p).logsumexp(0).mean().float() / math.log(2)

    assert check_mixture_bits(double)


def test_levels_pass_as_lists_and_say_what_they_reach():
    """Companding that is gentler than mu-law suits the peaked samples better than even levels."""
    gentle = [math.copysign((11.0 ** abs(y) - 1) / 10, y) for y in np.linspace(-1, 1, 256)]
    result = check_levels(lambda x: gentle)
    assert result and "dB" in result.message
    spread = torch.linspace(-0.6, 0.6, 256)
    assert check_levels(lambda x: spread)


def test_wrong_levels_hear_what_was_measured():
    assert "There are 257." in check_levels(lambda x: torch.linspace(-1, 1, 257)).message
    assert "go from -2 to 2" in check_levels(lambda x: torch.linspace(-2, 2, 256)).message
    narrow = check_levels(lambda x: torch.linspace(-0.01, 0.01, 256))
    assert "100% of the squared error is of samples beyond" in narrow.message
    assert "Level 1 is 0.5, and the next 0." in (
        check_levels(lambda x: torch.tensor([-1, 0.5, *torch.linspace(0, 1, 254)])).message
    )

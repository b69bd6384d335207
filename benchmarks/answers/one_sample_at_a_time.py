"""Blind answers to the exercises of chapter 2, One sample at a time.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional as F

# 2.1 Bits per sample


def tensor(p):
    return torch.as_tensor(p, dtype=torch.float64)


def length_by_loop(p):
    total = 0.0
    for value in p:
        total -= math.log2(value)
    return total / len(p)


# 2.2 Entropy rate


def rate(P, pi):
    return -(pi * torch.xlogy(P, P).sum(dim=1)).sum() / math.log(2)


def rate_by_loop(P, pi):
    bits = 0.0
    for row, share in zip(P.tolist(), pi.tolist(), strict=True):
        for p in row:
            if p > 0:
                bits -= share * p * math.log2(p)
    return bits


def rate_by_numpy(P, pi):
    P, pi = np.asarray(P), np.asarray(pi)
    logs = np.log2(np.where(P > 0, P, 1))
    return float(-pi @ (P * logs).sum(axis=1))


def rate_of_rows(P):
    return -torch.xlogy(P, P).sum(dim=1) / math.log(2)


# 2.3 The delay by one


def shift_by_loop(codes, silence):
    out = torch.empty_like(codes)
    for b in range(codes.shape[0]):
        out[b, 0] = silence
        for t in range(1, codes.shape[1]):
            out[b, t] = codes[b, t - 1]
    return out


def shift_by_cat(codes, silence):
    first = torch.full((codes.shape[0], 1), silence, dtype=codes.dtype)
    return torch.cat([first, codes[:, :-1]], dim=1)


def shift_in_place(codes, silence):
    out = codes.clone()
    out[:, 1:] = codes[:, :-1]
    out[:, 0] = silence
    return out


def shift_overwrites_itself(codes, silence):
    out = codes.clone()
    out[:, 0] = silence
    for t in range(1, codes.shape[1]):
        out[:, t] = out[:, t - 1]
    return out


def shift_first_row_only(codes, silence):
    out = codes.clone()
    out[0, 1:] = codes[0, :-1]
    out[0, 0] = silence
    return out


def shift_across_rows(codes, silence):
    flat = codes.flatten()
    return torch.cat([flat.new_tensor([silence]), flat[:-1]]).view_as(codes)


def shift_across_batch(codes, silence):
    out = torch.full_like(codes, silence)
    out[1:] = codes[:-1]
    return out


def shift_only_replaces(codes, silence):
    out = codes.clone()
    out[:, 0] = silence
    return out


# 2.4 Drawing


def probabilities(logits, temperature=1.0):
    return torch.softmax(torch.as_tensor(logits).double() / temperature, dim=0)


def first_above(p, u):
    return min(int((p.cumsum(0) <= u).sum()), len(p) - 1)


def draw_by_loop(logits, temperature, u):
    scaled = [float(logit) / temperature for logit in logits]
    top = max(scaled)
    weights = [math.exp(s - top) for s in scaled]
    total, so_far = sum(weights), 0.0
    for value, weight in enumerate(weights):
        so_far += weight / total
        if so_far > u:
            return value
    return len(weights) - 1


def draw_by_numpy(logits, temperature, u):
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    p = np.exp(scaled - scaled.max())
    c = np.cumsum(p / p.sum())
    return int(min(np.searchsorted(c, u, side="right"), len(c) - 1))


def draw_without_last_resort(logits, temperature, u):
    total = torch.softmax(torch.as_tensor(logits).float() / temperature, dim=0).cumsum(0)
    return int((total <= u).sum())


def draw_falls_back_to_0(logits, temperature, u):
    total = torch.softmax(torch.as_tensor(logits).float() / temperature, dim=0).cumsum(0)
    return int((total > u).int().argmax())


def draw_overflows(logits, temperature, u):
    weights = torch.exp(torch.as_tensor(logits).float() / temperature)
    return first_above(weights / weights.sum(), u)


def draw_from_most_likely(logits, temperature, u):
    p, order = probabilities(logits, temperature).sort(descending=True)
    return int(order[first_above(p, u)])


def draw_from_behind(logits, temperature, u):
    return len(logits) - 1 - first_above(probabilities(logits, temperature).flip(0), u)


def draw_unnormalised(logits, temperature, u):
    scaled = torch.as_tensor(logits).double() / temperature
    return first_above(torch.exp(scaled - scaled.max()), u)


def draw_softmax_before_temperature(logits, temperature, u):
    return first_above(probabilities(logits) / temperature, u)


def draw_includes_border(logits, temperature, u):
    total = probabilities(logits, temperature).cumsum(0)
    return min(int((total < u).sum()), len(total) - 1)


def draw_one_before(logits, temperature, u):
    return max(first_above(probabilities(logits, temperature), u) - 1, 0)


def draw_not_cumulative(logits, temperature, u):
    above = (probabilities(logits, temperature) > u).nonzero()
    return int(above[0]) if len(above) else len(logits) - 1


def draw_by_sigmoid(logits, temperature, u):
    p = torch.sigmoid(torch.as_tensor(logits).double() / temperature)
    return first_above(p / p.sum(), u)


# 2.5 Training a causal layer


def past(x, lag):
    return F.pad(x, (lag, 0))[: len(x)]


def descend(
    x,
    steps,
    lr,
    inputs=past,
    loss=lambda error: error.square().mean(),
    optimizer=torch.optim.SGD,
    clear=True,
    start=0.0,
    lags=(1, 2),
):
    """Gradient descent on the two taps, with one place for each of the usual slips."""
    taps = torch.full((2,), start, dtype=x.dtype, requires_grad=True)
    sgd = optimizer([taps], lr=lr)
    for _ in range(steps):
        error = taps[0] * inputs(x, lags[0]) + taps[1] * inputs(x, lags[1]) - x
        if clear:
            sgd.zero_grad()
        loss(error).backward()
        sgd.step()
    return taps.detach()


def descend_by_hand(x, steps, lr):
    one, two = past(x, 1), past(x, 2)
    a = b = torch.zeros((), dtype=x.dtype)
    for _ in range(steps):
        error = a * one + b * two - x
        a, b = a - lr * 2 * (error * one).mean(), b - lr * 2 * (error * two).mean()
    return torch.stack([a, b])


def descend_by_numpy(x, steps, lr):
    x = np.asarray(x, dtype=np.float64)
    X = np.stack([np.concatenate([[0], x[:-1]]), np.concatenate([[0, 0], x[:-2]])], axis=1)
    taps = np.zeros(2)
    for _ in range(steps):
        taps -= lr * 2 * X.T @ (X @ taps - x) / len(x)
    return torch.tensor(taps)


def descend_by_turns(x, steps, lr):
    one, two = past(x, 1), past(x, 2)
    a = b = torch.zeros((), dtype=x.dtype)
    for _ in range(steps):
        a = a - lr * 2 * ((a * one + b * two - x) * one).mean()
        b = b - lr * 2 * ((a * one + b * two - x) * two).mean()
    return torch.stack([a, b])


def least_squares(x, steps, lr):
    X = torch.stack([past(x, 1), past(x, 2)], dim=1)
    return torch.linalg.lstsq(X, x[:, None]).solution[:, 0]


def sample_by_sample(x, steps, lr):
    taps = torch.zeros(2, dtype=x.dtype)
    X = torch.stack([past(x, 1), past(x, 2)], dim=1)
    for step in range(steps):
        row = X[step % len(x)]
        taps = taps - lr * 2 * (row @ taps - x[step % len(x)]) * row
    return taps


def momentum(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9)


def circular(x, lag):
    return x.roll(lag)


def future(x, lag):
    return F.pad(x, (0, lag))[lag:]


# 2.6 Beat the bigram by counting


def counted(y, K, n):
    counts = torch.zeros(K**n, dtype=torch.float64)
    places = sum(y[i : len(y) - n + 1 + i] * K ** (n - 1 - i) for i in range(n))
    counts.index_add_(0, places, torch.ones(len(places), dtype=torch.float64))
    return counts.view([K] * n)


def normal(counts, dim=-1):
    return counts / counts.sum(dim=dim, keepdim=True)


def bigram(y, K):
    return normal(counted(y, K, 2) + 1)


def back_off(y, n_levels, strength=32):
    return normal(counted(y, n_levels, 3) + strength * bigram(y, n_levels)[None])


def back_off_by_loop(y, n_levels):
    codes = y.tolist()
    two = np.ones((n_levels, n_levels))
    three = np.zeros((n_levels, n_levels, n_levels))
    for a, b in pairwise(codes):
        two[a, b] += 1
    for a, b, c in zip(codes, codes[1:], codes[2:], strict=False):
        three[a, b, c] += 1
    two /= two.sum(axis=1, keepdims=True)
    return (three + 64 * two) / (three.sum(axis=2, keepdims=True) + 64)


def interpolated(y, n_levels):
    three = counted(y, n_levels, 3)
    seen = three.sum(dim=-1, keepdim=True)
    trust = seen / (seen + 40)
    return trust * three / seen.clamp(min=1) + (1 - trust) * bigram(y, n_levels)


def add_one(y, n_levels):
    return normal(counted(y, n_levels, 3) + 1)


def uniform_when_unseen(y, n_levels):
    three = counted(y, n_levels, 3)
    seen = three.sum(dim=-1, keepdim=True)
    return torch.where(seen > 0, three / seen.clamp(min=1), 1 / n_levels)


def back_off_on_the_older(y, n_levels):
    return normal(counted(y, n_levels, 3) + 32 * bigram(y, n_levels)[:, None])


def always_the_mode(y, n_levels):
    return F.one_hot(back_off(y, n_levels).argmax(dim=-1), n_levels).double()


def whole_numbers(y, n_levels):
    counts = (counted(y, n_levels, 3) + 1).long()
    return counts // counts.sum(dim=-1, keepdim=True)


WRONG = {
    "check_code_length": [
        ("sums over the samples", lambda p: -tensor(p).log2().sum()),
        ("returns nats", lambda p: -tensor(p).log().mean()),
        ("leaves the sign out", lambda p: tensor(p).log2().mean()),
        ("takes the logarithm of the mean", lambda p: -tensor(p).mean().log2()),
        ("computes an entropy, sum of p log p", lambda p: -(tensor(p) * tensor(p).log2()).sum()),
        ("averages p log p", lambda p: -(tensor(p) * tensor(p).log2()).mean()),
        ("uses log10", lambda p: -tensor(p).log10().mean()),
        ("divides by T - 1", lambda p: -tensor(p).log2().sum() / (len(p) - 1)),
        ("returns the perplexity", lambda p: 2 ** -tensor(p).log2().mean()),
        ("takes the median", lambda p: -tensor(p).log2().median()),
        ("takes the logarithm of the mean of 1/p", lambda p: (1 / tensor(p)).mean().log2()),
        ("rounds every code up to whole bits", lambda p: (-tensor(p).log2()).ceil().mean()),
        (
            "multiplies all probabilities first, which underflows to 0",
            lambda p: -tensor(p).prod().log2() / len(p),
        ),
        ("skips the first sample", lambda p: -tensor(p)[1:].log2().mean()),
        ("holds probabilities above 0.01", lambda p: -tensor(p).clamp(min=0.01).log2().mean()),
        (
            "divides p by its sum, as if it were one distribution",
            lambda p: -(tensor(p) / tensor(p).sum()).log2().mean(),
        ),
    ],
    "check_entropy_rate": [
        ("gives NaN at 0 log 0", lambda P, pi: -(pi[:, None] * P * P.log2()).sum()),
        ("returns nats", lambda P, pi: rate(P, pi) * math.log(2)),
        ("leaves the sign out", lambda P, pi: -rate(P, pi)),
        ("averages the rows without pi", lambda P, pi: rate_of_rows(P).mean()),
        ("sums the rows without pi", lambda P, pi: rate_of_rows(P).sum()),
        ("reads the matrix by columns", lambda P, pi: rate(P.T, pi)),
        (
            "returns the entropy of pi",
            lambda P, pi: -torch.xlogy(pi, pi).sum() / math.log(2),
        ),
        (
            "returns the entropy of pairs",
            lambda P, pi: rate(P, pi) - torch.xlogy(pi, pi).sum() / math.log(2),
        ),
        (
            "turns the whole row to 0 where one entry is 0",
            lambda P, pi: -(pi * (P * P.log2()).sum(dim=1).nan_to_num()).sum(),
        ),
        ("takes the largest of the rows", lambda P, pi: rate_of_rows(P).max()),
        ("divides by the number of values", lambda P, pi: rate(P, pi) / len(pi)),
        ("adds 0.01 to all probabilities", lambda P, pi: rate(P + 0.01, pi)),
        (
            "takes the diagonal only",
            lambda P, pi: -(pi * torch.xlogy(P, P).diag()).sum() / math.log(2),
        ),
        ("takes base K", lambda P, pi: rate(P, pi) / math.log2(len(pi)) if len(pi) > 1 else 0.0),
        ("weights by the square of pi", lambda P, pi: (pi**2 * rate_of_rows(P)).sum()),
        ("returns the number of likely values, 2^H", lambda P, pi: 2 ** rate(P, pi)),
    ],
    "check_shift": [
        ("shifts to the left", lambda codes, silence: F.pad(codes, (-1, 1), value=silence)),
        ("puts the last sample in front", lambda codes, silence: codes.roll(1, dims=1)),
        (
            "keeps the last sample, T + 1 long",
            lambda codes, silence: F.pad(codes, (1, 0), value=silence),
        ),
        ("puts 0 in front", lambda codes, silence: F.pad(codes, (1, -1))),
        ("always puts 128 in front", lambda codes, silence: F.pad(codes, (1, -1), value=128)),
        ("shifts along the batch", shift_across_batch),
        ("fills everything with silence by overwriting", shift_overwrites_itself),
        ("delays by two", lambda codes, silence: F.pad(codes, (2, -2), value=silence)),
        ("replaces the first sample and shifts nothing", shift_only_replaces),
        ("returns the codes as they are", lambda codes, silence: codes.clone()),
        ("turns time around", lambda codes, silence: F.pad(codes.flip(1), (1, -1), value=silence)),
        ("shifts the first row only", shift_first_row_only),
        ("drops the last sample and adds none", lambda codes, silence: codes[:, :-1]),
        (
            "repeats the first sample",
            lambda codes, silence: torch.cat([codes[:, :1], codes[:, :-1]], 1),
        ),
        ("lets rows run into each other", shift_across_rows),
        ("returns time by batch", lambda codes, silence: F.pad(codes, (1, -1), value=silence).T),
    ],
    "check_draw": [
        (
            "multiplies by the temperature",
            lambda logits, temperature, u: first_above(probabilities(logits, 1 / temperature), u),
        ),
        ("divides probabilities by the temperature", draw_softmax_before_temperature),
        (
            "takes the likeliest value",
            lambda logits, temperature, u: int(torch.as_tensor(logits).argmax()),
        ),
        ("stops where the sum only reaches u", draw_includes_border),
        ("returns the value before", draw_one_before),
        (
            "returns the value after",
            lambda logits, temperature, u: min(
                first_above(probabilities(logits, temperature), u) + 1, len(logits) - 1
            ),
        ),
        ("returns K where the sum stays below u by rounding", draw_without_last_resort),
        ("returns 0 where the sum stays below u by rounding", draw_falls_back_to_0),
        ("overflows at large logits", draw_overflows),
        (
            "ignores the temperature",
            lambda logits, temperature, u: first_above(probabilities(logits), u),
        ),
        ("adds up from the likeliest", draw_from_most_likely),
        ("adds up from behind", draw_from_behind),
        ("does not normalise", draw_unnormalised),
        (
            "ignores u and draws by itself",
            lambda logits, temperature, u: int(
                torch.multinomial(probabilities(logits, temperature), 1)
            ),
        ),
        ("draws uniformly", lambda logits, temperature, u: int(u * len(logits))),
        ("compares single probabilities with u", draw_not_cumulative),
        ("takes sigmoids for the softmax", draw_by_sigmoid),
    ],
    "check_fit_layer": [
        ("lets gradients pile up", lambda x, steps, lr: descend(x, steps, lr, clear=False)),
        (
            "sums the squares",
            lambda x, steps, lr: descend(x, steps, lr, loss=lambda e: e.square().sum()),
        ),
        ("returns (b, a)", lambda x, steps, lr: descend(x, steps, lr).flip(0)),
        ("sees the sample itself", lambda x, steps, lr: descend(x, steps, lr, lags=(0, 1))),
        ("looks one sample too far back", lambda x, steps, lr: descend(x, steps, lr, lags=(2, 3))),
        (
            "leaves the first two samples out",
            lambda x, steps, lr: descend(x, steps, lr, loss=lambda e: e[2:].square().mean()),
        ),
        ("solves least squares and ignores steps", least_squares),
        ("uses Adam", lambda x, steps, lr: descend(x, steps, lr, optimizer=torch.optim.Adam)),
        ("makes one step too few", lambda x, steps, lr: descend(x, steps - 1, lr)),
        ("makes one step too many", lambda x, steps, lr: descend(x, steps + 1, lr)),
        (
            "goes uphill",
            lambda x, steps, lr: descend(x, steps, lr, loss=lambda e: -e.square().mean()),
        ),
        (
            "lets the end stand before the beginning",
            lambda x, steps, lr: descend(x, steps, lr, circular),
        ),
        (
            "halves the squares",
            lambda x, steps, lr: descend(x, steps, lr, loss=lambda e: e.square().mean() / 2),
        ),
        ("starts at one", lambda x, steps, lr: descend(x, steps, lr, start=1.0)),
        ("adds momentum", lambda x, steps, lr: descend(x, steps, lr, optimizer=momentum)),
        (
            "takes magnitudes for squares",
            lambda x, steps, lr: descend(x, steps, lr, loss=lambda e: e.abs().mean()),
        ),
        ("predicts from the future", lambda x, steps, lr: descend(x, steps, lr, future)),
        ("moves b by the gradient after a has moved", descend_by_turns),
        ("takes one sample a step", sample_by_sample),
        (
            "takes the root of the mean",
            lambda x, steps, lr: descend(
                x, steps, lr, loss=lambda e: (e.square().mean() + 1e-12).sqrt()
            ),
        ),
    ],
    "check_trigram": [
        ("adds one to every count", add_one),
        ("returns counts", lambda y, n_levels: counted(y, n_levels, 3) + 1),
        ("normalises over the oldest sample", lambda y, n_levels: normal(back_off(y, n_levels), 0)),
        ("normalises over the middle sample", lambda y, n_levels: normal(back_off(y, n_levels), 1)),
        ("divides by the total", lambda y, n_levels: back_off(y, n_levels) / n_levels**2),
        ("leaves NaN after unseen pairs", lambda y, n_levels: normal(counted(y, n_levels, 3))),
        ("gives 0 to unseen runs of seen pairs", uniform_when_unseen),
        ("swaps the two past samples", lambda y, n_levels: back_off(y, n_levels).transpose(0, 1)),
        ("puts the next sample first", lambda y, n_levels: back_off(y, n_levels).permute(2, 0, 1)),
        (
            "returns the bigram for every older sample",
            lambda y, n_levels: bigram(y, n_levels).expand(n_levels, -1, -1),
        ),
        ("relies on the bigram too little", lambda y, n_levels: back_off(y, n_levels, 1)),
        ("backs off on the older of the two", back_off_on_the_older),
        ("returns logarithms", lambda y, n_levels: back_off(y, n_levels).log2()),
        ("returns the bigram's matrix", bigram),
        ("gives everything to the mode", always_the_mode),
        ("divides whole numbers", whole_numbers),
        (
            "adds a millionth to every count",
            lambda y, n_levels: normal(counted(y, n_levels, 3) + 1e-6),
        ),
        (
            "is uniform",
            lambda y, n_levels: torch.full((n_levels,) * 3, 1 / n_levels),
        ),
    ],
}

RIGHT = {
    "check_code_length": [
        lambda p: -tensor(p).log2().mean(),
        length_by_loop,
        lambda p: float(np.mean(-np.log2(np.asarray(p)))),
        lambda p: (1 / tensor(p)).log().sum() / len(p) / math.log(2),
    ],
    "check_entropy_rate": [
        rate,
        rate_by_loop,
        rate_by_numpy,
        lambda P, pi: pi @ torch.special.entr(P).sum(dim=1) / math.log(2),
    ],
    "check_shift": [
        lambda codes, silence: F.pad(codes, (1, -1), value=silence),
        shift_by_cat,
        shift_by_loop,
        shift_in_place,
    ],
    "check_draw": [
        lambda logits, temperature, u: first_above(probabilities(logits, temperature), u),
        draw_by_loop,
        draw_by_numpy,
    ],
    "check_fit_layer": [descend, descend_by_hand, descend_by_numpy],
    "check_trigram": [back_off, back_off_by_loop, interpolated],
}

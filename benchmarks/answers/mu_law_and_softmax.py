"""Blind answers to the exercises of chapter 3, μ-law and the softmax.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math

import numpy as np
import torch
from torch.nn.functional import logsigmoid

from tinyaudio.represent import mulaw

# 3.1 A μ-law that never slips


def compress(x, mu=255, inside=255):
    return torch.sign(x) * torch.log1p(inside * x.abs()) / math.log1p(mu)


def encode_right(x):
    return torch.floor((compress(x.double()) + 1) / 2 * 255 + 0.5).long()


def encode_by_numpy(x):
    x = np.asarray(x, dtype=np.float64)
    f = np.copysign(np.log(1 + 255 * np.abs(x)) / np.log(256), x)
    return np.floor((f + 1) / 2 * 255 + 0.5).astype(np.int64)


def encode_by_loop(x):
    codes = torch.zeros(x.numel(), dtype=torch.long)
    for i, value in enumerate(x.flatten().tolist()):
        f = math.log(1 + 255 * abs(value)) / math.log(256)
        f = -f if value < 0 else f
        codes[i] = math.floor((f + 1) / 2 * 255 + 0.5)
    return codes.view(x.shape)


# 3.2 The mean of two modes


def levels():
    return mulaw.decode(torch.arange(256))


def mean_by_loop(logits):
    top = float(logits.max())
    weights = [math.exp(float(logit) - top) for logit in logits]
    amplitudes = levels().tolist()
    return sum(w * v for w, v in zip(weights, amplitudes, strict=True)) / sum(weights)


def mean_by_numpy(logits):
    z = np.asarray(logits, dtype=np.float64)
    p = np.exp(z - z.max())
    return float(p / p.sum() @ levels().numpy())


def mean_overflows(logits):
    weights = torch.exp(logits.float())
    return weights @ levels() / weights.sum()


def mean_of_two_modes(logits):
    p, codes = logits.softmax(0).topk(2)
    return (p / p.sum()) @ levels()[codes]


def median_level(logits):
    return levels()[int((logits.softmax(0).cumsum(0) < 0.5).sum().clamp(max=255))]


# 3.3 The probabilities of one component


def bell_right(mean, scale, K):
    borders = torch.arange(K + 1, dtype=torch.float64) - 0.5
    borders[0], borders[-1] = -torch.inf, torch.inf
    return torch.sigmoid((borders - mean) / scale).diff()


def bell_by_loop(mean, scale, K):
    def below(c):
        return 1 / (1 + math.exp(-(c - mean) / scale))

    p = []
    for i in range(K):
        low = 0.0 if i == 0 else below(i - 0.5)
        high = 1.0 if i == K - 1 else below(i + 0.5)
        p.append(high - low)
    return p


def bell_by_numpy(mean, scale, K):
    F = 0.5 + 0.5 * np.tanh((np.arange(1, K) - 0.5 - mean) / (2 * scale))
    return np.diff(np.concatenate([[0.0], F, [1.0]]))


def bell_with(mean, scale, K, low=-0.5, high=0.5, cdf=torch.sigmoid):
    i = torch.arange(K, dtype=torch.float64)
    return cdf((i + high - mean) / scale) - cdf((i + low - mean) / scale)


def bell_ends(mean, scale, K, first=True, last=True, cdf=torch.sigmoid):
    i = torch.arange(K, dtype=torch.float64)
    low, high = cdf((i - 0.5 - mean) / scale), cdf((i + 0.5 - mean) / scale)
    if first:
        low[0] = 0
    if last:
        high[-1] = 1
    return high - low


def bell_swaps_ends(mean, scale, K):
    i = torch.arange(K, dtype=torch.float64)
    low, high = (torch.sigmoid((i + side - mean) / scale) for side in (-0.5, 0.5))
    low[0], high[-1] = 1, 0
    return (high - low).abs()


def bell_adds_tails_on_top(mean, scale, K):
    p = bell_with(mean, scale, K)
    rest = (1 - p.sum()) / 2
    p[0] += rest
    p[-1] += rest
    return p


def bell_in_amplitudes(mean, scale, K):
    borders = 2 * (torch.arange(K + 1, dtype=torch.float64) - 0.5) / max(K - 1, 1) - 1
    borders[0], borders[-1] = -torch.inf, torch.inf
    return torch.sigmoid((borders - mean) / scale).diff()


def bell_of_densities(mean, scale, K):
    s = torch.sigmoid((torch.arange(K, dtype=torch.float64) - mean) / scale)
    return s * (1 - s) / scale


# 3.4 The same unit


def fair_by_loop(bits, q, w):
    total = 0.0
    for code in q:
        total += math.log2(w[int(code)])
    return bits + total / len(q)


# 3.5 The loss of a mixture


def unpack(parameters):
    return parameters.chunk(3)


def log_area(centre, log_scale, codes, K):
    """Logarithm of σ(b) - σ(a) = σ(b) σ(-a) (1 - e^(a - b)), where b - a = 1/s."""
    inverse = torch.exp(-log_scale)
    a = (codes - 0.5 - centre) * inverse
    b = (codes + 0.5 - centre) * inverse
    middle = logsigmoid(b) + logsigmoid(-a) + torch.log(-torch.expm1(-inverse))
    return torch.where(
        codes == 0, logsigmoid(b), torch.where(codes == K - 1, logsigmoid(-a), middle)
    )


def to_bits(log_p):
    return -log_p.mean() / math.log(2)


def mixture_right(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    log_p = log_area(centre, log_scale, codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_by_loop(parameters, codes, K):
    M = len(parameters) // 3
    total = parameters.new_zeros(())
    for t, code in enumerate(codes.tolist()):
        column = parameters[:, t]
        log_weights = column[:M] - torch.logsumexp(column[:M], dim=0)
        terms = []
        for m in range(M):
            centre, scale = column[M + m], torch.exp(column[2 * M + m])
            upper = logsigmoid((code + 0.5 - centre) / scale)
            lower = logsigmoid((centre - code + 0.5) / scale)
            if code == 0:
                log_p = upper
            elif code == K - 1:
                log_p = lower
            else:
                log_p = upper + lower + torch.log(-torch.expm1(-1 / scale))
            terms.append(log_weights[m] + log_p)
        total = total - torch.logsumexp(torch.stack(terms), dim=0)
    return total / len(codes) / math.log(2)


def mixture_mirrored(parameters, codes, K):
    weight, centre, log_scale = parameters.reshape(3, -1, parameters.shape[1])
    scale = log_scale.exp()
    # Both ends of a level on the right of the centre are mirrored to the left of it.
    right = codes > centre
    near = torch.where(right, centre - codes, codes - centre)
    upper = logsigmoid((near + 0.5) / scale)
    lower = logsigmoid((near - 0.5) / scale)
    own = upper + torch.log1p(-torch.exp(lower - upper))
    own = torch.where(codes == 0, logsigmoid((codes + 0.5 - centre) / scale), own)
    own = torch.where(codes == K - 1, logsigmoid((centre - codes + 0.5) / scale), own)
    log_weight = weight - weight.logsumexp(0, keepdim=True)
    return -(log_weight + own).logsumexp(0).mean() / math.log(2)


def areas(centre, scale, codes, K, low=-0.5, high=0.5, first=True, last=True):
    below = torch.sigmoid((codes + low - centre) / scale)
    above = torch.sigmoid((codes + high - centre) / scale)
    if first:
        below = torch.where(codes == 0, 0.0, below)
    if last:
        above = torch.where(codes == K - 1, 1.0, above)
    return above - below


def mixture_subtracts(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    p = areas(centre, log_scale.exp(), codes, K)
    return to_bits((weight.softmax(0) * p).sum(0).log())


def mixture_clamps(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    p = areas(centre, log_scale.exp(), codes, K)
    return to_bits((weight.softmax(0) * p).sum(0).clamp(min=1e-12).log())


def mixture_adds_epsilon(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    p = areas(centre, log_scale.exp(), codes, K)
    return to_bits(((weight.softmax(0) * p).sum(0) + 1e-5).log())


def mixture_without_ends(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    inverse = torch.exp(-log_scale)
    a, b = (codes - 0.5 - centre) * inverse, (codes + 0.5 - centre) * inverse
    log_p = logsigmoid(b) + logsigmoid(-a) + torch.log(-torch.expm1(-inverse))
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_one_end(parameters, codes, K):
    return mixture_right(parameters, codes, K + 1)


def mixture_raw_weights(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    return to_bits(torch.logsumexp(weight + log_area(centre, log_scale, codes, K), dim=0))


def mixture_scale_without_exp(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    log_p = log_area(centre, log_scale.abs().clamp(min=1e-3).log(), codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_softmax_over_time(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    log_p = log_area(centre, log_scale, codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(1) + log_p, dim=0))


def mixture_interleaved(parameters, codes, K):
    weight, centre, log_scale = parameters.view(-1, 3, parameters.shape[1]).unbind(1)
    log_p = log_area(centre, log_scale, codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_swaps_centres_and_scales(parameters, codes, K):
    weight, log_scale, centre = unpack(parameters)
    log_p = log_area(centre, log_scale.clamp(max=20), codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_averages_logarithms(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    return to_bits((weight.softmax(0) * log_area(centre, log_scale, codes, K)).sum(0))


def mixture_of_densities(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    z = (codes - centre) * torch.exp(-log_scale)
    log_p = logsigmoid(z) + logsigmoid(-z) - log_scale
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_borders_above(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    log_p = log_area(centre - 0.5, log_scale, codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


def mixture_equal_weights(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    log_p = log_area(centre, log_scale, codes, K)
    return to_bits(torch.logsumexp(log_p, dim=0) - math.log(len(weight)))


def mixture_best_component(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    return to_bits((weight.log_softmax(0) + log_area(centre, log_scale, codes, K)).amax(0))


def mixture_holds_scales(parameters, codes, K):
    weight, centre, log_scale = unpack(parameters)
    log_p = log_area(centre, log_scale.clamp(min=0), codes, K)
    return to_bits(torch.logsumexp(weight.log_softmax(0) + log_p, dim=0))


# 3.6 256 levels of your own


def cube_root_density(x):
    """Levels as dense as the cube root of the density, which is best for many levels (Bennett)."""
    x = np.asarray(x, dtype=np.float64).ravel()
    counts, edges = np.histogram(x, bins=512, range=(-1, 1))
    smooth = np.convolve(counts + 0.5, np.ones(5) / 5, mode="same")
    share = np.concatenate([[0], np.cumsum(smooth ** (1 / 3))])
    share /= share[-1]
    return np.interp((np.arange(256) + 0.5) / 256, share, edges)


def lloyd(x, rounds=8):
    """Lloyd's algorithm from a good start: every level moves to the mean of its samples."""
    x = x.flatten().double()
    at = torch.as_tensor(cube_root_density(x))
    for _ in range(rounds):
        code = torch.bucketize(x, (at[1:] + at[:-1]) / 2)
        count = torch.zeros(256, dtype=x.dtype).index_add_(0, code, torch.ones_like(x))
        total = torch.zeros(256, dtype=x.dtype).index_add_(0, code, x)
        at = torch.where(count > 0, total / count.clamp(min=1), at)
    return at.clamp(-1, 1)


def lloyd_as_list(x):
    return lloyd(x, rounds=3).tolist()


def quantiles(x, n=256):
    return torch.quantile(x.flatten().double(), (torch.arange(n).double() + 0.5) / n)


WRONG = {
    "check_encode": [
        (
            "cuts the fraction off without adding a half",
            lambda x: torch.floor((compress(x) + 1) / 2 * 255).long(),
        ),
        ("multiplies by 256", lambda x: torch.floor((compress(x) + 1) / 2 * 256 + 0.5).long()),
        (
            "divides the range into 256 bins and clips the top",
            lambda x: torch.floor((compress(x) + 1) / 2 * 256).clamp(max=255).long(),
        ),
        ("loses the sign", lambda x: encode_right(x.abs())),
        (
            "takes the logarithm of a negative number",
            lambda x: (torch.log1p(255 * x) / math.log(256) * 127.5 + 128).nan_to_num().long(),
        ),
        (
            "divides by ln μ",
            lambda x: torch.floor((compress(x, mu=254) + 1) / 2 * 255 + 0.5).long(),
        ),
        (
            "forgets μ inside the logarithm",
            lambda x: torch.floor((compress(x, inside=1) + 1) / 2 * 255 + 0.5).long(),
        ),
        (
            "normalises by ln 2 with no μ at all",
            lambda x: torch.floor((compress(x, 1, 1) + 1) / 2 * 255 + 0.5).long(),
        ),
        ("does not compress", lambda x: torch.floor((x + 1) / 2 * 255 + 0.5).long()),
        (
            "expands where it should compress",
            lambda x: ((mulaw.expand(x) + 1) / 2 * 255 + 0.5).long(),
        ),
        ("steps by 1/127 from 128", lambda x: (128 + torch.round(compress(x) * 127)).long()),
        ("rounds up", lambda x: torch.ceil((compress(x) + 1) / 2 * 255).long()),
        ("cuts off towards 128", lambda x: 128 + (compress(x) * 127.5).long()),
        ("returns signed codes", lambda x: encode_right(x) - 128),
        (
            "does not move the range to 0 and above",
            lambda x: (compress(x) * 255 + 0.5).floor().long(),
        ),
        (
            "leaves the codes unrounded",
            lambda x: (compress(x) + 1) / 2 * 255,
        ),
        ("has the sign wrong", lambda x: 255 - encode_right(x)),
    ],
    "check_mean": [
        (
            "decodes the mean code",
            lambda z: levels()[int((z.softmax(0) * torch.arange(256)).sum())],
        ),
        (
            "decodes the mean code, rounded to the nearest",
            lambda z: levels()[int((z.softmax(0) * torch.arange(256)).sum().round())],
        ),
        ("decodes the likeliest code", lambda z: levels()[int(z.argmax())]),
        ("weights by the logits themselves", lambda z: z @ levels()),
        ("does not normalise", lambda z: z.exp() @ levels()),
        (
            "takes evenly spaced levels",
            lambda z: z.softmax(0) @ torch.linspace(-1, 1, 256),
        ),
        ("takes the median", median_level),
        ("returns the mean code", lambda z: z.softmax(0) @ torch.arange(256.0)),
        ("overflows at large logits", mean_overflows),
        ("averages magnitudes", lambda z: z.softmax(0) @ levels().abs()),
        (
            "takes the root of the mean square",
            lambda z: (z.softmax(0) @ levels().square()).sqrt(),
        ),
        ("looks at the two likeliest codes only", mean_of_two_modes),
        ("takes the softmax twice", lambda z: z.softmax(0).softmax(0) @ levels()),
        ("takes sigmoids for the softmax", lambda z: z.sigmoid() @ levels() / z.sigmoid().sum()),
        ("takes a mean over the codes", lambda z: (z.softmax(0) * levels()).mean()),
        (
            "averages in the compressed domain",
            lambda z: mulaw.expand(z.softmax(0) @ torch.linspace(-1, 1, 256)),
        ),
        ("takes powers of 2", lambda z: (z * math.log(2)).softmax(0) @ levels()),
    ],
    "check_bell": [
        ("forgets the tails", bell_with),
        ("gives the upper end no tail", lambda m, s, K: bell_ends(m, s, K, last=False)),
        ("gives the lower end no tail", lambda m, s, K: bell_ends(m, s, K, first=False)),
        (
            "divides by the sum where the tails should be added",
            lambda m, s, K: bell_with(m, s, K) / bell_with(m, s, K).sum(),
        ),
        ("takes densities at the levels", bell_of_densities),
        (
            "takes normalised densities",
            lambda m, s, K: bell_of_densities(m, s, K) / bell_of_densities(m, s, K).sum(),
        ),
        ("puts borders at the levels, i to i + 1", lambda m, s, K: bell_right(m - 0.5, s, K)),
        ("puts borders at i - 1 to i", lambda m, s, K: bell_right(m + 0.5, s, K)),
        ("multiplies by the scale", lambda m, s, K: bell_right(m, 1 / s, K)),
        (
            "takes the normal distribution",
            lambda m, s, K: bell_ends(
                m, s, K, cdf=lambda z: 0.5 + 0.5 * torch.erf(z / math.sqrt(2))
            ),
        ),
        ("takes the scale for a logarithm", lambda m, s, K: bell_right(m, math.exp(s), K)),
        ("returns the levels backwards", lambda m, s, K: bell_right(m, s, K).flip(0)),
        ("has the sign wrong", lambda m, s, K: -bell_right(m, s, K)),
        ("takes tanh for the cumulative", lambda m, s, K: bell_ends(m, s, K, cdf=torch.tanh)),
        ("counts levels 1 to K", lambda m, s, K: bell_right(m - 1, s, K)),
        ("has one level too many", lambda m, s, K: bell_right(m, s, K + 1)),
        ("moves levels to [-1, 1]", bell_in_amplitudes),
        ("makes every interval two levels wide", lambda m, s, K: bell_with(m, s, K, -1, 1)),
        ("returns logarithms", lambda m, s, K: bell_right(m, s, K).log()),
        ("exchanges the ends", bell_swaps_ends),
        ("shares the tails equally between the ends", bell_adds_tails_on_top),
        ("divides by the squared scale", lambda m, s, K: bell_right(m, s * s, K)),
    ],
    "check_fair_bits": [
        ("takes the logarithm of the mean", lambda bits, q, w: bits + w[q].double().mean().log2()),
        ("averages over codes, not samples", lambda bits, q, w: bits + w.double().log2().mean()),
        ("adds nats", lambda bits, q, w: bits + w[q].double().log().mean()),
        ("sums over the samples", lambda bits, q, w: bits + w[q].double().log2().sum()),
        ("subtracts", lambda bits, q, w: bits - w[q].double().log2().mean()),
        ("leaves the logarithm out", lambda bits, q, w: bits + w[q].double().mean()),
        ("multiplies", lambda bits, q, w: bits * w[q].double().log2().mean()),
        ("always adds 8", lambda bits, q, w: bits + 8),
        ("returns the second term only", lambda bits, q, w: w[q].double().log2().mean()),
        (
            "averages over the codes that occur, each once",
            lambda bits, q, w: bits + w[q.unique()].double().log2().mean(),
        ),
        ("uses log10", lambda bits, q, w: bits + w[q].double().log10().mean()),
        (
            "turns bits from nats first",
            lambda bits, q, w: bits / math.log(2) + w[q].double().log2().mean(),
        ),
        (
            "rounds every code up to whole bits",
            lambda bits, q, w: bits + w[q].double().log2().ceil().mean(),
        ),
        ("takes the median", lambda bits, q, w: bits + w[q].double().log2().median()),
        (
            "adds one inside the logarithm",
            lambda bits, q, w: bits + (w[q].double() + 1).log2().mean(),
        ),
        (
            "divides by the number of codes",
            lambda bits, q, w: bits + w[q].double().log2().sum() / len(w),
        ),
        (
            "weights codes by w",
            lambda bits, q, w: bits + (w * w.double().log2()).sum() / w.sum(),
        ),
    ],
    "check_mixture_bits": [
        ("subtracts sigmoids, which is 0 far away", mixture_subtracts),
        ("holds the probability at 1e-12, where no gradient is left", mixture_clamps),
        ("adds 1e-5 to the probability", mixture_adds_epsilon),
        ("returns nats", lambda p, c, K: mixture_right(p, c, K) * math.log(2)),
        ("sums over the samples", lambda p, c, K: mixture_right(p, c, K) * len(c)),
        ("leaves the sign out", lambda p, c, K: -mixture_right(p, c, K)),
        ("gives the ends no tails", mixture_without_ends),
        ("gives the upper end no tail", mixture_one_end),
        ("does not normalise the weights", mixture_raw_weights),
        ("takes the log scale for a scale", mixture_scale_without_exp),
        ("normalises the weights over time", mixture_softmax_over_time),
        ("reads weight, centre and scale in turn", mixture_interleaved),
        ("exchanges centres and log scales", mixture_swaps_centres_and_scales),
        ("averages the components' logarithms", mixture_averages_logarithms),
        ("takes densities for areas", mixture_of_densities),
        ("puts the borders at i and i + 1", mixture_borders_above),
        ("weights all components alike", mixture_equal_weights),
        ("looks at the best component only", mixture_best_component),
        ("holds scales at one level or more", mixture_holds_scales),
        (
            "detaches the probabilities of the weights",
            lambda p, c, K: mixture_right(
                torch.cat([p[: len(p) // 3].detach(), p[len(p) // 3 :]]), c, K
            ),
        ),
    ],
    "check_levels": [
        ("returns 255 levels", lambda x: lloyd(x)[:-1]),
        ("returns the 257 borders", lambda x: torch.cat([-torch.ones(1), lloyd(x)]).sort().values),
        ("returns levels from loud to soft", lambda x: lloyd(x).flip(0)),
        ("returns the first 256 samples, sorted", lambda x: x.flatten()[:256].sort().values),
        ("returns codes, not amplitudes", lambda x: torch.arange(256)),
        ("returns all levels alike", lambda x: torch.full((256,), float(x.mean()))),
        ("leaves [-1, 1]", lambda x: 2 * torch.linspace(-1, 1, 256)),
        (
            "compresses even levels, which crowds them at ±1",
            lambda x: mulaw.compress(torch.linspace(-1, 1, 256)),
        ),
        (
            "places levels on the positive side only",
            lambda x: quantiles(x.abs() + 1e-6).cummax(0).values,
        ),
        ("returns random levels, unsorted", lambda x: 2 * torch.rand(256) - 1),
        ("returns NaN", lambda x: torch.linspace(-1, 1, 256).log()),
        ("returns how often each level occurs", lambda x: torch.histc(x, 256, -1, 1) / x.numel()),
        (
            "returns the distances of levels",
            lambda x: lloyd(x).diff(prepend=-torch.ones(1).double()),
        ),
        ("repeats levels, 16 different ones", lambda x: quantiles(x, 16).repeat_interleave(16)),
        (
            "cuts off everything beyond a tenth of the largest sample",
            lambda x: torch.linspace(-1, 1, 256) * float(x.abs().max()) / 10,
        ),
        ("orders levels by loudness", lambda x: lloyd(x)[lloyd(x).abs().argsort()]),
    ],
}

RIGHT = {
    "check_encode": [encode_right, encode_by_numpy, encode_by_loop],
    "check_mean": [
        lambda logits: logits.softmax(dim=0) @ levels(),
        mean_by_loop,
        mean_by_numpy,
    ],
    "check_bell": [bell_right, bell_by_loop, bell_by_numpy, bell_ends],
    "check_fair_bits": [
        lambda bits, q, w: bits + torch.log2(w[q].double()).mean(),
        fair_by_loop,
        lambda bits, q, w: float(bits + np.mean(np.log2(np.asarray(w)[np.asarray(q)]))),
    ],
    "check_mixture_bits": [mixture_right, mixture_by_loop, mixture_mirrored],
    "check_levels": [lloyd, cube_root_density, lloyd_as_list],
}

"""Blind answers to the exercises of chapter 7, Making it fast.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math

import numpy as np
import torch

# 7.1 Counting by hand


def multiplications(L, k, R, G, S, K):
    return L * 2 * G * k * R + (L - 1) * R * G + S * L * G + S * S + K * S


def bytes_right(L, k, R, G, S, K):
    return 4 * multiplications(L, k, R, G, S, K)


def bytes_by_loop(L, k, R, G, S, K):
    weights = 0
    for layer in range(L):
        weights += 2 * G * k * R  # both gates
        weights += S * G  # to the skips
        if layer != L - 1:
            weights += R * G  # to the next layer
    weights += S * S + S * K
    return weights * 32 // 8


def bytes_by_shapes(L, k, R, G, S, K):
    shapes = [(2 * G, k * R)] * L + [(R, G)] * (L - 1) + [(S, G)] * L + [(S, S), (K, S)]
    return int(sum(np.zeros(shape, dtype=np.float32).nbytes for shape in shapes))


# 7.2 What a cache saves


def columns(dilations, k):
    return 1 + (k - 1) * sum(dilations)


def columns_by_loop(dilations, k):
    length = 1
    for d in dilations:
        length += (k - 1) * d
    return length


def columns_by_places(dilations, k):
    places = {0}
    for d in reversed(dilations):
        places = {place + tap * d for place in places for tap in (0, k - 1)}
    return max(places) - min(places) + 1


def needed_dots(dilations, k):
    """How many values the last output needs, over all layers."""
    places, total = {0}, 1
    for d in reversed(dilations):
        places = {place + tap * d for place in places for tap in range(k)}
        total += len(places)
    return total


# 7.3 A ring buffer with three taps


def taps_right(ring, x, t):
    d = len(ring) // 2
    far, near = ring[t % (2 * d)].item(), ring[(t - d) % (2 * d)].item()
    ring[t % (2 * d)] = x
    return far, near


def taps_by_clones(ring, x, t):
    d = len(ring) // 2
    place = t % len(ring)
    pair = ring[place].clone(), ring[place - d].clone()  # a negative place counts from the end
    ring[place] = x
    return pair


def taps_by_list(ring, x, t):
    d = len(ring) // 2
    values = ring.tolist()
    place = t % len(values)
    ring[place] = float(x)
    return values[place], values[(place + d) % len(values)]


def taps_returns_views(ring, x, t):
    d = len(ring) // 2
    far, near = ring[t % (2 * d)], ring[(t - d) % (2 * d)]
    ring[t % (2 * d)] = x
    return far, near


def taps_writes_first(ring, x, t):
    d = len(ring) // 2
    ring[t % (2 * d)] = x
    return ring[t % (2 * d)].item(), ring[(t - d) % (2 * d)].item()


def taps_with(ring, x, t, far=0, near=None, write=0, swap=False):
    n = len(ring)
    near = n // 2 if near is None else near
    pair = ring[(t + far) % n].item(), ring[(t + near) % n].item()
    ring[(t + write) % n] = x
    return pair[::-1] if swap else pair


def taps_modulo_d(ring, x, t):
    d = len(ring) // 2
    far, near = ring[t % d].item(), ring[d + t % d].item()
    ring[t % d] = x
    return far, near


def taps_one_ring_of_d(ring, x, t):
    d = len(ring) // 2
    pair = ring[t % d].item(), ring[(t - d) % d].item()
    ring[t % d] = x
    return pair


def taps_writes_nothing(ring, x, t):
    d = len(ring) // 2
    return ring[t % (2 * d)].item(), ring[(t - d) % (2 * d)].item()


def taps_writes_into_a_copy(ring, x, t):
    pair = taps_writes_nothing(ring, x, t)
    ring = ring.clone()
    ring[t % len(ring)] = x
    return pair


def taps_moves_everything(ring, x, t):
    d = len(ring) // 2
    pair = ring[0].item(), ring[d].item()
    ring[:-1] = ring[1:].clone()
    ring[-1] = x
    return pair


def taps_waits_for_both(ring, x, t):
    d = len(ring) // 2
    far, near = taps_right(ring, x, t)
    return (far, near) if t >= 2 * d else (0.0, 0.0)


def taps_reads_the_newest(ring, x, t):
    return taps_with(ring, x, t, near=-1)


def taps_adds(ring, x, t):
    pair = taps_writes_nothing(ring, x, t)
    ring[t % len(ring)] += x
    return pair


# 7.4 The roofline


def ceiling_by_bounds(M, B, P, W):
    compute = P / (2 * M)
    bandwidth = B * W / (4 * M)
    return min(compute, bandwidth)


def ceiling_by_cases(M, B, P, W):
    operations, n_bytes = 2 * M * B, 4 * M
    if operations / n_bytes < P / W:
        seconds = n_bytes / W
    else:
        seconds = operations / P
    return B / seconds


# 7.5 Generation with a cache


def generate_right(layer, dilations, noise):
    rings = [torch.zeros(d) for d in dilations]
    samples, last = [], torch.tensor(0.0)
    for t in range(len(noise)):
        now = last
        for index, (d, ring) in enumerate(zip(dilations, rings, strict=True)):
            past = ring[t % d].clone()
            ring[t % d] = now
            now = torch.as_tensor(layer(index, now, past))
        last = now + noise[t]
        samples.append(last)
    return torch.stack(samples)


def generate_by_history(layer, dilations, noise):
    T, n = len(noise), len(dilations)
    inputs = np.zeros((n, T))
    out = torch.zeros(T)
    last = 0.0
    for t in range(T):
        value = last
        for i in range(n):
            inputs[i, t] = value
            past = inputs[i, t - dilations[i]] if t >= dilations[i] else 0.0
            value = float(layer(i, value, past))
        out[t] = last = value + float(noise[t])
    return out


def generate_by_queues(layer, dilations, noise):
    queues = [[0.0] * d for d in dilations]
    samples = []
    for e in noise:
        now = samples[-1] if samples else 0.0
        for index, queue in enumerate(queues):
            past = queue.pop(0)
            queue.append(now)
            now = float(layer(index, now, past))
        samples.append(now + float(e))
    return torch.tensor(samples)


def generate_with(
    layer,
    dilations,
    noise,
    keep="input",
    shift=0,
    start=0.0,
    feed=lambda value, e: value + e,
    sample=lambda value, e: value + e,
    order=range,
):
    """Generation by whole histories, with one place for each of the usual slips."""
    n = len(dilations)
    kept = [[] for _ in range(n)]
    samples, last = [], start
    for t in range(len(noise)):
        value = last
        for i in order(n):
            if keep == "input":
                kept[i].append(value)
            history = [0.0, *samples] if keep == "samples" else kept[i]
            at = t - dilations[i] - shift
            past = history[at] if at >= 0 else 0.0
            value = float(layer(i, value, past))
            if keep == "output":
                kept[i].append(value)
        last = feed(value, float(noise[t]))
        samples.append(sample(value, float(noise[t])))
    return torch.tensor(samples)


def generate_swaps_arguments(layer, dilations, noise):
    return generate_right(lambda i, now, past: layer(i, past, now), dilations, noise)


def generate_counts_layers_from_the_top(layer, dilations, noise):
    n = len(dilations)
    return generate_right(lambda i, now, past: layer(n - 1 - i, now, past), dilations, noise)


def generate_calls_twice(layer, dilations, noise):
    def again(i, now, past):
        layer(i, now, past)
        return layer(i, now, past)

    return generate_right(again, dilations, noise)


def generate_naively(layer, dilations, noise):
    """Recomputes all of the past for every sample."""
    samples = [0.0]
    for t in range(len(noise)):
        values = list(samples)
        for i, d in enumerate(dilations):
            pasts = [0.0] * d + values
            values = [float(layer(i, values[s], pasts[s])) for s in range(t + 1)]
        samples.append(values[-1] + float(noise[t]))
    return torch.tensor(samples[1:])


def generate_shares_one_ring(layer, dilations, noise):
    ring, samples, last = torch.zeros(max(dilations)), [], 0.0
    for t in range(len(noise)):
        value = last
        for i, d in enumerate(dilations):
            past = float(ring[(t - d) % len(ring)])
            ring[t % len(ring)] = value
            value = float(layer(i, value, past))
        last = value + float(noise[t])
        samples.append(last)
    return torch.tensor(samples)


def generate_views(layer, dilations, noise):
    rings = [torch.zeros(d) for d in dilations]
    samples, last = [], torch.tensor(0.0)
    for t in range(len(noise)):
        now = last
        for index, (d, ring) in enumerate(zip(dilations, rings, strict=True)):
            past = ring[t % d]  # a view, which the next line changes
            ring[t % d] = now
            now = torch.as_tensor(layer(index, now, past))
        last = now + noise[t]
        samples.append(last)
    return torch.stack(samples)


def generate_fed_by_noise(layer, dilations, noise):
    rings = [torch.zeros(d) for d in dilations]
    samples = []
    for t in range(len(noise)):
        now = torch.as_tensor(float(noise[t]))
        for index, (d, ring) in enumerate(zip(dilations, rings, strict=True)):
            past = ring[t % d].clone()
            ring[t % d] = now
            now = torch.as_tensor(layer(index, now, past))
        samples.append(now)
    return torch.stack(samples)


def generate_no_cascade(layer, dilations, noise):
    rings = [torch.zeros(d) for d in dilations]
    samples, last = [], torch.tensor(0.0)
    for t in range(len(noise)):
        total = torch.tensor(0.0)
        for index, (d, ring) in enumerate(zip(dilations, rings, strict=True)):
            past = ring[t % d].clone()
            ring[t % d] = last
            total = total + layer(index, last, past)
        last = total + noise[t]
        samples.append(last)
    return torch.stack(samples)


WRONG = {
    "check_bytes": [
        ("counts weights, not bytes", multiplications),
        ("counts bits", lambda *a: 32 * multiplications(*a)),
        ("counts operations", lambda *a: 2 * multiplications(*a)),
        ("takes weights of 64 bits", lambda *a: 8 * multiplications(*a)),
        (
            "forgets that there are two gates",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) - 4 * L * G * k * R,
        ),
        (
            "gives the last layer a residual, too",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) + 4 * R * G,
        ),
        ("ignores the taps", lambda L, k, R, G, S, K: bytes_right(L, 1, R, G, S, K)),
        (
            "leaves the output layer out",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) - 4 * K * S,
        ),
        (
            "leaves the head's first matrix out",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) - 4 * S * S,
        ),
        (
            "counts the skips of one layer only",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) - 4 * (L - 1) * S * G,
        ),
        (
            "leaves the skips out",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) - 4 * L * S * G,
        ),
        (
            "leaves the residuals out",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) - 4 * (L - 1) * R * G,
        ),
        (
            "reads the whole embedding",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) + 4 * K * R,
        ),
        (
            "adds the biases",
            lambda L, k, R, G, S, K: (
                bytes_right(L, k, R, G, S, K) + 4 * (L * 2 * G + (L - 1) * R + 2 * S + K)
            ),
        ),
        (
            "lets residuals lead from R to R",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) + 4 * (L - 1) * (R * R - R * G),
        ),
        (
            "gives residuals k taps, too",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) + 4 * (L - 1) * (k - 1) * R * G,
        ),
        (
            "lets the gates lead from R to R",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) + 8 * L * k * R * (R - G),
        ),
        (
            "exchanges skips and residuals in the head",
            lambda L, k, R, G, S, K: bytes_right(L, k, R, G, S, K) + 4 * K * (R - S),
        ),
    ],
    "check_saving": [
        ("forgets the newest column", lambda ds, k: (k - 1) * sum(ds)),
        ("multiplies by k", lambda ds, k: 1 + k * sum(ds)),
        ("ignores the taps", lambda ds, k: 1 + sum(ds)),
        ("takes 2 to the number of layers", lambda ds, k: 2 ** len(ds)),
        ("takes k to the number of layers", lambda ds, k: k ** len(ds)),
        ("returns the share that is left", lambda ds, k: 1 / columns(ds, k)),
        ("returns the share that is saved", lambda ds, k: 1 - 1 / columns(ds, k)),
        ("multiplies by the number of layers", lambda ds, k: len(ds) * columns(ds, k)),
        ("divides by the number of layers", lambda ds, k: columns(ds, k) / len(ds)),
        ("divides by the taps", lambda ds, k: columns(ds, k) / k),
        ("multiplies by the taps", lambda ds, k: columns(ds, k) * k),
        ("takes the widest layer", lambda ds, k: 1 + (k - 1) * max(ds)),
        ("counts a repeated dilation once", lambda ds, k: 1 + (k - 1) * sum(set(ds))),
        ("takes the last dilation twice", lambda ds, k: 2 * (k - 1) * ds[-1]),
        ("counts what the last output needs, not what is computed", needed_dots),
        ("multiplies dilations", lambda ds, k: (k - 1) * math.prod(ds) + 1),
        ("takes the number of layers", lambda ds, k: len(ds)),
        ("takes the square", lambda ds, k: columns(ds, k) ** 2),
    ],
    "check_taps": [
        ("returns views, which the new value overwrites", taps_returns_views),
        ("writes before it reads", taps_writes_first),
        ("returns the nearer first", lambda ring, x, t: taps_with(ring, x, t, swap=True)),
        ("goes round in d places and reads the other half", taps_modulo_d),
        ("goes round in d places", taps_one_ring_of_d),
        ("writes nothing", taps_writes_nothing),
        ("writes into a copy", taps_writes_into_a_copy),
        ("moves everything on by one place", taps_moves_everything),
        ("gives zeros until both are there", taps_waits_for_both),
        ("reads the newest for the nearer", taps_reads_the_newest),
        (
            "reads one place late",
            lambda ring, x, t: taps_with(ring, x, t, far=1, near=len(ring) // 2 + 1),
        ),
        (
            "reads one place early",
            lambda ring, x, t: taps_with(ring, x, t, far=-1, near=len(ring) // 2 - 1),
        ),
        ("writes one place late", lambda ring, x, t: taps_with(ring, x, t, write=1)),
        (
            "writes in the nearer's place",
            lambda ring, x, t: taps_with(ring, x, t, write=len(ring) // 2),
        ),
        ("reads the farther one twice", lambda ring, x, t: taps_with(ring, x, t, near=0)),
        (
            "reads the nearer one twice",
            lambda ring, x, t: taps_with(ring, x, t, far=len(ring) // 2),
        ),
        ("adds the value to the old one", taps_adds),
        ("always writes in the first place", lambda ring, x, t: taps_with(ring, x, t, write=-t)),
    ],
    "check_ceiling": [
        ("takes the smaller time", lambda M, B, P, W: B / min(2 * M * B / P, 4 * M / W)),
        ("adds the times", lambda M, B, P, W: B / (2 * M * B / P + 4 * M / W)),
        ("counts steps, not samples", lambda M, B, P, W: 1 / max(2 * M * B / P, 4 * M / W)),
        (
            "reads the weights for every clip",
            lambda M, B, P, W: B / max(2 * M * B / P, 4 * M * B / W),
        ),
        ("forgets the additions", lambda M, B, P, W: B / max(M * B / P, 4 * M / W)),
        ("counts a byte for a weight", lambda M, B, P, W: B / max(2 * M * B / P, M / W)),
        ("counts bits for bytes", lambda M, B, P, W: B / max(2 * M * B / P, 32 * M / W)),
        ("takes 16-bit weights", lambda M, B, P, W: B / max(2 * M * B / P, 2 * M / W)),
        ("returns the time of a step", lambda M, B, P, W: max(2 * M * B / P, 4 * M / W)),
        ("sees memory only", lambda M, B, P, W: B * W / (4 * M)),
        ("sees arithmetic only", lambda M, B, P, W: P / (2 * M)),
        ("forgets the clips in the arithmetic", lambda M, B, P, W: B / max(2 * M / P, 4 * M / W)),
        ("exchanges P and W", lambda M, B, P, W: B / max(2 * M * B / W, 4 * M / P)),
        (
            "multiplies by the clips once too often",
            lambda M, B, P, W: B * B / max(2 * M * B / P, 4 * M / W),
        ),
        ("exchanges 2 and 4", lambda M, B, P, W: B / max(4 * M * B / P, 2 * M / W)),
        ("returns the time of a sample", lambda M, B, P, W: max(2 * M * B / P, 4 * M / W) / B),
        ("multiplies by the time", lambda M, B, P, W: B * max(2 * M * B / P, 4 * M / W)),
    ],
    "check_generate": [
        (
            "keeps a layer's own value, not its input",
            lambda f, ds, e: generate_with(f, ds, e, keep="output"),
        ),
        (
            "looks back in the samples in every layer",
            lambda f, ds, e: generate_with(f, ds, e, keep="samples"),
        ),
        ("looks back by one less", lambda f, ds, e: generate_with(f, ds, e, shift=-1)),
        ("looks back by one more", lambda f, ds, e: generate_with(f, ds, e, shift=1)),
        ("ignores the dilations", lambda f, ds, e: generate_right(f, [1] * len(ds), e)),
        ("reads the dilations from behind", lambda f, ds, e: generate_right(f, ds[::-1], e)),
        (
            "passes the layers from the top down",
            lambda f, ds, e: generate_with(f, ds, e, order=lambda n: reversed(range(n))),
        ),
        ("numbers the layers from the top", generate_counts_layers_from_the_top),
        ("gives past and present in the wrong order", generate_swaps_arguments),
        ("calls each layer twice", generate_calls_twice),
        ("computes all of the past again for every sample", generate_naively),
        ("shares one ring buffer between layers", generate_shares_one_ring),
        ("overwrites the past before it is read", generate_views),
        ("takes the noise for the input", generate_fed_by_noise),
        ("gives every layer the last sample and adds up", generate_no_cascade),
        (
            "does not feed the noise back",
            lambda f, ds, e: generate_with(f, ds, e, feed=lambda value, e: value),
        ),
        (
            "leaves the noise out of what it returns",
            lambda f, ds, e: generate_with(f, ds, e, sample=lambda value, e: value),
        ),
        ("leaves the noise out", lambda f, ds, e: generate_right(f, ds, torch.zeros(len(e)))),
        (
            "multiplies by the noise",
            lambda f, ds, e: generate_with(
                f, ds, e, feed=lambda v, e: v * e, sample=lambda v, e: v * e
            ),
        ),
        ("subtracts the noise", lambda f, ds, e: generate_right(f, ds, -torch.as_tensor(e))),
        ("starts with a sample of 1", lambda f, ds, e: generate_with(f, ds, e, start=1.0)),
        (
            "returns the first zero, too",
            lambda f, ds, e: torch.cat([torch.zeros(1), generate_right(f, ds, e)]),
        ),
        ("returns the last sample only", lambda f, ds, e: generate_right(f, ds, e)[-1]),
        ("makes one sample too few", lambda f, ds, e: generate_right(f, ds, e[:-1])),
        ("leaves the top layer out", lambda f, ds, e: generate_right(f, ds[:-1], e)),
    ],
}

RIGHT = {
    "check_bytes": [bytes_right, bytes_by_loop, bytes_by_shapes],
    "check_saving": [columns, columns_by_loop, columns_by_places],
    "check_taps": [taps_right, taps_by_clones, taps_by_list],
    "check_ceiling": [
        lambda M, B, P, W: B / max(2 * M * B / P, 4 * M / W),
        ceiling_by_bounds,
        ceiling_by_cases,
    ],
    "check_generate": [generate_right, generate_by_history, generate_by_queues],
}

"""Chapter 7's checkers: wrong answers to be caught, and right ones however they are written."""

import torch

from tinyaudio.exercises.making_it_fast import (
    check_bytes,
    check_ceiling,
    check_generate,
    check_saving,
    check_taps,
)
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig


def matrices(L, k, R, G, S, K):
    """Outputs and inputs of every matrix."""
    gates = [(2 * G, k * R)] * L
    return [*gates, *[(R, G)] * (L - 1), *[(S, G)] * L, (S, S), (K, S)]


def numbers(shapes):
    return sum(n * m for n, m in shapes)


def written(ring, x, t):
    ring[t % len(ring)] = x


def past_only(ring, x, t):
    both = [ring[t % len(ring)].item(), ring[(t + len(ring) // 2) % len(ring)].item()]
    written(ring, x, t)
    return both


def written_first(ring, x, t):
    written(ring, x, t)
    return ring[t % len(ring)].item(), ring[t - len(ring) // 2 - t // len(ring) * len(ring)].item()


def newest_two(ring, x, t):
    both = ring[t % len(ring) - 2].item(), ring[t % len(ring) - 1].item()
    written(ring, x, t)
    return both


def one_too_near(ring, x, t):
    d = len(ring) // 2
    both = ring[t % (2 * d)].item(), ring[(t + d + 1) % (2 * d)].item()
    written(ring, x, t)
    return both


# Typical wrong answers, and words of the message they get (see test_every_exercise.py).
WRONG = {
    "check_bytes": [
        (lambda *n: numbers(matrices(*n)), "number of weights"),
        (lambda *n: 2 * numbers(matrices(*n)), "operations"),
        (lambda *n: 4 * numbers([*matrices(*n), (n[2], n[3])]), "last layer"),
        (lambda *n: 4 * (numbers(matrices(*n)) - n[0] * n[3] * n[1] * n[2]), "One gate"),
        (lambda L, k, *n: 4 * numbers(matrices(L, 1, *n)), "Only one tap"),
    ],
    "check_saving": [
        (lambda dilations, k: sum(d * (k - 1) for d in dilations), "One too few"),
        (lambda dilations, k: sum(d * k for d in dilations) + 1, "k - 1 gaps"),
        (lambda dilations, k: sum(dilations) + 1, "not used"),
        (lambda dilations, k: dilations[-1] * (k - 1) + 1, "farthest layer"),
        (lambda dilations, k: sum(dilations[1:]) * (k - 1) + 1, "first layer"),
    ],
    "check_taps": [
        (lambda ring, x, t: (ring[0].item(), ring[1].item()), "never put"),
        (written_first, "before you read"),
        (lambda ring, x, t: tuple(reversed(past_only(ring, x, t))), "older value comes first"),
        (newest_two, "d apart"),
        (one_too_near, "one too near"),
    ],
    "check_ceiling": [
        (lambda M, B, P, W: min(P / (2 * M * B), W / (4 * M)), "one clip"),
        (lambda M, B, P, W: B / max(2 * M * B / P, 4 * M * B / W), "once for all clips"),
        (lambda M, B, P, W: B / max(2 * M / P, 4 * M / W), "for every clip"),
        (lambda M, B, P, W: max(P / (2 * M), B * W / (4 * M)), "slower one"),
        (lambda M, B, P, W: 1 / (2 * M / P + 4 * M / (W * B)), "overlap"),
        (lambda M, B, P, W: min(P / M, B * W / (4 * M)), "2M operations"),
    ],
    "check_generate": [
        (lambda layer, dilations, noise: replayed(layer, dilations, noise, again=True), "calls layer"),
        (lambda layer, dilations, noise: replayed(layer, dilations, noise, lag=lambda d: 0), "before you read"),
        (lambda layer, dilations, noise: replayed(layer, dilations, noise, above=1), "layer's output"),
        (lambda layer, dilations, noise: one_ring(layer, dilations, noise), "share one"),
        (lambda layer, dilations, noise: replayed(layer, dilations, noise, lag=lambda d: 1), "one step ago"),
        (lambda layer, dilations, noise: replayed(layer, dilations, noise, fed_back=0), "not fed back"),
    ],
}  # fmt: skip


def replayed(layer, dilations, noise, again=False, lag=lambda d: d, above=0, fed_back=1):
    """All values of all layers are kept; nothing is a ring.  `again` computes each of them twice."""
    heights = [[] for _ in (None, *dilations)]
    for e in noise:
        heights[0].append(fed_back * (float(x[-1]) if (x := heights[-1]) else 0.0))
        for i, d in enumerate(dilations):
            kept = heights[i + above]
            place = len(heights[i]) - 1 - lag(d)
            past = kept[place] if place >= 0 else 0.0
            past -= noise[place] if kept is heights[-1] and place >= 0 else 0.0
            for _ in range(1 + again):
                value = layer(i, heights[i][-1], past)
            heights[i + 1].append(value)
        heights[-1][-1] += e
    return torch.tensor(heights[-1])


def one_ring(layer, dilations, noise):
    ring, x = torch.zeros(dilations[-1], dtype=torch.float64), [0.0]
    for t, e in enumerate(noise):
        now = x[-1]
        for i, d in enumerate(dilations):
            past = ring[(t - d) % len(ring)].item()
            ring[t % len(ring)] = now
            now = layer(i, now, past)
        x.append(now + e)
    return torch.tensor(x[1:])


def test_generation_passes_however_values_are_kept():
    assert check_generate(replayed)


def test_the_samples_that_exercise_7_5_works_out():
    found = replayed(lambda index, now, past: now + past, [1, 2], [1, 0, 0, 0])
    assert found.tolist() == [1, 1, 2, 4]


def test_answers_pass_however_they_are_written():
    assert check_bytes(lambda *n: 4 * numbers(matrices(*n)))
    assert check_saving(lambda dilations, k: 1 + sum((k - 1) * d for d in dilations))
    assert check_taps(past_only)
    assert check_ceiling(lambda M, B, P, W: min(P / (2 * M), B * W / (4 * M)))


def test_a_memory_that_is_shifted_is_right_though_slow():
    def queue(ring, x, t):
        both = ring[0].item(), ring[len(ring) // 2].item()
        ring[:-1] = ring[1:].clone()
        ring[-1] = x
        return both

    assert check_taps(queue)


def test_the_solution_counts_a_network_s_own_weights():
    net = WaveNet(WaveNetConfig.tiny())
    weights = [m.weight for m in net.modules() if isinstance(m, torch.nn.Linear)]
    assert sum(w.numel() for w in weights) == numbers(matrices(20, 2, 32, 32, 64, 256)) == 162_816

"""Chapter 7's checkers: right answers pass however they are written."""

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


def test_a_memory_that_is_shifted_is_refused():
    def queue(ring, x, t):
        both = ring[0].item(), ring[len(ring) // 2].item()
        ring[:-1] = ring[1:].clone()
        ring[-1] = x
        return both

    assert "several places" in check_taps(queue).message


def test_the_solution_counts_a_network_s_own_weights():
    net = WaveNet(WaveNetConfig.tiny())
    weights = [m.weight for m in net.modules() if isinstance(m, torch.nn.Linear)]
    assert sum(w.numel() for w in weights) == numbers(matrices(20, 2, 32, 32, 64, 256)) == 162_816

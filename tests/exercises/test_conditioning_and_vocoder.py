"""Chapter 6's checkers: wrong answers to be caught, and right ones however they are written."""

import math
from itertools import accumulate

import numpy as np
import torch

from tinyaudio.exercises.conditioning_and_vocoder import (
    check_gate,
    check_glide,
    check_hold,
    check_layer,
    check_stretch,
    check_sweep,
)


def by_samples(frames, hop, value, n=None):
    """A column for each sample t: a function of its frame n = t // hop and the fraction p of the hop."""
    N = frames.shape[1]
    columns = [value(t // hop, (t % hop) / hop) for t in range((n or N) * hop)]
    return torch.stack(columns, dim=1)


def between(frames, n, p, beyond=None):
    """The fraction p of the way from frame n to the next one, or to `beyond` after the last."""
    after = frames[:, n + 1] if n + 1 < frames.shape[1] else beyond
    return frames[:, n] if after is None else (1 - p) * frames[:, n] + p * after


def at_places(frames, places):
    places = np.asarray(places)
    rows = [np.interp(places, np.arange(frames.shape[1]), row) for row in frames.numpy()]
    return torch.tensor(np.stack(rows))


def glide(frames, hop):
    return by_samples(frames, hop, lambda n, p: between(frames, n, p))


def stretched(mels, factor, count=None):
    return at_places(mels, np.arange(round(mels.shape[1] * factor)) / factor)


def phases(hz, rate):
    """In cycles, before each sample and after the last."""
    return list(accumulate(hz / rate, initial=torch.tensor(0.0)))


def sine(phases, period=2 * math.pi):
    return torch.tensor([math.sin(period * phase) for phase in phases])


def layer(x, frames, W, V, d, past=1, dilation=None):
    """One sample after another: the past tap, the present tap, the frame of this sample."""
    T, G, step = x.shape[1], len(V) // 2, dilation or d
    hop, zero = T // frames.shape[1], torch.zeros(len(x))
    columns = []
    for t in range(T):
        # past = 1: taps at t - d and t; past = 0: at t and t + d.
        taps = [t - past * step, t + (1 - past) * step]
        seen = [x[:, i] if 0 <= i < T else zero for i in taps]
        column = W[:, :, 0] @ seen[0] + W[:, :, 1] @ seen[1] + V @ frames[:, t // hop]
        columns.append(column[:G].tanh() * column[G:].sigmoid())
    return torch.stack(columns, dim=1)


def flipped(W):
    return torch.cat([W[len(W) // 2 :], W[: len(W) // 2]])


def added_outside(x, frames, W, V, d):
    z = layer(x, frames, W, 0 * V, d)
    return z + (V @ frames)[: len(z)].repeat_interleave(x.shape[1] // frames.shape[1], dim=1)


def cycling(x, frames, W, V, d):
    longer = frames.repeat(
        1, x.shape[1] // frames.shape[1]
    )  # one frame a sample, in the wrong order
    return layer(x, longer, W, V, d)


# Typical wrong answers, and words of the message they get (see test_every_exercise.py).
WRONG = {
    "check_hold": [
        (lambda frames, hop: torch.cat([frames] * hop, dim=1), "again and again"),
        (lambda frames, hop: torch.stack([frames] * hop, dim=1).flatten(0, 1), "second axis"),
        (lambda frames, hop: torch.stack([frames] * hop, dim=-1).flatten(), "flattened"),
        (
            lambda frames, hop: by_samples(
                frames, hop, lambda n, p: frames[:, n], frames.shape[1] - 1
            ),
            "too few",
        ),
        (
            lambda frames, hop: by_samples(frames, hop, lambda n, p: frames[:, n] * (p == 0)),
            "flickers",
        ),
    ],
    "check_glide": [
        (
            lambda frames, hop: at_places(
                frames, (np.arange(frames.shape[1] * hop) + 0.5) / hop - 0.5
            ),
            "half a frame",
        ),
        (
            lambda frames, hop: at_places(
                frames, np.linspace(0, frames.shape[1] - 1, frames.shape[1] * hop)
            ),
            "pulled to the last",
        ),
        (
            lambda frames, hop: by_samples(
                frames, hop, lambda n, p: between(frames, n, p, torch.zeros(len(frames)))
            ),
            "falls to zero",
        ),
        (lambda frames, hop: glide(frames, hop)[:, : (frames.shape[1] - 1) * hop], "too few"),
        (
            lambda frames, hop: at_places(frames, np.arange(frames.shape[1] * hop) / hop - 1),
            "A frame late",
        ),
        (lambda frames, hop: by_samples(frames, hop, lambda n, p: frames[:, n]), "steps"),
    ],
    "check_gate": [
        (lambda a, b, y, V_f, V_g: a.tanh() * b.sigmoid() + (V_f * y).sum(1), "comes out"),
        (lambda a, b, y, V_f, V_g: (a + V_f @ y).tanh() * (b + V_f @ y).sigmoid(), "use V_f"),
        (
            lambda a, b, y, V_f, V_g: (a + V_f @ y).tanh() * b.sigmoid(),
            "sigmoid is not conditioned",
        ),
        (lambda a, b, y, V_f, V_g: a.tanh() * (b + V_g @ y).sigmoid(), "tanh is not conditioned"),
        (lambda a, b, y, V_f, V_g: (a + V_f @ y).sigmoid() * (b + V_g @ y).tanh(), "places"),
    ],
    "check_stretch": [
        (lambda mels, factor: stretched(mels.T, factor).T, "the bands"),
        (lambda mels, factor: stretched(mels, 1 / factor), "wrong way"),
        (
            lambda mels, factor: mels[
                :, [int(m / factor) for m in range(round(mels.shape[1] * factor))]
            ],
            "as they are",
        ),
        (
            lambda mels, factor: at_places(
                torch.cat([mels, 0 * mels[:, :1]], 1),
                np.arange(round(mels.shape[1] * factor)) / factor,
            ),
            "falls to zero",
        ),
    ],
    "check_layer": [
        (lambda x, f, W, V, d: layer(x, f, W, V, d, past=0), "looks ahead"),
        (lambda x, f, W, V, d: layer(x, f, flipped(W), flipped(V), d), "changed places"),
        (added_outside, "comes out"),
        (cycling, "again and again"),
        (lambda x, f, W, V, d: layer(x, f, W, V, d, dilation=1), "not used"),
        (lambda x, f, W, V, d: layer(x, f, W, 0 * V, d), "missing"),
    ],
    "check_sweep": [
        (lambda hz, rate: sine(n / rate * f for n, f in enumerate(hz)), "the time now"),
        (lambda hz, rate: sine(accumulate(hz / rate)), "A sample ahead"),
        (lambda hz, rate: sine(phases(hz, rate)[:-1], period=1), "multiply by 2π"),
        (lambda hz, rate: sine(c + 0.25 for c in phases(hz, rate)[:-1]), "a cosine"),
        (lambda hz, rate: sine(n * sum(hz) / len(hz) / rate for n in range(len(hz))), "evenly"),
    ],
}


def test_hold_passes_however_it_is_written():
    def gathered(frames, hop):
        return frames[:, torch.arange(frames.shape[1] * hop) // hop]

    assert check_hold(gathered)
    assert check_hold(lambda f, hop: f[:, :, None].expand(-1, -1, hop).reshape(len(f), -1))
    assert check_hold(lambda f, hop: torch.nn.functional.interpolate(f[None], scale_factor=hop)[0])


def test_glide_passes_however_it_is_written():
    assert check_glide(glide)
    assert check_glide(lambda f, hop: at_places(f, np.arange(f.shape[1] * hop) / hop))

    def upsampler(frames, hop):
        from tinyaudio.models.upsampler import Upsampler

        return Upsampler(hop)(frames.T[None])[0].T.detach()

    assert check_glide(upsampler)


def test_gate_passes_however_it_is_written():
    def side_by_side(a, b, y, V_f, V_g):
        f, g = (torch.cat([a, b]) + torch.cat([V_f, V_g]) @ y).chunk(2)
        return f.tanh() / (1 + (-g).exp())

    assert check_gate(side_by_side)


def test_stretch_passes_however_it_is_written():
    assert check_stretch(stretched)


def test_sweep_passes_however_it_is_written():
    assert check_sweep(lambda hz, rate: sine(phases(hz, rate)[:-1]))

    def rotated(hz, rate):
        turns = torch.exp(2j * math.pi * hz / rate)
        return (turns.cumprod(0) / turns).imag

    assert check_sweep(rotated)


def test_layer_passes_however_it_is_written():
    assert check_layer(layer)

"""Chapter 6's checkers: right answers pass however they are written."""

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

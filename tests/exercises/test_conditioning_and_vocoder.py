"""Chapter 6's checkers: wrong answers to be caught, and right ones however they are written."""

import math

import numpy as np
import torch

from tinyaudio.exercises.conditioning_and_vocoder import (
    check_gate,
    check_glide,
    check_hold,
    check_stretch,
    check_sweep,
)


def by_samples(frames, hop, value, n=None):
    """A row for each channel, a column for each sample t, at frame t // hop and share p."""
    N = frames.shape[1]
    columns = [value(t // hop, (t % hop) / hop) for t in range((n or N) * hop)]
    return torch.stack(columns, dim=1)


def between(frames, n, p, beyond=None):
    """A share p of the way from frame n to the next one, or to what lies beyond the last."""
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


def turned(steps):
    """Where an oscillator is that makes these steps, one after another, from 0 on."""
    c, places = 0.0, []
    for step in steps.tolist():
        places.append(c)
        c += step
    return torch.tensor(places)


# Typical wrong answers, and words of what their authors are told (see test_every_exercise.py).
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
        (lambda a, b, y, V_f, V_g: (a + V_f @ y).tanh() * b.sigmoid(), "sigmoid is told nothing"),
        (lambda a, b, y, V_f, V_g: a.tanh() * (b + V_g @ y).sigmoid(), "tanh is told nothing"),
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
    "check_sweep": [
        (
            lambda hz, rate: torch.stack(
                [(2 * math.pi * f * (i / rate)).sin() for i, f in enumerate(hz)]
            ),
            "times the time now",
        ),
        (lambda hz, rate: (math.tau * (turned(hz / rate) + hz / rate)).sin(), "sample ahead"),
        (lambda hz, rate: turned(hz / rate).sin(), "six times"),
        (lambda hz, rate: (math.tau * turned(hz / rate)).cos(), "cosine"),
        (
            lambda hz, rate: (math.tau * turned(hz.mean().expand(len(hz)) / rate)).sin(),
            "average pitch",
        ),
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
        from tinyaudio.models.frames import Upsampler

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
    assert check_sweep(lambda hz, rate: (math.tau * turned(hz / rate)).sin())
    assert check_sweep(lambda hz, rate: (math.tau * turned(hz / rate) % math.tau).sin())

    def by_rotation(hz, rate):
        steps = torch.polar(torch.ones(len(hz)), math.tau * hz / rate)
        return torch.cat([torch.ones(1), steps[:-1]]).cumprod(0).imag

    assert check_sweep(by_rotation)

    def by_the_package(hz, rate):
        from tinyaudio.represent.oscillator import waves

        cycles = torch.stack([turned(hz / rate), hz / rate], dim=1)[None]
        return waves(cycles, torch.arange(len(hz)), hop_length=1, n_octaves=1)[0, :, 1]

    assert check_sweep(by_the_package)

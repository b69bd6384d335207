"""Blind answers to the exercises of chapter 6, Conditioning and the mel vocoder.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

# 6.1 Upsampling by repetition


def hold_by_loop(frames, hop):
    C, N = frames.shape
    out = torch.empty(C, N * hop, dtype=frames.dtype)
    for n in range(N):
        out[:, n * hop : (n + 1) * hop] = frames[:, n : n + 1]
    return out


def hold_by_view(frames, hop):
    C, N = frames.shape
    return frames[:, :, None].expand(C, N, hop).reshape(C, N * hop)


def hold_stuffed(frames, hop):
    out = torch.zeros(frames.shape[0], frames.shape[1] * hop, dtype=frames.dtype)
    out[:, ::hop] = frames
    return out


def hold_centred(frames, hop):
    held = frames.repeat_interleave(hop, dim=1)
    return torch.cat([held[:, hop // 2 :], held[:, -1:].expand(-1, hop // 2)], dim=1)


# 6.2 Upsampling by lines


def glide_right(frames, hop):
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)
    share = torch.arange(hop, dtype=frames.dtype) / hop
    lines = frames[:, :, None] + (following - frames)[:, :, None] * share
    return lines.flatten(1)


def glide_by_loop(frames, hop):
    C, N = frames.shape
    out = torch.zeros(C, N * hop, dtype=frames.dtype)
    for n in range(N):
        here, there = frames[:, n], frames[:, min(n + 1, N - 1)]
        for p in range(hop):
            out[:, n * hop + p] = here * (1 - p / hop) + there * (p / hop)
    return out


def glide_by_numpy(frames, hop):
    rows, N = np.asarray(frames), frames.shape[1]
    places, centres = np.arange(N * hop), np.arange(N) * hop
    return np.stack([np.interp(places, centres, row) for row in rows])


def glide_with(frames, hop, following, share=None):
    share = torch.arange(hop, dtype=frames.dtype) / hop if share is None else share
    return (frames[:, :, None] + (following - frames)[:, :, None] * share).flatten(1)


def next_frames(frames):
    return torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)


def glide_from_the_frame_before(frames, hop):
    before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    return glide_with(before, hop, frames)


def glide_extrapolates(frames, hop):
    last = 2 * frames[:, -1:] - frames[:, -2:-1] if frames.shape[1] > 1 else frames
    return glide_with(frames, hop, torch.cat([frames[:, 1:], last], dim=1))


def resized(frames, size, align):
    return F.interpolate(frames[None], size=size, mode="linear", align_corners=align)[0]


# 6.3 The condition in the gates


def gate_right(a, b, y, V_f, V_g):
    return torch.tanh(a + V_f @ y) * torch.sigmoid(b + V_g @ y)


def gate_by_loop(a, b, y, V_f, V_g):
    z = []
    for g in range(len(a)):
        f = float(a[g]) + sum(float(V_f[g, c]) * float(y[c]) for c in range(len(y)))
        s = float(b[g]) + sum(float(V_g[g, c]) * float(y[c]) for c in range(len(y)))
        z.append(math.tanh(f) * (0.5 + 0.5 * math.tanh(s / 2)))
    return torch.tensor(z)


def gate_by_numpy(a, b, y, V_f, V_g):
    a, b, y, V_f, V_g = (np.asarray(v, dtype=np.float64) for v in (a, b, y, V_f, V_g))
    return np.tanh(a + V_f.dot(y)) / (1 + np.exp(-(b + V_g.dot(y))))


# 6.4 Speaking slowly


def stretch_at(mels, place, line=True):
    N = mels.shape[1]
    place = place.clamp(0, N - 1)
    below = place.floor().long()
    above = (below + 1).clamp(max=N - 1)
    share = (place - below).to(mels.dtype) if line else torch.zeros_like(place).to(mels.dtype)
    return mels[:, below] * (1 - share) + mels[:, above] * share


def new_places(mels, factor, rounding=round):
    return torch.arange(rounding(mels.shape[1] * factor), dtype=torch.float64)


def stretch_right(mels, factor):
    return stretch_at(mels, new_places(mels, factor) / factor)


def stretch_by_loop(mels, factor):
    M, N = mels.shape
    out = torch.zeros(M, round(N * factor), dtype=mels.dtype)
    for m in range(out.shape[1]):
        place = m / factor
        n = int(place)
        if n >= N - 1:
            out[:, m] = mels[:, N - 1]
        else:
            out[:, m] = torch.lerp(mels[:, n], mels[:, n + 1], place - n)
    return out


def stretch_by_numpy(mels, factor):
    rows, N = np.asarray(mels), mels.shape[1]
    places = np.arange(round(N * factor)) / factor
    return np.stack([np.interp(places, np.arange(N), row) for row in rows])


def stretch_silent_end(mels, factor):
    place = new_places(mels, factor) / factor
    return stretch_at(mels, place) * (place <= mels.shape[1] - 1)


def stretch_wraps(mels, factor):
    longer = torch.cat([mels, mels], dim=1)
    return stretch_at(longer, new_places(mels, factor) / factor)


def stretch_extrapolates(mels, factor):
    place = new_places(mels, factor) / factor
    below = place.floor().long().clamp(0, max(mels.shape[1] - 2, 0))
    above = (below + 1).clamp(max=mels.shape[1] - 1)
    return mels[:, below] + (mels[:, above] - mels[:, below]) * (place - below).to(mels.dtype)


def stretch_share_reversed(mels, factor):
    N = mels.shape[1]
    place = (new_places(mels, factor) / factor).clamp(0, N - 1)
    below = place.floor().long()
    share = (place - below).to(mels.dtype)
    return mels[:, below] * share + mels[:, (below + 1).clamp(max=N - 1)] * (1 - share)


# 6.5 A sine whose pitch moves


def sweep_right(hz, sample_rate):
    phase = F.pad(torch.cumsum(hz.double() / sample_rate, dim=0), (1, -1))
    return torch.sin(2 * torch.pi * phase).to(hz.dtype)


def sweep_by_loop(hz, sample_rate):
    phase, out = 0.0, []
    for f in hz:
        out.append(math.sin(2 * math.pi * phase))
        phase = (phase + float(f) / sample_rate) % 1.0
    return torch.tensor(out)


def sweep_by_numpy(hz, sample_rate):
    phase = np.zeros(len(hz))
    phase[1:] = np.cumsum(np.asarray(hz, dtype=np.float64)[:-1] / sample_rate)
    return np.sin(2 * np.pi * phase)


def cycles(hz, sample_rate):
    return F.pad(torch.cumsum(hz.double() / sample_rate, dim=0), (1, -1))


def sine_of(phase):
    return torch.sin(2 * torch.pi * phase).float()


def time_of(hz, sample_rate):
    return torch.arange(len(hz)) / sample_rate


# 6.6 Build a conditioned layer


def layer_right(x, frames, W, V, d):
    hop = x.shape[1] // frames.shape[1]
    h = F.conv1d(F.pad(x[None], (d, 0)), W, dilation=d)[0]
    h = h + (V @ frames).repeat_interleave(hop, dim=1)
    f, g = h.chunk(2)
    return torch.tanh(f) * torch.sigmoid(g)


def layer_by_loop(x, frames, W, V, d):
    T, G = x.shape[1], len(W) // 2
    hop = T // frames.shape[1]
    z = torch.zeros(G, T, dtype=x.dtype)
    for t in range(T):
        h = W[:, :, 1] @ x[:, t] + V @ frames[:, t // hop]
        if t >= d:
            h = h + W[:, :, 0] @ x[:, t - d]
        z[:, t] = torch.tanh(h[:G]) * torch.sigmoid(h[G:])
    return z


def layer_by_numpy(x, frames, W, V, d):
    x, frames, W, V = (np.asarray(v, dtype=np.float64) for v in (x, frames, W, V))
    past = np.zeros_like(x)
    if d < x.shape[1]:
        past[:, d:] = x[:, :-d]
    h = W[:, :, 0] @ past + W[:, :, 1] @ x
    h += np.repeat(V @ frames, x.shape[1] // frames.shape[1], axis=1)
    G = len(h) // 2
    return np.tanh(h[:G]) / (1 + np.exp(-h[G:]))


def repeated(condition, T):
    return condition.repeat_interleave(T // condition.shape[1], dim=1)


def past_of(x, d):
    return F.pad(x, (d, 0))[:, : x.shape[1]]


def two_taps(W, x, past):
    return W[:, :, 0] @ past + W[:, :, 1] @ x


def product(h):
    f, g = h.chunk(2)
    return torch.tanh(f) * torch.sigmoid(g)


def layer_of_past(past):
    """A layer with another past tap: `past(x, d)`."""

    def layer(x, frames, W, V, d):
        return product(two_taps(W, x, past(x, d)) + repeated(V @ frames, x.shape[1]))

    return layer


def layer_of_condition(upsample):
    """A layer with another upsampling: `upsample(V @ frames, T)`."""

    def layer(x, frames, W, V, d):
        return product(two_taps(W, x, past_of(x, d)) + upsample(V @ frames, x.shape[1]))

    return layer


def layer_of_product(activation):
    """A layer with another product: `activation(h)`, where `h` is (2G, T)."""

    def layer(x, frames, W, V, d):
        return activation(two_taps(W, x, past_of(x, d)) + repeated(V @ frames, x.shape[1]))

    return layer


def layer_padded_both_sides(x, frames, W, V, d):
    h = F.conv1d(F.pad(x[None], (d // 2, d - d // 2)), W, dilation=d)[0]
    return product(h + repeated(V @ frames, x.shape[1]))


def layer_condition_outside(x, frames, W, V, d):
    f, g = two_taps(W, x, past_of(x, d)).chunk(2)
    a, b = repeated(V @ frames, x.shape[1]).chunk(2)
    return (torch.tanh(f) + a) * (torch.sigmoid(g) + b)


def layer_condition_in_tanh_only(x, frames, W, V, d):
    f, g = two_taps(W, x, past_of(x, d)).chunk(2)
    return torch.tanh(f + repeated(V @ frames, x.shape[1]).chunk(2)[0]) * torch.sigmoid(g)


def layer_condition_in_gate_only(x, frames, W, V, d):
    f, g = two_taps(W, x, past_of(x, d)).chunk(2)
    return torch.tanh(f) * torch.sigmoid(g + repeated(V @ frames, x.shape[1]).chunk(2)[1])


def layer_first_taps_in_both(x, frames, W, V, d):
    G = len(W) // 2
    f = two_taps(W[:G], x, past_of(x, d))
    a, b = repeated(V @ frames, x.shape[1]).chunk(2)
    return torch.tanh(f + a) * torch.sigmoid(f + b)


WRONG = {
    "check_hold": [
        ("repeats the whole row of frames", lambda frames, hop: frames.repeat(1, hop)),
        ("repeats the channels", lambda frames, hop: frames.repeat_interleave(hop, dim=0)),
        ("flattens the channels", lambda frames, hop: frames.repeat_interleave(hop)),
        ("puts zeros between frames", hold_stuffed),
        ("returns time by channels", lambda frames, hop: frames.repeat_interleave(hop, dim=1).T),
        ("centres frames and so moves them by half a hop", hold_centred),
        (
            "draws lines between frames",
            lambda frames, hop: resized(frames, frames.shape[1] * hop, False),
        ),
        ("drops the last frame", lambda frames, hop: frames[:, :-1].repeat_interleave(hop, dim=1)),
        ("repeats hop - 1 times", lambda frames, hop: frames.repeat_interleave(hop - 1, dim=1)),
        (
            "adds the frame itself, hop + 1 times",
            lambda frames, hop: frames.repeat_interleave(hop + 1, dim=1),
        ),
        (
            "mixes channels and time by a wrong view",
            lambda frames, hop: frames.repeat(hop, 1).T.reshape(len(frames), -1),
        ),
        ("divides by hop", lambda frames, hop: frames.repeat_interleave(hop, dim=1) / hop),
        (
            "begins with the second frame",
            lambda frames, hop: frames.roll(-1, dims=1).repeat_interleave(hop, dim=1),
        ),
        (
            "leaves the hop as an axis of its own",
            lambda frames, hop: frames[:, :, None].expand(-1, -1, hop),
        ),
        (
            "repeats the first channel for all",
            lambda frames, hop: frames[:1].expand(len(frames), -1).repeat_interleave(hop, dim=1),
        ),
        ("turns time around", lambda frames, hop: frames.flip(1).repeat_interleave(hop, dim=1)),
    ],
    "check_glide": [
        (
            "puts frames in the middle of their hop (interpolate as it is)",
            lambda frames, hop: resized(frames, frames.shape[1] * hop, False),
        ),
        (
            "puts the last frame on the last sample (align_corners)",
            lambda frames, hop: resized(frames, frames.shape[1] * hop, True),
        ),
        ("repeats frames", lambda frames, hop: frames.repeat_interleave(hop, dim=1)),
        (
            "falls to zero after the last frame",
            lambda frames, hop: glide_with(frames, hop, F.pad(frames, (-1, 1))),
        ),
        (
            "leads from the last frame back to the first",
            lambda frames, hop: glide_with(frames, hop, frames.roll(-1, dims=1)),
        ),
        ("goes on rising after the last frame", glide_extrapolates),
        (
            "reaches the next frame one sample early",
            lambda frames, hop: glide_with(
                frames, hop, next_frames(frames), torch.linspace(0, 1, hop, dtype=frames.dtype)
            ),
        ),
        (
            "begins one sample late, with p + 1",
            lambda frames, hop: glide_with(
                frames, hop, next_frames(frames), torch.arange(1, hop + 1) / hop
            ),
        ),
        (
            "stands in the middle of samples",
            lambda frames, hop: glide_with(
                frames, hop, next_frames(frames), (torch.arange(hop) + 0.5) / hop
            ),
        ),
        ("comes from the frame before", glide_from_the_frame_before),
        (
            "runs from the next frame to this one",
            lambda frames, hop: glide_with(next_frames(frames), hop, frames),
        ),
        (
            "leaves the last hop out",
            lambda frames, hop: glide_right(frames, hop)[:, : (frames.shape[1] - 1) * hop],
        ),
        (
            "ends with the last frame itself, (N - 1) hop + 1 long",
            lambda frames, hop: glide_right(frames, hop)[:, : (frames.shape[1] - 1) * hop + 1],
        ),
        (
            "takes a cosine for the line",
            lambda frames, hop: glide_with(
                frames,
                hop,
                next_frames(frames),
                (1 - torch.cos(torch.pi * torch.arange(hop) / hop)) / 2,
            ),
        ),
        (
            "takes the mean of two frames for all samples between",
            lambda frames, hop: glide_with(
                frames, hop, next_frames(frames), torch.full((hop,), 0.5)
            ),
        ),
        ("runs along the channels", lambda frames, hop: glide_right(frames.T, hop).T),
        (
            "starts every line at zero",
            lambda frames, hop: (frames[:, :, None] * (torch.arange(hop) / hop)).flatten(1),
        ),
    ],
    "check_gate": [
        (
            "exchanges tanh and sigmoid",
            lambda a, b, y, V_f, V_g: torch.sigmoid(a + V_f @ y) * torch.tanh(b + V_g @ y),
        ),
        ("exchanges a and b", lambda a, b, y, V_f, V_g: gate_right(b, a, y, V_f, V_g)),
        ("exchanges V_f and V_g", lambda a, b, y, V_f, V_g: gate_right(a, b, y, V_g, V_f)),
        ("takes V_f for both", lambda a, b, y, V_f, V_g: gate_right(a, b, y, V_f, V_f)),
        ("leaves the condition out", lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b)),
        (
            "leaves the condition out of the gate",
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.sigmoid(b),
        ),
        (
            "leaves the condition out of the tanh",
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b + V_g @ y),
        ),
        (
            "adds the condition behind the gates",
            lambda a, b, y, V_f, V_g: (torch.tanh(a) + V_f @ y) * (torch.sigmoid(b) + V_g @ y),
        ),
        (
            "adds the condition to z",
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b) + V_f @ y,
        ),
        (
            "adds tanh and sigmoid",
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) + torch.sigmoid(b + V_g @ y),
        ),
        (
            "multiplies by the condition",
            lambda a, b, y, V_f, V_g: torch.tanh(a * (V_f @ y)) * torch.sigmoid(b * (V_g @ y)),
        ),
        (
            "takes the tanh twice",
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.tanh(b + V_g @ y),
        ),
        (
            "takes the sigmoid twice",
            lambda a, b, y, V_f, V_g: torch.sigmoid(a + V_f @ y) * torch.sigmoid(b + V_g @ y),
        ),
        (
            "leaves the tanh out",
            lambda a, b, y, V_f, V_g: (a + V_f @ y) * torch.sigmoid(b + V_g @ y),
        ),
        (
            "takes a ReLU for the tanh",
            lambda a, b, y, V_f, V_g: torch.relu(a + V_f @ y) * torch.sigmoid(b + V_g @ y),
        ),
        (
            "multiplies matrix and vector element by element and takes the mean",
            lambda a, b, y, V_f, V_g: gate_right(a, b, y / len(y), V_f, V_g),
        ),
        ("subtracts the condition", lambda a, b, y, V_f, V_g: gate_right(a, b, -y, V_f, V_g)),
        (
            "opens the gate where it should close",
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.sigmoid(-(b + V_g @ y)),
        ),
        (
            "takes a dot product, one number for all channels",
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) @ torch.sigmoid(b + V_g @ y),
        ),
        (
            "takes the softmax over channels for the sigmoid",
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.softmax(b + V_g @ y, 0),
        ),
    ],
    "check_stretch": [
        (
            "puts frames in the middle of their interval (interpolate as it is)",
            lambda mels, factor: resized(mels, round(mels.shape[1] * factor), False),
        ),
        (
            "puts the last frame at the end (align_corners)",
            lambda mels, factor: resized(mels, round(mels.shape[1] * factor), True),
        ),
        (
            "takes the nearest frame",
            lambda mels, factor: stretch_at(mels, (new_places(mels, factor) / factor).round()),
        ),
        (
            "takes the frame before and draws no line",
            lambda mels, factor: stretch_at(mels, new_places(mels, factor) / factor, line=False),
        ),
        (
            "multiplies the place by the factor",
            lambda mels, factor: stretch_at(mels, new_places(mels, factor) * factor),
        ),
        ("stretches the frequency axis", lambda mels, factor: stretch_right(mels.T, factor).T),
        (
            "shortens where it should stretch",
            lambda mels, factor: stretch_right(mels, 1 / factor),
        ),
        (
            "cuts the length off, not round",
            lambda mels, factor: stretch_at(mels, new_places(mels, factor, int) / factor),
        ),
        (
            "rounds the length up",
            lambda mels, factor: stretch_at(mels, new_places(mels, factor, math.ceil) / factor),
        ),
        ("is silent beyond the last frame", stretch_silent_end),
        ("leads from the last frame back to the first", stretch_wraps),
        ("goes on rising beyond the last frame", stretch_extrapolates),
        ("exchanges the weights of the two frames", stretch_share_reversed),
        (
            "takes the ratio of the rounded lengths for the factor",
            lambda mels, factor: stretch_at(
                mels,
                new_places(mels, factor) * mels.shape[1] / round(mels.shape[1] * factor),
            ),
        ),
        (
            "repeats the row of frames",
            lambda mels, factor: mels.repeat(1, math.ceil(factor) + 1)[
                :, : round(mels.shape[1] * factor)
            ],
        ),
        (
            "keeps the length",
            lambda mels, factor: stretch_at(
                mels, torch.arange(mels.shape[1], dtype=torch.float64) / factor
            ),
        ),
        (
            "scales the values, too",
            lambda mels, factor: stretch_right(mels, factor) * factor,
        ),
        (
            "stops at the last frame but one",
            lambda mels, factor: stretch_at(
                mels, (new_places(mels, factor) / factor).clamp(max=max(mels.shape[1] - 2, 0))
            ),
        ),
        (
            "begins one new frame late",
            lambda mels, factor: stretch_at(mels, (new_places(mels, factor) + 1) / factor),
        ),
    ],
    "check_sweep": [
        (
            "starts with the first step, not at 0",
            lambda hz, rate: sine_of(torch.cumsum(hz / rate, dim=0)),
        ),
        (
            "multiplies the frequency of the moment by the time",
            lambda hz, rate: sine_of(hz * time_of(hz, rate)),
        ),
        ("forgets 2π", lambda hz, rate: torch.sin(cycles(hz, rate)).float()),
        ("takes π for 2π", lambda hz, rate: torch.sin(torch.pi * cycles(hz, rate)).float()),
        (
            "takes 2π twice",
            lambda hz, rate: torch.sin(4 * torch.pi**2 * cycles(hz, rate)).float(),
        ),
        ("takes a cosine", lambda hz, rate: torch.cos(2 * torch.pi * cycles(hz, rate)).float()),
        ("forgets the sample rate", lambda hz, rate: sine_of(cycles(hz, 1))),
        ("takes the mean frequency", lambda hz, rate: sine_of(hz.mean() * time_of(hz, rate))),
        ("takes the first frequency", lambda hz, rate: sine_of(hz[0] * time_of(hz, rate))),
        (
            "adds the mean of two neighbours (trapezoids)",
            lambda hz, rate: sine_of(
                F.pad(torch.cumsum((hz[1:] + hz[:-1]) / 2 / rate, dim=0), (1, 0))
            ),
        ),
        (
            "adds the next frequency, hz[t + 1]",
            lambda hz, rate: sine_of(F.pad(torch.cumsum(hz[1:] / rate, dim=0), (1, 0))),
        ),
        (
            "averages the frequency up to now and forgets the time",
            lambda hz, rate: sine_of(cycles(hz, rate) / torch.arange(1, len(hz) + 1)),
        ),
        ("takes the phase for the answer", cycles),
        ("divides by half of the sample rate", lambda hz, rate: sine_of(cycles(hz, rate / 2))),
        (
            "turns the ratio upside down",
            lambda hz, rate: sine_of(F.pad((rate / hz).cumsum(0), (1, -1))),
        ),
        (
            "is one sample too long",
            lambda hz, rate: sine_of(F.pad(torch.cumsum(hz / rate, dim=0), (1, 0))),
        ),
        (
            "is one sample too short",
            lambda hz, rate: sine_of(F.pad(torch.cumsum(hz / rate, dim=0), (1, -1)))[:-1],
        ),
        ("runs backwards", lambda hz, rate: -sine_of(cycles(hz, rate))),
        (
            "multiplies steps where it should add them",
            lambda hz, rate: sine_of(F.pad((hz / rate).cumprod(0), (1, -1))),
        ),
    ],
    "check_layer": [
        (
            "puts the newer sample first",
            lambda x, frames, W, V, d: layer_right(x, frames, W.flip(2), V, d),
        ),
        ("looks ahead", layer_of_past(lambda x, d: past_of(x.flip(1), d).flip(1))),
        ("wraps around", layer_of_past(lambda x, d: x.roll(d, dims=1))),
        ("ignores the dilation", layer_of_past(lambda x, d: past_of(x, 1))),
        ("looks back by d + 1", layer_of_past(lambda x, d: past_of(x, d + 1))),
        ("sees no past", layer_of_past(lambda x, d: 0 * x)),
        (
            "repeats the first sample where zeros belong",
            layer_of_past(lambda x, d: torch.cat([x[:, :1].expand(-1, d), x], 1)[:, : x.shape[1]]),
        ),
        ("pads on both sides", layer_padded_both_sides),
        (
            "repeats the whole row of frames",
            layer_of_condition(lambda c, T: c.repeat(1, T // c.shape[1])),
        ),
        ("draws lines between frames", layer_of_condition(lambda c, T: resized(c, T, False))),
        ("leaves the condition out", layer_of_condition(lambda c, T: 0.0)),
        (
            "takes the mean frame for all times",
            layer_of_condition(lambda c, T: c.mean(dim=1, keepdim=True)),
        ),
        ("takes the first frame for all times", layer_of_condition(lambda c, T: c[:, :1])),
        (
            "delays the condition by a sample",
            layer_of_condition(lambda c, T: F.pad(repeated(c, T), (1, -1))),
        ),
        (
            "takes frame t for sample t and then the last",
            layer_of_condition(lambda c, T: c[:, torch.arange(T).clamp(max=c.shape[1] - 1)]),
        ),
        ("adds the condition outside", layer_condition_outside),
        ("adds the condition to the tanh only", layer_condition_in_tanh_only),
        ("adds the condition to the sigmoid only", layer_condition_in_gate_only),
        ("takes the tanh's taps for both", layer_first_taps_in_both),
        (
            "sends the first rows through the sigmoid",
            layer_of_product(lambda h: product(torch.cat(h.chunk(2)[::-1]))),
        ),
        (
            "takes every other row for the tanh",
            layer_of_product(lambda h: torch.tanh(h[::2]) * torch.sigmoid(h[1::2])),
        ),
        (
            "adds tanh and sigmoid",
            layer_of_product(lambda h: torch.tanh(h.chunk(2)[0]) + torch.sigmoid(h.chunk(2)[1])),
        ),
        ("leaves the tanh out", layer_of_product(lambda h: F.glu(h, dim=0))),
        ("returns time by channels", layer_of_product(lambda h: product(h).T)),
    ],
}

RIGHT = {
    "check_hold": [
        lambda frames, hop: frames.repeat_interleave(hop, dim=1),
        hold_by_loop,
        hold_by_view,
        lambda frames, hop: np.repeat(np.asarray(frames), hop, axis=1),
    ],
    "check_glide": [glide_right, glide_by_loop, glide_by_numpy],
    "check_gate": [gate_right, gate_by_loop, gate_by_numpy],
    "check_stretch": [stretch_right, stretch_by_loop, stretch_by_numpy],
    "check_sweep": [sweep_right, sweep_by_loop, sweep_by_numpy],
    "check_layer": [layer_right, layer_by_loop, layer_by_numpy],
}

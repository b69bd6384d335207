"""Blind answers to the exercises of chapter 1, Sound into numbers.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

# 1.1 The frequency that is heard


def folds_until_below_nyquist(frequency_hz, sample_rate):
    while frequency_hz > sample_rate / 2:
        frequency_hz = abs(frequency_hz - sample_rate)
    return frequency_hz


def nearer_side_of_remainder(frequency_hz, sample_rate):
    rest = frequency_hz % sample_rate
    return min(rest, sample_rate - rest)


# 1.2 Signal-to-noise ratio


def snr_of(clean, noisy, gain=1.0):
    return 10 * torch.log10(clean.square().mean() / (gain * noisy - clean).square().mean())


def snr_by_numpy(clean, noisy):
    clean, noisy = np.asarray(clean), np.asarray(noisy)
    return 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))


def snr_by_loop(clean, noisy):
    signal = noise = 0.0
    for c, n in zip(clean.flatten().tolist(), noisy.flatten().tolist(), strict=True):
        signal += c * c
        noise += (n - c) ** 2
    return 10 * math.log10(signal / noise)


# 1.3 The shortest frame


def doubles_until(wide_enough):
    n = 1
    while not wide_enough(n):
        n *= 2
    return n


def starts_at_1024(gap_hz, sample_rate):
    n = 1024
    while 4 * sample_rate / n > gap_hz:
        n *= 2
    return n


# 1.4 An STFT of your own


def stft_with(x, n_fft, hop_length, window=None, pad=None, mode="constant"):
    window = torch.hann_window(n_fft) if window is None else window
    pad = (n_fft // 2, n_fft // 2) if pad is None else pad
    padded = F.pad(x[None], pad, mode=mode)[0]
    return torch.fft.rfft(padded.unfold(0, n_fft, hop_length) * window).T


def stft_by_loop(x, n_fft, hop_length):
    zeros = torch.zeros(n_fft // 2)
    padded = torch.cat([zeros, x, zeros])
    window = torch.hann_window(n_fft)
    columns = []
    start = 0
    while start + n_fft <= len(padded):
        columns.append(torch.fft.rfft(window * padded[start : start + n_fft]))
        start += hop_length
    return torch.stack(columns, dim=1)


def stft_by_matrix(x, n_fft, hop_length):
    k = torch.arange(n_fft, dtype=torch.float64)
    f = torch.arange(n_fft // 2 + 1, dtype=torch.float64)[:, None]
    kernel = torch.polar(
        torch.hann_window(n_fft).double().expand(len(f), -1), -2 * torch.pi * f * k / n_fft
    )
    padded = F.pad(x.double(), (n_fft // 2, n_fft // 2))
    return (kernel @ padded.unfold(0, n_fft, hop_length).T.to(kernel.dtype)).to(torch.complex64)


def stft_by_numpy(x, n_fft, hop_length):
    padded = np.pad(np.asarray(x), n_fft // 2)
    n_frames = 1 + (len(padded) - n_fft) // hop_length
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    out = np.zeros((n_fft // 2 + 1, n_frames), dtype=np.complex64)
    for n in range(n_frames):
        out[:, n] = np.fft.rfft(window * padded[n * hop_length : n * hop_length + n_fft])
    return out


def stft_full_fft(x, n_fft, hop_length):
    padded = F.pad(x, (n_fft // 2, n_fft // 2))
    return torch.fft.fft(padded.unfold(0, n_fft, hop_length) * torch.hann_window(n_fft)).T


def stft_centre_phase(x, n_fft, hop_length):
    padded = F.pad(x, (n_fft // 2, n_fft // 2))
    frames = padded.unfold(0, n_fft, hop_length) * torch.hann_window(n_fft)
    return torch.fft.rfft(frames.roll(n_fft // 2, dims=1)).T


def stft_window_last(x, n_fft, hop_length):
    padded = F.pad(x, (n_fft // 2, n_fft // 2))
    spectrum = torch.fft.rfft(padded.unfold(0, n_fft, hop_length)).T
    return spectrum * torch.hann_window(n_fft)[: n_fft // 2 + 1, None]


# 1.5 Dither


def dithered_right(x, bits, u):
    half = 2 ** (bits - 1)
    return torch.round(half * x + u).clamp(-half, half - 1) / half


def dithered_by_numpy(x, bits, u):
    step = 2 / 2**bits
    levels = np.floor((np.asarray(x) + step * np.asarray(u)) / step + 0.5)
    return np.clip(levels, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) * step


def dithered_in_place(x, bits, u):
    step = 2.0 ** (1 - bits)
    y = x + step * u
    y.div_(step).round_().mul_(step)
    return y.clamp_(-1, 1 - step)


def dithered_wraps(x, bits, u):
    half = 2 ** (bits - 1)
    return (torch.remainder(torch.round(half * x + u) + half, 2 * half) - half) / half


def dithered_with(x, bits, u, half, low, high):
    return torch.round(half * x + u).clamp(low, high) / half


WRONG = {
    "check_alias_hz": [
        ("folds only once and can go below zero", lambda f, r: r - f if f > r / 2 else f),
        ("folds only once, with a magnitude", lambda f, r: abs(r - f) if f > r / 2 else f),
        ("always takes the difference from the sample rate", lambda f, r: abs(f - r)),
        ("takes the remainder and does not fold it back", lambda f, r: f % r),
        ("takes the remainder by the Nyquist frequency", lambda f, r: f % (r / 2)),
        (
            "folds about multiples of the Nyquist frequency",
            lambda f, r: abs(f - r / 2 * round(f / (r / 2))),
        ),
        ("holds the tone at the Nyquist frequency", lambda f, r: min(f, r / 2)),
        ("lets tones above Nyquist vanish", lambda f, r: f if f <= r / 2 else 0),
        ("rounds the ratio up, not to the nearest", lambda f, r: abs(f - r * math.ceil(f / r))),
        ("leaves out the absolute value", lambda f, r: f - r * round(f / r)),
        ("measures the distance from Nyquist", lambda f, r: abs(r / 2 - f) if f > r / 2 else f),
        ("turns the ratio inside round upside down", lambda f, r: abs(f - r * round(r / f))),
        ("returns cycles a sample, not hertz", lambda f, r: abs(f / r - round(f / r))),
    ],
    "check_snr_db": [
        (
            "takes 20 log10 of a ratio of powers",
            lambda c, n: 20 * torch.log10(c.square().mean() / (n - c).square().mean()),
        ),
        (
            "takes 10 log10 of a ratio of norms",
            lambda c, n: 10 * torch.log10(c.norm() / (n - c).norm()),
        ),
        (
            "uses the natural logarithm",
            lambda c, n: 10 * torch.log(c.square().mean() / (n - c).square().mean()),
        ),
        ("uses log2", lambda c, n: 10 * torch.log2(c.square().mean() / (n - c).square().mean())),
        (
            "takes the signal's power from the noisy sound",
            lambda c, n: 10 * torch.log10(n.square().mean() / (n - c).square().mean()),
        ),
        ("divides noise by signal", lambda c, n: -snr_of(c, n)),
        (
            "takes the noisy sound itself for the noise",
            lambda c, n: 10 * torch.log10(c.square().mean() / n.square().mean()),
        ),
        (
            "returns the ratio, not decibels",
            lambda c, n: c.square().mean() / (n - c).square().mean(),
        ),
        (
            "uses mean magnitudes in place of powers",
            lambda c, n: 20 * torch.log10(c.abs().mean() / (n - c).abs().mean()),
        ),
        (
            "uses the peak of the signal, as PSNR does",
            lambda c, n: 10 * torch.log10(c.abs().max() ** 2 / (n - c).square().mean()),
        ),
        (
            "averages the decibels of each sample",
            lambda c, n: (10 * torch.log10(c.square() / (n - c).square())).mean(),
        ),
        (
            "subtracts means first (variances)",
            lambda c, n: 10 * torch.log10(c.var() / (n - c).var()),
        ),
        (
            "sums the signal but averages the noise",
            lambda c, n: 10 * torch.log10(c.square().sum() / (n - c).square().mean()),
        ),
        (
            "squares the mean, not the samples",
            lambda c, n: 10 * torch.log10(c.mean() ** 2 / (n - c).mean() ** 2),
        ),
        (
            "brings the noisy sound to the clean one's level first",
            lambda c, n: snr_of(c, n, gain=c.norm() / n.norm().clamp(min=1e-9)),
        ),
    ],
    "check_shortest_frame": [
        (
            "takes half of the main lobe",
            lambda gap, rate: doubles_until(lambda n: 2 * rate / n <= gap),
        ),
        (
            "asks for a lobe narrower than the gap",
            lambda gap, rate: doubles_until(lambda n: 4 * rate / n < gap),
        ),
        (
            "rounds the exponent down",
            lambda gap, rate: 2 ** math.floor(math.log2(4 * rate / gap)),
        ),
        (
            "rounds the exponent to the nearest",
            lambda gap, rate: 2 ** round(math.log2(4 * rate / gap)),
        ),
        ("does not go up to a power of two", lambda gap, rate: math.ceil(4 * rate / gap)),
        (
            "takes one bin for the lobe's width",
            lambda gap, rate: doubles_until(lambda n: rate / n <= gap),
        ),
        (
            "swaps gap and sample rate",
            lambda gap, rate: doubles_until(lambda n: 4 * gap / n <= rate),
        ),
        (
            "allows a lobe for each of the two tones",
            lambda gap, rate: doubles_until(lambda n: 8 * rate / n <= gap),
        ),
        (
            "mixes hertz with radians",
            lambda gap, rate: doubles_until(lambda n: 4 * rate / n <= 2 * math.pi * gap),
        ),
        (
            "returns the exponent, not the length",
            lambda gap, rate: math.ceil(math.log2(4 * rate / gap)),
        ),
        (
            "takes the natural logarithm for the exponent",
            lambda gap, rate: 2 ** math.ceil(math.log(4 * rate / gap)),
        ),
        ("starts searching at 1024", starts_at_1024),
        (
            "loses the fraction by integer division",
            lambda gap, rate: doubles_until(lambda n: n >= 4 * rate // gap),
        ),
    ],
    "check_stft": [
        ("does not pad", lambda x, n, h: stft_with(x, n, h, pad=(0, 0))),
        ("mirrors the sound at its edges", lambda x, n, h: stft_with(x, n, h, mode="reflect")),
        ("pads twice as much on either side", lambda x, n, h: stft_with(x, n, h, pad=(n, n))),
        ("puts all of the zeros on the left", lambda x, n, h: stft_with(x, n, h, pad=(n, 0))),
        ("puts all of the zeros on the right", lambda x, n, h: stft_with(x, n, h, pad=(0, n))),
        ("pads on the left only", lambda x, n, h: stft_with(x, n, h, pad=(n // 2, 0))),
        (
            "takes the symmetric Hann window",
            lambda x, n, h: stft_with(x, n, h, torch.hann_window(n, periodic=False)),
        ),
        ("forgets the window", lambda x, n, h: stft_with(x, n, h, torch.ones(n))),
        ("takes a Hamming window", lambda x, n, h: stft_with(x, n, h, torch.hamming_window(n))),
        ("applies the window twice", lambda x, n, h: stft_with(x, n, h, torch.hann_window(n) ** 2)),
        ("keeps the negative frequencies, too", stft_full_fft),
        ("returns frames by bins", lambda x, n, h: stft_with(x, n, h).T),
        ("returns magnitudes", lambda x, n, h: stft_with(x, n, h).abs()),
        ("divides by the frame length", lambda x, n, h: stft_with(x, n, h) / n),
        ("scales by the square root of N", lambda x, n, h: stft_with(x, n, h) / math.sqrt(n)),
        ("has the exponent's sign wrong", lambda x, n, h: stft_with(x, n, h).conj()),
        ("drops the last frame", lambda x, n, h: stft_with(x, n, h)[:, :-1]),
        ("drops the bin at Nyquist", lambda x, n, h: stft_with(x, n, h)[:-1]),
        ("counts phase from the middle of the frame", stft_centre_phase),
        ("multiplies the spectrum by the window", stft_window_last),
        ("moves on by a whole frame", lambda x, n, h: stft_with(x, n, n)),
    ],
    "check_dither": [
        ("adds no dither", lambda x, bits, u: dithered_right(x, bits, 0 * u)),
        (
            "adds dither after rounding",
            lambda x, bits, u: dithered_right(x, bits, 0 * u) + 2 / 2**bits * u,
        ),
        (
            "does not clip at the highest level",
            lambda x, bits, u: torch.round(2 ** (bits - 1) * x + u) / 2 ** (bits - 1),
        ),
        (
            "takes half of a step for the dither's size",
            lambda x, bits, u: dithered_right(x, bits, u / 2),
        ),
        ("takes dither of two steps", lambda x, bits, u: dithered_right(x, bits, 2 * u)),
        (
            "does not scale the dither by the step",
            lambda x, bits, u: dithered_right(x + u, bits, 0 * u),
        ),
        (
            "quantizes with one bit too many",
            lambda x, bits, u: dithered_right(x, bits + 1, u),
        ),
        (
            "spaces the levels by 2 / (2^b - 1)",
            lambda x, bits, u: dithered_with(
                x, bits, u, (2**bits - 1) / 2, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
            ),
        ),
        (
            "leaves out the lowest level",
            lambda x, bits, u: dithered_with(
                x, bits, u, 2 ** (bits - 1), 1 - 2 ** (bits - 1), 2 ** (bits - 1) - 1
            ),
        ),
        (
            "returns integers, not amplitudes",
            lambda x, bits, u: dithered_right(x, bits, u) * 2 ** (bits - 1),
        ),
        ("rounds down", lambda x, bits, u: dithered_right(x, bits, u - 0.5)),
        ("rounds up", lambda x, bits, u: dithered_right(x, bits, u + 0.4999)),
        (
            "cuts the fraction off towards zero",
            lambda x, bits, u: (
                torch.trunc(2 ** (bits - 1) * x + u).clamp(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
                / 2 ** (bits - 1)
            ),
        ),
        (
            "takes the dither away again at the end",
            lambda x, bits, u: dithered_right(x, bits, u) - 2 / 2**bits * u,
        ),
        ("wraps around beyond the highest level", dithered_wraps),
        ("uses the dither's magnitude", lambda x, bits, u: dithered_right(x, bits, u.abs())),
    ],
}

RIGHT = {
    "check_alias_hz": [
        lambda frequency_hz, sample_rate: abs(
            frequency_hz - sample_rate * round(frequency_hz / sample_rate)
        ),
        folds_until_below_nyquist,
        nearer_side_of_remainder,
    ],
    "check_snr_db": [
        snr_of,
        lambda clean, noisy: 20 * torch.log10(clean.norm() / (noisy - clean).norm()),
        snr_by_numpy,
        snr_by_loop,
    ],
    "check_shortest_frame": [
        lambda gap_hz, sample_rate: doubles_until(lambda n: 4 * sample_rate / n <= gap_hz),
        lambda gap_hz, sample_rate: 2 ** math.ceil(math.log2(4 * sample_rate / gap_hz)),
        lambda gap_hz, sample_rate: 1 << (math.ceil(4 * sample_rate / gap_hz) - 1).bit_length(),
    ],
    "check_stft": [
        lambda x, n_fft, hop_length: stft_with(x, n_fft, hop_length),
        stft_by_loop,
        stft_by_matrix,
        stft_by_numpy,
    ],
    "check_dither": [dithered_right, dithered_by_numpy, dithered_in_place],
}

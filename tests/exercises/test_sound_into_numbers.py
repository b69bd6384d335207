"""Chapter 1's checkers: wrong answers to be caught, and right ones however they are written."""

import math

import pytest
import torch

from tinyaudio.exercises.sound_into_numbers import (
    check_alias_hz,
    check_dither,
    check_shortest_frame,
    check_snr_db,
    check_stft,
)
from tinyaudio.language import set_language
from tinyaudio.represent import linear

# Typical wrong answers, and words of the message they get (see test_every_exercise.py).
WRONG = {
    "check_alias_hz": [
        (lambda f, rate: f, "unchanged"),
        (lambda f, rate: f - rate * math.floor(f / rate), "mirror"),
        (lambda f, rate: f if f < rate / 2 else rate / 2, "turns back"),
        (lambda f, rate: f if f < rate / 2 else abs(f - rate), "only once"),
        (lambda f, rate: f if f < rate / 2 else -f % (rate / 2), "direction changes"),
    ],
    "check_snr_db": [
        (lambda c, n: 20 * ((c**2).sum() / ((n - c) ** 2).sum()).log10(), "multiply by 10"),
        (lambda c, n: 10 * (c.norm() / (n - c).norm()).log10(), "multiply by 20"),
        (lambda c, n: 10 * math.log((c**2).sum() / ((n - c) ** 2).sum()), "natural"),
        (lambda c, n: 10 * ((c**2).sum() / (n**2).sum()).log10(), "difference"),
        (lambda c, n: 10 * (((c - n) ** 2).sum() / (c**2).sum()).log10(), "swapped"),
        (lambda c, n: 10 * ((n**2).sum() / ((n - c) ** 2).sum()).log10(), "clean one"),
    ],
    "check_shortest_frame": [
        (lambda gap, rate: 2 ** math.ceil(math.log2(rate / gap)), "four bins"),
        (lambda gap, rate: 2 ** math.ceil(math.log2(2 * rate / gap)), "half the width"),
        (lambda gap, rate: math.ceil(4 * rate / gap), "power of two"),
        (lambda gap, rate: 2 ** math.floor(math.log2(4 * rate / gap)), "rounded down"),
    ],
    "check_stft": [
        (lambda x, n, hop: library(x, n, hop, window=torch.ones(n)), "not multiplied"),
        (lambda x, n, hop: library(x, n, hop, center=False), "centred on sample 0"),
        (
            lambda x, n, hop: library(x, n, hop, window=torch.hann_window(n, periodic=False)),
            "N - 1",
        ),
        (lambda x, n, hop: library(x, n, hop).abs(), "phase away"),
        (lambda x, n, hop: library(x, n, hop).transpose(0, 1), "swapped"),
    ],
    "check_dither": [
        (lambda x, bits, u: linear.decode(linear.encode(x, bits), bits), "no dither"),
        (lambda x, bits, u: on_levels(x, bits) + u * 2.0 ** (1 - bits), "after rounding"),
        (lambda x, bits, u: on_levels(x + u, bits), "too loud"),
        (lambda x, bits, u: on_levels(x + u * 2.0**-bits, bits), "2 / 2^b"),
        (
            lambda x, bits, u: on_levels(x + u * 2.0 ** (1 - bits), bits) - u * 2.0 ** (1 - bits),
            "away again",
        ),
    ],
}


def library(x, n, hop, window=None, center=True):
    """torch's own transform, zeros outside the sound."""
    window = torch.hann_window(n) if window is None else window
    return torch.stft(
        x, n, hop, window=window, center=center, pad_mode="constant", return_complex=True
    )


def on_levels(x, bits):
    scale = 2 ** (bits - 1)
    return (x * scale).round().clamp(-scale, scale - 1) / scale


def fold_modulo(f, rate):
    f = f % rate
    return min(f, rate - f)


def fold_step_by_step(f, rate):
    while f > rate / 2:
        f = abs(f - rate)
    return f


@pytest.mark.parametrize("solution", [fold_modulo, fold_step_by_step])
def test_heard_hz_passes_however_it_is_written(solution):
    assert check_alias_hz(solution)


def test_snr_passes_however_it_is_written():
    assert check_snr_db(lambda c, n: 20 * math.log10(c.norm() / (c - n).norm()))
    assert check_snr_db(lambda c, n: 10 * (c**2).sum().log10() - 10 * ((c - n) ** 2).sum().log10())


def test_frame_passes_however_it_is_written():
    def by_doubling(gap, rate):
        n = 1
        while 4 * rate / n > gap:
            n *= 2
        return n

    assert check_shortest_frame(by_doubling)


def test_stft_passes_however_it_is_written():
    def by_definition(x, n, hop):
        k = torch.arange(n)
        waves = torch.exp(-2j * math.pi * torch.arange(n // 2 + 1)[:, None] * k / n)
        window = 0.5 - 0.5 * torch.cos(2 * math.pi * k / n)
        padded = torch.cat([torch.zeros(n // 2), x, torch.zeros(n // 2)])
        starts = range(0, len(padded) - n + 1, hop)
        return torch.stack(
            [waves @ (window * padded[s : s + n]).to(waves.dtype) for s in starts], 1
        )

    assert check_stft(library) and check_stft(by_definition)


def test_the_sign_of_the_phase_matters():
    assert not check_stft(lambda x, n, hop: library(x, n, hop).conj())


def test_dither_passes_however_it_is_written():
    assert check_dither(lambda x, bits, u: on_levels(x + u / 2 ** (bits - 1), bits))


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (check_alias_hz, lambda f, rate: abs(f - rate)),
        (check_alias_hz, lambda f, rate: 0),
        (check_snr_db, lambda c, n: torch.tensor([1.0, 2.0])),
        (check_shortest_frame, lambda gap, rate: 1024),
    ],
)
def test_a_mistake_that_nobody_foresaw_is_shown_a_case(check, wrong):
    verdict = check(wrong)
    assert not verdict and ") should be " in verdict.message


def test_speaks_the_readers_language():
    set_language("ko")
    try:
        assert "아직" in check_alias_hz(lambda f, rate: None).message
        assert "10을 곱합니다" in check_snr_db(WRONG["check_snr_db"][0][0]).message
    finally:
        set_language("en")
    assert check_alias_hz(fold_modulo).message == "Correct."

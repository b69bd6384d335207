"""Chapter 1's checkers: right answers pass however they are written."""

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


def test_dither_passes_however_it_is_written():
    assert check_dither(lambda x, bits, u: on_levels(x + u / 2 ** (bits - 1), bits))


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (check_alias_hz, lambda f, rate: 0),
        (check_alias_hz, lambda f, rate: f / 3),
        (check_shortest_frame, lambda gap, rate: 1024),
    ],
)
def test_a_mistake_that_nobody_foresaw_is_shown_a_case(check, wrong):
    verdict = check(wrong)
    assert not verdict and ") should be " in verdict.message and not verdict.mistake


def test_speaks_the_readers_language():
    set_language("ko")
    try:
        assert "아직" in check_alias_hz(lambda f, rate: None).message
        assert (
            "10을 곱합니다"
            in check_snr_db(lambda c, n: 20 * ((c**2).sum() / ((n - c) ** 2).sum()).log10()).message
        )
    finally:
        set_language("en")
    assert check_alias_hz(fold_modulo).message == "Correct."

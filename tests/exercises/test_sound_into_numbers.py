"""Chapter 1's checkers: wrong answers to be caught, and right ones however they are written."""

import math

import pytest
import torch

from tinyaudio.exercises.sound_into_numbers import (
    check_alias_hz,
    check_shortest_frame,
    check_snr_db,
)
from tinyaudio.language import set_language

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
}


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

"""Chapter 1's checkers: solutions pass, stubs fail with a hint, typical mistakes are named."""

import math

import pytest
import torch

from tinyaudio.exercises.sound_into_numbers import (
    check_heard_hz,
    check_shortest_frame,
    check_snr_db,
)
from tinyaudio.language import speak


def stub(*arguments):
    raise NotImplementedError


def unfinished(*arguments): ...


@pytest.mark.parametrize("check", [check_heard_hz, check_snr_db, check_shortest_frame])
@pytest.mark.parametrize("empty", [stub, unfinished])
def test_stub_fails_with_a_hint(check, empty):
    verdict = check(empty)
    assert not verdict and "Not written yet. " in verdict.message and len(verdict.message) > 30


@pytest.mark.parametrize("check", [check_heard_hz, check_snr_db, check_shortest_frame])
def test_an_answer_that_raises_is_wrong_and_told_so(check):
    def broken(a, b):
        return a.nonsense

    assert "raised AttributeError" in check(broken).message


def fold_modulo(f, rate):
    f = f % rate
    return min(f, rate - f)


def fold_step_by_step(f, rate):
    while f > rate / 2:
        f = abs(f - rate)
    return f


@pytest.mark.parametrize("solution", [fold_modulo, fold_step_by_step])
def test_heard_hz_passes_however_it_is_written(solution):
    assert check_heard_hz(solution)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda f, rate: f, "unchanged"),
        (lambda f, rate: f - rate * math.floor(f / rate), "mirror"),
        (lambda f, rate: f if f < rate / 2 else rate / 2, "turns back"),
        (lambda f, rate: f if f < rate / 2 else abs(f - rate), "only once"),
        (lambda f, rate: abs(f - rate), "should be"),
        (lambda f, rate: 0, "should be"),
    ],
)
def test_heard_hz_names_the_mistake(wrong, says):
    verdict = check_heard_hz(wrong)
    assert not verdict and says in verdict.message


def test_snr_passes_however_it_is_written():
    assert check_snr_db(lambda c, n: 20 * math.log10(c.norm() / (c - n).norm()))
    assert check_snr_db(lambda c, n: 10 * (c**2).sum().log10() - 10 * ((c - n) ** 2).sum().log10())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda c, n: 20 * ((c**2).sum() / ((n - c) ** 2).sum()).log10(), "multiply by 10"),
        (lambda c, n: 10 * (c.norm() / (n - c).norm()).log10(), "multiply by 20"),
        (lambda c, n: 10 * math.log((c**2).sum() / ((n - c) ** 2).sum()), "natural"),
        (lambda c, n: 10 * ((c**2).sum() / (n**2).sum()).log10(), "difference"),
        (lambda c, n: 10 * (((c - n) ** 2).sum() / (c**2).sum()).log10(), "swapped"),
        (lambda c, n: 10 * ((n**2).sum() / ((n - c) ** 2).sum()).log10(), "clean one"),
        (lambda c, n: torch.tensor([1.0, 2.0]), "should be"),
    ],
)
def test_snr_names_the_mistake(wrong, says):
    verdict = check_snr_db(wrong)
    assert not verdict and says in verdict.message


def test_frame_passes_however_it_is_written():
    def by_doubling(gap, rate):
        n = 1
        while 4 * rate / n > gap:
            n *= 2
        return n

    assert check_shortest_frame(by_doubling)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda gap, rate: 2 ** math.ceil(math.log2(rate / gap)), "four bins"),
        (lambda gap, rate: 2 ** math.ceil(math.log2(2 * rate / gap)), "half the width"),
        (lambda gap, rate: math.ceil(4 * rate / gap), "power of two"),
        (lambda gap, rate: 2 ** math.floor(math.log2(4 * rate / gap)), "rounded down"),
        (lambda gap, rate: 1024, "should be"),
    ],
)
def test_frame_names_the_mistake(wrong, says):
    verdict = check_shortest_frame(wrong)
    assert not verdict and says in verdict.message


def test_speaks_the_readers_language():
    speak("ko")
    try:
        assert "아직" in check_heard_hz(stub).message
        assert (
            "10을 곱합니다"
            in check_snr_db(lambda c, n: 20 * ((c**2).sum() / ((n - c) ** 2).sum()).log10()).message
        )
    finally:
        speak("en")
    assert check_heard_hz(fold_modulo).message == "Correct."

"""Chapter 28, "Debugging by curve and by ear": what a delay does to the signal-to-noise ratio of a tone."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Answer = Callable[[float, float, int], Any]


def _of(power: Callable[[float], float], factor: float | int = 10) -> Answer:
    """An answer from the power of the error, a function of cycles f tau."""
    return lambda f_hz, delay, sample_rate: -factor * math.log10(power(f_hz * delay / sample_rate))


def _power(cycles: float) -> float:
    return 4 * math.sin(math.pi * cycles) ** 2


def _cases(generator: Generator) -> list[Case]:
    """Shifts by 0.03 to 0.22 of a cycle, where no sine is 1 and the approximation fails."""

    def some(delay: float, sample_rate: int) -> Case:
        cycles = 0.03 + 0.19 * torch.rand((), generator=generator).item()
        return float(round(cycles * sample_rate / delay)), delay, sample_rate

    return [some(0.5, 8_000), some(0.5, 16_000), some(2.0, 48_000)]


SHIFT_SNR = Exercise(
    right=_of(_power),
    cases=_cases,
    edges=[(1_000.0, -0.5, 8_000), (3_000.0, 3.0, 8_000)],
    mistakes=(
        Mistake(
            _of(_power, 20),
            "두 배입니다. 전력의 비에는 20이 아니라 10을 곱합니다.",
            "This is twice as much: a ratio of powers takes 10, not 20.",
        ),
        Mistake(
            _of(lambda c: math.sin(math.pi * c) ** 2),
            "4가 빠졌습니다. 오차의 크기는 2 sin입니다.",
            "The 4 is missing: the error has the size 2 sin.",
        ),
        Mistake(
            _of(lambda c: abs(4 * math.sin(math.pi * c))),
            "사인을 제곱하지 않았습니다.",
            "The sine is not squared.",
        ),
        Mistake(
            _of(lambda c: 4 * math.sin(2 * math.pi * c) ** 2),
            "사인 안은 2πfτ가 아니라 πfτ입니다.",
            "Inside the sine stands πfτ, not 2πfτ.",
        ),
        Mistake(
            _of(lambda c: (2 * math.pi * c) ** 2),
            "작은 각의 근사 2πfτ입니다. 높은 주파수에서 틀립니다.",
            "That is the approximation 2πfτ for small angles, wrong at high frequencies.",
        ),
        Mistake(
            lambda f_hz, delay, sample_rate: -10 * math.log10(_power(f_hz * delay)),
            "지연을 초로 바꾸지 않았습니다. sample_rate로 나누십시오.",
            "The delay is not in seconds; divide it by sample_rate.",
        ),
        Mistake(
            lambda f_hz, delay, sample_rate: -10 * math.log(_power(f_hz * delay / sample_rate)),
            "자연로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
            "That is the natural logarithm; decibels have the base 10.",
        ),
        Mistake(
            lambda f_hz, delay, sample_rate: 1 / _power(f_hz * delay / sample_rate),
            "전력의 비 그대로입니다. 로그를 취해 데시벨로 바꾸십시오.",
            "That is the ratio of powers itself; its logarithm gives decibels.",
        ),
    ),
    hint=(
        "밀린 초는 delay / sample_rate입니다. 오차의 크기부터 구하십시오.",
        "The shift in seconds is delay / sample_rate. Begin with the size of the error.",
    ),
)


def check_shift_snr(answer: Answer) -> CheckResult:
    """Exercise 28.3: the signal-to-noise ratio of a shifted tone.

    Args:
        answer: (f_hz, delay, sample_rate), the delay in samples -> dB.

    Example:
        >>> check_shift_snr(lambda f_hz, delay, sample_rate: -10 * math.log10(
        ...     math.sin(math.pi * f_hz * delay / sample_rate) ** 2))
        ✘ The 4 is missing: the error has the size 2 sin.
    """
    return SHIFT_SNR.check(answer)

"""Chapter 1, "Sound into numbers": the shortest frame that parts two tones."""

import math
from collections.abc import Callable

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _power_of_two(at_least: float) -> int:
    n = 1
    while n < at_least:
        n *= 2
    return n


def _gaps(generator: Generator) -> list[Case]:
    """Gaps for which rounding up, down and to the nearest power of two differ; one that fits exactly."""
    rates = [16_000.0, 44_100.0, 48_000.0, 16_000.0]
    least = torch.tensor([0.55, 0.78, 0.57, 0.82])
    full = (least + 0.12 * torch.rand(4, generator=generator)).tolist()
    powers = torch.randint(7, 13, (4,), generator=generator).tolist()
    sizes = [(4 * r / (2**e * u), r) for r, u, e in zip(rates, full, powers, strict=True)]
    return [*sizes, (200.0, 25_600.0)]


SHORTEST_FRAME = Exercise(
    right=lambda gap, rate: _power_of_two(4 * rate / gap),
    cases=_gaps,
    edges=[
        (250.0, 16_000.0),
        (32.7, 16_000.0),
        (31.25, 16_000.0),
        (93.75, 48_000.0),
        (62.47, 16_000.0),
    ],
    mistakes=(
        Mistake(
            lambda gap, rate: _power_of_two(rate / gap),
            "칸의 간격(f_s / N)만 따졌습니다. 한(Hann) 창의 메인 로브는 네 칸만큼 넓습니다.",
            "That makes the bins (f_s / N) as wide as the gap; a Hann window's main lobe is four bins wide.",
        ),
        Mistake(
            lambda gap, rate: _power_of_two(2 * rate / gap),
            "메인 로브 너비의 절반만 따졌습니다. 4 f_s / N이 간격보다 넓지 않아야 합니다.",
            "That is half the width of the main lobe; 4 f_s / N has to fit into the gap.",
        ),
        Mistake(
            lambda gap, rate: _power_of_two(8 * rate / gap),
            "메인 로브 너비를 두 배로 보았습니다. 너비는 4 f_s / N입니다.",
            "You took the main lobe to be twice as wide as it is; its width is 4 f_s / N.",
        ),
        Mistake(
            lambda gap, rate: math.ceil(4 * rate / gap),
            "길이는 충분하지만 2의 거듭제곱이 아닙니다. 2의 거듭제곱으로 올림하십시오.",
            "Long enough, but not a power of two: round up to one.",
        ),
        Mistake(
            lambda gap, rate: int(4 * rate / gap),
            "소수점 아래를 버렸을 뿐 2의 거듭제곱이 아닙니다. 2의 거듭제곱으로 올림하십시오.",
            "The fraction is dropped, and this is no power of two: round up to one.",
        ),
        Mistake(
            lambda gap, rate: 4 * rate / gap,
            "부등식의 경계값입니다. 그 이상인 가장 작은 2의 거듭제곱을 찾으십시오.",
            "That is where the inequality turns; look for the first power of two that is not below it.",
        ),
        Mistake(
            lambda gap, rate: int(2 ** math.floor(math.log2(4 * rate / gap))),
            "내림했습니다. 그러면 메인 로브가 간격보다 넓습니다. 올림하십시오.",
            "You rounded down, which makes the main lobe wider than the gap: round up.",
        ),
        Mistake(
            lambda gap, rate: int(2 ** round(math.log2(4 * rate / gap))),
            "가장 가까운 거듭제곱으로 반올림했습니다. 내려가면 메인 로브가 간격보다 넓어지므로 올림하십시오.",
            "You rounded to the nearest power; where that is lower, the main lobe does not fit. Round up.",
        ),
        Mistake(
            lambda gap, rate: math.ceil(math.log2(4 * rate / gap)),
            "지수입니다. 답은 2의 그만큼 거듭제곱입니다.",
            "That is the exponent; the answer is 2 to its power.",
        ),
        Mistake(
            lambda gap, rate: _power_of_two(4 * gap / rate),
            "간격과 샘플링 레이트가 바뀌었습니다. 간격이 좁을수록 프레임이 길어야 합니다.",
            "Gap and sample rate are swapped: the narrower the gap, the longer the frame.",
        ),
        Mistake(
            lambda gap, rate: _power_of_two(4 * rate // gap),
            "4 f_s / 간격이 2의 거듭제곱을 아주 조금 넘을 때 틀립니다. 그 소수점 아래를 버리거나 반올림한 것과 "
            "같습니다. 올림하십시오.",
            "Wrong where 4 f_s / gap is just above a power of two, as if its fraction were dropped or rounded: "
            "round up.",
        ),
        Mistake(
            lambda gap, rate: _power_of_two(math.floor(4 * rate / gap) + 1.0),
            "메인 로브의 너비가 간격과 똑같아도 됩니다. 그때 두 배로 길게 답했습니다.",
            "A main lobe exactly as wide as the gap will do; there your frame is twice as long.",
        ),
    ),
    hint=("4 f_s / N ≤ 간격을 N에 대해 푸십시오.", "Solve 4 f_s / N ≤ gap for N."),
)


def check_shortest_frame(answer: Callable[[float, float], int]) -> CheckResult:
    """Exercise 1.3: the shortest frame that shows two tones as two.

    Args:
        answer: (gap_hz, sample_rate) -> the smallest power of two n_fft for which the main lobe of
            a Hann window, 4 sample_rate / n_fft wide, is no wider than the gap.

    Example:
        >>> import math
        >>> check_shortest_frame(lambda gap_hz, sample_rate: math.ceil(4 * sample_rate / gap_hz))
        ✘ Long enough, but not a power of two: round up to one.
    """
    return SHORTEST_FRAME.check(answer)

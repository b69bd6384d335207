"""Chapter 25, "Your own sound": one level for all recordings, and none of them clipped."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

HIGHEST = 0.99


def _cases(generator: Generator) -> list[Case]:
    """An even sound, which reaches its level, and one with a click, whose peak is in the way."""
    even = 0.02 * torch.randn(1, 400, generator=generator)
    click = 0.05 * torch.randn(1, 300, generator=generator)
    click[0, 100] = -0.8
    loud = 0.6 * torch.rand(1, 200, generator=generator) + 0.2
    return [(even, -20.0), (click, -15.0), (loud, -26.0)]


def _rms(x: Tensor) -> Tensor:
    return x.square().mean().sqrt()


def _by_level(x: Tensor, level_db: float, divisor: int = 20) -> Tensor:
    return x * (10 ** (level_db / divisor) / _rms(x))


def _by_peak(x: Tensor) -> Tensor:
    return x * (HIGHEST / x.abs().max())


def _with(level: Answer) -> Answer:
    """The smaller of the two gains; the gain of the level may be another."""

    def answer(x: Tensor, level_db: float) -> Tensor:
        gain = torch.minimum(level(x, level_db), HIGHEST / x.abs().max())
        return gain * x

    return answer


_smaller = _with(lambda x, db: 10 ** (db / 20) / _rms(x))


def _right(x: Tensor, level_db: float) -> Tensor:
    return _smaller(x, level_db) if x.any() else x


LEVELLED = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.zeros(1, 8), -20.0)],
    mistakes=(
        Mistake(
            lambda x, db: _by_level(x, db).clamp(-HIGHEST, HIGHEST),
            "봉우리를 잘랐습니다. 잘린 소리는 되돌릴 수 없습니다. 자르지 말고 배율을 낮추십시오.",
            "The peaks were cut off, which cannot be undone; lower the gain instead.",
        ),
        Mistake(
            _by_level,
            "진폭이 0.99를 넘는 소리가 있습니다. 파일에 쓰면 잘립니다. 그때는 배율을 0.99 / 피크로 낮추십시오.",
            "A sound exceeds 0.99 and would be clipped in a file; then lower the gain to 0.99 / peak.",
        ),
        Mistake(
            lambda x, db: _by_peak(x),
            "피크만 맞추었습니다. 딱 소리 하나가 있는 녹음은 나머지가 작게 남습니다. RMS를 먼저 맞추십시오.",
            "Only the peak is set, and a recording with one click stays soft; set the RMS first.",
        ),
        Mistake(
            _with(lambda x, db: 10 ** (db / 10) / _rms(x)),
            "데시벨을 10으로 나누었습니다. RMS는 진폭이므로 20으로 나눕니다.",
            "Decibels were divided by 10; an RMS is an amplitude, so divide by 20.",
        ),
        Mistake(
            _with(lambda x, db: 10 ** (db / 20) / x.abs().mean()),
            "절댓값의 평균으로 나누었습니다. RMS는 제곱 평균의 제곱근입니다.",
            "That divides by the mean absolute value; the RMS is the root of the mean square.",
        ),
        Mistake(
            _with(lambda x, db: 10 ** (db / 20) / x.std(correction=0)),
            "표준편차로 나누었습니다. 평균이 0이 아닌 소리에서는 RMS와 다릅니다.",
            "That divides by the standard deviation, which is no RMS where the mean is not 0.",
        ),
        Mistake(
            _with(lambda x, db: torch.tensor(10 ** (db / 20))),
            "RMS로 나누지 않았습니다. 배율은 목표 RMS를 지금의 RMS로 나눈 값입니다.",
            "The gain is the RMS that is wanted over the RMS that there is; you did not divide.",
        ),
        Mistake(
            lambda x, db: _smaller(x, db),
            "무음에서는 0으로 나눕니다. 무음은 그대로 돌려주십시오.",
            "That divides by 0 for silence; return silence as it is.",
        ),
    ),
    hint=(
        "배율의 후보는 둘입니다. 목표 RMS / RMS와 0.99 / 피크 가운데 작은 것을 곱합니다.",
        "There are two gains, wanted RMS / RMS and 0.99 / peak; multiply by the smaller.",
    ),
)


def check_levelled(answer: Callable[[Tensor, float], Tensor]) -> CheckResult:
    """Exercise 25.2: a sound at an RMS level, or as near below it as its peak allows.

    Args:
        answer: x (channels, T), level_db in dB relative to full scale -> (channels, T), nowhere beyond 0.99.

    Example:
        >>> check_levelled(lambda x, level_db: 0.99 * x / x.abs().max())
        ✘ Only the peak is set, ...
    """
    return LEVELLED.check(answer)

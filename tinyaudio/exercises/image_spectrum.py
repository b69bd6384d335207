"""Chapter 15, "Phase and instantaneous frequency": from the picture back to a complex spectrum."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _images(generator: Generator) -> list[Case]:
    """Log magnitudes below and above 0, and instantaneous frequencies of both signs."""
    level = torch.linspace(-2, 1.5, 15).view(3, 5) + 0.1 * torch.rand(3, 5, generator=generator)
    turn = torch.tensor([0.16, -0.37, 0.58])[:, None] + 0.05 * torch.rand(3, 5, generator=generator)
    return [(level, turn)]


def _polar(magnitude: Tensor, half_turns: Tensor) -> Tensor:
    """Of either sign, which torch.polar has only for magnitudes that are not negative."""
    return magnitude * torch.polar(torch.ones_like(half_turns), math.pi * half_turns)


SPECTRUM = Exercise(
    right=lambda level, turn: _polar(level.exp(), turn.cumsum(1)),
    cases=_images,
    mistakes=(
        Mistake(
            lambda level, turn: _polar(level.exp(), turn.cumsum(0)),
            "다른 축으로 더했습니다. 시간은 마지막 축입니다.",
            "You summed along the wrong axis; time is the last one.",
        ),
        Mistake(
            lambda level, turn: _polar(level.exp(), turn),
            "순간 주파수를 위상으로 썼습니다. 시간에 따라 더해야 위상입니다.",
            "You took instantaneous frequency for the phase; the phase is its sum over time.",
        ),
        Mistake(
            lambda level, turn: _polar(level.exp(), turn.cumsum(1) / math.pi),
            "반 바퀴를 라디안으로 바꾸지 않았습니다. π를 곱하십시오.",
            "Half turns are not turned into radians; multiply by π.",
        ),
        Mistake(
            lambda level, turn: _polar(level.exp(), 2 * turn.cumsum(1)),
            "2π를 곱했습니다. 1은 반 바퀴이므로 π입니다.",
            "You multiplied by 2π; 1 is half a turn, so it is π.",
        ),
        Mistake(
            lambda level, turn: _polar(level, turn.cumsum(1)),
            "크기의 로그를 되돌리지 않았습니다. exp를 쓰십시오.",
            "The logarithm of the magnitude is not undone; use exp.",
        ),
        Mistake(
            lambda level, turn: _polar(10 ** (level / 20), turn.cumsum(1)),
            "데시벨로 여겼습니다. 자연로그이므로 exp입니다.",
            "You took it for decibels; it is a natural logarithm, so use exp.",
        ),
        Mistake(
            lambda level, turn: _polar((level / 2).exp(), turn.cumsum(1)),
            "전력의 로그로 여겼습니다. 크기의 로그이므로 2로 나누지 않습니다.",
            "You took it for the logarithm of power; it is that of magnitude: no division by 2.",
        ),
        Mistake(
            lambda level, turn: _polar(level.exp(), -turn.cumsum(1)),
            "위상의 부호가 반대입니다. 켤레 복소수가 되었습니다.",
            "The phase has the opposite sign; the result is the complex conjugate.",
        ),
    ),
    hint=(
        "위상은 순간 주파수의 누적합에 π를 곱한 것입니다.",
        "The phase is π times the cumulative sum of instantaneous frequency.",
    ),
)


def check_spectrum(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 15.4: from log magnitude and instantaneous frequency to a spectrum.

    Args:
        answer: (log_magnitude, frequency), both (F, N) -> complex (F, N).

    Example:
        >>> check_spectrum(lambda level, turn: torch.polar(level.exp(), torch.pi * turn))
        ✘ You took instantaneous frequency for the phase; the phase is its sum over time.
    """
    return SPECTRUM.check(answer)

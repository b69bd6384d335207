"""Chapter 15, "Phase and instantaneous frequency": from phase to instantaneous frequency."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def phases(generator: Generator) -> list[Case]:
    """Phases of a few bins that turn forwards and backwards, by little and by nearly half a turn."""
    steps = torch.tensor([0.3, -0.7, 0.9, -0.45, 0.6])[:, None] * torch.arange(7)
    noise = 0.05 * torch.rand(5, 7, generator=generator)
    starts = torch.tensor([0.2, -0.4, 0.7, -0.9, 0.5])[:, None]
    return [(math.pi * _wrap(starts + steps + noise),)]


def _wrap(half_turns: Tensor) -> Tensor:
    return 1 - (1 - half_turns) % 2


def _first(phase: Tensor, rest: Tensor) -> Tensor:
    return torch.cat([phase[:, :1] / math.pi, rest], 1)


def _frequency(phase: Tensor) -> Tensor:
    return _first(phase, _wrap(phase.diff(dim=1) / math.pi))


def _unwrapped(phase: Tensor, axis: int) -> Tensor:
    return torch.from_numpy(np.unwrap(phase.double().numpy(), axis=axis))


FREQUENCY = Exercise(
    right=_frequency,
    cases=phases,
    mistakes=(
        Mistake(
            lambda phase: _first(phase, phase.diff(dim=1) / math.pi),
            "차이를 되돌리지 않았습니다. 위상이 끊기는 곳에서 한 바퀴가 그대로 남습니다.",
            "Differences are not wrapped: where the phase breaks off, a whole turn is left.",
        ),
        Mistake(
            lambda phase: _first(phase, _unwrapped(phase, 0).diff(dim=1) / math.pi),
            "다른 축으로 펼쳤습니다. 시간은 마지막 축이고, 첫 축은 주파수의 칸입니다.",
            "You unwrapped along the wrong axis: time is the last one, the first counts bins.",
        ),
        Mistake(
            lambda phase: torch.cat(
                [phase[:1] / math.pi, _wrap(phase.diff(dim=0) / math.pi)], dim=0
            ),
            "이웃한 칸의 차이입니다. 시간은 마지막 축입니다.",
            "That is the difference of neighbouring bins; time is the last axis.",
        ),
        Mistake(
            lambda phase: torch.cat([phase[:, :1], math.pi * _frequency(phase)[:, 1:]], 1),
            "라디안입니다. 순간 주파수는 반 바퀴로 세므로 π로 나누십시오.",
            "That is in radians; instantaneous frequency counts half turns: divide by π.",
        ),
        Mistake(
            lambda phase: _frequency(phase) / 2,
            "바퀴로 세었습니다. 2π가 아니라 π로 나누십시오.",
            "You counted turns: divide by π and not by 2π.",
        ),
        Mistake(
            lambda phase: _first(phase, (phase.diff(dim=1) / math.pi) % 2),
            "0에서 2까지의 값입니다. -1과 1 사이로 되돌려야 뒤로 도는 것이 음수가 됩니다.",
            "Those are values from 0 to 2; wrapped to between -1 and 1, turning back is negative.",
        ),
        Mistake(
            lambda phase: torch.cat(
                [torch.zeros(len(phase), 1), _wrap(phase.diff(dim=1) / math.pi)], 1
            ),
            "첫 프레임이 0입니다. 처음 위상을 두어야 소리로 되돌릴 수 있습니다.",
            "The first frame is 0; it has to hold the first phase, or there is no way back to sound.",
        ),
        Mistake(
            lambda phase: _wrap(phase.diff(dim=1) / math.pi),
            "첫 프레임이 없습니다. 처음 위상을 앞에 붙이십시오.",
            "The first frame is missing; put the first phase in front.",
        ),
        Mistake(
            lambda phase: _unwrapped(phase, 1) / math.pi,
            "펼친 위상입니다. 그 시간 차이를 구하십시오.",
            "That is the unwrapped phase; take its difference in time.",
        ),
    ),
    hint=(
        "시간축으로 차이를 구하고, π로 나누고, 되돌립니다.",
        "Take the difference along time, divide by π, and wrap.",
    ),
)


def check_frequency(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 15.2: instantaneous frequency of a phase.

    Args:
        answer: phase (F, N) in radians -> half turns a hop, (F, N).

    Example:
        >>> check_frequency(lambda phase: phase.diff(dim=1, prepend=torch.zeros(5, 1)) / torch.pi)
        ✘ Differences are not wrapped: where the phase breaks off, a whole turn is left.
    """
    return FREQUENCY.check(answer)

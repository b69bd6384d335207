"""Chapter 15, "Phase and instantaneous frequency": the phase of a mel band, as the published IF-mel has it."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.exercises.phase_difference import phases
from tinyaudio.represent.ifreq import instantaneous_frequency

WEIGHTS = torch.tensor(
    [
        [0.9, 0.0, 0.0, 0.0],
        [0.4, 0.6, 0.0, 0.2],
        [0.0, 0.5, 1.4, 0.0],
        [0.0, 0.2, 0.8, 0.3],
        [0.0, 0.0, 0.4, 1.1],
    ]
)  # (F, M), columns of different sums


def _cases(generator: Generator) -> list[Case]:
    return [(phase, WEIGHTS) for (phase,) in phases(generator)]


def _unwrap(phase: Tensor, axis: int = 1) -> Tensor:
    return torch.from_numpy(np.unwrap(phase.double().numpy(), axis=axis)).to(phase)


def _mel_frequency(phase: Tensor, matrix: Tensor) -> Tensor:
    return instantaneous_frequency(matrix.T @ _unwrap(phase))


MEL_FREQUENCY = Exercise(
    right=_mel_frequency,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda phase, matrix: instantaneous_frequency(matrix.T @ phase),
            "되돌려진 위상을 더했습니다. 먼저 시간축으로 펼치십시오.",
            "You summed the wrapped phase; unwrap it along time first.",
        ),
        Mistake(
            lambda phase, matrix: instantaneous_frequency(matrix.T @ _unwrap(phase, 0)),
            "다른 축으로 펼쳤습니다. 시간은 마지막 축입니다.",
            "You unwrapped along the wrong axis; time is the last one.",
        ),
        Mistake(
            lambda phase, matrix: matrix.T @ instantaneous_frequency(phase),
            "순간 주파수를 더하기만 했습니다. 밴드의 값은 1을 넘을 수 있으므로 다시 되돌려야 합니다.",
            "You only summed instantaneous frequency; that of a band may exceed 1 and has to be wrapped.",
        ),
        Mistake(
            lambda phase, matrix: _mel_frequency(phase, matrix / matrix.sum(0)),
            "열의 합으로 나눈 가중 평균입니다. 공개된 방법은 나누지 않고 더합니다.",
            "That is a weighted mean, divided by the sums of columns; the published way only sums.",
        ),
        Mistake(
            lambda phase, matrix: (matrix.T @ _unwrap(phase)) / math.pi,
            "밴드의 위상입니다. 순간 주파수를 구하십시오.",
            "That is the phase of the bands; take its instantaneous frequency.",
        ),
        Mistake(
            lambda phase, matrix: instantaneous_frequency(
                torch.atan2(matrix.T @ phase.sin(), matrix.T @ phase.cos())
            ),
            "복소수로 더한 것의 위상입니다. 복소 멜이 이렇게 하지만, 공개된 IF-mel은 위상을 더합니다.",
            "That is the phase of a complex sum, as complex mel has it; the published IF-mel sums phases.",
        ),
    ),
    hint=(
        "시간축으로 펼치고, matrix.T를 곱하고, 순간 주파수를 구합니다.",
        "Unwrap along time, multiply by matrix.T, and take the instantaneous frequency.",
    ),
    tolerance=1e-3,
)


def check_mel_frequency(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 15.3: instantaneous frequency in mel bands.

    Args:
        answer: phase (F, N) in radians, matrix (F, M) -> half turns a hop, (M, N).

    Example:
        >>> check_mel_frequency(lambda phase, matrix: instantaneous_frequency(matrix.T @ phase))
        ✘ You summed the wrapped phase; unwrap it along time first.
    """
    return MEL_FREQUENCY.check(answer)

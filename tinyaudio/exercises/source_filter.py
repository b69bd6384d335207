"""Chapter 6, "Conditioning and the mel vocoder": a sine whose pitch moves."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _sine(cycles: Tensor) -> Tensor:
    return torch.sin(2 * math.pi * cycles)


def _phase(hz: Tensor, sample_rate: int) -> Tensor:
    return F.pad((hz / sample_rate).cumsum(0), (1, -1))


def _pitches(generator: Generator) -> list[Case]:
    """Frequencies that move by steps and evenly."""
    r = (60 + 200 * torch.rand(2, 12, generator=generator)).sort(1).values
    steps = 300 + 100 * torch.randn(30, generator=generator)
    return [(r[0], 2_000), (r[1].flip(0), 1_600), (steps.clamp(50, 600), 4_000)]


SWEEP = Exercise(
    right=lambda hz, rate: _sine(_phase(hz, rate)),
    cases=_pitches,
    edges=[(torch.tensor([1.0, 2.0, 2.0, 1.0]), 8), (torch.zeros(3), 8), (torch.ones(1), 8)],
    mistakes=(
        Mistake(
            lambda hz, rate: _sine(hz * torch.arange(len(hz)) / rate),
            "지금 주파수에 지금 시각을 곱했습니다. 주파수가 바뀌면 지나온 위상까지 모두 바뀝니다. "
            "샘플마다 늘어난 만큼을 더해 나가십시오.",
            "You multiply the frequency now by the time now, so that a change of frequency changes "
            "all the phase so far; add up what each sample contributes.",
        ),
        Mistake(
            lambda hz, rate: _sine((hz / rate).cumsum(0)),
            "한 샘플 앞섭니다. 위상은 0에서 시작하고, hz[t]는 샘플 t 다음부터 더해집니다.",
            "A sample ahead: the phase begins at 0, and hz[t] counts only after sample t.",
        ),
        Mistake(
            lambda hz, rate: _sine((hz / rate).cumsum(0) - hz[0] / rate),
            "hz[0] 대신 hz[t]를 더했습니다. 샘플 t에서 t + 1까지 늘어나는 것이 hz[t]입니다.",
            "hz[t] is added where hz[t - 1] should be: hz[t] leads from sample t to t + 1.",
        ),
        Mistake(
            lambda hz, rate: _sine(F.pad(_phase(hz, rate), (1, -1))),
            "한 샘플 늦습니다. 샘플 1의 위상은 이미 hz[0] / sample_rate입니다.",
            "A sample late: at sample 1 the phase is hz[0] / sample_rate already.",
        ),
        Mistake(
            lambda hz, rate: torch.sin(_phase(hz, rate)),
            "위상이 주기 단위입니다. 사인은 라디안을 받으므로 2π를 곱해야 합니다.",
            "Your phase is in cycles and the sine takes radians: multiply by 2π.",
        ),
        Mistake(
            lambda hz, rate: torch.sin((hz / rate).cumsum(0)),
            "2π를 곱하지 않았고, 한 샘플 앞섭니다.",
            "The factor 2π is missing, and the phase is a sample ahead.",
        ),
        Mistake(
            lambda hz, rate: torch.sin(math.pi * _phase(hz, rate)),
            "π를 곱했습니다. 한 주기는 2π입니다.",
            "You multiplied by π; a cycle is 2π.",
        ),
        Mistake(
            lambda hz, rate: torch.cos(2 * math.pi * _phase(hz, rate)),
            "코사인입니다. 사인은 0에서 시작합니다.",
            "This is a cosine; the sine begins at 0.",
        ),
        Mistake(
            lambda hz, rate: _sine(hz.mean() / rate * torch.arange(len(hz))),
            "평균 주파수로 고르게 갔습니다. 끝의 위상만 맞습니다.",
            "This goes evenly at the mean frequency: only the phase at the end is right.",
        ),
        Mistake(
            lambda hz, rate: _sine(hz[0] / rate * torch.arange(len(hz))),
            "첫 주파수에 머물렀습니다.",
            "This stays at the first frequency.",
        ),
        Mistake(
            lambda hz, rate: _phase(hz, rate),
            "위상을 돌려주었습니다. 그 사인을 돌려주십시오.",
            "You returned the phase; return its sine.",
        ),
        Mistake(
            lambda hz, rate: _sine(_phase(hz, 1)),
            "sample_rate로 나누지 않았습니다.",
            "The division by sample_rate is missing.",
        ),
        Mistake(
            lambda hz, rate: _sine(_phase(hz * rate * rate, rate)),
            "sample_rate를 곱했습니다. 나누십시오.",
            "You multiplied by sample_rate; divide.",
        ),
        Mistake(
            lambda hz, rate: _sine(hz / rate),
            "위상을 쌓지 않았습니다. cumsum으로 더해 나가십시오.",
            "The phase does not accumulate; add up with cumsum.",
        ),
        Mistake(
            lambda hz, rate: _sine(-_phase(hz, rate)),
            "부호가 반대입니다.",
            "The sign is reversed.",
        ),
        Mistake(
            lambda hz, rate: _sine(F.pad((hz[1:] + hz[:-1]).cumsum(0) / (2 * rate), (1, 0))),
            "이웃한 두 주파수의 평균을 더했습니다. 샘플 t 다음에 늘어나는 것은 hz[t] / sample_rate입니다.",
            "You added means of neighbours; from sample t to t + 1 the phase grows by hz[t] / sample_rate.",
        ),
    ),
    hint=(
        "위상은 0에서 시작하여 샘플마다 hz[t] / sample_rate주기만큼 늘어납니다.",
        "The phase begins at 0 and grows by hz[t] / sample_rate cycles a sample.",
    ),
)


def check_sweep(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.5: a sine of changing frequency.

    Args:
        answer: (hz, sample_rate), the frequency at each sample, of shape (T,) -> (T,).

    Example:
        >>> check_sweep(lambda hz, rate: torch.sin(2 * math.pi * hz * torch.arange(len(hz)) / rate))
        ✘ You multiply the frequency now by the time now...
    """
    return SWEEP.check(answer)

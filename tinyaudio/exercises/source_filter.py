"""Chapter 6, "Conditioning and the mel vocoder": the phase of a changing pitch."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr


def check_sweep(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.5: a sine of changing frequency.

    Args:
        answer: (hz, sample_rate), the frequency at each sample, of shape (T,) -> (T,).

    Example:
        >>> check_sweep(lambda hz, rate: torch.sin(2 * math.pi * hz * torch.arange(len(hz)) / rate))
        ✘ You multiply the frequency now by the time now...
    """

    def sine(cycles: Tensor) -> Tensor:
        return torch.sin(2 * math.pi * cycles)

    def phase(hz: Tensor, sample_rate: int) -> Tensor:
        return F.pad((hz / sample_rate).cumsum(0), (1, -1))

    def right(hz: Tensor, sample_rate: int) -> Tensor:
        return sine(phase(hz, sample_rate))

    mistakes = (
        Mistake(
            lambda hz, rate: sine(hz * torch.arange(len(hz)) / rate),
            tr(
                "지금 주파수에 지금 시각을 곱했습니다. 주파수가 바뀌면 지나온 위상까지 모두 바뀝니다. "
                "샘플마다 늘어난 만큼을 더해 나가십시오.",
                "You multiply the frequency now by the time now, so that a change of frequency changes "
                "all the phase so far; add up what each sample contributes.",
            ),
        ),
        Mistake(
            lambda hz, rate: sine((hz / rate).cumsum(0)),
            tr(
                "한 샘플 앞섭니다. 위상은 0에서 시작하고, hz[t]는 샘플 t 다음부터 더해집니다.",
                "A sample ahead: the phase begins at 0, and hz[t] counts only after sample t.",
            ),
        ),
        Mistake(
            lambda hz, rate: torch.sin(phase(hz, rate)),
            tr(
                "위상이 주기 단위입니다. 사인은 라디안을 받으므로 2π를 곱해야 합니다.",
                "Your phase is in cycles and the sine takes radians: multiply by 2π.",
            ),
        ),
        Mistake(
            lambda hz, rate: torch.cos(2 * math.pi * phase(hz, rate)),
            tr(
                "코사인입니다. 사인은 0에서 시작합니다.",
                "This is a cosine; the sine begins at 0.",
            ),
        ),
        Mistake(
            lambda hz, rate: sine(hz.mean() / rate * torch.arange(len(hz))),
            tr(
                "평균 주파수로 고르게 갔습니다. 끝의 위상만 맞습니다.",
                "This goes evenly at the mean frequency: only the phase at the end is right.",
            ),
        ),
    )
    cases = [(torch.tensor([1.0, 2.0, 2.0, 1.0]), 8), (torch.linspace(200.0, 400.0, 50), 4_000)]
    hint = tr(
        "위상은 0에서 시작하여 샘플마다 hz[t] / sample_rate주기만큼 늘어납니다.",
        "The phase begins at 0 and grows by hz[t] / sample_rate cycles a sample.",
    )
    return check_answer(answer, right, cases, mistakes, hint)

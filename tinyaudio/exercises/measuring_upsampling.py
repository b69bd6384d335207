"""Chapter 22, "Measuring and listening": prediction gain, a residual, the best weight."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

from tinyaudio.exercises import CheckResult, Exercise, Mistake


def sounds(generator: Generator) -> list[Tensor]:
    """Two short sounds that begin and end away from 0, so that the ends count."""
    return list(torch.rand(2, 1, 50, generator=generator) + 0.5)


def _ratio(x: Tensor, e: Tensor) -> Tensor:
    return x.square().sum() / e.square().sum()


GAIN_DB = Exercise(
    right=lambda x, e: 10 * torch.log10(_ratio(x, e)),
    cases=lambda generator: [(x, a * x.flip(-1)) for x in sounds(generator) for a in (0.5, 0.1)],
    mistakes=(
        Mistake(
            lambda x, e: 20 * torch.log10(_ratio(x, e)),
            "제곱의 합은 에너지이므로 20이 아니라 10을 곱합니다.",
            "A sum of squares is an energy: multiply by 10, not by 20.",
        ),
        Mistake(
            lambda x, e: 10 * torch.log(_ratio(x, e)),
            "자연로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
            "You took the natural logarithm; decibels use base 10.",
        ),
        Mistake(
            lambda x, e: 10 * torch.log10(_ratio(e, x)),
            "분자와 분모가 바뀌었습니다. 잔차가 작을수록 이득이 커야 합니다.",
            "Numerator and denominator are swapped: the smaller the residual, the larger the gain.",
        ),
        Mistake(
            _ratio,
            "에너지의 비입니다. 데시벨로 바꾸려면 로그를 취하고 10을 곱합니다.",
            "That is the ratio of energies; for decibels take its logarithm, times 10.",
        ),
    ),
    hint=("두 에너지부터 구해 보십시오.", "Begin with the two energies."),
)


def check_gain_db(answer: Callable[[Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 22.1: how much smaller the residual is than the sound.

    Args:
        answer: (x, e), two tensors of one shape -> ratio of their energies in dB.

    Example:
        >>> check_gain_db(lambda x, e: 20 * (x.norm() / e.norm()).log10())
        ✔ Correct.
    """
    return GAIN_DB.check(answer)


FIRST_RESIDUAL = Exercise(
    right=lambda x, a: x - a * pad(x, (1, -1)),
    cases=lambda generator: [(x, a) for x in sounds(generator) for a in (0.5, 0.9)],
    mistakes=(
        Mistake(
            lambda x, a: x + a * pad(x, (1, -1)),
            "예측은 소리에 더하는 것이 아니라 소리에서 뺍니다.",
            "The prediction is taken away from the sound, not added to it.",
        ),
        Mistake(
            lambda x, a: x - a * x,
            "지금 샘플로 지금 샘플을 예측했습니다. 한 칸 앞의 샘플을 써야 합니다.",
            "You predicted a sample from itself; use the one before it.",
        ),
        Mistake(
            lambda x, a: x - a * pad(x, (-1, 1)),
            "반대쪽으로 밀었습니다. 아직 오지 않은 샘플을 보았습니다.",
            "You shifted the wrong way: that looks at a sample that is still to come.",
        ),
        Mistake(
            lambda x, a: x[..., 1:] - a * x[..., :-1],
            "첫 샘플이 빠졌습니다. 그 앞의 샘플은 0이므로 잔차는 첫 샘플 그대로입니다.",
            "The first sample is missing; what stands before it is 0, so its residual is itself.",
        ),
    ),
    hint=("먼저 소리를 한 칸 미십시오.", "Begin by moving the sound on by one sample."),
)


def check_first_residual(answer: Callable[[Tensor, float], Tensor]) -> CheckResult:
    """Exercise 22.2: what a prediction from the last sample leaves over.

    Args:
        answer: (x, a) -> a tensor of the shape of x.

    Example:
        >>> check_first_residual(lambda x, a: x + a * pad(x, (1, -1)))
        ✘ The prediction is taken away from the sound, not added to it.
    """
    return FIRST_RESIDUAL.check(answer)


def _weight(x: Tensor) -> Tensor:
    past = pad(x, (1, -1))
    return (x * past).sum() / past.square().sum()


BEST_WEIGHT = Exercise(
    right=_weight,
    cases=lambda generator: [(x,) for x in sounds(generator)],
    mistakes=(
        Mistake(
            lambda x: 1.0,
            "다음 샘플이 앞 샘플과 같다고 보았습니다. 가장 좋은 가중치는 소리마다 다릅니다.",
            "You take the next sample to be the last one; the best weight depends on the sound.",
        ),
        Mistake(
            lambda x: (x * pad(x, (1, -1))).sum(),
            "분모가 빠졌습니다. 소리를 키우면 가중치까지 커져 버립니다.",
            "The denominator is missing: a louder sound must not have a larger weight.",
        ),
        Mistake(
            lambda x: 1 / _weight(x),
            "분자와 분모가 바뀌었습니다.",
            "Numerator and denominator are swapped.",
        ),
        Mistake(
            lambda x: -_weight(x),
            "부호가 반대입니다. 미분한 식을 다시 보십시오.",
            "The sign is the wrong one; look at the derivative again.",
        ),
    ),
    hint=("미분한 것을 0으로 놓으십시오.", "Set the derivative to 0."),
)


def check_best_weight(answer: Callable[[Tensor], float | Tensor]) -> CheckResult:
    """Exercise 22.3: the weight that makes the residual smallest.

    Args:
        answer: (x) -> the weight of the last sample.

    Example:
        >>> check_best_weight(lambda x: 1.0)
        ✘ You take the next sample to be the last one; the best weight depends on the sound.
    """
    return BEST_WEIGHT.check(answer)

"""Chapter 4, "Dilated causal convolution": prediction gain, a residual, the best weight."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from tinyaudio.exercises.verdict import Mistake, Verdict, examine
from tinyaudio.language import say


def check_gain_db(answer: Callable[[Tensor, Tensor], float | Tensor]) -> Verdict:
    """Exercise 4.1: how much smaller the residual is than the sound.

    Args:
        answer: (x, e), two tensors of one shape -> ratio of their energies in dB.

    Example:
        >>> check_gain_db(lambda x, e: 20 * (x.norm() / e.norm()).log10())
        ✔ Correct.
    """

    def right(x: Tensor, e: Tensor) -> Tensor:
        return 10 * torch.log10(x.square().sum() / e.square().sum())

    mistakes = (
        Mistake(
            lambda x, e: 2 * right(x, e),
            say(
                "제곱의 합은 에너지이므로 20이 아니라 10을 곱합니다.",
                "A sum of squares is an energy: multiply by 10, not by 20.",
            ),
        ),
        Mistake(
            lambda x, e: torch.log(x.square().sum() / e.square().sum()) * 10,
            say(
                "자연로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
                "You took the natural logarithm; decibels use base 10.",
            ),
        ),
        Mistake(
            lambda x, e: -right(x, e),
            say(
                "분자와 분모가 바뀌었습니다. 잔차가 작을수록 이득이 커야 합니다.",
                "Numerator and denominator are swapped: the smaller the residual, the larger the gain.",
            ),
        ),
    )
    hint = say("두 에너지부터 구해 보십시오.", "Begin with the two energies.")
    cases = [(x, a * x.flip(-1)) for x in sounds() for a in (0.5, 0.1)]
    return examine(answer, right, cases, mistakes, hint)


def check_first_residual(answer: Callable[[Tensor, float], Tensor]) -> Verdict:
    """Exercise 4.2: what a prediction from the last sample leaves over.

    Args:
        answer: (x, a) -> a tensor of the shape of x.

    Example:
        >>> check_first_residual(lambda x, a: x + a * pad(x, (1, -1)))
        ✘ The prediction is taken away from the sound, not added to it.
    """

    def right(x: Tensor, a: float) -> Tensor:
        return x - a * pad(x, (1, -1))

    mistakes = (
        Mistake(
            lambda x, a: x + a * pad(x, (1, -1)),
            say(
                "예측은 소리에 더하는 것이 아니라 소리에서 뺍니다.",
                "The prediction is taken away from the sound, not added to it.",
            ),
        ),
        Mistake(
            lambda x, a: x - a * x,
            say(
                "지금 표본으로 지금 표본을 예측했습니다. 한 칸 앞의 표본을 써야 합니다.",
                "You predicted a sample from itself; use the one before it.",
            ),
        ),
        Mistake(
            lambda x, a: x - a * pad(x, (-1, 1)),
            say(
                "반대쪽으로 밀었습니다. 아직 오지 않은 표본을 보았습니다.",
                "You shifted the wrong way: that looks at a sample that is still to come.",
            ),
        ),
        Mistake(
            lambda x, a: x[..., 1:] - a * x[..., :-1],
            say(
                "첫 표본이 빠졌습니다. 그 앞의 표본은 0이므로 잔차는 첫 표본 그대로입니다.",
                "The first sample is missing; what stands before it is 0, so its residual is itself.",
            ),
        ),
    )
    hint = say("먼저 소리를 한 칸 미십시오.", "Begin by moving the sound on by one sample.")
    cases = [(x, a) for x in sounds() for a in (0.5, 0.9)]
    return examine(answer, right, cases, mistakes, hint)


def check_best_weight(answer: Callable[[Tensor], float | Tensor]) -> Verdict:
    """Exercise 4.3: the weight that makes the residual smallest.

    Args:
        answer: (x) -> the weight of the last sample.

    Example:
        >>> check_best_weight(lambda x: 1.0)
        ✘ You take the next sample to be the last one; the best weight depends on the sound.
    """

    def right(x: Tensor) -> Tensor:
        past = pad(x, (1, -1))
        return (x * past).sum() / past.square().sum()

    mistakes = (
        Mistake(
            lambda x: 1.0,
            say(
                "다음 표본이 앞 표본과 같다고 보았습니다. 가장 좋은 무게는 소리마다 다릅니다.",
                "You take the next sample to be the last one; the best weight depends on the sound.",
            ),
        ),
        Mistake(
            lambda x: (x * pad(x, (1, -1))).sum(),
            say(
                "분모가 빠졌습니다. 소리를 키우면 무게까지 커져 버립니다.",
                "The denominator is missing: a louder sound must not have a larger weight.",
            ),
        ),
        Mistake(
            lambda x: 1 / right(x),
            say(
                "분자와 분모가 바뀌었습니다.",
                "Numerator and denominator are swapped.",
            ),
        ),
        Mistake(
            lambda x: -right(x),
            say(
                "부호가 반대입니다. 미분한 식을 다시 보십시오.",
                "The sign is the wrong one; look at the derivative again.",
            ),
        ),
    )
    hint = say("미분한 것을 0으로 놓으십시오.", "Set the derivative to 0.")
    return examine(answer, right, [(x,) for x in sounds()], mistakes, hint)


def sounds() -> list[Tensor]:
    """Two short sounds that begin and end away from 0, so that the ends count."""
    n = torch.arange(200)
    return [torch.cos(0.3 * n)[None], 0.5 * torch.cos(1.1 * n + 0.4)[None]]

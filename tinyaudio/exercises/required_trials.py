"""Chapter 22, "Measuring and listening": how many ABX trials show a difference that is there."""

from collections.abc import Callable
from functools import cache
from math import comb

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Exercise, fixed

Trials = Callable[[float, float, float], int]


@cache
def _tail(k: int, n: int, p: float) -> float:
    """How probable k or more of n right answers are."""
    return float(sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1)))


@cache
def _needed(n: int, alpha: float) -> int:
    """The fewest right answers by which guessing is refused; n + 1 if there is no such number."""
    return next((k for k in range(n + 1) if _tail(k, n, 0.5) <= alpha), n + 1)


def _right(ability: float, alpha: float, power: float) -> int:
    return next(n for n in range(1, 1_000) if _tail(_needed(n, alpha), n, ability) >= power)


def _by_expectation(ability: float, alpha: float, power: float) -> int:
    return next(n for n in range(1, 1_000) if n * ability >= _needed(n, alpha))


def _one_less(ability: float, alpha: float, power: float) -> int:
    return next(n for n in range(1, 1_000) if _tail(_needed(n, alpha) - 1, n, ability) >= power)


TRIALS = Exercise(
    right=_right,
    cases=fixed((0.8, 0.05, 0.8), (0.9, 0.05, 0.9), (0.7, 0.05, 0.8), (0.75, 0.01, 0.7)),
    edges=[(1.0, 0.05, 0.99)],
    mistakes=(
        Mistake(
            lambda ability, alpha, power: _right(ability, alpha / 2, power),
            "양쪽 꼬리를 셌습니다. ABX에서는 맞힌 수가 많은 쪽만 놀랍습니다.",
            "Both tails are counted; in an ABX test only many right answers are surprising.",
        ),
        Mistake(
            _by_expectation,
            "맞힐 개수의 기댓값이 기준에 닿는 n입니다. 그때의 검정력은 절반쯤입니다.",
            "There the expected number of right answers reaches the threshold: a power of about a half.",
        ),
        Mistake(
            lambda ability, alpha, power: _right(ability, alpha, 1 - power),
            "놓칠 확률이 power가 되는 n입니다. 찾아낼 확률이 power 이상이어야 합니다.",
            "There the probability of a miss is the power; that of finding the difference should be.",
        ),
        Mistake(
            lambda ability, alpha, power: _right(ability, 1 - power, 1 - alpha),
            "alpha와 power의 자리가 바뀌었습니다.",
            "alpha and power have changed places.",
        ),
        Mistake(
            _one_less,
            "기준보다 하나 적게 맞혀도 된다고 셌습니다. P(k개 이상) ≤ alpha인 k부터입니다.",
            "One right answer too few counts as enough; begin with the k for which P(k or more) ≤ alpha.",
        ),
        Mistake(
            lambda ability, alpha, power: next(
                n for n in range(1, 1_000) if _tail(_needed(n, alpha) + 1, n, ability) >= power
            ),
            "기준보다 하나 더 맞혀야 한다고 셌습니다. k개 이상에는 k개가 들어갑니다.",
            "One right answer too many is asked for; k or more includes k.",
        ),
        Mistake(
            lambda ability, alpha, power: next(
                n for n in range(1, 1_000) if 0.5**n <= alpha and ability**n <= 1 - power
            ),
            "모두 맞히는 경우만 보았습니다. 이항 분포의 꼬리를 더하십시오.",
            "Only trials without a wrong answer are looked at; add up the tail of the binomial distribution.",
        ),
    ),
    hint=(
        "n마다 우연히 k개 이상 맞힐 확률이 alpha 이하인 가장 작은 k를 찾고, ability라면 어떤지 보십시오.",
        "For each n find the least k that guessing reaches with alpha or less; how often does ability?",
    ),
)


def check_trials(answer: Trials) -> CheckResult:
    """The smallest number of trials in which an ability is likely to show.

    Args:
        answer: (ability, alpha, power), the probability of a right answer, the level of the exact one-sided
            test, and how probable its success has to be -> the least number of trials.

    Example:
        >>> check_trials(lambda ability, alpha, power: 5)
        ✘ <lambda>(0.8, 0.05, 0.8) should be 18, not 5.
    """
    return TRIALS.check(answer)

"""Chapter 11, "Translating music": what a classifier reaches that sees nothing."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Exercise, fixed


def _shares(counts: Tensor) -> Tensor:
    return counts / counts.sum()


def _entropy(p: Tensor) -> Tensor:
    return torch.special.entr(p).sum()


def _right(counts: Tensor) -> Tensor:
    p = _shares(counts)
    return torch.stack([p.amax(), _entropy(p)])


def _of_shares(accuracy: Callable[[Tensor], Tensor], nats: Callable[[Tensor], Tensor]) -> Answer:
    def answer(counts: Tensor) -> Tensor:
        p = _shares(counts)
        return torch.stack([accuracy(p), nats(p)])

    return answer


def _most(p: Tensor) -> Tensor:
    return p.amax()


CHANCE = Exercise(
    right=_right,
    cases=fixed(
        (torch.tensor([8, 8, 8, 8]),),
        (torch.tensor([30, 10, 20]),),
        (torch.tensor([1, 5, 3, 2]),),
    ),
    edges=[(torch.tensor([7, 0]),)],
    mistakes=(
        Mistake(
            lambda counts: torch.tensor([1 / len(counts), math.log(len(counts))]),
            "1/k과 ln k은 도메인마다 클립 수가 같을 때만 맞습니다. counts로 비율을 구하십시오.",
            "1/k and ln k hold only where all domains have as many clips: take the shares from counts.",
        ),
        Mistake(
            _of_shares(_most, lambda p: _entropy(p) / math.log(2)),
            "교차 엔트로피가 비트입니다. 자연로그를 쓰십시오.",
            "The cross-entropy is in bits; use the natural logarithm.",
        ),
        Mistake(
            _of_shares(lambda p: p.square().sum(), _entropy),
            "빈도에 비례하여 무작위로 답했습니다. 늘 가장 흔한 도메인으로 답하면 더 자주 맞힙니다.",
            "That guesses in proportion to the shares; always to answer the most frequent domain is right more "
            "often.",
        ),
        Mistake(
            _of_shares(lambda p: p.mean(), _entropy),
            "정확도가 1/k입니다. 늘 가장 흔한 도메인으로 답하십시오.",
            "The accuracy is 1/k: always answer the most frequent domain instead.",
        ),
        Mistake(
            _of_shares(_most, lambda p: -p.amax().log()),
            "가장 흔한 도메인의 음의 로그뿐입니다. 모든 도메인에 대해 비율을 곱해 더하십시오.",
            "That is the negative logarithm for one domain only; add up over all, times their shares.",
        ),
        Mistake(
            _of_shares(_most, lambda p: -p.log().mean()),
            "음의 로그를 그냥 평균했습니다. 흔한 도메인은 더 자주 나오므로 비율을 곱해 더합니다.",
            "You took the plain mean of negative logarithms; a frequent domain counts more, by its share.",
        ),
        Mistake(
            _of_shares(_most, lambda p: -_entropy(p)),
            "교차 엔트로피의 부호가 반대입니다.",
            "The cross-entropy has the opposite sign.",
        ),
        Mistake(
            lambda counts: _right(counts).flip(0),
            "순서가 바뀌었습니다. 정확도가 먼저입니다.",
            "The order is reversed: accuracy comes first.",
        ),
        Mistake(
            _of_shares(_most, lambda p: -(p * p.log()).sum()),
            "클립이 없는 도메인에서 0 ln 0이 NaN이 됩니다. torch.special.entr는 0을 냅니다.",
            "For a domain without clips 0 ln 0 is NaN; torch.special.entr gives 0.",
        ),
    ),
    hint=(
        "비율 p를 구하십시오. 늘 같은 확률 q로 답할 때 교차 엔트로피는 q = p에서 가장 작습니다.",
        "Find the shares p. Of all answers q that never change, q = p has the least cross-entropy.",
    ),
)


def check_chance(answer: Callable[[Tensor], Sequence[float] | Tensor]) -> CheckResult:
    """Exercise 11.1: accuracy and cross-entropy of the best classifier that sees nothing.

    Args:
        answer: (counts), the clips of each domain (k,) -> accuracy, and cross-entropy in nats.

    Example:
        >>> check_chance(lambda counts: (1 / len(counts), torch.tensor(float(len(counts))).log()))
        ✘ 1/k and ln k hold only where all domains have as many clips: take the shares from counts.
    """
    return CHANCE.check(answer)

"""Chapter 2, "One sample at a time": the entropy rate of a Markov source."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _sources(generator: Generator) -> list[Case]:
    """Transition matrices without zeros, and their stationary distributions."""
    cases = []
    for n in (2, 3, 4):
        P = torch.softmax(1.5 * torch.randn(n, n, generator=generator), 1)
        cases.append((P, torch.linalg.matrix_power(P.double(), 500)[0].float()))
    return cases


def _rows(P: Tensor) -> Tensor:
    return -torch.xlogy(P, P).sum(1) / math.log(2)


def _entropy(p: Tensor) -> Tensor:
    return -torch.xlogy(p, p).sum() / math.log(2)


ENTROPY_RATE = Exercise(
    right=lambda P, pi: pi @ _rows(P),
    cases=_sources,
    edges=[
        (torch.full((2, 2), 0.5), torch.full((2,), 0.5)),
        (torch.eye(3), torch.full((3,), 1 / 3)),
        (torch.tensor([[0.5, 0.5], [1.0, 0.0]]), torch.tensor([2 / 3, 1 / 3])),
        (
            torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.5, 0.5]]),
            torch.tensor([0.25, 0.5, 0.25]),
        ),
    ],
    mistakes=(
        Mistake(
            lambda P, pi: _entropy(pi),
            "과거를 모를 때의 엔트로피입니다. 바로 앞의 값을 알면 P의 행을 하나 고를 수 있습니다.",
            "That is the entropy of a value whose past is hidden. The value before it picks a row.",
        ),
        Mistake(
            lambda P, pi: _entropy(pi) - pi @ _rows(P),
            "앞의 값이 알려 주는 정보량(상호 정보량)입니다. 물은 것은 알고도 남는 엔트로피입니다.",
            "That is what the value before tells (mutual information); what it leaves open was asked for.",
        ),
        Mistake(
            lambda P, pi: _entropy(pi[:, None] * P),
            "두 값의 결합 엔트로피입니다. 앞의 값을 알 때의 엔트로피를 구하십시오.",
            "That is the joint entropy of two values; find the entropy of one, given the value before.",
        ),
        Mistake(
            lambda P, pi: _rows(P).mean(),
            "모든 행에 같은 가중치를 주었습니다. 자주 나오는 값의 행에 더 큰 가중치를 줍니다.",
            "All rows have the same weight here; rows of frequent values must weigh more.",
        ),
        Mistake(
            lambda P, pi: _rows(P).sum(),
            "행마다의 엔트로피를 더하기만 했습니다. pi로 가중하여 평균을 냅니다.",
            "You only added up the rows' entropies; their mean, weighted by pi, is wanted.",
        ),
        Mistake(
            lambda P, pi: (pi * _rows(P)).mean(),
            "pi로 가중한 다음 다시 평균을 냈습니다. pi의 합이 1이므로 더하기만 합니다.",
            "After weighting by pi you took the mean once more; as pi adds up to 1, the sum is the mean.",
        ),
        Mistake(
            lambda P, pi: pi @ _rows(P) * math.log(2),
            "자연로그를 썼습니다. 비트는 밑이 2입니다.",
            "Natural logarithms: bits need base 2.",
        ),
        Mistake(
            lambda P, pi: pi @ _rows(P) * math.log10(2),
            "밑이 10인 로그를 썼습니다. 비트는 밑이 2입니다.",
            "Logarithms of base 10: bits need base 2.",
        ),
        Mistake(
            lambda P, pi: -pi @ _rows(P),
            "음의 부호가 빠졌습니다. 엔트로피는 음수가 아닙니다.",
            "The minus is missing: an entropy is not negative.",
        ),
        Mistake(
            lambda P, pi: -(pi[:, None] * P.log2()).sum(),
            "로그를 P로 가중하지 않았습니다. 행 안에서도 확률로 평균을 냅니다.",
            "The logarithm is not weighted by P; within a row, too, the mean is over probabilities.",
        ),
        Mistake(
            lambda P, pi: -(P.log2()).mean(),
            "P의 로그를 고르게 평균했습니다. 행 안에서는 P로, 행끼리는 pi로 가중합니다.",
            "A plain mean of log P; weight by P within a row, and by pi over the rows.",
        ),
        Mistake(
            lambda P, pi: pi @ _rows(P.T),
            "행과 열이 바뀌었습니다. P의 한 행이 다음 값의 분포이고, pi는 행의 가중치입니다.",
            "Rows and columns are swapped: a row of P is the next value's distribution, and pi weighs rows.",
        ),
        Mistake(
            lambda P, pi: -(torch.xlogy(P, P)).mean() / math.log(2),
            "모든 칸을 고르게 평균했습니다. 행 안에서는 더하고, 행끼리는 pi로 가중합니다.",
            "A plain mean over all places; add up within a row, and weigh the rows by pi.",
        ),
        Mistake(
            lambda P, pi: pi.square() @ _rows(P) / pi.square().sum(),
            "pi를 두 번 곱했습니다.",
            "pi is applied twice.",
        ),
        Mistake(
            lambda P, pi: _entropy(pi @ P.square()),
            "P를 제곱했습니다. 한 걸음 뒤의 분포는 P의 행입니다.",
            "P is squared; one step on, the distribution is a row of P.",
        ),
        Mistake(
            lambda P, pi: -(pi[:, None] * P * P.log2()).sum(),
            "확률이 0인 곳에서 NaN이 됩니다. 0 log 0은 0입니다. torch.xlogy를 쓰십시오.",
            "Where a probability is 0 this is NaN; 0 log 0 is 0: use torch.xlogy.",
        ),
        Mistake(
            lambda P, pi: -pi @ (P * P.log2()).sum(1).nan_to_num(),
            "0이 하나라도 있는 행의 엔트로피를 통째로 0으로 둔 것과 같습니다. 0 log 0인 항만 0입니다. "
            "torch.xlogy를 쓰십시오.",
            "It is as if every row that has a 0 had entropy 0; only the term 0 log 0 is 0: use torch.xlogy.",
        ),
    ),
    hint=(
        "먼저 행마다의 엔트로피를 구하고, pi로 평균을 내십시오.",
        "First the entropy of each row, then the mean over pi.",
    ),
)


def check_entropy_rate(answer: Callable[[Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 2.2: the entropy rate of a Markov source.

    Args:
        answer: (P, pi), the transition matrix and how often each value occurs -> bits a sample.

    Example:
        >>> check_entropy_rate(lambda P, pi: -(pi * pi.log2()).sum())
        ✘ That is the entropy of a value whose past is hidden...
    """
    return ENTROPY_RATE.check(answer)

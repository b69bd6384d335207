"""Chapter 17, "How good is it": the inception score of a classifier's answers."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _score(p: Tensor) -> Tensor:
    return (_entropy(p.mean(0)) - _entropy(p).mean()).exp()


def _entropy(p: Tensor) -> Tensor:
    return -torch.xlogy(p, p).sum(-1)


def _cases(generator: Generator) -> list[Case]:
    """Answers of different certainty, whose classes are not equally frequent."""
    first = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2]])
    random = (torch.randn(n, k, generator=generator).mul(2) for n, k in ((5, 4), (6, 3)))
    return [(first,), *((logits.softmax(1),) for logits in random)]


def _divergences(p: Tensor) -> Tensor:
    return (p * (p.log() - p.mean(0).log())).sum(1)


INCEPTION = Exercise(
    right=_score,
    cases=_cases,
    edges=[(torch.eye(4),), (torch.tensor([[1.0, 0.0], [1.0, 0.0]]),)],
    mistakes=(
        Mistake(
            lambda p: _divergences(p).mean().exp(),
            "확실한 답(0과 1)에서 0 · ln 0이 나옵니다. torch.xlogy나 torch.special.entr를 쓰십시오.",
            "With certain answers, 0 and 1, it meets 0 * ln 0; use torch.xlogy or torch.special.entr.",
        ),
        Mistake(
            lambda p: _divergences(p).mean(),
            "지수를 취하지 않았습니다. 점수는 클래스의 수와 같은 단위입니다.",
            "The exponential is missing: the score counts classes.",
        ),
        Mistake(
            lambda p: _divergences(p).exp().mean(),
            "지수의 평균입니다. 발산의 평균을 낸 뒤에 지수를 취합니다.",
            "That is the mean of exponentials; take the exponential of the mean divergence.",
        ),
        Mistake(
            lambda p: _divergences(p).sum().exp(),
            "음에 대해 더했습니다. 평균을 냅니다.",
            "You added up over notes; take the mean.",
        ),
        Mistake(
            lambda p: (_divergences(p).mean() / math.log(2)).exp(),
            "발산이 비트인데 e를 거듭제곱했습니다. 자연로그를 쓰거나 2를 거듭제곱하십시오.",
            "The divergence is in bits and the base is e; take natural logarithms, or powers of 2.",
        ),
        Mistake(
            lambda p: _entropy(p.mean(0)).exp(),
            "주변 분포의 엔트로피뿐입니다. 답이 모두 모호해도 높습니다. 음마다의 엔트로피를 빼십시오.",
            "That is the entropy of the mean alone, high for vague answers; subtract that of each note.",
        ),
        Mistake(
            lambda p: (-_entropy(p).mean()).exp(),
            "음마다의 엔트로피뿐입니다. 한 음높이만 내도 높습니다. 주변 분포의 엔트로피를 더하십시오.",
            "That is the notes' entropy alone, high for a single pitch, too; add the entropy of the mean.",
        ),
        Mistake(
            lambda p: p.shape[1] * (p * p.log()).sum(1).mean().exp(),
            "p(y)가 고른 분포이거나 클래스에 대한 평균입니다. 음(첫째 축)에 대한 답의 평균을 쓰십시오.",
            "p(y) is uniform here, or a mean over classes; take the mean over notes, the first axis.",
        ),
        Mistake(
            lambda p: (p.mean(0) * (p.mean(0).log() - p.log())).sum(1).mean().exp(),
            "반대 방향의 KL입니다. 음마다의 p(y | x)가 왼쪽입니다.",
            "That is the KL in the other direction; the note's p(y | x) stands on the left.",
        ),
    ),
    hint=(
        "p(y)는 모든 음의 답을 평균한 것입니다.",
        "p(y) is the mean of the answers to all notes.",
    ),
)


def check_inception(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 17.3: the inception score of a classifier's answers.

    Args:
        answer: (probabilities), (N, K), each row of sum 1 -> (); from 1 to K.

    Example:
        >>> check_inception(lambda p: (p * (p.log() - p.mean(0).log())).sum(1).mean())
        ✘ The exponential is missing: the score counts classes.
    """
    return INCEPTION.check(answer)

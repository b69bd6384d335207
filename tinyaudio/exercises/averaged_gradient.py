"""Chapter 26, "Growing up": the gradient of a batch from those of its shards."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _right(gradients: Tensor, n_clips: Tensor) -> Tensor:
    weights = n_clips / n_clips.sum()
    return (weights[:, None] * gradients).sum(0)


def _cases(generator: Generator) -> list[Case]:
    def some(*n_clips: int) -> Case:
        gradients = torch.randn(len(n_clips), 5, generator=generator) + 1
        return gradients, torch.tensor(n_clips, dtype=torch.float32)

    return [some(4, 4), some(3, 5), some(6, 1, 1), some(1, 2, 3, 10)]


AVERAGED_GRADIENT = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda g, n: g.sum(0),
            "합했습니다. 배치의 손실이 평균이므로 기울기도 평균이어야 합니다.",
            "You summed. The loss of a batch is a mean, and so its gradient is a mean.",
        ),
        Mistake(
            lambda g, n: g.mean(0),
            "조각의 크기가 다르면 단순한 평균은 작은 조각의 클립을 더 크게 셉니다. 클립 수로 가중하십시오.",
            "With shards of unequal sizes, a plain mean counts the clips of small shards for more; weight "
            "by the numbers of clips.",
        ),
        Mistake(
            lambda g, n: (n[:, None] * g).sum(0),
            "클립 수를 곱하고 전체 클립 수로 나누지 않았습니다.",
            "You multiplied by the numbers of clips and did not divide by the number of all.",
        ),
        Mistake(
            lambda g, n: (n[:, None] * g).mean(0) / n.sum(),
            "전체 클립 수로 나눈 다음 조각의 수로 또 나누었습니다.",
            "You divided by the number of all clips and by the number of shards as well.",
        ),
        Mistake(
            lambda g, n: g[0],
            "첫 프로세스의 기울기입니다. 나머지 조각은 배움에 들지 못합니다.",
            "That is the gradient of the first process; the other shards are not learned from.",
        ),
        Mistake(
            lambda g, n: (g / n[:, None]).sum(0) / (1 / n).sum(),
            "가중치가 거꾸로입니다. 클립이 많은 조각이 더 크게 셉니다.",
            "The weights are inverted: a shard with more clips counts for more.",
        ),
    ),
    hint=(
        "클립 하나하나의 기울기를 다시 모두 더한다고 생각하십시오. 조각의 기울기는 그 클립들의 평균입니다.",
        "Think of the sum over all clips; the gradient of a shard is the mean over its own.",
    ),
)


def check_averaged_gradient(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 26.1: the gradient of the whole batch.

    Args:
        answer: (gradients, n_clips): of each shard the gradient of its mean loss, (k, P), and its number of
            clips (k,) -> the gradient (P,) of the mean loss of all clips.

    Example:
        >>> check_averaged_gradient(lambda gradients, n_clips: gradients.sum(0))
        ✘ You summed. The loss of a batch is a mean, and so its gradient is a mean.
    """
    return AVERAGED_GRADIENT.check(answer)

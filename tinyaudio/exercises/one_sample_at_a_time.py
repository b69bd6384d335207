"""Chapter 2, "One sample at a time": bits per sample; the checkers of the chapter."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.delay import check_shift as check_shift
from tinyaudio.exercises.entropy_rate import check_entropy_rate as check_entropy_rate
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.exercises.prediction import check_fit_layer as check_fit_layer
from tinyaudio.exercises.sampling import check_draw as check_draw
from tinyaudio.exercises.trigram import check_trigram as check_trigram


def _probabilities(generator: Generator) -> list[Case]:
    return [
        (torch.tensor([0.5, 0.25, 0.5, 0.125]),),
        (torch.rand(50, generator=generator) * 0.9 + 0.05,),
        (torch.rand(9, generator=generator) * 0.5 + 0.01,),
    ]


def _floor(least: float) -> Mistake:
    return Mistake(
        lambda p: -p.clamp_min(least).log2().mean(),
        "작은 확률에 하한을 두었거나 상수를 더했습니다. 매우 작은 확률에는 그만큼 긴 비트가 듭니다.",
        "Small probabilities are clamped, or something is added to them; they do cost that many bits.",
    )


CODE_LENGTH = Exercise(
    right=lambda p: -p.log2().mean(),
    cases=_probabilities,
    edges=[(torch.full((10,), 1 / 256),), (torch.full((3000,), 1 / 256),),
           (torch.ones(3),), (torch.tensor([1e-30, 0.5]),)],
    mistakes=(
        Mistake(
            lambda p: -p.log().mean(),
            "자연로그를 썼습니다. 그러면 단위가 냇(nat)입니다. 비트는 밑이 2인 로그입니다.",
            "You took the natural logarithm: that is nats. Bits need base 2.",
        ),
        Mistake(
            lambda p: -p.log10().mean(),
            "밑이 10인 로그를 썼습니다. 비트는 밑이 2인 로그입니다.",
            "You took the logarithm of base 10; bits need base 2.",
        ),
        Mistake(
            lambda p: -p.log2().sum(),
            "녹음 전체의 비트 수입니다. 샘플 하나에 몇 비트인지 물었으므로 평균을 냅니다.",
            "Those are the bits of the whole recording; bits a sample are their mean.",
        ),
        Mistake(
            lambda p: -p.log().sum(),
            "자연로그의 합입니다. 밑이 2인 로그의 평균을 냅니다.",
            "That is the sum of natural logarithms; take the mean of those of base 2.",
        ),
        Mistake(
            lambda p: -p.mean().log2(),
            "평균을 먼저 냈습니다. 확률은 곱해지므로 로그를 먼저 취하고 평균을 냅니다.",
            "You took the mean first. Probabilities multiply, so the logarithm comes before the mean.",
        ),
        Mistake(
            lambda p: p.log2().mean(),
            "음의 부호가 빠졌습니다. 확률의 로그는 음수이고, 코드 길이는 양수입니다.",
            "The sign is missing: the logarithm of a probability is negative, a length is not.",
        ),
        Mistake(
            lambda p: -(p * p.log2()).sum(),
            "엔트로피의 식입니다. 여기서는 이미 나온 샘플의 확률이 주어졌으니 다시 가중하지 않습니다.",
            "That is the formula of an entropy. These are the probabilities of samples that did occur: "
            "do not weight them once more.",
        ),
        Mistake(
            lambda p: -(p * p.log2()).mean(),
            "로그를 확률로 가중했습니다. 이미 나온 샘플의 확률이므로 가중하지 않고 평균을 냅니다.",
            "The logarithms are weighted by p; these samples did occur, so take the plain mean.",
        ),
        Mistake(
            lambda p: 2 ** -p.log2().mean(),
            "퍼플렉시티(perplexity)입니다. 비트는 그 지수입니다.",
            "That is the perplexity; bits are its exponent.",
        ),
        Mistake(
            lambda p: (1 / p).mean().log2(),
            "역수의 평균을 먼저 냈습니다. 로그를 먼저 취하고 평균을 냅니다.",
            "You took the mean of 1/p first; the logarithm comes before the mean.",
        ),
        Mistake(
            lambda p: -p.log2().sum() / (len(p) - 1),
            "샘플 수보다 하나 적은 수로 나누었습니다.",
            "You divided by one less than the number of samples.",
        ),
        Mistake(
            lambda p: -p[1:].log2().mean(),
            "첫 샘플이 빠졌습니다. 첫 샘플에도 확률이 있습니다.",
            "The first sample is left out; it has a probability, too.",
        ),
        Mistake(
            lambda p: -p.log2().median(),
            "중앙값입니다. 평균을 냅니다.",
            "That is the median; take the mean.",
        ),
        Mistake(
            lambda p: -p.prod().log2() / len(p),
            "확률을 먼저 곱했습니다. 긴 녹음에서는 곱이 0으로 언더플로하므로 로그를 더하십시오.",
            "You multiplied probabilities, which underflows to 0 for a long recording; add logarithms.",
        ),
        *(_floor(10.0**-n) for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20)),
    ),
    hint=("확률 p인 일에는 -log2(p) 비트가 듭니다.", "Something of probability p costs -log2(p) bits."),
)  # fmt: skip


def check_code_length(answer: Callable[[Tensor], float | Tensor]) -> CheckResult:
    """Exercise 2.1: bits per sample, from the probabilities of the samples that occurred.

    Args:
        answer: (p,), the probability of every sample of a recording given those before it -> bits.

    Example:
        >>> check_code_length(lambda p: -p.log().mean())
        ✘ You took the natural logarithm: that is nats. Bits need base 2.
    """
    return CODE_LENGTH.check(answer)

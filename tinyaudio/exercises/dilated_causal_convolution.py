"""Chapter 4, "Dilated causal convolution": the receptive field; the checkers of the chapter."""

from collections.abc import Callable, Sequence

import torch
from torch import Generator

from tinyaudio.exercises.causal_padding import check_causal as check_causal
from tinyaudio.exercises.causal_training import check_training_step as check_training_step
from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.exercises.lookahead import check_lookahead as check_lookahead
from tinyaudio.exercises.receptive_field import check_design as check_design


def _stacks(generator: Generator) -> list[Case]:
    """Dilations that neither double nor begin with the smallest."""
    cases: list[Case] = [([1, 2, 4, 8], 2), ([1, 3, 9], 3)]
    for n, k in ((4, 4), (5, 3), (3, 2)):
        cases.append((torch.randperm(9, generator=generator)[:n].add(2).tolist(), k))
    return cases


RECEPTIVE_FIELD = Exercise(
    right=lambda dilations, k: 1 + (k - 1) * sum(dilations),
    cases=_stacks,
    edges=[([1, 1, 1], 2), ([6], 2), ([3, 2], 1), ([], 2)],
    mistakes=(
        Mistake(
            lambda dilations, k: (k - 1) * sum(dilations),
            "하나 모자랍니다. 출력은 제자리의 샘플도 씁니다. 1을 더하십시오.",
            "One too few: the output also uses the sample at its own place. Add 1.",
        ),
        Mistake(
            lambda dilations, k: 2 + (k - 1) * sum(dilations),
            "하나 많습니다. 제자리의 샘플은 한 번만 셉니다.",
            "One too many: the sample at the output's own place counts once.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * sum(dilations[1:]),
            "첫 층을 잊었습니다. 입력에 바로 닿는 층도 과거를 봅니다.",
            "The first layer is forgotten; it looks back, too.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * sum(dilations[:-1]),
            "마지막 층을 잊었습니다. 그 층도 과거를 봅니다.",
            "The last layer is forgotten; it looks back, too.",
        ),
        Mistake(
            lambda dilations, k: 1 + k * sum(dilations),
            "탭 k개 사이의 간격은 k - 1개입니다.",
            "Between k taps there are k - 1 distances, not k.",
        ),
        Mistake(
            lambda dilations, k: k * sum(dilations),
            "탭 k개 사이의 간격은 k - 1개이고, 제자리의 샘플 하나를 더합니다.",
            "Between k taps there are k - 1 distances; then add 1 for the output's own place.",
        ),
        Mistake(
            lambda dilations, k: 1 + sum(dilations),
            "탭의 수 k를 쓰지 않았습니다. 층 하나는 (k - 1) d만큼 뒤를 봅니다.",
            "The number of taps, k, is not used; a layer looks back by (k - 1) d.",
        ),
        Mistake(
            lambda dilations, k: sum(dilations),
            "팽창 계수를 더하기만 했습니다. 층마다 (k - 1)을 곱하고, 제자리의 샘플 하나를 더합니다.",
            "You only added up dilations; multiply by k - 1, and add 1 for the output's own place.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * len(dilations),
            "층의 수를 세었습니다. 팽창 계수가 1일 때만 그렇습니다. 층마다 팽창 계수만큼 멀리 닿습니다.",
            "You counted layers, which is right without dilation only; each reaches its dilation.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * max(dilations, default=0),
            "팽창 계수가 가장 큰 층만 보았습니다. 층을 지날 때마다 거리가 더해집니다.",
            "Only the layer with the largest dilation was counted; the reaches of all layers add up.",
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * (dilations[-1] if dilations else 0),
            "마지막 층만 보았습니다. 층을 지날 때마다 거리가 더해집니다.",
            "Only the last layer was counted; the reaches of all layers add up.",
        ),
        Mistake(
            lambda dilations, k: int(torch.tensor([(k - 1) * d + 1 for d in dilations]).sum()),
            "층마다 1을 더했습니다. 제자리의 샘플은 모두 합해 한 번만 셉니다.",
            "You added 1 for every layer; the output's own place counts once in all.",
        ),
        Mistake(
            lambda dilations, k: int(torch.tensor([(k - 1) * d + 1 for d in dilations]).prod()),
            "층의 거리를 곱했습니다. 거리는 더해집니다.",
            "You multiplied the reaches of layers; they add up.",
        ),
        Mistake(
            lambda dilations, k: k ** len(dilations),
            "팽창 계수가 1, k, k², …일 때의 값입니다. 넘겨받은 팽창 계수를 쓰십시오.",
            "That holds for dilations 1, k, k², ...; use those that were passed.",
        ),
        Mistake(
            lambda dilations, k: 2 ** len(dilations),
            "팽창 계수가 두 배씩 늘고 탭이 두 개일 때의 값입니다. 넘겨받은 값을 쓰십시오.",
            "That holds for dilations that double, with two taps; use those that were passed.",
        ),
    ),
    hint=(
        "층 하나는 (k - 1) d만큼 더 뒤를 봅니다.",
        "A layer looks (k - 1) d samples further back.",
    ),
)


def check_receptive_field(answer: Callable[[Sequence[int], int], int]) -> CheckResult:
    """Exercise 4.1: the receptive field of a stack.

    Args:
        answer: (dilations, k), the dilation of every layer and the taps of all -> samples.

    Example:
        >>> check_receptive_field(lambda dilations, k: (k - 1) * sum(dilations))
        ✘ One too few: the output also uses the sample at its own place...
    """
    return RECEPTIVE_FIELD.check(answer)

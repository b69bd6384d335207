"""Chapter 28, "Debugging by curve and by ear": what a loss is before anything is learned."""

import math
from collections.abc import Callable

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

LN_2 = math.log(2)


def _cases(generator: Generator) -> list[Case]:
    """From 3 to 60 classes, and weights from 1.5 to 10, as 1 would hide where it belongs."""
    n_classes = torch.randint(3, 61, (3,), generator=generator)
    weights = torch.randint(3, 21, (3,), generator=generator) / 2
    return list(zip(n_classes.tolist(), weights.tolist(), strict=True))


INITIAL_LOSS = Exercise(
    right=lambda n_classes, weight: 2 * LN_2 + weight * math.log(n_classes),
    cases=_cases,
    edges=[(61, 0.0), (1, 2.0)],
    mistakes=(
        Mistake(
            lambda n_classes, weight: LN_2 + weight * math.log(n_classes),
            "판별자의 항이 하나뿐입니다. 진짜와 생성한 것에서 ln 2가 하나씩 나옵니다.",
            "There is only one term of the discriminator; real and generated clips give ln 2 each.",
        ),
        Mistake(
            lambda n_classes, weight: 2 * LN_2 + math.log(n_classes),
            "분류기의 항에 weight를 곱하지 않았습니다.",
            "The classifier's term is not multiplied by weight.",
        ),
        Mistake(
            lambda n_classes, weight: weight * (2 * LN_2 + math.log(n_classes)),
            "weight를 판별자의 항에도 곱했습니다.",
            "You multiplied the discriminator's term by weight as well.",
        ),
        Mistake(
            lambda n_classes, weight: 2 + weight * math.log2(n_classes),
            "비트입니다. 자연로그로 세면 냇이 됩니다.",
            "That is in bits; natural logarithms give nats.",
        ),
        Mistake(
            lambda n_classes, weight: 2 * LN_2 + 2 * weight * math.log(n_classes),
            "분류기의 항을 두 번 셌습니다. 진짜 클립의 종류만 맞힙니다.",
            "You counted the classifier's term twice; it is of real clips only.",
        ),
        Mistake(
            lambda n_classes, weight: weight * math.log(n_classes),
            "판별자의 항이 빠졌습니다. 로짓이 0이어도 확률은 1/2입니다.",
            "The discriminator's term is missing: a logit of 0 is a probability of one half.",
        ),
        Mistake(
            lambda n_classes, weight: LN_2 + LN_2 * weight * math.log2(2 * n_classes),
            "진짜인지와 종류를 한 소프트맥스로 보았습니다. 둘은 따로 계산하는 손실입니다.",
            "You took realness and class as one softmax; they are two losses, computed apart.",
        ),
    ),
    hint=(
        "로짓이 모두 0이면 모든 확률이 같습니다. 두 손실을 따로 계산하여 더하십시오.",
        "With logits of 0 all probabilities are equal. Compute the two losses apart and add them.",
    ),
)


def check_initial_loss(answer: Callable[[int, float], float]) -> CheckResult:
    """Exercise 28.1: the loss of a discriminator with a classifier, if all logits are 0.

    Args:
        answer: (n_classes, weight) -> the loss in nats.

    Example:
        >>> check_initial_loss(lambda n_classes, weight: math.log(2) + weight * math.log(n_classes))
        ✘ There is only one term of the discriminator; real and generated clips give ln 2 each.
    """
    return INITIAL_LOSS.check(answer)

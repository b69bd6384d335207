"""Chapter 7, "Making it fast": bytes a sample; the checkers of the chapter."""

from collections.abc import Callable

import torch
from torch import Generator

from tinyaudio.exercises.cache_saving import check_saving as check_saving
from tinyaudio.exercises.cached_generation import check_generate as check_generate
from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.ring_buffer import check_taps as check_taps
from tinyaudio.exercises.roofline import check_ceiling as check_ceiling


def _bytes(L: int, k: int, R: int, G: int, S: int, K: int) -> int:
    return 4 * (L * 2 * G * k * R + (L - 1) * R * G + S * L * G + S * S + K * S)


def _less(forgotten: Answer) -> Answer:
    """The bytes without some weights, or with as many more if that is negative."""
    return lambda *sizes: _bytes(*sizes) - 4 * forgotten(*sizes)


def _sizes(generator: Generator) -> list[Case]:
    random_sizes = torch.randint(3, 30, (3, 4), generator=generator).tolist()
    depths = ((3, 2), (5, 3), (4, 4))
    return [
        (1, 2, 4, 5, 6, 7),
        *((L, k, *widths) for widths, (L, k) in zip(random_sizes, depths, strict=True)),
    ]


BYTES = Exercise(
    right=_bytes,
    cases=_sizes,
    edges=[(20, 2, 32, 32, 64, 256)],
    mistakes=(
        Mistake(
            lambda *sizes: _bytes(*sizes) // 4,
            "가중치의 개수입니다. 32비트 가중치 하나는 4바이트입니다.",
            "That is the number of weights; one of 32 bits has 4 bytes.",
        ),
        Mistake(
            lambda *sizes: _bytes(*sizes) * 8,
            "비트의 수입니다. 32비트는 4바이트입니다.",
            "Those are bits; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda *sizes: _bytes(*sizes) * 2,
            "가중치 하나를 8바이트로 세었습니다. 32비트는 4바이트입니다.",
            "You counted 8 bytes a weight; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda *sizes: _bytes(*sizes) // 2,
            "연산의 수(곱셈과 덧셈)이거나, 가중치 하나를 2바이트로 세었습니다. 32비트는 4바이트입니다.",
            "Those are operations, multiplications and additions, or 2 bytes a weight; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda *sizes: _bytes(*sizes) // 32,
            "가중치의 개수를 8로 나누었습니다. 32비트 가중치 하나는 4바이트입니다.",
            "The number of weights is divided by 8; one of 32 bits has 4 bytes.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: -R * G),
            "마지막 층의 잔차까지 세었습니다. 받을 층이 없으므로 그 행렬은 없습니다.",
            "You counted a residual in the last layer; nobody would read it, so it has none.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: (L - 1) * R * G),
            "잔차 행렬이 빠졌습니다.",
            "The residual matrices are missing.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: L * G * k * R),
            "게이트를 하나만 세었습니다. tanh와 시그모이드에 행렬이 하나씩 있습니다.",
            "One gate is missing: tanh and sigmoid have a matrix each.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: L * 2 * G * (k - 1) * R),
            "탭을 하나만 세었습니다. 게이트는 지금과 과거의 탭 k개를 봅니다.",
            "Only one tap was counted; the gates look at k of them.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: L * 2 * G * (k - 2) * R),
            "탭을 두 개로 고정했습니다. 게이트는 탭 k개를 봅니다.",
            "You counted two taps; the gates look at k of them.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: S * L * G),
            "스킵 행렬이 빠졌습니다.",
            "The matrices of the skips are missing.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: S * (L - 1) * G),
            "스킵을 한 층에서만 세었습니다. 층마다 있습니다.",
            "The skip of one layer only was counted; every layer has one.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: S * G),
            "한 층의 스킵이 빠졌습니다. 마지막 층도 스킵을 냅니다.",
            "The skip of one layer is missing; the last layer has one, too.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: S * S),
            "출력층의 S × S 행렬이 빠졌습니다.",
            "The S by S matrix of the output is missing.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: K * S),
            "마지막 K × S 행렬이 빠졌습니다.",
            "The last matrix, K by S, is missing.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: S * S + K * S),
            "출력층의 두 행렬이 빠졌습니다.",
            "Both matrices of the output are missing.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: -K * R),
            "임베딩 전체를 세었습니다. 샘플마다 한 행을 찾아볼 뿐이고, 식에도 없습니다.",
            "You counted the embedding; a sample looks up one row of it, and the formula has none.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: -(L * 2 * G + (L - 1) * R + S + S + K)),
            "편향까지 세었습니다. 편향은 빼고 세십시오.",
            "Biases were counted; leave them out.",
        ),
        Mistake(
            _less(lambda L, k, R, G, S, K: (L - 1) * 2 * G * k * R),
            "게이트를 한 층에서만 세었습니다. 층은 L개입니다.",
            "The gates of one layer only were counted; there are L.",
        ),
    ),
    hint=("행렬을 하나씩 적고 크기를 곱해 보십시오.", "List the matrices and multiply their sizes."),
)  # fmt: skip


def check_bytes(answer: Callable[[int, int, int, int, int, int], int]) -> CheckResult:
    """Exercise 7.1: bytes of weights read for each sample.

    Args:
        answer: (L, k, R, G, S, K): layers, taps, widths of residual, gates and skips, values -> bytes.

    Example:
        >>> check_bytes(lambda L, k, R, G, S, K: 162_816)
        ✘ <lambda>(1, 2, 4, 5, 6, 7) should be 752, not 162816.
    """
    return BYTES.check(answer)

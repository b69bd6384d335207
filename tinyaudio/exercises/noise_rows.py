"""Chapter 26, "Growing up": the noise of one process, so that all together have that of the batch."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _noise(n: int, seed: int) -> Tensor:
    return torch.randn(n, 16, generator=torch.Generator().manual_seed(seed))


def _right(n: int, rank: int, world_size: int, seed: int) -> Tensor:
    share = n // world_size
    return _noise(n, seed)[rank * share : (rank + 1) * share]


def _cases(generator: Generator) -> list[Case]:
    seeds = torch.randint(1, 1_000, (3,), generator=generator).tolist()
    sizes = ((8, 1, 2), (6, 2, 3), (8, 1, 4))
    return [(*size, seed) for size, seed in zip(sizes, seeds, strict=True)]


NOISE_ROWS = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda n, rank, world_size, seed: _noise(n // world_size, seed),
            "모든 프로세스가 같은 잡음을 뽑습니다. 배치 전체의 잡음에서 자기 행을 가지십시오.",
            "Every process draws the same noise; take this one's rows of the noise of the whole batch.",
        ),
        Mistake(
            lambda n, rank, world_size, seed: _noise(n // world_size, seed + rank),
            "서로 다른 잡음이지만 프로세스 하나가 뽑을 잡음이 아닙니다. 프로세스 수가 바뀌면 결과도 바뀝니다.",
            "The processes' noise differs, but it is not what one process would draw: with another number of "
            "processes, the result is another one.",
        ),
        Mistake(
            lambda n, rank, world_size, seed: _noise(n, seed)[rank::world_size],
            "행을 번갈아 나누었습니다. 클립은 이어진 행으로 나뉘므로 잡음이 다른 클립에 붙습니다.",
            "You dealt the rows out in turn; clips are divided into consecutive rows, so that the noise "
            "falls on other clips.",
        ),
        Mistake(
            lambda n, rank, world_size, seed: _noise(n, seed),
            "배치 전체의 잡음입니다. 이 프로세스의 행만 남기십시오.",
            "That is the noise of the whole batch; keep this process's rows.",
        ),
    ),
    hint=(
        "먼저 n행을 뽑고, rank * (n // world_size)번째 행부터 n // world_size행을 가집니다.",
        "Draw n rows first; then take n // world_size of them from row rank * (n // world_size) on.",
    ),
)


def check_noise_rows(answer: Callable[[int, int, int, int], Tensor]) -> CheckResult:
    """Exercise 26.3: a process's rows of a batch's noise.

    Args:
        answer: (n, rank, world_size, seed): clips of the whole batch, which process, of how many, and the
            seed of ``torch.Generator().manual_seed(seed)`` -> noise (n / world_size, 16) by ``torch.randn``.

    Example:
        >>> check_noise_rows(lambda n, rank, world_size, seed: _noise(n // world_size, seed))
        ✘ Every process draws the same noise; take this one's rows of the noise of the whole batch.
    """
    return NOISE_ROWS.check(answer)

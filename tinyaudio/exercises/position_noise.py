"""Chapter 21, "NU-Wave: up to 48 kHz": noise that belongs to places in a sound."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Chunk = Callable[[int], Tensor]
NoiseAt = Callable[[Chunk, int, int, int], Tensor | None]


def _cases(generator: Generator) -> list[Case]:
    """A seed of the chunks, their size, and stretches over several of them, some before the sound."""
    cases: list[Case] = []
    for size, first in ((4, 1), (3, -2)):
        seed, before, more = torch.randint(1, size, (3,), generator=generator).tolist()
        begin = first * size + before
        cases.append((seed, size, begin, begin + size + more))
    return cases


def _with_chunks(answer: NoiseAt) -> Callable[[int, int, int, int], Any]:
    """The answer, given a function that draws chunk i."""

    def of_case(seed: int, size: int, begin: int, end: int) -> Any:
        def chunk(i: int) -> Tensor:
            key = torch.Generator().manual_seed(1_000_003 * seed + 7_919 * (i + 1_000))
            return torch.randn(size, generator=key)

        return answer(chunk, size, begin, end)

    return of_case


def _concatenated(chunk: Chunk, first: int, last: int) -> Tensor:
    return torch.cat([chunk(i) for i in range(first, last)])


def _right(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    first, last = begin // size, -(-end // size)
    start = begin - first * size
    return _concatenated(chunk, first, last)[start : start + end - begin]


def _of_the_block(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    return _right(chunk, size, 0, end - begin)


def _from_the_chunk(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    first = begin // size
    return _right(chunk, size, first * size, first * size + end - begin)


def _one_chunk(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    """The same chunk again where it ends."""
    start = begin % size
    return chunk(begin // size).repeat(2 + (end - begin) // size)[start : start + end - begin]


def _towards_zero(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    """Of chunks before sample 0, one too far to the right."""
    first = int(begin / size)
    return _concatenated(chunk, first, first + 4)[begin % size :][: end - begin]


def _of_samples(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    return torch.stack([chunk(i)[0] for i in range(begin, end)])


def _one_late(chunk: Chunk, size: int, begin: int, end: int) -> Tensor:
    return _right(chunk, size, begin + 1, end + 1)


NOISE_AT = Exercise(
    right=_right,
    cases=_cases,
    # within one chunk; a whole one
    edges=[(1, 4, 1, 3), (2, 4, 4, 8)],
    run=_with_chunks,
    mistakes=(
        Mistake(
            _of_the_block,
            "블록마다 같은 잡음이 처음부터 시작합니다. 잡음은 블록이 아니라 소리의 자리에 속해야 합니다.",
            "Each block begins with the same noise; noise should belong to a place in the sound.",
        ),
        Mistake(
            _from_the_chunk,
            "청크의 처음부터 가져왔습니다. begin이 청크 안의 몇 번째인지 세십시오.",
            "This begins where the chunk begins; count at which place in the chunk begin is.",
        ),
        Mistake(
            _one_chunk,
            "청크 하나를 되풀이했습니다. 다음 자리에는 다음 청크가 옵니다.",
            "One chunk is repeated; behind it comes the next one.",
        ),
        Mistake(
            _towards_zero,
            "음수에서 0 쪽으로 내림했습니다. 소리 앞의 자리도 begin // size처럼 아래로 내려야 합니다.",
            "Below 0 the division is rounded towards 0; round it down, as begin // size does.",
        ),
        Mistake(
            _of_samples,
            "자리마다 청크를 새로 뽑았습니다. 청크 하나가 size개의 샘플입니다.",
            "A chunk is drawn for each sample; one chunk is size samples.",
        ),
        Mistake(
            _one_late,
            "한 샘플 늦습니다. begin의 샘플부터 end의 앞까지입니다.",
            "This is late by one sample: it is from sample begin to the one before end.",
        ),
    ),
    hint=(
        "begin // size번째 청크부터 end를 덮는 청크까지 이은 다음 잘라 내십시오.",
        "Join the chunks from number begin // size to the one that covers end, and cut.",
    ),
)


def check_noise_at(answer: NoiseAt) -> CheckResult:
    """An exercise of chapter 21: the noise of samples begin to end, whichever block asks for it.

    Args:
        answer: (chunk, size, begin, end): a function of i that draws samples i size to (i + 1) size, their
            number, and a stretch, which may begin before 0 -> noise (end - begin,).

    Example:
        >>> check_noise_at(lambda chunk, size, begin, end: chunk(0).repeat(4)[: end - begin])
        ✘ <lambda>(...)... should be ...
    """
    return NOISE_AT.check(answer)

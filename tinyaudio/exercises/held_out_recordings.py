"""Chapter 25, "Your own sound": which crops are held out, if whole recordings are."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    """Recordings of several crops each, in another order than their numbers; recording 0 is among them."""
    cases = []
    for n, every in ((7, 3), (9, 4), (11, 5)):
        counts = torch.randint(2, 6, (n,), generator=generator)
        order = torch.randperm(n, generator=generator)
        cases.append((order.repeat_interleave(counts), every))
    return cases


def _held_out(recording: Tensor, every: int) -> Tensor:
    return (recording % every == 0).long()


def _first_of_each(recording: Tensor, every: int) -> Tensor:
    first = torch.ones_like(recording, dtype=torch.bool)
    first[1:] = recording[1:] != recording[:-1]
    return first & (recording % every == 0)


def _last_part(recording: Tensor, every: int) -> Tensor:
    n = len(recording)
    return torch.arange(n) >= n - n // every


HELD_OUT = Exercise(
    right=_held_out,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda recording, every: torch.arange(len(recording)) % every == 0,
            "크롭의 차례로 나누었습니다. 한 녹음의 크롭이 양쪽에 들어갑니다. 녹음의 번호로 나누십시오.",
            "That splits by the place of the crop, so that crops of one recording are on both sides; split by "
            "the recording's number.",
        ),
        Mistake(
            lambda recording, every: recording % every != 0,
            "학습할 크롭이 True입니다. 남겨 둘 크롭이 True여야 합니다.",
            "True marks the crops to train on; it has to mark those that are held out.",
        ),
        Mistake(
            _first_of_each,
            "녹음마다 첫 크롭만 남겨 두었습니다. 나머지 크롭이 학습에 들어갑니다. 모두 남기십시오.",
            "Only the first crop of a recording is held out, and its others are trained on; hold all of them "
            "out.",
        ),
        Mistake(
            _last_part,
            "뒤쪽의 크롭을 잘라 냈습니다. 경계에 걸린 녹음은 양쪽에 들어갑니다. 녹음의 번호로 나누십시오.",
            "That cuts off the last crops, and a recording at the cut is on both sides; split by the "
            "recording's number.",
        ),
        Mistake(
            lambda recording, every: recording < every,
            "앞의 녹음 every개를 남겼습니다. every개마다 하나, 곧 번호가 every로 나누어떨어지는 녹음입니다.",
            "Those are the first `every` recordings; hold out one in `every`, those whose number it divides.",
        ),
        Mistake(
            lambda recording, every: recording % every == 1,
            "한 칸 밀렸습니다. 0번 녹음부터 남겨 둡니다.",
            "One too late: recording 0 is the first to be held out.",
        ),
    ),
    hint=(
        "recording에 대한 식 하나이면 됩니다. 크롭의 자리는 쓰지 않습니다.",
        "One expression of `recording` will do; the place of a crop does not appear in it.",
    ),
)


def check_held_out(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 25.1: the crops of every so-manieth recording.

    Args:
        answer: recording (N,), the number of each crop's recording, every -> (N,), True where held out.

    Example:
        >>> check_held_out(lambda recording, every: recording % every != 0)
        ✘ True marks the crops to train on; it has to mark those that are held out.
    """
    return HELD_OUT.check(answer)

"""Chapter 24, "The whole chain": links run one after the other, every sound kept, a wrong rate refused."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Link = tuple[
    int, int, Callable[[Tensor], Tensor]
]  # rate that it takes, rate that it makes, function
REFUSED = -1.0


def _scaled(gain: float, ratio: int) -> Callable[[Any], Tensor]:
    return lambda x: (gain * torch.as_tensor(x) + 1).repeat_interleave(ratio)


def _cases(generator: Generator) -> list[Case]:
    """A chain that fits, one that raises the rate on its way, and one whose last link does not fit."""
    a, b, c = (1.5 + torch.rand(3, generator=generator)).tolist()
    x = torch.rand(3, generator=generator)
    same, other = (16, 16, _scaled(a, 1)), (16, 16, _scaled(b, 1))
    triple, last = (16, 48, _scaled(c, 3)), (48, 48, _scaled(a, 1))
    return [(x, 16, [same, other]), (x, 16, [same, triple, last]), (x, 16, [same, last])]


def _right(x: Tensor, rate: int, links: Sequence[Link]) -> list[Tensor]:
    sounds = [x]
    for takes, makes, function in links:
        if takes != rate:
            raise ValueError(f"takes {takes}, not {rate}")
        sounds.append(function(sounds[-1]))
        rate = makes
    return sounds


def _unchecked(x: Tensor, rate: int, links: Sequence[Link]) -> list[Tensor]:
    return _right(x, 0, [(0, 0, function) for _, _, function in links])


def _first_rate(x: Tensor, rate: int, links: Sequence[Link]) -> list[Tensor]:
    return _right(x, rate, [(takes, rate, function) for takes, _, function in links])


def _stops(x: Tensor, rate: int, links: Sequence[Link]) -> list[Tensor]:
    for n, (takes, makes, _) in enumerate(links):
        if takes != rate:
            return _unchecked(x, rate, links[:n])
        rate = makes
    return _unchecked(x, rate, links)


def _from_input(x: Tensor, rate: int, links: Sequence[Link]) -> list[Tensor]:
    _right(x, rate, links)
    return [x, *(function(x) for _, _, function in links)]


def _chained(answer: Callable[..., Any]) -> Callable[..., Any]:
    """All sounds in one tensor, or one number where the answer refuses."""

    def result(x: Tensor, rate: int, links: Sequence[Link]) -> Any:
        try:
            sounds = answer(x, rate, links)
        except ValueError:
            return torch.tensor([REFUSED])
        if sounds is None or sounds is ...:
            return sounds
        return torch.cat([torch.as_tensor(one).flatten().float() for one in sounds])

    return result


LINKED = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            _unchecked,
            "레이트를 견주지 않았습니다. 맞지 않는 고리가 있으면 ValueError를 일으키십시오.",
            "Rates are not compared; raise a ValueError where a link does not fit.",
        ),
        Mistake(
            _first_rate,
            "레이트가 고리를 지나며 바뀌는데 처음 레이트와만 견주었습니다.",
            "The rate changes from link to link, but you compare with the first one only.",
        ),
        Mistake(
            _stops,
            "맞지 않는 고리에서 말없이 멈추었습니다. ValueError를 일으키십시오.",
            "You stop in silence where a link does not fit; raise a ValueError.",
        ),
        Mistake(
            lambda x, rate, links: _right(x, rate, links)[-1:],
            "마지막 소리만 남겼습니다. 고리 사이의 소리도 모두 돌려주십시오.",
            "Only the last sound is kept; return those between the links, too.",
        ),
        Mistake(
            lambda x, rate, links: _right(x, rate, links)[1:],
            "입력이 빠졌습니다. 입력이 첫 소리입니다.",
            "The input is missing; it is the first sound.",
        ),
        Mistake(
            _from_input,
            "모든 고리가 입력을 받았습니다. 고리는 앞 고리가 만든 것을 받습니다.",
            "Every link got the input; a link takes what the one before it made.",
        ),
    ),
    hint=(
        "지금의 소리와 지금의 레이트, 두 가지를 들고 고리를 차례로 지나십시오.",
        "Carry two things from link to link: the sound and its rate.",
    ),
    run=_chained,
)


def check_linked(answer: Callable[[Tensor, int, Sequence[Link]], Sequence[Tensor]]) -> CheckResult:
    """Exercise 24.4: a chain of links.

    Args:
        answer: (x, rate, links), each link (rate that it takes, rate that it makes, function) -> all sounds,
            the input first; raises a ValueError where a link takes another rate.

    Example:
        >>> def answer(x, rate, links):
        ...     sounds = [x]
        ...     for takes, makes, function in links:
        ...         sounds.append(function(sounds[-1]))
        ...     return sounds
        >>> check_linked(answer)
        ✘ Rates are not compared; raise a ValueError where a link does not fit.
    """
    return LINKED.check(answer)

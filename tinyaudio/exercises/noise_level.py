"""Chapter 19, "Diffusion vocoders": WaveGrad's noise levels, one for each clip, anywhere between two steps."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Level = Callable[[Tensor, Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Steps that are all different, of schedules whose alpha-bars fall by a good deal."""
    cases: list[Case] = []
    for steps in ((2, 0, 3), (1, 3, 0, 2)):
        betas = 0.1 + 0.3 * torch.rand(5, generator=generator)
        u = 0.1 + 0.8 * torch.rand(len(steps), generator=generator)
        cases.append(((1 - betas).cumprod(0), torch.tensor(steps), u))
    return cases


def _between(ends: Tensor, s: Tensor, u: Tensor) -> Tensor:
    return torch.lerp(ends[s], ends[s + 1], u)


def _with_one(values: Tensor) -> Tensor:
    return torch.cat([torch.ones(1), values])


def _right(alpha_bars: Tensor, s: Tensor, u: Tensor) -> Tensor:
    return _between(_with_one(alpha_bars.sqrt()), s, u)


def _later(alpha_bars: Tensor, s: Tensor, u: Tensor) -> Tensor:
    """Without the level 1, so that every level is a step too late."""
    return _between(torch.cat([alpha_bars, alpha_bars[-1:]]).sqrt(), s, u)


NOISE_LEVEL = Exercise(
    right=_right,
    cases=_cases,
    # the ends of a step, the first and the last
    edges=[(torch.tensor([0.81, 0.25]), torch.tensor([0, 1]), torch.tensor([0.0, 1.0]))],
    mistakes=(
        Mistake(
            lambda alpha_bars, s, u: _right(alpha_bars, s, u)[:1].expand(len(s)),
            "배치 전체가 첫 클립의 노이즈 레벨 하나를 씁니다. 클립마다 자기 s와 u를 쓰십시오.",
            "One noise level, that of the first clip, serves the whole batch; give each clip its own s and u.",
        ),
        Mistake(
            lambda alpha_bars, s, u: _right(alpha_bars, s, u[:1].expand(len(u))),
            "스텝은 클립마다 다르지만 u는 첫 클립의 것 하나입니다.",
            "Each clip has its own step, but all have the u of the first.",
        ),
        Mistake(
            lambda alpha_bars, s, u: _between(_with_one(alpha_bars), s, u).sqrt(),
            "ᾱ를 보간한 다음 제곱근을 구했습니다. 제곱근인 노이즈 레벨을 보간하십시오.",
            "You interpolated ᾱ and then took the root; interpolate the noise levels, which are roots.",
        ),
        Mistake(
            lambda alpha_bars, s, u: _between(_with_one(alpha_bars), s, u),
            "ᾱ를 보간했습니다. 노이즈 레벨은 그 제곱근입니다.",
            "You interpolated ᾱ; the noise level is its square root.",
        ),
        Mistake(
            _later,
            "한 스텝 늦습니다. 첫 구간은 잡음이 없는 레벨 1에서 시작합니다.",
            "A step too late: the first interval begins at level 1, where there is no noise.",
        ),
        Mistake(
            lambda alpha_bars, s, u: _with_one(alpha_bars.sqrt())[s + 1] + 0 * u,
            "u를 쓰지 않아 스텝의 레벨만 나옵니다. 이웃한 두 레벨의 사이를 채우십시오.",
            "Without u only the levels of steps come out; fill in between two neighbours.",
        ),
        Mistake(
            lambda alpha_bars, s, u: _right(alpha_bars, s, 1 - u),
            "방향이 반대입니다. u = 0이 잡음이 적은 쪽입니다.",
            "The direction is reversed: u = 0 is the end with less noise.",
        ),
        Mistake(
            lambda alpha_bars, s, u: torch.lerp(torch.ones(()), alpha_bars[-1].sqrt(), u),
            "s를 쓰지 않고 전체 범위에서 고르게 뽑았습니다. 그러면 스케줄이 정한 비율이 사라집니다.",
            "Without s the level is uniform over the whole range, and what the schedule says is lost.",
        ),
    ),
    hint=(
        "레벨 1과 모든 스텝의 √ᾱ를 한 줄로 이은 다음, s째와 s + 1째 사이를 u의 비율로 나누십시오.",
        "Join the level 1 and √ᾱ of all steps, then go from entry s to entry s + 1 by the share u.",
    ),
)


def check_noise_level(answer: Level) -> CheckResult:
    """An exercise of chapter 19: the noise levels of a batch, each drawn between two neighbouring steps.

    Args:
        answer: (alpha_bars, s, u), of shapes (N,), (B,) counted from 0, and (B,) from 0 to 1 -> the square
            roots of alpha-bar (B,).

    Example:
        >>> check_noise_level(lambda alpha_bars, s, u: alpha_bars.sqrt()[s])
        ✘ Without u only the levels of steps come out; fill in between two neighbours.
    """
    return NOISE_LEVEL.check(answer)

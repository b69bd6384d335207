"""Chapter 3, "mu-law and the softmax": the probabilities of a logistic component."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _F(c: Tensor, mean: float, scale: float) -> Tensor:
    return torch.sigmoid((c - mean) / scale)


def _inner(mean: float, scale: float, K: int, half: float = 0.5) -> Tensor:
    c = torch.arange(K)
    return _F(c + half, mean, scale) - _F(c - half, mean, scale)


def _cut(borders: Callable[[int], Tensor], F: Callable[..., Tensor] = _F) -> Answer:
    """Differences of F at K - 1 borders, 0 before them and 1 behind."""
    return lambda mean, scale, K: torch.cat(
        [torch.zeros(1), F(borders(K), mean, scale), torch.ones(1)]
    ).diff()


def _between(K: int) -> Tensor:
    return torch.arange(K - 1) + 0.5


_bell = _cut(_between)


def _normal(c: Tensor, mean: float, scale: float) -> Tensor:
    return torch.special.ndtr((c - mean) / scale)


def _density(mean: float, scale: float, K: int) -> Tensor:
    s = _F(torch.arange(K), mean, scale)
    return s * (1 - s) / scale


def _one_tail(lowest: bool) -> Answer:
    """Only one of the two outer levels has its tail."""

    def answer(mean: float, scale: float, K: int) -> Tensor:
        p = _inner(mean, scale, K)
        end = 0 if lowest else K - 1
        p[end] = _bell(mean, scale, K)[end]
        return p

    return answer


def _components(generator: Generator) -> list[Case]:
    """A centre among the levels, near an end, beyond the highest and below the lowest."""
    r = torch.rand(4, 2, generator=generator).tolist()
    places = ((6.3, 2.0, 16), (0.2, 1.5, 16), (8.0, 3.0, 8), (-1.2, 0.9, 5))
    return [(m + a, s + 0.4 * b, K) for (m, s, K), (a, b) in zip(places, r, strict=True)]


BELL = Exercise(
    right=_bell,
    cases=_components,
    edges=[(0.5, 1.0, 2), (7.0, 0.1, 16), (20.0, 3.0, 8)],
    mistakes=(
        Mistake(
            _inner,
            "양 끝에 꼬리가 없어서 합이 1보다 작습니다. 맨 아래는 F 대신 0, 맨 위는 1입니다.",
            "The ends do not own their tails: the sum is below 1. The lowest F is 0, the highest 1.",
        ),
        Mistake(
            _one_tail(lowest=True),
            "위쪽 끝에 꼬리가 없습니다. 가장 높은 레벨의 위쪽 F는 1입니다.",
            "The upper end lacks its tail: the upper F of the highest level is 1.",
        ),
        Mistake(
            _one_tail(lowest=False),
            "아래쪽 끝에 꼬리가 없습니다. 가장 낮은 레벨의 아래쪽 F는 0입니다.",
            "The lower end lacks its tail: the lower F of the lowest level is 0.",
        ),
        Mistake(
            lambda mean, scale, K: _inner(mean, scale, K) / _inner(mean, scale, K).sum(),
            "합으로 나누어 1로 맞추었습니다. 그러면 꼬리가 모든 레벨에 흩어집니다. 꼬리는 끝의 것입니다.",
            "Divided by the sum: that spreads the tails over all levels. They belong to the ends.",
        ),
        Mistake(
            _density,
            "종 모양 곡선의 높이, 곧 밀도입니다. 레벨의 확률은 그 위의 넓이, 곧 두 F의 차이입니다.",
            "That is the height of the bell. A level has the area above it, a difference of two F.",
        ),
        Mistake(
            lambda mean, scale, K: _density(mean, scale, K) / _density(mean, scale, K).sum(),
            "밀도를 합으로 나누었습니다. 레벨의 확률은 두 F의 차이입니다.",
            "The density divided by its sum; a level has a difference of two F.",
        ),
        Mistake(
            lambda mean, scale, K: _inner(mean, scale, K, half=1.0),
            "구간의 너비가 2입니다. 레벨의 경계는 양쪽으로 1/2씩입니다.",
            "Your intervals are 2 wide; a level reaches 1/2 to either side.",
        ),
        Mistake(
            _cut(lambda K: torch.arange(1, K)),
            "i부터 i+1까지를 레벨 i에 주었습니다. 분포가 반 칸 밀립니다. 경계는 i ± 1/2입니다.",
            "Level i got what lies from i to i + 1, half a level off. Its borders are i - 1/2 and i + 1/2.",
        ),
        Mistake(
            _cut(lambda K: torch.arange(K - 1)),
            "i-1부터 i까지를 레벨 i에 주었습니다. 분포가 반 칸 밀립니다. 경계는 i ± 1/2입니다.",
            "Level i got what lies from i - 1 to i, half a level off. Its borders are i - 1/2 and i + 1/2.",
        ),
        Mistake(
            lambda mean, scale, K: _F(torch.arange(K) + 1, mean, scale) - _F(torch.arange(K), mean, scale),
            "i부터 i+1까지를 레벨 i에 주었고 꼬리도 없습니다. 경계는 i ± 1/2이고, 양 끝은 꼬리를 갖습니다.",
            "Level i got what lies from i to i + 1, and the tails are missing. Borders are i ± 1/2.",
        ),
        Mistake(
            _cut(lambda K: torch.arange(K - 1) - 0.5),
            "경계가 한 칸 낮습니다. 첫 경계는 -0.5가 아니라 0.5입니다.",
            "The borders are one level too low: the first is at 0.5, not at -0.5.",
        ),
        Mistake(
            _cut(lambda K: torch.arange(K - 1) + 1.5),
            "경계가 한 칸 높습니다. 첫 경계는 1.5가 아니라 0.5입니다.",
            "The borders are one level too high: the first is at 0.5, not at 1.5.",
        ),
        Mistake(
            _cut(_between, lambda c, mean, scale: _F(c, mean, 1 / scale)),
            "scale을 곱했습니다. 나누어야 scale이 클수록 넓어집니다.",
            "You multiplied by the scale; divide, so that a larger one is wider.",
        ),
        Mistake(
            _cut(_between, lambda c, mean, scale: _F(c, mean, math.exp(scale))),
            "scale에 exp를 취했습니다. scale은 로그가 아닙니다.",
            "You took exp of the scale, which is no logarithm here.",
        ),
        Mistake(
            _cut(_between, lambda c, mean, scale: _F(c, mean, 1.0)),
            "scale을 쓰지 않았습니다.",
            "The scale is not used.",
        ),
        Mistake(
            _cut(_between, lambda c, mean, scale: 1 - _F(c, mean, scale)),
            "F의 부호가 반대입니다. (c - mean) / scale의 시그모이드입니다.",
            "The sign within F is reversed: it is the sigmoid of (c - mean) / scale.",
        ),
        Mistake(
            _cut(_between, _normal),
            "정규분포의 누적 분포를 썼습니다. 로지스틱 분포의 F는 시그모이드입니다.",
            "You took the normal distribution; the F of a logistic one is the sigmoid.",
        ),
        Mistake(
            _cut(_between, lambda c, mean, scale: torch.tanh((c - mean) / scale) / 2 + 0.5),
            "tanh를 썼습니다. 시그모이드보다 두 배 가파릅니다.",
            "You took a tanh, which is twice as steep as the sigmoid.",
        ),
        Mistake(
            lambda mean, scale, K: _F(_between(K), mean, scale).diff(),
            "양 끝이 빠져 레벨이 두 개 모자랍니다. 앞에 0, 뒤에 1을 붙이고 뺍니다.",
            "Both ends are missing: put 0 before and 1 behind, then subtract.",
        ),
        Mistake(
            lambda mean, scale, K: _bell(mean, scale, K).cumsum(0),
            "누적 분포입니다. 이웃끼리 빼십시오.",
            "That is the cumulative distribution; subtract neighbours.",
        ),
    ),
    hint=("경계마다 F를 구하고 이웃끼리 뺍니다.", "F at every border; then differences."),
)  # fmt: skip


def check_bell(answer: Callable[[float, float, int], Tensor]) -> CheckResult:
    """Exercise 3.3: the probabilities of a discretized logistic component.

    Args:
        answer: (mean, scale, K), both in levels -> the K probabilities.

    Example:
        >>> def slope(c, mean, scale):
        ...     s = torch.sigmoid((c - mean) / scale)
        ...     return s * (1 - s) / scale
        >>> check_bell(lambda mean, scale, K: slope(torch.arange(K), mean, scale))
        ✘ That is the height of the bell. A level has the area above it, a difference of two F.
    """
    return BELL.check(answer)

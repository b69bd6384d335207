"""Chapter 10, "A WaveNet autoencoder, and timbre": from the latents of one sound to those of another."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Glide = Callable[[Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    return [
        (torch.randn(D, N, generator=generator), torch.randn(D, M, generator=generator))
        for D, N, M in ((2, 5, 5), (3, 4, 7), (2, 6, 4))
    ]


def _mixed(weights: Callable[[int], tuple[Tensor, Tensor]]) -> Answer:
    """A weighted sum of what both sounds have."""

    def glide(one: Tensor, other: Tensor) -> Tensor:
        n = min(one.shape[1], other.shape[1])
        a, b = weights(n)
        return a * one[:, :n] + b * other[:, :n]

    return glide


def _line(n: int) -> tuple[Tensor, Tensor]:
    m = torch.linspace(0, 1, n)
    return 1 - m, m


def _short(n: int) -> tuple[Tensor, Tensor]:
    m = torch.arange(n) / n
    return 1 - m, m


def _late(n: int) -> tuple[Tensor, Tensor]:
    m = torch.arange(1, n + 1) / n
    return 1 - m, m


def _equal_power(n: int) -> tuple[Tensor, Tensor]:
    m = torch.linspace(0, 1, n)
    return (1 - m).sqrt(), m.sqrt()


def _sines(n: int) -> tuple[Tensor, Tensor]:
    m = torch.linspace(0, 1, n) * torch.pi / 2
    return m.cos(), m.sin()


def _switch(n: int) -> tuple[Tensor, Tensor]:
    m = (torch.arange(n) >= n / 2).float()
    return 1 - m, m


def _padded(one: Tensor, other: Tensor) -> Tensor:
    n = max(one.shape[1], other.shape[1])
    a, b = _line(n)
    return a * F.pad(one, (0, n - one.shape[1])) + b * F.pad(other, (0, n - other.shape[1]))


def _stretched(one: Tensor, other: Tensor) -> Tensor:
    """Each along its own whole length, as if one note could be played faster."""
    n = min(one.shape[1], other.shape[1])
    a, b = _line(n)
    both = [
        F.interpolate(z[None], size=n, mode="linear", align_corners=True)[0] for z in (one, other)
    ]
    return a * both[0] + b * both[1]


def _over_channels(one: Tensor, other: Tensor) -> Tensor:
    n = min(one.shape[1], other.shape[1])
    m = torch.linspace(0, 1, one.shape[0])[:, None]
    return (1 - m) * one[:, :n] + m * other[:, :n]


GLIDE = Exercise(
    right=_mixed(_line),
    cases=_cases,
    mistakes=(
        Mistake(
            _mixed(lambda n: _line(n)[::-1]),
            "방향이 반대입니다. 처음에는 one, 끝에는 other입니다.",
            "The wrong way round: at the begin it is one, at the end other.",
        ),
        Mistake(
            _mixed(lambda n: (torch.full((n,), 0.5), torch.full((n,), 0.5))),
            "처음부터 끝까지 절반씩입니다. 가중치가 0에서 1까지 변해야 합니다.",
            "Half and half all the way; the weight has to move from 0 to 1.",
        ),
        Mistake(
            _mixed(_short),
            "끝에 닿지 못했습니다. 마지막 가중치는 1이어야 합니다.",
            "It does not arrive: the last weight has to be 1.",
        ),
        Mistake(
            _mixed(_late),
            "처음부터 other가 섞여 있습니다. 첫 가중치는 0이어야 합니다.",
            "Some of other is there from the first; the first weight has to be 0.",
        ),
        Mistake(
            _mixed(_equal_power),
            "제곱근 가중치는 파형을 크로스페이드할 때 씁니다. 잠재 변수에서는 두 가중치의 합이 1이어야 합니다.",
            "Square roots are for the crossfade of waveforms; between latents the two weights add up to 1.",
        ),
        Mistake(
            _mixed(_sines),
            "사인과 코사인 가중치는 파형을 크로스페이드할 때 씁니다. "
            "잠재 변수에서는 두 가중치의 합이 1이어야 합니다.",
            "Sine and cosine are for the crossfade of waveforms; between latents the two weights add up to 1.",
        ),
        Mistake(
            _mixed(_switch),
            "가운데에서 갑자기 바뀝니다. 가중치가 고르게 변해야 합니다.",
            "It switches in the middle; the weight has to move evenly.",
        ),
        Mistake(
            _mixed(lambda n: (torch.ones(n), torch.linspace(0, 1, n))),
            "one의 가중치가 줄지 않습니다. 두 가중치의 합은 1입니다.",
            "The weight of one does not fall; the two add up to 1.",
        ),
        Mistake(
            _over_channels,
            "가중치가 시간이 아니라 채널을 따라 변합니다.",
            "The weight moves along channels instead of time.",
        ),
        Mistake(
            _padded,
            "짧은 쪽을 0으로 채웠습니다. 둘 가운데 짧은 길이로 자르십시오.",
            "The shorter one was filled up with zeros; cut both to the shorter length.",
        ),
        Mistake(
            _stretched,
            "긴 쪽을 눌러 맞추었습니다. 그러면 음이 빨라집니다. 뒤를 자르십시오.",
            "The longer one was squeezed, which makes its note faster; cut off its end.",
        ),
        Mistake(
            lambda one, other: torch.cat([one, other], 1),
            "두 소리를 이어 붙였습니다. 같은 시각의 잠재 변수를 섞으십시오.",
            "You put one after the other; mix the latents of the same time.",
        ),
    ),
    hint=(
        "가중치는 torch.linspace(0, 1, n)이고, n은 둘 가운데 짧은 길이입니다.",
        "The weights are torch.linspace(0, 1, n), where n is the shorter of the two lengths.",
    ),
)


def check_glide(answer: Glide) -> CheckResult:
    """Exercise 10.3: latents that begin as those of one sound and end as those of another.

    Args:
        answer: (one, other), of shapes (D, N) and (D, M) -> (D, min(N, M)), two or more.

    Example:
        >>> check_glide(lambda one, other: (one + other) / 2 if one.shape == other.shape else one)
        ✘ ...
    """
    return GLIDE.check(answer)

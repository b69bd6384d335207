"""Chapter 19, "Diffusion vocoders": a whole vocoder, from noise and levels to a waveform."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Network = Callable[[Tensor, float], Tensor]
Vocoded = Callable[[Network, Tensor, list[float], Tensor], Tensor]


def network(x: Tensor, root: float) -> Tensor:
    """The noise that it sees in x, for a root of alpha-bar; bound to a mel spectrogram."""
    return (1 - root) * x + root * torch.tanh(x + 0.3)


def _cases(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for n, T in ((2, 4), (4, 6)):
        level = 0.2 + torch.rand(T, generator=generator)
        falls = 0.5 + 0.4 * torch.rand(n, generator=generator)
        noise = torch.randn(T, generator=generator)
        cases.append((network, level, falls.cumprod(0).tolist(), noise))
    return cases


def _sampled(
    network: Network,
    level: Tensor,
    alpha_bars: list[float],
    noise: Tensor,
    *,
    last: float = 1.0,
    given: Callable[[float], float] = lambda a: a**0.5,
    removed: Callable[[float], float] = lambda a: (1 - a) ** 0.5,
) -> Tensor:
    """Sampling by DDIM, with a place for each mistake; the level is left to others."""
    x = noise
    for a, s in zip(reversed(alpha_bars), [*reversed(alpha_bars[:-1]), last], strict=True):
        epsilon = network(x, given(a))
        clean = (x - removed(a) * epsilon) / a**0.5
        x = s**0.5 * clean + (1 - s) ** 0.5 * epsilon
    return x


def _right(network: Network, level: Tensor, alpha_bars: list[float], noise: Tensor) -> Tensor:
    return level * _sampled(network, level, alpha_bars, noise)


def _forwards(network: Network, level: Tensor, alpha_bars: list[float], noise: Tensor) -> Tensor:
    x = noise
    for a, s in zip(alpha_bars, [*alpha_bars[1:], 1.0], strict=True):
        epsilon = network(x, a**0.5)
        x = s**0.5 * (x - (1 - a) ** 0.5 * epsilon) / a**0.5 + (1 - s) ** 0.5 * epsilon
    return level * x


VOCODED = Exercise(
    right=_right,
    cases=_cases,
    # a single call of the network
    edges=[(network, torch.tensor([0.5, 2.0]), [0.36], torch.tensor([1.0, -0.4]))],
    mistakes=(
        Mistake(
            _sampled,
            "레벨을 곱하지 않았습니다. 신경망은 레벨로 나눈 소리를 배웠습니다.",
            "The level is not applied; the network has learned sound divided by it.",
        ),
        Mistake(
            lambda network, level, alpha_bars, noise: _sampled(
                network, level, alpha_bars, level * noise
            ),
            "레벨을 처음의 잡음에 곱했습니다. 신경망 안에서는 분산이 1이어야 하고, 레벨은 끝에 곱합니다.",
            "The level multiplies the first noise; inside, variances are 1, and the level comes last.",
        ),
        Mistake(
            lambda network, level, alpha_bars, noise: _right(
                network, level, alpha_bars, level * noise
            ),
            "레벨을 처음의 잡음과 끝의 소리에 두 번 곱했습니다.",
            "The level is applied twice, to the first noise and to the sound at the end.",
        ),
        Mistake(
            lambda network, level, alpha_bars, noise: (
                _sampled(network, level, alpha_bars, noise) / level
            ),
            "레벨로 나누었습니다. 나눈 것은 학습할 때이고, 생성할 때는 곱합니다.",
            "You divided by the level; that is for training, and generation multiplies.",
        ),
        Mistake(
            _forwards,
            "스텝의 순서가 거꾸로입니다. 잡음이 가장 많은 alpha_bars[-1]에서 시작하십시오.",
            "The steps are in the wrong order: begin with alpha_bars[-1], where there is most noise.",
        ),
        Mistake(
            lambda network, level, alpha_bars, noise: (
                level * _sampled(network, level, alpha_bars, noise, given=lambda a: a)
            ),
            "신경망에 ᾱ를 주었습니다. WaveGrad는 그 제곱근을 받습니다.",
            "The network was given ᾱ; a WaveGrad gets its square root.",
        ),
        Mistake(
            lambda network, level, alpha_bars, noise: (
                level * _sampled(network, level, alpha_bars, noise, last=alpha_bars[0])
            ),
            "마지막 스텝이 빠졌습니다. 끝에서는 ᾱ가 1이고, 추정한 x_0이 결과입니다.",
            "The last step is missing: at its end ᾱ is 1, and the estimate of x_0 is the result.",
        ),
        Mistake(
            lambda network, level, alpha_bars, noise: (
                level * _sampled(network, level, alpha_bars, noise, removed=lambda a: 1 - a)
            ),
            "x_0을 추정할 때 1 - ᾱ의 제곱근이 빠졌습니다.",
            "The estimate of x_0 lacks the square root of 1 - ᾱ.",
        ),
    ),
    hint=(
        "스텝마다 ε을 부르고, x_0을 추정하고, 다음 ᾱ의 잡음과 다시 섞으십시오. 끝의 ᾱ는 1입니다.",
        "In each step call for ε, estimate x_0, and mix again for the next ᾱ; the last of these is 1.",
    ),
)


def check_vocoded(answer: Vocoded) -> CheckResult:
    """An exercise of chapter 19: DDIM from noise to a waveform of the given levels.

    Args:
        answer: (network, level, alpha_bars, noise): a function of (x, sqrt(alpha-bar)) that returns the
            noise in x, the deviations (T,), the alpha-bars of the steps, falling, and x_T (T,) -> a
            waveform (T,).

    Example:
        >>> check_vocoded(lambda network, level, alpha_bars, noise: level * noise)
        ✘ <lambda>(network, [...], [...], [...])[0] should be ...
    """
    return VOCODED.check(answer)

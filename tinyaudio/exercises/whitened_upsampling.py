"""Chapter 21, "NU-Wave: up to 48 kHz": an upsampler that generates what a sinc leaves out."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Network = Callable[[Tensor, float], Tensor]
Upsampled = Callable[[Network, Tensor, Tensor, int, list[float], Tensor], Tensor]


def network(x: Tensor, root: float) -> Tensor:
    """The v that it sees in the folded x (r, t), another one in each channel; bound to a condition."""
    place = 1 + torch.arange(len(x))[:, None]
    return 0.5 * torch.tanh(place * x + 0.3) - root * x / place


def _cases(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for n, r, t in ((2, 2, 3), (3, 3, 2)):
        u, noise = torch.randn(2, r * t, generator=generator)
        sigma = 0.2 + torch.rand(r * t, generator=generator)
        falls = 0.5 + 0.4 * torch.rand(n, generator=generator)
        cases.append((network, u, sigma, r, falls.cumprod(0).tolist(), noise))
    return cases


def _fold(x: Tensor, r: int) -> Tensor:
    return x.reshape(-1, r).T


def _unfold(x: Tensor) -> Tensor:
    return x.T.flatten()


def _residual(
    network: Network,
    r: int,
    alpha_bars: list[float],
    noise: Tensor,
    *,
    fold: Callable[[Tensor, int], Tensor] = _fold,
    unfold: Callable[[Tensor], Tensor] = _unfold,
    predicts: str = "v",
) -> Tensor:
    """The residual by DDIM, with a place for each mistake."""
    x = fold(noise, r)
    for a, s in zip(reversed(alpha_bars), [*reversed(alpha_bars[:-1]), 1.0], strict=True):
        output = network(x, a**0.5)
        clean = a**0.5 * x - (1 - a) ** 0.5 * output
        epsilon = (1 - a) ** 0.5 * x + a**0.5 * output
        if predicts == "epsilon":
            clean, epsilon = (x - (1 - a) ** 0.5 * output) / a**0.5, output
        if predicts == "x0":
            clean, epsilon = output, (x - a**0.5 * output) / (1 - a) ** 0.5
        x = s**0.5 * clean + (1 - s) ** 0.5 * epsilon
    return unfold(x)


def _right(
    network: Network, u: Tensor, sigma: Tensor, r: int, alpha_bars: list[float], noise: Tensor
) -> Tensor:
    return u + sigma * _residual(network, r, alpha_bars, noise)


UPSAMPLED = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                u + _residual(network, r, alpha_bars, noise)
            ),
            "레벨을 곱하지 않았습니다. 신경망은 sigma로 나눈 잔차를 배웠습니다.",
            "The level is not applied; the network has learned residuals divided by sigma.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                sigma * _residual(network, r, alpha_bars, noise)
            ),
            "잔차만 있습니다. sinc로 올린 u를 더하십시오.",
            "That is the residual alone; add u, which the sinc has interpolated.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                sigma * (u + _residual(network, r, alpha_bars, noise))
            ),
            "u에도 sigma를 곱했습니다. 레벨은 잔차의 것입니다.",
            "u is multiplied by sigma, too; the level is that of the residual.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                u + sigma * _residual(network, r, alpha_bars, sigma * noise)
            ),
            "처음의 잡음에도 sigma를 곱했습니다. 신경망 안에서는 분산이 1이어야 합니다.",
            "The first noise is multiplied by sigma, too; inside the network, variances are 1.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                u
                + sigma
                * _residual(
                    network,
                    r,
                    alpha_bars,
                    noise,
                    fold=lambda x, r: x.reshape(r, -1),
                    unfold=torch.flatten,
                )
            ),
            "소리를 r토막으로 나누었습니다. 이웃한 r개의 샘플이 한 열이어야 합니다.",
            "The sound is cut into r parts; r neighbouring samples should be one column.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                u + sigma * _residual(network, r, alpha_bars, noise, unfold=torch.flatten)
            ),
            "펼칠 때 축을 되돌리지 않아 샘플의 순서가 섞였습니다.",
            "Unfolded without turning the axes back, the samples are in the wrong order.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                u + sigma * _residual(network, r, alpha_bars, noise, predicts="epsilon")
            ),
            "신경망의 출력을 잡음으로 썼습니다. 이 신경망은 v를 예측합니다.",
            "The output is taken for the noise; this network predicts v.",
        ),
        Mistake(
            lambda network, u, sigma, r, alpha_bars, noise: (
                u + sigma * _residual(network, r, alpha_bars, noise, predicts="x0")
            ),
            "신경망의 출력을 x_0으로 썼습니다. 이 신경망은 v를 예측합니다.",
            "The output is taken for x_0; this network predicts v.",
        ),
    ),
    hint=(
        "잡음을 접고, 스텝마다 v에서 x_0과 ε을 구하고, 끝에 펼쳐서 sigma를 곱하고 u를 더하십시오.",
        "Fold the noise; in each step find x_0 and ε from v; at the end unfold, multiply by sigma, add u.",
    ),
)


def check_upsampled(answer: Upsampled) -> CheckResult:
    """An exercise of chapter 21: the interpolated sound with a generated residual above it.

    Args:
        answer: (network, u, sigma, r, alpha_bars, noise): a function of (x (r, t), sqrt(alpha-bar)) that
            returns v, the interpolated sound (T,), the residual's level (T,), the ratio, the alpha-bars of the
            steps, falling, and x_T (T,) -> a waveform (T,).

    Example:
        >>> check_upsampled(lambda network, u, sigma, r, alpha_bars, noise: u + sigma * noise)
        ✘ <lambda>(network, [...], [...], 2, ...)[0] should be ...
    """
    return UPSAMPLED.check(answer)

"""Chapter 18, "Diffusion from scratch": clips under noise, each of its own strength, at once."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Noisy = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Clips at steps that are all different, of schedules whose betas are."""
    cases: list[Case] = []
    for B, n, steps in ((3, 4, (1, 0, 3)), (4, 6, (5, 2, 0, 3))):
        x_0, noise = torch.randn(2, B, n, generator=generator)
        betas = (0.02 + 0.4 * torch.rand(6, generator=generator)).sort().values
        cases.append((x_0, noise, torch.tensor(steps), betas))
    return cases


def _mixed(x_0: Tensor, noise: Tensor, of_signal: Tensor, of_noise: Tensor) -> Tensor:
    return of_signal.reshape(-1, 1) * x_0 + of_noise.reshape(-1, 1) * noise


def _right(x_0: Tensor, noise: Tensor, t: Tensor, betas: Tensor) -> Tensor:
    a = (1 - betas).cumprod(0)[t]
    return _mixed(x_0, noise, a.sqrt(), (1 - a).sqrt())


def _one_step(x_0: Tensor, noise: Tensor, t: Tensor, betas: Tensor) -> Tensor:
    return _mixed(x_0, noise, (1 - betas[t]).sqrt(), betas[t].sqrt())


def _unrooted(x_0: Tensor, noise: Tensor, t: Tensor, betas: Tensor) -> Tensor:
    a = (1 - betas).cumprod(0)[t]
    return _mixed(x_0, noise, a, 1 - a)


def _swapped(x_0: Tensor, noise: Tensor, t: Tensor, betas: Tensor) -> Tensor:
    a = (1 - betas).cumprod(0)[t]
    return _mixed(x_0, noise, (1 - a).sqrt(), a.sqrt())


def _of_betas(x_0: Tensor, noise: Tensor, t: Tensor, betas: Tensor) -> Tensor:
    a = betas.cumprod(0)[t]
    return _mixed(x_0, noise, a.sqrt(), (1 - a).sqrt())


NOISY_CLIPS = Exercise(
    right=_right,
    cases=_cases,
    # the first step alone, and noise alone
    edges=[
        (
            torch.tensor([[1.0, 2.0]]),
            torch.tensor([[3.0, -1.0]]),
            torch.tensor([0]),
            torch.tensor([0.36]),
        ),
        (torch.tensor([[1.0]]), torch.tensor([[0.5]]), torch.tensor([1]), torch.tensor([0.5, 1.0])),
    ],
    mistakes=(
        Mistake(
            _one_step,
            "ᾱ 대신 β를 썼습니다. 한 스텝의 잡음만 더해집니다. ᾱ_t는 1-β를 t까지 모두 곱한 값입니다.",
            "You used β in the place of ᾱ, which adds the noise of one step; ᾱ_t is the product of all 1-β up "
            "to t.",
        ),
        Mistake(
            lambda x_0, noise, t, betas: _right(x_0, noise, t[:1].expand(len(x_0)), betas),
            "배치 전체가 첫 클립의 t 하나를 씁니다. 클립마다 자기 t의 계수를 (B, 1) 모양으로 곱하십시오.",
            "One t, that of the first clip, serves the whole batch; give each clip the factor of its own t, as "
            "a column (B, 1).",
        ),
        Mistake(
            _unrooted,
            "제곱근이 빠졌습니다. ᾱ는 분산(전력)의 비율이고, 진폭에는 제곱근을 곱합니다.",
            "Square roots are missing: ᾱ is a share of the variance, and amplitudes take its root.",
        ),
        Mistake(
            _swapped,
            "신호와 잡음의 계수가 바뀌었습니다. 신호에 √ᾱ를 곱합니다.",
            "The factors of signal and noise have changed places: the signal's is √ᾱ.",
        ),
        Mistake(
            lambda x_0, noise, t, betas: (
                _right(x_0, noise, t, betas) - _right(0 * x_0, noise, t, betas) + noise
            ),
            "잡음에 √(1-ᾱ)를 곱하지 않았습니다. 분산이 1보다 커집니다.",
            "The noise is not scaled by √(1-ᾱ), so that the variance grows above 1.",
        ),
        Mistake(
            _of_betas,
            "β를 곱해 나갔습니다. 남는 것은 1-β이므로 (1 - betas).cumprod(0)입니다.",
            "You multiplied the β; what is left after a step is 1-β, so that it is (1 - betas).cumprod(0).",
        ),
    ),
    hint=(
        "(1 - betas).cumprod(0)[t]는 클립마다 하나인 ᾱ입니다.",
        "(1 - betas).cumprod(0)[t] are the ᾱ, one a clip.",
    ),
)


def check_noisy_clips(answer: Noisy) -> CheckResult:
    """An exercise of chapter 18: x_t for a batch in which every clip has a t of its own.

    Args:
        answer: (x_0, noise, t, betas), of shapes (B, T), (B, T), (B,) counted from 0, and (N,) -> (B, T).

    Example:
        >>> check_noisy_clips(lambda x_0, noise, t, betas: x_0 + 0 * noise)
        ✘ <lambda>(<3 × 4>, <3 × 4>, [1, 0, 3], [...])[0, 0] should be ...
    """
    return NOISY_CLIPS.check(answer)

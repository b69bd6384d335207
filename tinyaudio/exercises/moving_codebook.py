"""Chapter 9, "VQ-VAE and voice conversion": codes that follow a running average of their latents."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Update = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Every code has latents, of different numbers."""
    cases: list[Case] = []
    for K, D, gamma in ((2, 2, 0.8), (4, 3, 0.9)):
        N = 1 + 4 * torch.rand(K, generator=generator)
        m = torch.randn(K, D, generator=generator)
        codes = torch.arange(K).repeat_interleave(torch.arange(K) + 1)
        z = torch.randn(len(codes), D, generator=generator) + 1
        cases.append((N, m, z, codes, gamma))
    return cases


def _batch(N: Tensor, z: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """How many latents each code has in this step, and their sum."""
    n = torch.bincount(codes, minlength=len(N)).to(z.dtype)
    return n, torch.zeros(len(N), z.shape[1], dtype=z.dtype).index_add(0, codes, z)


def _moved(
    N: Tensor, m: Tensor, z: Tensor, codes: Tensor, counts: float, sums: float, new: float
) -> Tensor:
    """Both averages with these weights of what was, and this of what is new; then their quotient."""
    n, s = _batch(N, z, codes)
    return (sums * m + new * s) / (counts * N + new * n)[:, None]


def _right(N: Tensor, m: Tensor, z: Tensor, codes: Tensor, gamma: float) -> Tensor:
    return _moved(N, m, z, codes, gamma, gamma, 1 - gamma)


def _mean_of_means(N: Tensor, m: Tensor, z: Tensor, codes: Tensor, gamma: float) -> Tensor:
    n, s = _batch(N, z, codes)
    return gamma * m / N[:, None] + (1 - gamma) * s / n.clamp(min=1)[:, None]


def _undivided(N: Tensor, m: Tensor, z: Tensor, codes: Tensor, gamma: float) -> Tensor:
    return gamma * m + (1 - gamma) * _batch(N, z, codes)[1]


def _means_for_sums(N: Tensor, m: Tensor, z: Tensor, codes: Tensor, gamma: float) -> Tensor:
    n, s = _batch(N, z, codes)
    means = s / n.clamp(min=1)[:, None]
    return (gamma * m + (1 - gamma) * means) / (gamma * N + (1 - gamma) * n)[:, None]


def _last_only(N: Tensor, m: Tensor, z: Tensor, codes: Tensor, gamma: float) -> Tensor:
    """Written by index, so that of several latents of a code only one is added."""
    n, s = torch.zeros_like(N), torch.zeros_like(m)
    n[codes] += 1
    for k, one in zip(codes.tolist(), z, strict=True):
        s[k] = one
    return (gamma * m + (1 - gamma) * s) / (gamma * N + (1 - gamma) * n)[:, None]


EMA = Exercise(
    right=_right,
    cases=_cases,
    edges=[
        # A code without latents stays where it is.
        (
            torch.tensor([1.0, 2.0]),
            torch.tensor([[3.0], [4.0]]),
            torch.tensor([[1.0]]),
            torch.tensor([0]),
            0.5,
        )
    ],
    mistakes=(
        Mistake(
            lambda N, m, z, codes, gamma: _moved(N, m, z, codes, 1 - gamma, 1 - gamma, gamma),
            "gamma와 1 - gamma가 바뀌었습니다. gamma는 지금까지의 평균에 곱합니다.",
            "The weights gamma and 1 - gamma have changed places: gamma belongs to the average so far.",
        ),
        Mistake(
            _mean_of_means,
            "평균을 먼저 내어 섞었습니다. 합과 개수를 따로 섞고 마지막에 나누십시오.",
            "You divided first and mixed the means; mix sums and counts apart, and divide last.",
        ),
        Mistake(
            _means_for_sums,
            "m에 이번 스텝의 합이 아니라 평균을 더했습니다.",
            "This step's mean, not its sum, goes into m.",
        ),
        Mistake(
            lambda N, m, z, codes, gamma: _moved(N, m, z, codes, 1.0, 1.0, 1.0),
            "옛 값이 줄지 않습니다. 지난 것에 gamma, 새것에 1 - gamma를 곱하십시오.",
            "Nothing is forgotten: multiply what was by gamma, and what is new by 1 - gamma.",
        ),
        Mistake(
            lambda N, m, z, codes, gamma: _moved(N, m, z, codes, gamma, gamma, 1.0),
            "새것에 1 - gamma를 곱하지 않았습니다.",
            "What is new is not multiplied by 1 - gamma.",
        ),
        Mistake(
            _undivided,
            "합의 평균 m입니다. 개수의 평균 N으로 나누십시오.",
            "That is m, the average of sums; divide it by N, the average of counts.",
        ),
        Mistake(
            lambda N, m, z, codes, gamma: _undivided(N, m, z, codes, gamma) / N[:, None],
            "고치기 전의 N으로 나누었습니다. N도 먼저 고치십시오.",
            "You divided by N from before; update N, too.",
        ),
        Mistake(
            lambda N, m, z, codes, gamma: m / N[:, None],
            "코드북이 그대로입니다. 이번 스텝의 벡터가 들어가지 않았습니다.",
            "The codebook stays as it was: nothing of this step went in.",
        ),
        Mistake(
            _last_only,
            "s[codes] = z나 n[codes] += 1은 번호가 겹치면 하나만 셉니다. index_add나 bincount를 쓰십시오.",
            "With s[codes] = z or n[codes] += 1 a code counts once only, however often it occurs: use "
            "index_add or bincount.",
        ),
    ),
    hint=(
        "개수는 torch.bincount, 합은 index_add로 얻습니다.",
        "torch.bincount gives the counts, index_add the sums.",
    ),
)


def check_ema(answer: Update) -> CheckResult:
    """Exercise 9.4: the codebook after one step of its running average.

    Args:
        answer: (N, m, z, codes, gamma), running counts (K,) and sums (K, D), latents (M, D), their codes
            (M,), and the decay -> the new codebook (K, D).

    Example:
        >>> check_ema(lambda N, m, z, codes, gamma: m / N[:, None])
        ✘ The codebook stays as it was: nothing of this step went in.
    """
    return EMA.check(answer)

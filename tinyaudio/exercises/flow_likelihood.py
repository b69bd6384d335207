"""Chapter 23, "Every vocoder on one bench": the negative log-likelihood of a flow."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.objectives.flow import negative_log_likelihood

Nats = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """The determinant of W is 3 or -0.5: neither its logarithm nor its sign is that of 1."""
    cases: list[Case] = []
    for C, J, determinant, sigma in ((2, 3, 3.0, 0.7), (4, 5, -0.5, 1.5)):
        z, s = torch.randn(C, J, generator=generator), torch.randn(C // 2, J, generator=generator)
        W = torch.linalg.qr(torch.randn(C, C, generator=generator)).Q
        W[0] *= determinant * torch.linalg.det(W).sign()
        cases.append((z, 0.3 + s, W, sigma))
    return cases


def _nats(
    z: Tensor, log_det: Tensor, sigma: float, *, per_sample: bool = True, constant: bool = True
) -> Tensor:
    found = negative_log_likelihood(z[None], log_det[None], sigma)[0]
    found = found if constant else found - math.log(2 * math.pi * sigma**2) / 2
    return found if per_sample else found * z.numel()


def _log_det(z: Tensor, s: Tensor, W: Tensor) -> Tensor:
    return s.sum() + z.shape[1] * torch.linalg.slogdet(W).logabsdet


def _right(z: Tensor, s: Tensor, W: Tensor, sigma: float) -> Tensor:
    return _nats(z, _log_det(z, s, W), sigma)


FLOW_NATS = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.zeros(2, 1), torch.zeros(1, 1), torch.eye(2), 1.0)],
    mistakes=(
        Mistake(
            lambda z, s, W, sigma: _nats(z, -_log_det(z, s, W), sigma),
            "로그 행렬식의 부호가 반대입니다. log p에 더하므로 음의 로그 우도에서는 뺍니다.",
            "The sign of the log-determinant is wrong: it is added to log p, and so taken from the negative.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, torch.zeros(()), sigma),
            "로그 행렬식이 빠졌습니다. 모든 소리를 z = 0으로 누르는 것이 가장 좋아집니다.",
            "The log-determinant is missing: to press all sounds into z = 0 would be best.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, s.sum() + torch.linalg.slogdet(W).logabsdet, sigma),
            "W를 한 번만 세었습니다. 시각마다 곱했으므로 J번입니다.",
            "W is counted once; it was applied at every time, J times.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, s.sum(), sigma),
            "W의 로그 행렬식이 빠졌습니다.",
            "The log-determinant of W is missing.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, _log_det(z, 0 * s, W), sigma),
            "커플링의 로그 배율 s가 빠졌습니다.",
            "The couplings' logarithms of scales, s, are missing.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, _log_det(z, s, W) - s.sum() + s.mean(), sigma),
            "s를 평균했습니다. 로그 행렬식은 합입니다.",
            "You averaged s; a log-determinant is a sum.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, _log_det(z, s, W), sigma, per_sample=False),
            "클립 전체의 값입니다. 샘플 수로 나누십시오.",
            "That is for the whole clip; divide by the number of samples.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, _log_det(z, s, W), sigma, constant=False),
            "정규 분포의 상수 log(2πσ²) / 2가 빠졌습니다.",
            "The constant of the normal distribution, log(2πσ²) / 2, is missing.",
        ),
        Mistake(
            lambda z, s, W, sigma: _nats(z, _log_det(z, s, W), 1.0),
            "sigma를 쓰지 않았습니다.",
            "The standard deviation sigma is not used.",
        ),
        Mistake(
            lambda z, s, W, sigma: -_right(z, s, W, sigma),
            "로그 우도입니다. 손실은 그 음수입니다.",
            "That is the log-likelihood; the loss is its negative.",
        ),
    ),
    hint=(
        "정규 분포의 음의 로그 밀도를 모두 더하고 로그 행렬식을 뺀 다음 샘플 수로 나눕니다.",
        "Add up the negative log-densities of the normal distribution, take the log-determinant away, and "
        "divide by the number of samples.",
    ),
)


def check_flow_nats(answer: Nats) -> CheckResult:
    """Exercise 23.2: the negative log-likelihood of a clip, in nats a sample.

    Args:
        answer: (z, s, W, sigma), of shapes (C, J), (C / 2, J), (C, C) and a number -> a number.

    Example:
        >>> check_flow_nats(lambda z, s, W, sigma: -_right(z, s, W, sigma))
        ✘ That is the log-likelihood; the loss is its negative.
    """
    return FLOW_NATS.check(answer)

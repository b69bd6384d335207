"""Chapter 17, "How good is it": the Fréchet distance of two Gaussians."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Trace = Callable[[Tensor, Tensor], Tensor]


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def _spread(S: Tensor, S2: Tensor) -> Tensor:
    root = _root(S)
    return (S + S2 - 2 * _root(root @ S2 @ root)).trace()


def _distance(m: Tensor, S: Tensor, m2: Tensor, S2: Tensor) -> Tensor:
    return (m - m2).square().sum() + _spread(S, S2)


def _covariance(D: int, generator: Generator) -> Tensor:
    """Correlated, and far from the identity."""
    A = torch.randn(D, D, generator=generator, dtype=torch.float64)
    return A @ A.T / D + torch.diag(torch.arange(1.0, D + 1, dtype=torch.float64) / 2)


def _cases(generator: Generator) -> list[Case]:
    """The first has closed forms: variances of 4 and 9, and of 1 and 1, three apart."""
    first = torch.tensor([0.0, 0.0]), torch.tensor([[4.0, 0.0], [0.0, 9.0]])
    second = torch.tensor([3.0, 0.0]), torch.eye(2)
    cases: list[Case] = [tuple(one.double() for one in (*first, *second))]
    for D in (2, 4):
        m, m2 = torch.randn(2, D, generator=generator, dtype=torch.float64)
        cases.append((m, _covariance(D, generator), m2, _covariance(D, generator)))
    return cases


def _by(trace: Trace) -> Answer:
    """With another term for the spread."""
    return lambda m, S, m2, S2: (m - m2).square().sum() + trace(S, S2)


_SAME = torch.tensor([1.0, -1.0]).double(), torch.tensor([[2.0, 1.0], [1.0, 2.0]]).double()

FID = Exercise(
    right=_distance,
    cases=_cases,
    edges=[(*_SAME, *_SAME)],
    mistakes=(
        Mistake(
            _by(lambda S, S2: _spread(_root(S), _root(S2))),
            "공분산 자리에 그 제곱근(표준편차)을 넣었습니다. S는 이미 분산이므로 그대로 쓰십시오.",
            "The standard deviation stands for the covariance: S holds variances already; take it as it is.",
        ),
        Mistake(
            _by(lambda S, S2: _spread(S.square(), S2.square())),
            "공분산을 제곱했습니다. S는 표준편차가 아니라 분산입니다.",
            "The covariance is squared; S holds variances, not standard deviations.",
        ),
        Mistake(
            _by(lambda S, S2: (S.diagonal().sqrt() - S2.diagonal().sqrt()).square().sum()),
            "대각선의 분산만 썼습니다. 특징 사이의 상관(대각선 밖)도 거리에 들어갑니다.",
            "Only the variances on the diagonal are used; the correlations off it belong to the distance, too.",
        ),
        Mistake(
            _by(lambda S, S2: (S + S2 - 2 * (S @ S2).clamp(min=0).sqrt()).trace()),
            "행렬의 제곱근을 원소마다 구했습니다. A A = S인 행렬 A가 필요합니다.",
            "That is the square root of each element; a matrix A with A A = S is needed.",
        ),
        Mistake(
            _by(lambda S, S2: (S + S2 - 2 * S @ S2).trace()),
            "곱의 제곱근이 빠졌습니다.",
            "The square root of the product is missing.",
        ),
        Mistake(
            _by(lambda S, S2: (S + S2 - _root(_root(S) @ S2 @ _root(S))).trace()),
            "제곱근 앞의 2가 빠졌습니다. 같은 두 분포의 거리는 0이어야 합니다.",
            "The 2 before the root is missing: two equal distributions should be at distance 0.",
        ),
        Mistake(
            _by(lambda S, S2: (S + S2 + 2 * _root(_root(S) @ S2 @ _root(S))).trace()),
            "제곱근의 부호가 반대입니다.",
            "The sign of the root is reversed.",
        ),
        Mistake(
            _by(lambda S, S2: (S - S2).square().sum()),
            "공분산의 차의 제곱합(프로베니우스 노름)입니다.",
            "That is the squared Frobenius norm of the covariances' difference.",
        ),
        Mistake(
            lambda m, S, m2, S2: (m - m2).square().sum(),
            "평균만 견주었습니다. 퍼진 정도의 항이 빠졌습니다.",
            "Only the means are compared; the term of the spread is missing.",
        ),
        Mistake(
            lambda m, S, m2, S2: _spread(S, S2),
            "평균의 항이 빠졌습니다.",
            "The term of the means is missing.",
        ),
        Mistake(
            lambda m, S, m2, S2: (m - m2).norm() + _spread(S, S2),
            "평균의 거리를 제곱하지 않았습니다.",
            "The distance of the means is not squared.",
        ),
        Mistake(
            lambda m, S, m2, S2: _distance(m, S, m2, S2).clamp(min=0).sqrt(),
            "제곱근을 취했습니다. FID로 적는 값은 거리의 제곱입니다.",
            "That is its square root; what is reported as FID is the squared distance.",
        ),
    ),
    hint=(
        "대칭 행렬의 제곱근은 고윳값의 제곱근으로 만듭니다(torch.linalg.eigh).",
        "The root of a symmetric matrix has the roots of its eigenvalues (torch.linalg.eigh).",
    ),
)


def check_fid(answer: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 17.1: the Fréchet distance of two Gaussians, squared, as FID is reported.

    Args:
        answer: (m, S, m2, S2), means (D,) and covariances (D, D) -> ().

    Example:
        >>> check_fid(lambda m, S, m2, S2: (m - m2).square().sum())
        ✘ Only the means are compared; the term of the spread is missing.
    """
    return FID.check(answer)

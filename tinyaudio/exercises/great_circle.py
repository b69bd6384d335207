"""Chapter 17, "How good is it": spherical interpolation between two latents."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _angle(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b / (a.norm() * b.norm())).clamp(-1, 1).arccos()


def _slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    omega = _angle(a, b)
    if omega < 1e-4:
        return (1 - t) * a + t * b
    return (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / omega.sin()


def _lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    return (1 - t) * a + t * b


def _cases(generator: Generator) -> list[Case]:
    """A right angle, then random latents of different norms; t is never 1/2, where more answers agree."""
    cases: list[Case] = [
        (torch.tensor([1.0, 0.0]).double(), torch.tensor([0.0, 1.0]).double(), 1 / 3)
    ]
    for D, t in ((3, 0.2), (8, 0.7)):
        while True:
            a, b = torch.randn(2, D, generator=generator, dtype=torch.float64)
            if 0.5 < _angle(a, b) < 2.5:
                break
        cases.append((a, 1.5 * b, t))
    return cases


def _without_norms(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The angle from the product of vectors that are not of length 1."""
    omega = (a @ b).clamp(-1, 1).arccos()
    return (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / omega.sin()


def _weighted(
    first: Callable[[Tensor, float], Tensor], second: Callable[[Tensor, float], Tensor]
) -> Answer:
    """With other weights, of the angle and t."""

    def answer(a: Tensor, b: Tensor, t: float) -> Tensor:
        omega = _angle(a, b)
        return first(omega, t) * a + second(omega, t) * b

    return answer


_A = torch.tensor([3.0, 4.0, 0.0]).double()

SLERP = Exercise(
    right=_slerp,
    cases=_cases,
    edges=[(_A, _A, 0.25), (_A, 2 * _A, 0.5)],
    mistakes=(
        Mistake(
            _weighted(
                lambda omega, t: ((1 - t) * omega).sin() / omega.sin(),
                lambda omega, t: (t * omega).sin() / omega.sin(),
            ),
            "두 벡터의 방향이 같으면 0 / 0입니다. 각이 0에 가까우면 선형 보간으로 답하십시오.",
            "Where both vectors point the same way, that is 0 / 0: near an angle of 0, answer linearly.",
        ),
        Mistake(
            _lerp,
            "선형 보간입니다. 가운데에서 노름이 줄어, 정규 분포에서 뽑은 잠재 벡터가 있는 껍질을 벗어납니다.",
            "That is linear interpolation: its norm shrinks midway, away from the shell of Gaussian latents.",
        ),
        Mistake(
            lambda a, b, t: (
                _lerp(a, b, t) / _lerp(a, b, t).norm() * (1 - t) * a.norm()
                + _lerp(a, b, t) / _lerp(a, b, t).norm() * t * b.norm()
            ),
            "선형으로 보간하고 노름만 고쳤습니다. 같은 간격의 t에서 각도의 간격이 같지 않습니다.",
            "That is linear with the norm mended: equal steps of t are not equal steps of the angle.",
        ),
        Mistake(
            lambda a, b, t: _slerp(a, b, 1 - t),
            "a와 b가 바뀌었습니다. t = 0에서 a여야 합니다.",
            "a and b are exchanged: t = 0 should be a.",
        ),
        Mistake(
            lambda a, b, t: _slerp(a / a.norm(), b / b.norm(), t),
            "단위 벡터로 바꾼 채 돌려주었습니다. t = 0에서 a 자체여야 합니다.",
            "You return unit vectors: t = 0 should be a itself.",
        ),
        Mistake(
            _without_norms,
            "각의 코사인은 내적을 두 노름으로 나눈 것입니다.",
            "The cosine of the angle is the product divided by both norms.",
        ),
        Mistake(
            _weighted(lambda omega, t: ((1 - t) * omega).sin(), lambda omega, t: (t * omega).sin()),
            "sin ω로 나누지 않았습니다.",
            "It is not divided by the sine of the angle.",
        ),
        Mistake(
            _weighted(
                lambda omega, t: ((1 - t) * omega).sin() / omega,
                lambda omega, t: (t * omega).sin() / omega,
            ),
            "sin ω가 아니라 ω로 나누었습니다.",
            "It is divided by the angle instead of its sine.",
        ),
        Mistake(
            _weighted(
                lambda omega, t: torch.tensor(t * torch.pi / 2).cos(),
                lambda omega, t: torch.tensor(t * torch.pi / 2).sin(),
            ),
            "두 벡터가 직각이라고 보았습니다. 각을 재어 쓰십시오.",
            "The vectors are taken to be at a right angle; measure the angle.",
        ),
    ),
    hint=(
        "두 벡터 사이의 각 ω를 먼저 구합니다. 각이 0일 때는 어떻게 됩니까?",
        "First find the angle between the vectors. What happens where it is 0?",
    ),
)


def check_slerp(answer: Callable[[Tensor, Tensor, float], Tensor]) -> CheckResult:
    """Exercise 17.2: a latent on the great circle between two others.

    Args:
        answer: (a, b, t), vectors (D,) and a number from 0 to 1 -> (D,).

    Example:
        >>> check_slerp(lambda a, b, t: (1 - t) * a + t * b)
        ✘ That is linear interpolation: its norm shrinks midway, away from the shell of Gaussian latents.
    """
    return SLERP.check(answer)

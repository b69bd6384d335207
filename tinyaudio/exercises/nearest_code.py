"""Chapter 9, "VQ-VAE and voice conversion": the nearest vector of a codebook."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _latents(generator: Generator) -> list[Case]:
    """Latents of several lengths and codes of several lengths, so that every part of the distance counts."""
    cases = []
    for M, K, D in ((12, 5, 2), (30, 8, 3), (40, 8, 3)):
        lengths = torch.linspace(0.5, 3, K)[:, None]
        codebook = lengths * F.normalize(torch.randn(K, D, generator=generator), dim=1)
        cases.append((1 + 2 * torch.randn(M, D, generator=generator), codebook))
    return cases


def _distances(z: Tensor, codebook: Tensor) -> Tensor:
    return (z[:, None] - codebook).square().sum(2)


def _nearest(z: Tensor, codebook: Tensor) -> Tensor:
    return _distances(z, codebook).argmin(1)


NEAREST = Exercise(
    right=_nearest,
    cases=_latents,
    edges=[
        (torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 1.0]])),
        (torch.tensor([[1.0], [-3.0]]), torch.tensor([[-2.0], [1.0], [1.0]])),
    ],
    codes=True,
    mistakes=(
        Mistake(
            lambda z, codebook: _distances(z, codebook).argmax(1),
            "가장 먼 코드를 골랐습니다. argmin입니다.",
            "That is the farthest code; take the argmin.",
        ),
        Mistake(
            lambda z, codebook: (z @ codebook.T).argmax(1),
            "내적이 가장 큰 코드를 골랐습니다. 긴 코드가 유리해집니다. 거리를 쓰십시오.",
            "You chose by the largest inner product, which favours long codes; use the distance.",
        ),
        Mistake(
            lambda z, codebook: (z @ codebook.T - codebook.square().sum(1)).argmax(1),
            "제곱을 풀면 내적에 2가 곱해집니다. 2 z·e - |e|²를 비교하십시오.",
            "When the square is multiplied out, the inner product has a factor of 2: compare 2 z·e - |e|².",
        ),
        Mistake(
            lambda z, codebook: (F.normalize(z, dim=1) @ F.normalize(codebook, dim=1).T).argmax(1),
            "각도(코사인)만 비교했습니다. 길이도 거리에 들어갑니다.",
            "You compare angles (cosines) only; lengths belong to the distance, too.",
        ),
        Mistake(
            lambda z, codebook: (z[:, None] - codebook).abs().sum(2).argmin(1),
            "절댓값의 합으로 재었습니다. 제곱의 합입니다.",
            "You measure by the sum of absolute values; it is the sum of squares.",
        ),
        Mistake(
            lambda z, codebook: (z[:, None] - codebook).sum(2).abs().argmin(1),
            "제곱하기 전에 채널을 더했습니다. 차이가 서로 지워집니다.",
            "Channels are added before they are squared, so that differences cancel.",
        ),
        Mistake(
            lambda z, codebook: _distances(z, codebook).argmin(0),
            "코드마다 가장 가까운 벡터를 찾았습니다. 벡터마다 가장 가까운 코드를 찾으십시오.",
            "You found the nearest vector of each code; find the nearest code of each vector.",
        ),
        Mistake(
            lambda z, codebook: _distances(z, codebook).amin(1),
            "거리를 돌려주었습니다. 그 거리(min)가 아니라 코드의 번호(argmin)를 돌려주십시오.",
            "You returned the distance; the answer is the number of the code that has it (argmin).",
        ),
        Mistake(
            lambda z, codebook: codebook[_nearest(z, codebook)],
            "코드의 벡터를 돌려주었습니다. 번호를 돌려주십시오.",
            "You returned the codes' vectors; return their numbers.",
        ),
    ),
    hint=(
        "torch.cdist(z, codebook)는 모든 거리를 (M, K)로 냅니다.",
        "torch.cdist(z, codebook) gives all distances, (M, K).",
    ),
)


def check_nearest(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 9.1: which code is nearest.

    Args:
        answer: (z, codebook), of shapes (M, D) and (K, D) -> M numbers in [0, K - 1].

    Example:
        >>> check_nearest(lambda z, codebook: torch.cdist(z, codebook).argmax(1))
        ✘ That is the farthest code; take the argmin.
    """
    return NEAREST.check(answer)

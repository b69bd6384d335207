"""Chapter 27, "What came after": the codes of residual vector quantization."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    """Codebooks that get finer from stage to stage, as trained ones do."""
    cases = []
    for M, Q, K, D in ((12, 2, 4, 2), (40, 3, 6, 3), (60, 4, 8, 3)):
        z = torch.randn(M, D, generator=generator)
        scales = 0.6 ** torch.arange(Q)[:, None, None]
        cases.append((z, scales * torch.randn(Q, K, D, generator=generator)))
    return cases


def _nearest(z: Tensor, codebook: Tensor) -> Tensor:
    return (z[:, None] - codebook).square().sum(2).argmin(1)


def _residual_codes(z: Tensor, codebooks: Tensor) -> Tensor:
    codes, residual = [], z
    for codebook in codebooks:
        codes.append(_nearest(residual, codebook))
        residual = residual - codebook[codes[-1]]
    return torch.stack(codes)


def _of_z(z: Tensor, codebooks: Tensor) -> Tensor:
    return torch.stack([_nearest(z, codebook) for codebook in codebooks])


def _last_only(z: Tensor, codebooks: Tensor) -> Tensor:
    codes, residual = [], z
    for codebook in codebooks:
        codes.append(_nearest(residual, codebook))
        residual = z - codebook[codes[-1]]
    return torch.stack(codes)


def _one_late(z: Tensor, codebooks: Tensor) -> Tensor:
    codes: list[Tensor] = []
    residuals = [z, z]  # each stage gets the residual that the one before it was given
    for codebook in codebooks:
        codes.append(_nearest(residuals[-2], codebook))
        residuals.append(residuals[-1] - codebook[codes[-1]])
    return torch.stack(codes)


def _added(z: Tensor, codebooks: Tensor) -> Tensor:
    codes, residual = [], z
    for codebook in codebooks:
        codes.append(_nearest(residual, codebook))
        residual = residual + codebook[codes[-1]]
    return torch.stack(codes)


def _vectors(z: Tensor, codebooks: Tensor) -> Tensor:
    codes, residual = [], z
    for codebook in codebooks:
        codes.append(_nearest(residual, codebook))
        residual = codebook[codes[-1]]
    return torch.stack(codes)


RESIDUAL_CODES = Exercise(
    right=_residual_codes,
    cases=_cases,
    codes=True,
    mistakes=(
        Mistake(
            _of_z,
            "모든 단이 z를 양자화합니다. 둘째 단부터는 앞 단들이 남긴 것을 양자화합니다.",
            "Every stage quantizes z. From the second on, a stage quantizes what those before it left.",
        ),
        Mistake(
            _last_only,
            "바로 앞 단의 코드만 z에서 뺐습니다. 잔차는 앞의 모든 단을 뺀 것이므로 잔차에서 이어서 빼십시오.",
            "Only the code of the stage before is subtracted from z. Subtract from the residual, so that all "
            "earlier stages are taken away.",
        ),
        Mistake(
            _one_late,
            "잔차가 한 단 늦습니다. 단마다 바로 앞 단까지 뺀 잔차를 쓰십시오.",
            "The residual is one stage late: each stage gets what is left after the one just before it.",
        ),
        Mistake(
            _added,
            "코드의 벡터를 더했습니다. 남은 것은 빼야 나옵니다.",
            "The code's vector is added; what is left is the difference.",
        ),
        Mistake(
            _vectors,
            "앞 단이 고른 벡터를 다시 양자화합니다. 양자화할 것은 그 벡터가 남긴 잔차입니다.",
            "The next stage quantizes the chosen vector; it should quantize what that vector leaves over.",
        ),
        Mistake(
            lambda z, codebooks: _residual_codes(z, codebooks.flip(0)).flip(0),
            "단의 순서가 거꾸로입니다. 첫 코드북부터 시작하십시오.",
            "The stages run in reverse order: begin with the first codebook.",
        ),
    ),
    hint=(
        "잔차를 z에서 시작하여, 단마다 가장 가까운 코드를 고르고 그 벡터를 잔차에서 빼십시오.",
        "Begin with the residual z; at each stage choose the nearest code, and subtract its vector.",
    ),
)


def check_residual_codes(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 27.1: which code each stage takes.

    Args:
        answer: (z, codebooks), of shapes (M, D) and (Q, K, D) -> codes (Q, M).

    Example:
        >>> check_residual_codes(lambda z, codebooks: torch.cdist(z, codebooks).argmin(2))
        ✘ Every stage quantizes z. From the second on, a stage quantizes...
    """
    return RESIDUAL_CODES.check(answer)

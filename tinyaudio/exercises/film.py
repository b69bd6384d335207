"""Chapter 19, "Diffusion vocoders": feature-wise linear modulation (FiLM), as in WaveGrad."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Modulated = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def _cases(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for B, C, D, T in ((2, 2, 3, 4), (3, 4, 2, 5)):
        h = torch.randn(B, C, T, generator=generator)
        features = torch.randn(B, D, T, generator=generator)
        code = torch.randn(B, D, generator=generator)
        cases.append((h, features, code, torch.randn(2 * C, D, generator=generator)))
    return cases


def _modulation(features: Tensor, code: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    shift, scale = (weight @ (features + code[:, :, None])).chunk(2, dim=1)
    return shift, scale


def _right(h: Tensor, features: Tensor, code: Tensor, weight: Tensor) -> Tensor:
    shift, scale = _modulation(features, code, weight)
    return scale * h + shift


def _by(combine: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Modulated:
    """The right shift and scale, used in another way."""
    return lambda h, features, code, weight: combine(h, *_modulation(features, code, weight))


FILM = Exercise(
    right=_right,
    cases=_cases,
    # a single channel and moment
    edges=[tuple(torch.full(shape, 2.0) for shape in ((1, 1, 1), (1, 1, 1), (1, 1), (2, 1)))],
    mistakes=(
        Mistake(
            _by(lambda h, shift, scale: shift * h + scale),
            "두 절반이 바뀌었습니다. 앞의 C채널이 더하는 값, 뒤의 C채널이 곱하는 값입니다.",
            "The halves have changed places: the first C channels are added, the last C multiply.",
        ),
        Mistake(
            _by(lambda h, shift, scale: (1 + scale) * h + shift),
            "곱하는 값에 1을 더했습니다. 여기서는 곱하는 값을 그대로 씁니다.",
            "You added 1 to the scale; here the scale is used as it is.",
        ),
        Mistake(
            _by(lambda h, shift, scale: scale * (h + shift)),
            "더한 것에도 곱했습니다. 먼저 곱하고 나중에 더하십시오.",
            "The shift is multiplied, too: first multiply, then add.",
        ),
        Mistake(
            _by(lambda h, shift, scale: h + scale + shift),
            "곱하지 않고 둘 다 더했습니다.",
            "Both are added, and nothing is multiplied.",
        ),
        Mistake(
            _by(lambda h, shift, scale: scale.mean(2, keepdim=True) * h + shift.mean(2, keepdim=True)),
            "시간에 대해 평균한 값을 썼습니다. WaveGrad의 FiLM은 시각마다 다릅니다.",
            "Scale and shift are averaged over time; in WaveGrad they differ from moment to moment.",
        ),
        Mistake(
            lambda h, features, code, weight: _right(h, features, 0 * code, weight),
            "노이즈 레벨의 임베딩 code를 쓰지 않았습니다. 곱하기 전에 features에 더하십시오.",
            "The code of the noise level is not used; add it to the features before the product.",
        ),
        Mistake(
            lambda h, features, code, weight: _right(h, features, code[:1].expand_as(code), weight),
            "배치 전체가 첫 클립의 노이즈 레벨을 씁니다.",
            "The whole batch has the noise level of the first clip.",
        ),
    ),
    hint=(
        "code[:, :, None]은 (B, D, 1)이므로 모든 시각에 더해집니다. 행렬 곱은 weight @ (...)입니다.",
        "code[:, :, None] is (B, D, 1), so that it is added at every time. The product is weight @ (...).",
    ),
)  # fmt: skip


def check_film(answer: Modulated) -> CheckResult:
    """An exercise of chapter 19: what comes up from the frames, scaled and shifted by the noisy waveform.

    Args:
        answer: (h, features, code, weight), of shapes (B, C, T), (B, D, T), (B, D) and (2 C, D) -> of the
            shape of h.

    Example:
        >>> check_film(lambda h, features, code, weight: h)
        ✘ <lambda>(<2 × 2 × 4>, <2 × 3 × 4>, <2 × 3>, <4 × 3>)[0, 0, 0] should be ...
    """
    return FILM.check(answer)

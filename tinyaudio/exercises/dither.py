"""Chapter 1, "Sound into numbers": quantization with dither."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.represent.linear import quantize


def _step(bits: int) -> float:
    return 2.0 ** (1 - bits)


def _dithered(x: Tensor, bits: int, u: Tensor) -> Tensor:
    return quantize(x + _step(bits) * u, bits)


def _unclipped(x: Tensor, bits: int, u: Tensor) -> Tensor:
    return _step(bits) * torch.round(x / _step(bits) + u)


def _noises(generator: Generator) -> list[Case]:
    """A soft and a loud sine; no sample comes so near to where rounding turns that digits decide."""
    cases = []
    for bits, amplitude in ((3, 0.4), (6, 0.6), (4, 0.1)):
        x = amplitude * torch.sin(0.1 * torch.arange(400.0))
        u = 0.998 * torch.rand(400, generator=generator) - 0.499
        place = (x / _step(bits) + u) % 1
        cases.append((x, bits, torch.where((place - 0.5).abs() < 1e-3, u * 0.9, u)))
    return cases


_FULL = torch.tensor([1.0, 0.99, -1.0, -0.99, 0.0])
DITHER = Exercise(
    right=_dithered,
    cases=_noises,
    edges=[(_FULL, 3, torch.tensor([0.4, 0.3, -0.4, -0.2, 0.0])), (0 * _FULL, 8, 0 * _FULL)],
    mistakes=(
        Mistake(
            lambda x, bits, u: quantize(x, bits),
            "디더가 없습니다. u를 쓰지 않았습니다.",
            "There is no dither: u is not used.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x, bits) + _step(bits) * u,
            "반올림한 뒤에 잡음을 더했습니다. 그러면 결과가 레벨 위에 있지 않고, 꼬리도 끊긴 그대로입니다.",
            "You added the noise after rounding: the result is not on the levels, and the tail stays cut.",
        ),
        Mistake(
            lambda x, bits, u: x + _step(bits) * u,
            "잡음을 더했을 뿐 양자화하지 않았습니다.",
            "Noise was added, but nothing was quantized.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x + u, bits),
            "잡음이 너무 큽니다. u에 레벨 간격 2 / 2^b를 곱하십시오.",
            "The noise is too loud: multiply u by the step, 2 / 2^b.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x + u / 2**bits, bits),
            "간격을 1 / 2^b로 보았습니다. -1부터 1까지의 너비는 2이므로 간격은 2 / 2^b입니다.",
            "You took 1 / 2^b for the step; from -1 to 1 it is 2 wide, which makes the step 2 / 2^b.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x + 2 * _step(bits) * u, bits),
            "간격을 두 배로 보았습니다. 간격은 2 / 2^b입니다.",
            "You took twice the step; it is 2 / 2^b.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x + u * 2 / (2**bits - 1), bits),
            "간격을 2 / (2^b - 1)로 보았습니다. 이 장의 레벨에서 간격은 2 / 2^b입니다.",
            "You took 2 / (2^b - 1) for the step; with the levels of this chapter it is 2 / 2^b.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x - _step(bits) * u, bits),
            "잡음을 뺐습니다. 식은 x + Δu입니다.",
            "The noise is subtracted; the formula is x + Δu.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x + _step(bits) * (u + 0.5), bits),
            "u에 1/2을 더했습니다. u는 이미 -1/2부터 1/2까지이고, 더하면 소리가 반 칸 올라갑니다.",
            "You added 1/2 to u, which lies in [-1/2, 1/2) already: the sound is moved up by half a step.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x + _step(bits) * (u - 0.5), bits),
            "소리가 반 칸 내려갔습니다. 반올림 대신 내림했거나 u에서 1/2을 뺐습니다.",
            "The sound is moved down by half a step: it was rounded down, or 1/2 was taken off u.",
        ),
        Mistake(
            lambda x, bits, u: quantize(x * (1 + _step(bits) * u), bits),
            "잡음을 소리에 곱했습니다. 더하십시오.",
            "The noise is multiplied with the sound; add it.",
        ),
        Mistake(
            lambda x, bits, u: _dithered(x, bits, u) - _step(bits) * u,
            "더한 잡음을 다시 뺐습니다. 그런 디더도 있지만, 결과가 레벨 위에 없어 정수로 적을 수 없습니다.",
            "You took the noise away again. Such dither exists, but its result is not on the levels, "
            "so that no integer stands for it.",
        ),
        Mistake(
            lambda x, bits, u: _dithered(x, bits, u) / _step(bits),
            "정수가 나왔습니다. 간격을 곱하여 진폭으로 되돌리십시오.",
            "Those are integers; multiply them by the step to return to amplitudes.",
        ),
        Mistake(
            _unclipped,
            "가장 높은 레벨을 넘는 값이 있습니다. 위 끝은 1 - Δ로 잘라야 합니다.",
            "Some values lie beyond the highest level; clip them to 1 - Δ.",
        ),
    ),
    hint=("반올림하기 전에 간격과 u의 곱을 더하십시오.", "Before rounding, add the step times u."),
)


def check_dither(answer: Callable[[Tensor, int, Tensor], Tensor]) -> CheckResult:
    """Exercise 1.5: quantization of a sound to which noise of one step was added.

    Args:
        answer: (x, bits, u), a sound and random numbers in [-1/2, 1/2) of its shape -> the sound on
            the quantization levels.

    Example:
        >>> check_dither(lambda x, bits, u: quantize(x, bits))
        ✘ There is no dither: u is not used.
    """
    return DITHER.check(answer)

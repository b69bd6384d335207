"""Chapter 1, "Sound into numbers": quantization with dither."""

from collections.abc import Callable

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr
from tinyaudio.represent import linear


def check_dither(answer: Callable[[Tensor, int, Tensor], Tensor]) -> CheckResult:
    """Exercise 1.5: quantization of a sound to which noise of one step was added.

    Args:
        answer: (x, bits, u), a sound and random numbers in [-1/2, 1/2) of its shape -> the sound on
            the quantization levels.

    Example:
        >>> check_dither(lambda x, bits, u: linear.quantize(x, bits))
        ✘ There is no dither: u is not used.
    """

    def step(bits: int) -> float:
        return 2 / 2**bits

    mistakes = (
        Mistake(
            lambda x, bits, u: linear.quantize(x, bits),
            tr("디더가 없습니다. u를 쓰지 않았습니다.", "There is no dither: u is not used."),
        ),
        Mistake(
            lambda x, bits, u: linear.quantize(x, bits) + step(bits) * u,
            tr(
                "반올림한 뒤에 잡음을 더했습니다. 그러면 결과가 레벨 위에 있지 않고, 꼬리도 끊긴 그대로입니다.",
                "You added the noise after rounding: the result is not on the levels, and the tail stays cut.",
            ),
        ),
        Mistake(
            lambda x, bits, u: linear.quantize(x + u, bits),
            tr(
                "잡음이 너무 큽니다. u에 레벨 간격 2 / 2^b를 곱하십시오.",
                "The noise is too loud: multiply u by the step, 2 / 2^b.",
            ),
        ),
        Mistake(
            lambda x, bits, u: linear.quantize(x + u / 2**bits, bits),
            tr(
                "간격을 1 / 2^b로 보았습니다. -1부터 1까지의 너비는 2이므로 간격은 2 / 2^b입니다.",
                "You took 1 / 2^b for the step; from -1 to 1 it is 2 wide, which makes the step 2 / 2^b.",
            ),
        ),
        Mistake(
            lambda x, bits, u: linear.quantize(x + step(bits) * u, bits) - step(bits) * u,
            tr(
                "더한 잡음을 다시 뺐습니다. 그런 디더도 있지만, 결과가 레벨 위에 있지 않아 "
                "정수로 적을 수 없습니다.",
                "You took the noise away again. Such dither exists, but its result is not on the levels, "
                "so that no integer stands for it.",
            ),
        ),
    )
    random = torch.Generator().manual_seed(0)
    sound = 0.4 * torch.sin(0.1 * torch.arange(400.0))
    cases = [
        (sound, bits, torch.rand(400, generator=random, dtype=torch.float64).float() - 0.5)
        for bits in (3, 6)
    ]
    hint = tr("반올림하기 전에 간격 × u 를 더합니다.", "Before rounding, add the step times u.")

    def right(x: Tensor, bits: int, u: Tensor) -> Tensor:
        return linear.quantize(x + step(bits) * u, bits)

    return check_answer(answer, right, cases, mistakes, hint)

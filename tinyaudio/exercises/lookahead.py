"""Chapter 4, "Dilated causal convolution": look-ahead, measured by the gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Layer = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class _Layer:
    """A dilated convolution with given zero padding on the left, and a tanh; taps from 0.5 to `last`."""

    taps: int
    dilation: int
    zeros_left: int
    last: float = 1.5

    def __call__(self, x: Tensor) -> Tensor:
        weight = torch.linspace(0.5, self.last, self.taps)[None, None]
        both = F.pad(x, (self.zeros_left, (self.taps - 1) * self.dilation))
        return torch.tanh(F.conv1d(both, weight, dilation=self.dilation)[..., : x.shape[2]])


def _slope(layer: Layer, T: int) -> Tensor:
    """The gradient of the middle output."""
    x = torch.linspace(-1, 1, T)[None, None].requires_grad_()
    (slope,) = torch.autograd.grad(layer(x)[0, 0, T // 2], x)
    return slope[0, 0]


def _touched(layer: Layer, T: int) -> Tensor:
    """Places of the inputs that the middle output depends on."""
    return _slope(layer, T).nonzero()


def _ahead(layer: Layer, T: int) -> int:
    return int(_touched(layer, T).max()) - T // 2


def _back(layer: Layer, T: int) -> int:
    return T // 2 - int(_touched(layer, T).min())


def _layers(generator: Generator) -> list[Case]:
    """Causal, two-sided, short of one zero, ahead alone, late by one; of dilations that vary.

    The last one's gradient is negative for what lies ahead.
    """
    a, b, c = torch.randint(2, 5, (3,), generator=generator).tolist()
    kinds = ((3, a, 2 * a), (3, b, b), (2, c, c - 1), (3, a, 0), (2, b, b + 1), (4, c, 2 * c - 1))
    cases = [(_Layer(*one), T) for one, T in zip(kinds, (31, 30, 31, 40, 31, 41), strict=True)]
    return [*cases, (_Layer(3, b, b, last=-1.5), 31)]


LOOKAHEAD = Exercise(
    right=lambda layer, T: max(0, _ahead(layer, T)),
    cases=_layers,
    mistakes=(
        Mistake(
            _ahead,
            "맨 뒤에 닿은 곳이 출력보다 앞일 수도 있습니다. 미래를 보지 않으면 음수가 아니라 0입니다.",
            "The last input touched may lie before the output; no look-ahead is 0, not less.",
        ),
        Mistake(
            lambda layer, T: abs(_ahead(layer, T)),
            "절댓값을 취했습니다. 맨 뒤에 닿은 곳이 출력보다 앞이면 미래를 보지 않으므로 0입니다.",
            "You took the absolute value; where the last input touched lies before the output, it is 0.",
        ),
        Mistake(
            lambda layer, T: max(0, int((_slope(layer, T) > 0).nonzero().max()) - T // 2),
            "양의 기울기만 보았습니다. 기울기가 음수여도 출력이 그 입력에 닿습니다.",
            "You looked at positive gradients only; where one is negative, the output depends on that input, "
            "too.",
        ),
        Mistake(
            lambda layer, T: max(0, _back(layer, T)),
            "얼마나 뒤를 돌아보는지 쟀습니다. 물은 것은 미래입니다.",
            "That is how far it looks back; the question was how far ahead.",
        ),
        Mistake(
            lambda layer, T: int(_ahead(layer, T) > 0),
            "미래를 보는지만 답했습니다. 몇 샘플인지 세십시오.",
            "That says whether it looks ahead; count the samples.",
        ),
        Mistake(
            lambda layer, T: max(0, _ahead(layer, T)) + 1,
            "하나 많습니다. 출력 자리의 샘플은 미래가 아닙니다.",
            "One too many: the sample at the output's own place is not ahead.",
        ),
        Mistake(
            lambda layer, T: max(0, _ahead(layer, T) + 1),
            "하나 많습니다. 출력 자리는 T // 2입니다.",
            "One too many: the output stands at T // 2.",
        ),
        Mistake(
            lambda layer, T: max(0, _ahead(layer, T) - 1),
            "하나 모자랍니다. 출력 자리는 T // 2입니다.",
            "One too few: the output stands at T // 2.",
        ),
        Mistake(
            lambda layer, T: int((_touched(layer, T) > T // 2).sum()),
            "미래의 입력이 몇 개 닿는지 셌습니다. 팽창하면 사이가 비므로, 가장 먼 것까지의 거리를 재십시오.",
            "You counted the inputs ahead; dilation leaves gaps: measure the distance to the last of them.",
        ),
        Mistake(
            lambda layer, T: len(_touched(layer, T)),
            "닿은 입력을 모두 셌습니다. 물은 것은 가장 먼 미래까지의 거리입니다.",
            "You counted all inputs touched; the distance to the last one ahead was asked for.",
        ),
        Mistake(
            lambda layer, T: int(_touched(layer, T).max()),
            "자리를 돌려주었습니다. 출력 자리 T // 2에서 얼마나 떨어졌는지 물었습니다.",
            "That is a place; how far it lies after the output at T // 2 was asked for.",
        ),
        Mistake(
            lambda layer, T: _ahead(layer, T) + _back(layer, T),
            "처음 닿은 입력부터 마지막까지의 거리입니다. 출력부터 재십시오.",
            "That is the distance from the first input touched to the last; measure from the output.",
        ),
        Mistake(
            lambda layer, T: _ahead(layer, T) + _back(layer, T) + 1,
            "수용 영역의 길이입니다. 출력보다 뒤에 있는 부분만 재십시오.",
            "That is the receptive field; measure what lies after the output.",
        ),
        Mistake(
            lambda layer, T: max(0, int(_touched(layer, T).min()) - T // 2),
            "언제나 0입니다. 가운데 출력을 미분하고, 처음이 아니라 마지막으로 닿은 입력을 보십시오.",
            "Always 0: differentiate the middle output, and look at the last input touched, not the first.",
        ),
        Mistake(
            lambda layer, T: T - 1 - T // 2,
            "언제나 끝까지 닿는다고 보았습니다. 기울기가 0이 아닌 자리만 보십시오.",
            "You took every input for touched; look where the gradient is not 0.",
        ),
    ),
    hint=(
        "가운데 출력을 입력으로 미분하여 0이 아닌 자리를 보십시오.",
        "Differentiate the middle output with respect to the input; see where that is not 0.",
    ),
)


def check_lookahead(answer: Callable[[Layer, int], int]) -> CheckResult:
    """Exercise 4.3: how many samples a layer looks ahead, measured by the gradient.

    Args:
        answer: (layer, T), anything that turns (1, 1, T) into (1, 1, T) -> by how many samples the
            last input that the middle output, at T // 2, depends on lies after it; 0 if none does.

    Example:
        >>> check_lookahead(lambda layer, T: 7)
        ✘ ...Layer(taps=3, dilation=..., zeros_left=...), 31) should be 0, not 7.
    """
    return LOOKAHEAD.check(answer)

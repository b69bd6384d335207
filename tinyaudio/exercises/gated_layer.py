"""Chapter 5, "WaveNet": a layer of a WaveNet as a module of the reader's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr
from tinyaudio.models.gated import GatedLayer, shift


class Weights(dict[str, Tensor]):
    """A layer's weights by name; in a message, one word stands for all of them."""

    def __repr__(self) -> str:
        return "weights"


def check_layer(answer: Callable[[int, int], nn.Module]) -> CheckResult:
    """Exercise 5.5: a gated layer with its residual connection, as a module.

    Args:
        answer: (channels, dilation) -> a module with the linear layers ``gate``, 2 channels to
            2 channels, and ``residual``, channels to channels, whose ``forward`` takes x
            (B, T, channels) and an offset (B, 1, 2 channels) of both gates and returns (x', z).

    Example:
        >>> check_layer(lambda channels, dilation: GatedLayer(channels, channels, 2, dilation))
        ✔ Correct.
    """

    def gated(gates: Tensor) -> Tensor:
        f, g = gates.chunk(2, dim=2)
        return torch.tanh(f) * torch.sigmoid(g)

    def gates_of(w: Weights, past: Tensor, x: Tensor, offset: Tensor) -> Tensor:
        return linear(w, "gate", torch.cat([past, x], dim=2)) + offset

    def right(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        z = gated(gates_of(w, shift(x, d), x, offset))
        return x + linear(w, "residual", z), z

    def looks_ahead(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        z = gated(gates_of(w, shift(x.flip(1), d).flip(1), x, offset))
        return x + linear(w, "residual", z), z

    def taps_swapped(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        z = gated(gates_of(w, x, shift(x, d), offset))
        return x + linear(w, "residual", z), z

    def wraps_around(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        z = gated(gates_of(w, x.roll(d, 1), x, offset))
        return x + linear(w, "residual", z), z

    def gates_swapped(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        f, g = gates_of(w, shift(x, d), x, offset).chunk(2, dim=2)
        z = torch.sigmoid(f) * torch.tanh(g)
        return x + linear(w, "residual", z), z

    def no_sum(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        z = right(w, x, d, offset)[1]
        return linear(w, "residual", z), z

    def skip_behind_residual(
        w: Weights, x: Tensor, d: int, offset: Tensor
    ) -> tuple[Tensor, Tensor]:
        new, z = right(w, x, d, offset)
        return new, linear(w, "residual", z)

    def no_condition(w: Weights, x: Tensor, d: int, offset: Tensor) -> tuple[Tensor, Tensor]:
        return right(w, x, d, 0 * offset)

    wrong = [
        (
            looks_ahead,
            "미래 x[t + d]를 봅니다. 시간 축의 앞쪽에 0을 채우십시오.",
            "This looks ahead, at x[t + d]: the zeros belong before the first sample.",
        ),
        (
            taps_swapped,
            "두 탭이 바뀌었습니다. gate의 입력에는 과거가 먼저, 현재가 다음에 놓입니다.",
            "The taps have changed places: gate takes the past first, then the present.",
        ),
        (
            wraps_around,
            "roll은 소리의 끝을 처음으로 가져옵니다. 시작 전은 0이어야 합니다.",
            "roll brings the end of the sound to its beginning; before the first sample there are zeros.",
        ),
        (
            gates_swapped,
            "tanh와 시그모이드가 바뀌었습니다. gate의 앞 절반이 tanh로 갑니다.",
            "Sigmoid and tanh have changed places: the first half of gate goes through the tanh.",
        ),
        (
            no_sum,
            "잔차 연결의 덧셈이 없습니다. x'은 x + residual(z)입니다.",
            "The sum of the residual connection is missing: x' is x + residual(z).",
        ),
        (
            skip_behind_residual,
            "스킵으로는 residual을 거치기 전의 z가 나갑니다.",
            "What goes to the skips is z itself, from before residual.",
        ),
        (
            no_condition,
            "조건 offset이 더해지지 않았습니다.",
            "The condition's offset is not added.",
        ),
    ]
    mistakes = [Mistake(function, tr(korean, english)) for function, korean, english in wrong]
    mistakes = [Mistake(flat(one.answer), one.message) for one in mistakes]
    hint = tr(
        "__init__에서 nn.Linear 둘을 gate와 residual이라는 이름으로 만드십시오.",
        "In __init__, make two nn.Linear with the names gate and residual.",
    )
    g = torch.Generator().manual_seed(0)
    cases = []
    for channels, d in ((2, 1), (3, 4)):
        torch.manual_seed(channels)
        layer = GatedLayer(channels, channels, 2, d)
        weights = Weights(layer.state_dict())
        x = torch.randn(2, 9, channels, generator=g)
        cases.append((weights, x, d, torch.randn(2, 1, 2 * channels, generator=g)))
    return check_answer(loaded(answer), flat(right), cases, mistakes, hint)


def linear(weights: Weights, name: str, x: Tensor) -> Tensor:
    """A linear layer by its weights."""
    return nn.functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def flat(layer: Callable[..., tuple[Tensor, Tensor]]) -> Callable[..., Tensor]:
    """Both outputs in one row."""
    return lambda *arguments: torch.cat([one.flatten() for one in layer(*arguments)])


def loaded(build: Callable[[int, int], Any]) -> Callable[..., Any]:
    """The reader's module with given weights, run on a signal."""

    @wraps(build)
    def run(weights: Weights, x: Tensor, d: int, offset: Tensor) -> Any:
        module = build(x.shape[2], d)
        if not isinstance(module, nn.Module):
            return module
        module.load_state_dict(weights)
        with torch.no_grad():
            found = module(x, offset)
        return torch.cat([one.flatten() for one in found])

    return run

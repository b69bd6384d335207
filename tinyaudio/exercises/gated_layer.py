"""Chapter 5, "WaveNet": a layer of a WaveNet as a module of the reader's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Generator, Tensor, nn

from tinyaudio.exercises.changed_layer import Layer, Renamed, Resized
from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.models.gated import shift

NAMES, SIZES, OUTPUTS = -1.0, -2.0, -3.0


def _changed(**change: Any) -> Answer:
    return lambda channels, dilation: Layer(channels, dilation, **change)


def _weights(channels: int, generator: Generator) -> dict[str, Tensor]:
    state = Layer(channels, 1).state_dict()
    return {name: torch.randn(w.shape, generator=generator) / 2 for name, w in state.items()}


def _signals(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for channels, d in ((2, 3), (3, 4)):
        x, offset = (
            torch.randn(2, n, m * channels, generator=generator) for n, m in ((9, 1), (1, 2))
        )
        cases.append((_weights(channels, generator), x, d, offset))
    return cases


def _loaded(build: Answer) -> Answer:
    """The reader's module with given weights, run on a signal: both outputs in one row."""

    @wraps(build)
    def run(weights: dict[str, Tensor], x: Tensor, d: int, offset: Tensor) -> Any:
        module = build(x.shape[2], d)
        if not isinstance(module, nn.Module):
            return module
        given = {name: tuple(w.shape) for name, w in module.state_dict().items()}
        wanted = {name: tuple(w.shape) for name, w in weights.items()}
        if given != wanted:
            return SIZES if given.keys() == wanted.keys() else NAMES
        module.load_state_dict(weights)
        found = module(x, offset)
        if not isinstance(found, tuple | list) or len(found) != 2:
            return OUTPUTS
        parts = [as_tensor(one) for one in found]
        if any(one is None or one.shape != x.shape for one in parts):
            return None if all(one is None for one in found) else OUTPUTS
        return torch.cat([one.flatten() for one in parts if one is not None])

    return run


_DETACHED = Mistake(
    _changed(out=lambda x, r, z: (x + r.detach(), z.detach())),
    "값은 맞지만 입력이나 가중치로 기울기가 오지 않습니다. detach, .data, no_grad 없이 계산하십시오.",
    "The values are right, but a gradient does not reach the input or the weights: no detach, no .data, "
    "no no_grad.",
)


def _detached(build: Answer) -> Mistake | None:
    """Whether the gradient of an answer is wrong."""
    generator = Generator().manual_seed(0)
    weights = _weights(2, generator)
    x, mix = (torch.randn(2, 1, 6, 2, generator=generator) for _ in range(2))
    slopes = []
    for module in (build(2, 2), Layer(2, 2)):
        module.load_state_dict(weights)
        start, offset = x[0].clone().requires_grad_(), torch.zeros(1, 1, 4).requires_grad_()
        total = sum((part * m).sum() for part, m in zip(module(start, offset), mix, strict=True))
        if not isinstance(total, Tensor) or not total.requires_grad:
            return _DETACHED
        total.backward()  # type: ignore[no-untyped-call]
        named = dict(module.named_parameters())
        leaves = [start, offset, *(named[name] for name in weights if name in named)]
        slopes.append([torch.zeros_like(p) if p.grad is None else p.grad for p in leaves])
    same = len(slopes[0]) == len(slopes[1]) and all(
        torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(*slopes, strict=True)
    )
    return None if same else _DETACHED


LAYER = Exercise(
    right=Layer,
    cases=_signals,
    run=_loaded,
    witness=_detached,
    mistakes=(
        Mistake(
            _changed(past=lambda x, d: shift(x.flip(1), d).flip(1)),
            "미래 x[t + d]를 봅니다. 시간 축의 앞쪽에 0을 채우십시오.",
            "This looks ahead, at x[t + d]: the zeros belong before the first sample.",
        ),
        Mistake(
            _changed(swapped=True),
            "두 탭이 바뀌었습니다. gate의 입력에는 과거가 먼저, 현재가 다음에 놓입니다.",
            "The taps have changed places: gate takes the past first, then the present.",
        ),
        Mistake(
            _changed(past=lambda x, d: x.roll(d, 1)),
            "roll은 소리의 끝을 처음으로 가져옵니다. 시작 전은 0이어야 합니다.",
            "roll brings the end of the sound to its beginning; before the first sample there are zeros.",
        ),
        Mistake(
            _changed(past=lambda x, d: shift(x, 1)),
            "팽창 계수를 쓰지 않았습니다. 과거는 한 칸이 아니라 dilation칸 앞입니다.",
            "The dilation is not used: the past is that many samples ago, not one.",
        ),
        Mistake(
            _changed(past=lambda x, d: x),
            "과거 대신 현재를 두 번 넣었습니다.",
            "The present goes in twice, and the past not at all.",
        ),
        Mistake(
            _changed(past=lambda x, d: shift(x.transpose(1, 2), min(d, x.shape[2])).transpose(1, 2)),
            "시간이 아니라 채널을 밀었습니다. 시간은 축 1입니다.",
            "You moved channels, not time; time is axis 1.",
        ),
        Mistake(
            _changed(z=lambda g: torch.sigmoid(g.chunk(2, 2)[0]) * torch.tanh(g.chunk(2, 2)[1])),
            "tanh와 시그모이드가 바뀌었습니다. gate의 앞 절반이 tanh로 갑니다.",
            "Sigmoid and tanh have changed places: the first half of gate goes through the tanh.",
        ),
        Mistake(
            _changed(z=lambda g: torch.tanh(g[..., ::2]) * torch.sigmoid(g[..., 1::2])),
            "채널을 번갈아 나누었습니다. 앞 절반과 뒤 절반으로 나눕니다.",
            "Channels were split alternately; split them into the first and the second half.",
        ),
        Mistake(
            _changed(z=lambda g: torch.tanh(g.chunk(2, 2)[0]) + torch.sigmoid(g.chunk(2, 2)[1])),
            "tanh와 시그모이드를 더했습니다. 곱하십시오.",
            "You added tanh and sigmoid; multiply them.",
        ),
        Mistake(
            _changed(z=lambda g: torch.tanh(g.chunk(2, 2)[0]) * torch.tanh(g.chunk(2, 2)[1])),
            "두 절반에 모두 tanh를 썼습니다. 뒤 절반은 시그모이드입니다.",
            "Both halves go through a tanh; the second should go through the sigmoid.",
        ),
        Mistake(
            _changed(out=lambda x, r, z: (r, z)),
            "잔차 연결의 덧셈이 없습니다. x'은 x + residual(z)입니다.",
            "The sum of the residual connection is missing: x' is x + residual(z).",
        ),
        Mistake(
            _changed(out=lambda x, r, z: (x + z, z)),
            "residual을 거치지 않고 z를 더했습니다. x'은 x + residual(z)입니다.",
            "z is added without residual: x' is x + residual(z).",
        ),
        Mistake(
            _changed(out=lambda x, r, z: (z + r, z)),
            "x가 아니라 z를 더했습니다. x'은 x + residual(z)입니다.",
            "z is added where x should be: x' is x + residual(z).",
        ),
        Mistake(
            _changed(out=lambda x, r, z: (x + r, r)),
            "스킵으로는 residual을 거치기 전의 z가 나갑니다.",
            "What goes to the skips is z itself, from before residual.",
        ),
        Mistake(
            _changed(out=lambda x, r, z: (x + r, x + r)),
            "둘째 값도 다음 층의 입력입니다. 스킵으로는 z가 나갑니다.",
            "Both outputs are the next layer's input; the second should be z, for the skips.",
        ),
        Mistake(
            _changed(out=lambda x, r, z: (z, x + r)),
            "두 출력의 순서가 바뀌었습니다. 다음 층의 입력이 먼저, z가 나중입니다.",
            "The outputs have changed places: first the next layer's input, then z.",
        ),
        Mistake(
            _changed(offset=0.0),
            "조건 offset이 더해지지 않았습니다.",
            "The condition's offset is not added.",
        ),
        Mistake(
            Renamed,
            "이름이 다릅니다. nn.Linear 둘의 이름은 gate와 residual이고, 다른 매개변수는 없습니다.",
            "Other names are used: the two nn.Linear are gate and residual, and there is nothing else.",
        ),
        Mistake(
            Resized,
            "크기가 다릅니다. gate는 2C → 2C, residual은 C → C이고 둘 다 편향이 있습니다.",
            "The sizes differ: gate goes from 2C to 2C, residual from C to C, both with a bias.",
        ),
        Mistake(
            _changed(out=lambda x, r, z: x + r),
            "출력은 둘이고, 둘 다 x와 같은 모양입니다. (x + residual(z), z)를 돌려주십시오.",
            "There are two outputs, both of the shape of x: return (x + residual(z), z).",
        ),
        _DETACHED,
    ),
    hint=(
        "__init__에서 nn.Linear 둘을 gate와 residual이라는 이름으로 만드십시오.",
        "In __init__, make two nn.Linear with the names gate and residual.",
    ),
)  # fmt: skip


def check_layer(answer: Callable[[int, int], nn.Module]) -> CheckResult:
    """Exercise 5.5: a gated layer with its residual connection, as a module.

    Args:
        answer: (channels, dilation) -> a module with the linear layers ``gate``, 2 channels to
            2 channels, and ``residual``, channels to channels, whose ``forward`` takes x
            (B, T, channels) and an offset (B, 1, 2 channels) of both gates and returns (x', z).

    Example:
        >>> from tinyaudio.models.gated import GatedLayer
        >>> check_layer(lambda channels, dilation: GatedLayer(channels, channels, 2, dilation))
        ✔ Correct.
    """
    return LAYER.check(answer)

"""Chapter 5, "WaveNet": the gated activation; the checkers of the chapter."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.continuation import check_go_on as check_go_on
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.gated_layer import check_layer as check_layer
from tinyaudio.exercises.parameters import check_count as check_count
from tinyaudio.exercises.registered_layers import check_stack as check_stack


def _late(x: Tensor, by: int) -> Tensor:
    return F.pad(x, (by, 0))[: len(x)]


def _early(x: Tensor, by: int) -> Tensor:
    return F.pad(x, (0, by))[by:]


def _gated(
    past: Callable[[Tensor, int], Tensor] = _late,
    first: Callable[[Tensor], Tensor] = torch.tanh,
    second: Callable[[Tensor], Tensor] = torch.sigmoid,
    inside: tuple[int | None, int | None] = (0, 1),
    taps: tuple[int, int] = (0, 1),
) -> Answer:
    """The unit with one thing changed; `inside` says which offset goes into tanh and sigmoid."""

    def gated(x: Tensor, d: int, w_f: Tensor, w_g: Tensor, offsets: Tensor) -> Tensor:
        parts = []
        for w, place in zip((w_f, w_g), inside, strict=True):
            offset = torch.zeros(()) if place is None else offsets[place]
            parts.append(w[taps[0]] * past(x, d) + w[taps[1]] * x + offset)
        return first(parts[0]) * second(parts[1])

    return gated


_right = _gated()
_bare = _gated(inside=(None, None))


def _units(generator: Generator) -> list[Case]:
    return [
        (torch.randn(11, generator=generator), d, *(torch.randn(2, generator=generator) for _ in range(3)))
        for d in (2, 3, 4)
    ]  # fmt: skip


GATED = Exercise(
    right=_right,
    cases=_units,
    edges=[
        (torch.ones(1), 1, torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0]), torch.zeros(2)),
    ],
    mistakes=(
        Mistake(
            _gated(first=torch.sigmoid, second=torch.tanh),
            "tanh와 시그모이드가 바뀌었습니다. 내용을 나르는 쪽(f)이 tanh, 게이트(g)가 시그모이드입니다.",
            "Sigmoid and tanh have changed places: what is said (f) goes through the tanh, the gate (g)"
            " through the sigmoid.",
        ),
        Mistake(
            _gated(second=torch.tanh),
            "게이트에도 tanh를 썼습니다. 게이트는 시그모이드입니다.",
            "The gate is a tanh, too; it should be a sigmoid.",
        ),
        Mistake(
            _gated(first=torch.sigmoid),
            "두 곳에 시그모이드를 썼습니다. 내용을 나르는 쪽(f)은 tanh입니다.",
            "Both are sigmoids; what is said (f) goes through a tanh.",
        ),
        Mistake(
            lambda x, d, w_f, w_g, offsets: _right(x, d, w_f, w_f, offsets),
            "합성곱 하나를 둘이 나누어 씁니다. 게이트가 따로 배우려면 자기 가중치 w_g가 있어야 합니다.",
            "Both share one convolution. A gate that is to learn for itself needs its own w_g.",
        ),
        Mistake(
            lambda x, d, w_f, w_g, offsets: _right(x, d, w_g, w_f, offsets),
            "w_f와 w_g가 바뀌었습니다. w_f가 tanh의 것입니다.",
            "w_f and w_g have changed places: w_f belongs to the tanh.",
        ),
        Mistake(
            lambda x, d, w_f, w_g, offsets: (
                torch.tanh(w_f[0] * _late(x, d) + w_f[1] * x + offsets[0])
                + torch.sigmoid(w_g[0] * _late(x, d) + w_g[1] * x + offsets[1])
            ),
            "더했습니다. 게이트가 여닫으려면 곱해야 합니다.",
            "You added them; to let through or hold back, the gate has to multiply.",
        ),
        Mistake(
            lambda x, d, w_f, w_g, offsets: torch.tanh(w_f[0] * _late(x, d) + w_f[1] * x + offsets[0]),
            "게이트가 없습니다. 시그모이드를 곱하십시오.",
            "There is no gate: multiply by the sigmoid.",
        ),
        Mistake(
            _bare,
            "조건 offsets를 더하지 않았습니다.",
            "The condition, offsets, is not added.",
        ),
        Mistake(
            _gated(inside=(0, None)),
            "조건이 tanh에만 들어갔습니다. 게이트에도 더합니다.",
            "The condition reaches the tanh only; it is added inside the gate, too.",
        ),
        Mistake(
            _gated(inside=(None, 1)),
            "조건이 게이트에만 들어갔습니다. tanh에도 더합니다.",
            "The condition reaches the gate only; it is added inside the tanh, too.",
        ),
        Mistake(
            _gated(inside=(1, 0)),
            "두 offsets가 바뀌었습니다. 첫째가 tanh의 것입니다.",
            "The two offsets have changed places: the first belongs to the tanh.",
        ),
        Mistake(
            _gated(inside=(0, 0)),
            "두 곳에 같은 offsets[0]을 더했습니다.",
            "The same offset, the first, is added in both places.",
        ),
        Mistake(
            lambda x, d, w_f, w_g, offsets: _bare(x, d, w_f, w_g, offsets) + offsets.sum(),
            "조건을 게이트를 나온 것에 더했습니다. tanh와 시그모이드의 안에 더합니다.",
            "The condition is added to what comes out; add it inside tanh and sigmoid.",
        ),
        Mistake(
            lambda x, d, w_f, w_g, offsets: (
                (torch.tanh(w_f[0] * _late(x, d) + w_f[1] * x) + offsets[0])
                * (torch.sigmoid(w_g[0] * _late(x, d) + w_g[1] * x) + offsets[1])
            ),
            "조건을 tanh와 시그모이드의 바깥에 더했습니다. 안에 더합니다.",
            "The condition is added outside tanh and sigmoid; add it inside.",
        ),
        Mistake(
            _gated(taps=(1, 0)),
            "두 탭이 바뀌었습니다. 첫째가 과거 x[t - d], 둘째가 현재입니다.",
            "The taps have changed places: the first is the past, x[t - d], the second the present.",
        ),
        Mistake(
            _gated(past=_early),
            "미래 x[t + d]를 봅니다.",
            "This looks ahead, at x[t + d].",
        ),
        Mistake(
            _gated(past=_early, taps=(1, 0)),
            "미래 x[t + d]를 봅니다. 첫 탭이 과거 x[t - d], 둘째가 현재입니다.",
            "This looks ahead, at x[t + d]; the first tap is the past, x[t - d], the second the present.",
        ),
        Mistake(
            _gated(past=lambda x, d: x.roll(d)),
            "roll은 소리의 끝을 처음으로 가져옵니다. 시작 전은 0이어야 합니다.",
            "roll brings the end of the sound to its beginning; before the first sample there are zeros.",
        ),
        Mistake(
            _gated(past=lambda x, d: _late(x, 1)),
            "d를 쓰지 않았습니다. 과거는 한 칸이 아니라 d칸 앞입니다.",
            "d is not used: the past is d samples ago, not one.",
        ),
        Mistake(
            _gated(past=lambda x, d: _late(x, d + 1)),
            "과거가 한 칸 더 멉니다. x[t - d]입니다.",
            "The past is one too far: it is x[t - d].",
        ),
        Mistake(
            _gated(past=lambda x, d: _late(x, d - 1)),
            "과거가 한 칸 가깝습니다. x[t - d]입니다.",
            "The past is one too near: it is x[t - d].",
        ),
        Mistake(
            _gated(past=lambda x, d: 0 * x),
            "과거의 탭이 빠졌습니다.",
            "The past tap is missing.",
        ),
        Mistake(
            _gated(past=lambda x, d: torch.cat([x[:1].expand(d), x])[: len(x)]),
            "시작 전을 첫 샘플로 채웠습니다. 시작 전은 0입니다.",
            "The first sample is repeated before the beginning; there are zeros.",
        ),
    ),
    hint=("F.pad로 x를 늦춘 뒤 식을 옮기십시오.", "Delay x with F.pad, then write the formula."),
)  # fmt: skip


def check_gated(answer: Callable[[Tensor, int, Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 5.1: the gated activation of one channel.

    Args:
        answer: (x, d, w_f, w_g, offsets): a signal (T,), a dilation, two taps for each gate (the past
            one first) and what the condition adds to each -> z (T,).

    Example:
        >>> check_gated(lambda x, d, w_f, w_g, offsets: x.tanh())
        ✘ <lambda>(<11>, 2, [...], [...], [...])[0] should be ...
    """
    return GATED.check(answer)

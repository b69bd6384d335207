"""Chapter 7, "Making it fast": a sampler that keeps what it has computed."""

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Layer = Callable[[int, float, float], float]


def layer(index: int, now: Any, past: Any) -> float:
    """A value of a layer."""
    return math.tanh(0.9 * float(now) - 0.7 * float(past) + 0.1 * index)


def _sampler(
    kept: Callable[[float, float], float] = lambda now, out: now,
    first: bool = False,
    shared: bool = False,
    length: Callable[[int], int] = lambda d: d,
    fed: Callable[[list[float], float], float] = lambda x, top: x[-1] if x else 0.0,
    order: int = 1,
    added: bool = True,
) -> Answer:
    """Generation with one thing changed.

    Args:
        kept: What a buffer keeps, of a layer's input and its output.
        first: Whether it is written before it is read.
        shared: Whether all layers share the last buffer.
        length: Of the buffer of a layer of this dilation.
        fed: The input of the lowest layer, from the samples and the last value of the top layer.
        order: Of the layers; -1 goes from the top to the bottom.
        added: Whether noise is added.
    """

    def generate(layer: Layer, dilations: Sequence[int], noise: Sequence[float]) -> Tensor:
        buffers = [[0.0] * length(d) for d in dilations]
        if shared:
            buffers = [buffers[-1]] * len(dilations)
        x: list[float] = []
        top = 0.0
        for t, e in enumerate(noise):
            now = fed(x, top)
            for i in range(len(dilations))[::order]:
                buffer, place = buffers[i], t % len(buffers[i])
                if first:
                    buffer[place] = now
                past = buffer[(t - length(dilations[i])) % len(buffer)]
                out = layer(i, now, past)
                if not first:
                    buffer[place] = kept(now, out)
                now = out
            top = now
            x.append(now + float(e) * added)
        return torch.tensor(x)

    return generate


_right = _sampler()


def _swapped(layer: Layer, dilations: Sequence[int], noise: Sequence[float]) -> Tensor:
    return _right(lambda i, now, past: layer(i, past, now), dilations, noise)


def _lowest_only(layer: Layer, dilations: Sequence[int], noise: Sequence[float]) -> Tensor:
    return _right(lambda i, now, past: layer(0, now, past), dilations, noise)


def _twice(layer: Layer, dilations: Sequence[int], noise: Sequence[float]) -> Tensor:
    return _right(lambda i, now, past: max(layer(i, now, past) for _ in range(2)), dilations, noise)


_TOO_MANY = Mistake(
    _twice,
    "값은 맞지만 layer를 너무 자주 부릅니다. 샘플마다 층마다 한 번씩만 부르고, "
    "과거의 값은 링 버퍼에서 읽으십시오.",
    "The values are right, but layer is called too often: call it once for each layer and sample, "
    "and read the past from the ring buffers.",
)


def _calls(answer: Answer) -> Mistake | None:
    """Whether the answer computes too much."""
    count = 0

    def counted(index: int, now: Any, past: Any) -> float:
        nonlocal count
        count += 1
        return layer(index, now, past)

    answer(counted, [1, 2, 4], 12 * [0.1])
    return None if count == 3 * 12 else _TOO_MANY


def _as_row(sampler: Answer) -> Answer:
    @wraps(sampler)
    def samples(layer: Layer, dilations: list[int], noise: list[float]) -> Any:
        given = sampler(layer, dilations, noise)
        row = as_tensor(given)
        return given if row is None else row.flatten().double()

    return samples


def _stacks(generator: Generator) -> list[Case]:
    stacks = (([1, 2, 4], 12), ([1, 2, 4, 8, 1, 2], 40), ([3, 2], 15))
    return [
        (layer, dilations, (2 * torch.rand(n, generator=generator) - 1).tolist())
        for dilations, n in stacks
    ]


GENERATE = Exercise(
    right=_right,
    cases=_stacks,
    run=_as_row,
    witness=_calls,
    mistakes=(
        Mistake(
            _sampler(first=True),
            "읽기 전에 썼습니다. 과거 대신 지금 값이 나왔습니다.",
            "You wrote before you read: past is the present value.",
        ),
        Mistake(
            _sampler(kept=lambda now, out: out),
            "층의 출력을 적었습니다. past는 아래층의 값, 곧 층의 입력입니다.",
            "You keep the layer's output; past is a value of the layer below, its input.",
        ),
        Mistake(
            _sampler(kept=lambda now, out: 0.0),
            "past가 언제나 0입니다. 링 버퍼에 층의 입력을 적고, dilations[l]스텝 앞의 값을 읽으십시오.",
            "past is always 0: keep the layer's input in the buffer, and read it dilations[l] steps later.",
        ),
        Mistake(
            _sampler(shared=True),
            "모든 층이 링 버퍼 하나를 나누어 씁니다. 층마다 따로 두십시오.",
            "All layers share one ring buffer; each needs its own.",
        ),
        Mistake(
            _sampler(length=lambda d: 1),
            "팽창 계수를 쓰지 않았습니다. 바로 앞의 값만 봅니다.",
            "The dilations are not used: past is always one step ago.",
        ),
        Mistake(
            _sampler(length=lambda d: d + 1),
            "past가 한 스텝 더 멉니다. 링 버퍼의 길이는 dilations[l]입니다.",
            "past is one step too far: a ring buffer has the length dilations[l].",
        ),
        Mistake(
            _sampler(length=lambda d: max(d - 1, 1)),
            "past가 한 스텝 가깝습니다. 링 버퍼의 길이는 dilations[l]입니다.",
            "past is one step too near: a ring buffer has the length dilations[l].",
        ),
        Mistake(
            _sampler(fed=lambda x, top: 0.0),
            "뽑은 샘플을 다시 입력하지 않았습니다. 맨 아래층의 입력은 바로 앞 샘플입니다.",
            "Samples are not fed back: the lowest layer's input is the last sample.",
        ),
        Mistake(
            _sampler(fed=lambda x, top: top),
            "잡음을 더하기 전의 값을 다시 입력했습니다. 맨 아래층의 입력은 잡음을 더한 샘플입니다.",
            "What is fed back lacks the noise; the lowest layer's input is the last sample, noise included.",
        ),
        Mistake(
            _sampler(fed=lambda x, top: x[-2] if len(x) > 1 else 0.0),
            "두 샘플 앞을 입력했습니다. 맨 아래층의 입력은 바로 앞 샘플입니다.",
            "The last sample but one is fed back; the lowest layer's input is the last.",
        ),
        Mistake(
            _sampler(added=False),
            "잡음을 더하지 않았습니다.",
            "The noise is not added.",
        ),
        Mistake(
            _sampler(order=-1),
            "층을 위에서 아래로 돌았습니다. 맨 아래층부터 올라갑니다.",
            "You go through the layers from the top; begin with the lowest.",
        ),
        Mistake(
            _swapped,
            "now와 past가 바뀌었습니다. layer(l, now, past)입니다.",
            "now and past have changed places: it is layer(l, now, past).",
        ),
        Mistake(
            _lowest_only,
            "언제나 층 0을 불렀습니다. 층마다 자기 번호를 넣으십시오.",
            "Layer 0 is called every time; pass each layer's own number.",
        ),
        _TOO_MANY,
    ),
    hint=(
        "샘플마다 층을 아래에서 위로 돌며, 링 버퍼를 읽고, 적고, 층을 부르십시오.",
        "For each sample go through the layers from below: read the buffer, write it, call the layer.",
    ),
)


def check_generate(
    answer: Callable[[Layer, Sequence[int], Sequence[float]], Tensor],
) -> CheckResult:
    """Exercise 7.5: generation through a stack of dilated layers, with a ring buffer for each.

    Args:
        answer: (layer, dilations, noise): layer(l, now, past) is one value of layer l, from the present
            value below it and that of dilations[l] steps ago; noise is added to the top -> samples (T,).

    Example:
        >>> check_generate(lambda layer, dilations, noise: torch.zeros(len(noise)))
        ✘ All values are 0.
    """
    return GENERATE.check(answer)

"""Chapter 7, "Making it fast": a sampler that keeps what it has computed."""

import math
from collections.abc import Callable, Sequence
from functools import wraps

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr

Layer = Callable[[int, float, float], float]
Sampler = Callable[[Layer, Sequence[int], Sequence[float]], Tensor | None]


def check_generate(answer: Sampler) -> CheckResult:
    """Exercise 7.5: generation through a stack of dilated layers, with a ring buffer for each.

    Args:
        answer: (layer, dilations, noise): layer(l, now, past) is one value of layer l, from the present
            value below it and that of dilations[l] steps ago; noise is added to the top -> samples (T,).

    Example:
        >>> check_generate(lambda layer, dilations, noise: torch.tensor(noise))
        ✘ This calls layer 0 times a sample, not 3 times, once for each layer.
    """
    calls = {"n": 0}

    def layer(index: int, now: float, past: float) -> float:
        calls["n"] += 1
        return math.tanh(0.9 * now - 0.7 * past + 0.1 * index)

    def run(sampler: Sampler) -> Callable[[list[int], list[float]], Tensor | None]:
        @wraps(sampler)
        def samples(dilations: list[int], noise: list[float]) -> Tensor | None:
            given = sampler(layer, dilations, noise)
            return None if given is None else torch.as_tensor(given).flatten().double()

        return samples

    def step(
        buffers: list[list[float]], now: float, dilations: Sequence[int], t: int, store: str
    ) -> float:
        for i, d in enumerate(dilations):
            buffer = buffers[i]
            if store == "written first":
                buffer[t % len(buffer)] = now
            past = buffer[(t - d) % len(buffer)]
            out = layer(i, now, past)
            if store != "written first":
                buffer[t % len(buffer)] = out if store == "output" else now
            now = out
        return now

    def sampler(
        store: str = "input", shared: bool = False, length: int = 0, feed: bool = True
    ) -> Sampler:
        def generate(layer: Layer, dilations: Sequence[int], noise: Sequence[float]) -> Tensor:
            buffers = [[0.0] * (length or d) for d in dilations]
            if shared:
                buffers = [buffers[-1]] * len(dilations)
            x: list[float] = []
            for t, e in enumerate(noise):
                now = x[-1] if x and feed else 0.0
                x.append(step(buffers, now, dilations, t, store) + float(e))
            return torch.tensor(x)

        return generate

    right = sampler()
    mistakes = [
        Mistake(run(wrong), message)
        for wrong, message in (
            (
                sampler(store="written first"),
                tr(
                    "읽기 전에 썼습니다. 과거 대신 지금 값이 나왔습니다.",
                    "You wrote before you read: past is the present value.",
                ),
            ),
            (
                sampler(store="output"),
                tr(
                    "층의 출력을 적었습니다. past는 아래층의 값, 곧 층의 입력입니다.",
                    "You keep the layer's output; past is a value of the layer below, its input.",
                ),
            ),
            (
                sampler(shared=True),
                tr(
                    "모든 층이 링 버퍼 하나를 나누어 씁니다. 층마다 따로 두십시오.",
                    "All layers share one ring buffer; each needs its own.",
                ),
            ),
            (
                lambda layer, dilations, noise: right(layer, [1] * len(dilations), noise),
                tr(
                    "팽창 계수를 쓰지 않았습니다. 바로 앞의 값만 봅니다.",
                    "The dilations are not used: past is always one step ago.",
                ),
            ),
            (
                sampler(feed=False),
                tr(
                    "뽑은 샘플을 다시 넣지 않았습니다. 맨 아래층의 입력은 바로 앞 샘플입니다.",
                    "Samples are not fed back: the lowest layer's input is the last sample.",
                ),
            ),
        )
    ]
    cases = [
        ([1, 2, 4], [1.0, 0.0, -0.5, 0.2, 0.0, 0.3, 0.0, -0.4, 0.1, 0.6]),
        ([1, 2, 4, 8, 1, 2], [0.3 * (-1) ** (t // 3) for t in range(40)]),
    ]
    hint = tr(
        "샘플마다 층을 아래에서 위로 돌며, 링 버퍼를 읽고, 적고, 층을 부르십시오.",
        "For each sample go through the layers from below: read the buffer, write it, call the layer.",
    )
    result = check_answer(run(answer), run(right), cases, mistakes, hint)
    return counted(answer, layer, calls, cases[0], result)


def counted(
    answer: Sampler,
    layer: Layer,
    calls: dict[str, int],
    case: tuple[list[int], list[float]],
    result: CheckResult,
) -> CheckResult:
    """The result, unless the answer computes too much or nothing at all."""
    dilations, noise = case
    calls["n"] = 0
    try:
        given = answer(layer, list(dilations), list(noise))
    except Exception:  # the result says what it raised
        return result
    per_sample = calls["n"] / len(noise)
    if isinstance(given, Tensor) and per_sample != len(dilations):
        return CheckResult(
            False,
            tr(
                f"샘플마다 layer를 {per_sample:g}번 부릅니다. 층마다 한 번씩 {len(dilations)}번이어야 합니다.",
                f"This calls layer {per_sample:g} times a sample, not {len(dilations)} times, "
                "once for each layer.",
            ),
        )
    return result

"""Chapter 6, "Conditioning and the mel vocoder": a conditioned layer of WaveNet."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr

Layer = Callable[[Tensor, Tensor, Tensor, Tensor, int], Tensor]


def check_layer(answer: Layer) -> CheckResult:
    """Exercise 6.6: a dilated causal convolution of two taps, its gates conditioned on frames.

    Args:
        answer: (x, frames, W, V, d), of shapes (R, T), (C, N), (2 G, R, 2), (2 G, C), and the dilation
            -> z, (G, T).  T is a multiple of N; the rows for tanh come first.

    Example:
        >>> check_layer(lambda x, frames, W, V, d: x)
        ✘ <lambda>(<2 × 6>, <3 × 2>, ...
    """

    def hidden(x: Tensor, W: Tensor, d: int) -> Tensor:
        return F.conv1d(F.pad(x, (d, 0)), W, dilation=d)

    def held(frames: Tensor, T: int) -> Tensor:
        return frames.repeat_interleave(T // frames.shape[1], dim=1)

    def gate(a: Tensor) -> Tensor:
        f, g = a.chunk(2)
        return f.tanh() * g.sigmoid()

    def right(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
        return gate(hidden(x, W, d) + held(V @ frames, x.shape[1]))

    def looks_ahead(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
        return gate(F.conv1d(F.pad(x, (0, d)), W, dilation=d) + held(V @ frames, x.shape[1]))

    def swapped(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
        return gate((hidden(x, W, d) + held(V @ frames, x.shape[1])).roll(len(V) // 2, 0))

    def outside(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
        return gate(hidden(x, W, d)) + held(V @ frames, x.shape[1])[: len(V) // 2]

    def cycled(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
        hop = x.shape[1] // frames.shape[1]
        return gate(hidden(x, W, d) + (V @ frames).repeat(1, hop))

    def undilated(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
        return right(x, frames, W, V, 1)

    mistakes = (
        Mistake(
            looks_ahead,
            tr(
                "미래를 봅니다. 0은 왼쪽에만 d개 채웁니다.",
                "This looks ahead: put the d zeros on the left only.",
            ),
        ),
        Mistake(
            swapped,
            tr(
                "tanh와 σ의 행이 바뀌었습니다. 앞의 G행이 tanh의 것입니다.",
                "The rows of tanh and sigmoid changed places; the first G rows are those of tanh.",
            ),
        ),
        Mistake(
            outside,
            tr(
                "게이트를 나온 것에 조건을 더했습니다. tanh와 σ의 안에 더합니다.",
                "The condition is added to what comes out of the gate; add it inside tanh and sigmoid.",
            ),
        ),
        Mistake(
            cycled,
            tr(
                "프레임의 줄 전체가 되풀이됩니다. 프레임 하나하나를 T / N번 되풀이합니다.",
                "The sequence of frames comes again and again; repeat each frame T / N times.",
            ),
        ),
        Mistake(
            undilated,
            tr("팽창 계수 d를 쓰지 않았습니다.", "The dilation d is not used."),
        ),
        Mistake(
            lambda x, frames, W, V, d: gate(hidden(x, W, d)),
            tr("조건이 들어가지 않았습니다.", "The condition is missing."),
        ),
    )
    g = torch.Generator().manual_seed(0)

    def case(
        R: int, T: int, C: int, N: int, G: int, d: int
    ) -> tuple[Tensor, ...] | tuple[object, ...]:
        sizes = ((R, T), (C, N), (2 * G, R, 2), (2 * G, C))
        return (*(torch.randn(*size, generator=g) for size in sizes), d)

    hint = tr(
        "합성곱과 조건을 더한 다음 chunk(2)로 나눕니다.",
        "Add convolution and condition, then split with chunk(2).",
    )
    return check_answer(
        answer, right, [case(2, 6, 3, 2, 2, 2), case(3, 12, 2, 3, 4, 4)], mistakes, hint
    )

"""Chapter 6, "Conditioning and the mel vocoder": a conditioned layer of WaveNet."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _conv(x: Tensor, W: Tensor, d: int) -> Tensor:
    return F.conv1d(F.pad(x, (d, 0)), W, dilation=d)


def _held(y: Tensor, T: int) -> Tensor:
    return y.repeat_interleave(T // y.shape[1], dim=1)


def _z(gates: Tensor) -> Tensor:
    f, g = gates.chunk(2)
    return f.tanh() * g.sigmoid()


def _layer(
    conv: Callable[[Tensor, Tensor, int], Tensor] = _conv,
    up: Callable[[Tensor, int], Tensor] = _held,
    z: Callable[[Tensor], Tensor] = _z,
) -> Answer:
    """The layer with one thing changed: the convolution, the upsampling, the gates."""
    return lambda x, frames, W, V, d: z(conv(x, W, d) + up(V @ frames, x.shape[1]))


def _cut_or_filled(x: Tensor, T: int) -> Tensor:
    return F.pad(x, (0, max(0, T - x.shape[1])))[:, :T]


def _lines(y: Tensor, T: int) -> Tensor:
    return F.interpolate(y[None], size=T, mode="linear")[0]


def _outside(x: Tensor, frames: Tensor, W: Tensor, V: Tensor, d: int) -> Tensor:
    z = _z(_conv(x, W, d))
    return z + _held(V @ frames, x.shape[1])[: len(z)]


def _signals(generator: Generator) -> list[Case]:
    cases = []
    for R, T, C, N, G, d in ((2, 6, 3, 3, 2, 2), (3, 12, 2, 3, 4, 4), (2, 12, 2, 4, 3, 3)):
        sizes = ((R, T), (C, N), (2 * G, R, 2), (2 * G, C))
        cases.append((*(torch.randn(*size, generator=generator) for size in sizes), d))
    return cases


LAYER = Exercise(
    right=_layer(),
    cases=_signals,
    mistakes=(
        Mistake(
            _layer(conv=lambda x, W, d: F.conv1d(F.pad(x, (0, d)), W, dilation=d)),
            "미래를 봅니다. 0은 왼쪽에만 d개 채웁니다.",
            "This looks ahead: put the d zeros on the left only.",
        ),
        Mistake(
            _layer(conv=lambda x, W, d: F.conv1d(F.pad(x, (d - d // 2, d)), W, dilation=d)[:, : x.shape[1]]),
            "양쪽에 채웠습니다. 0은 왼쪽에만 d개 채웁니다.",
            "Padded on both sides: put the d zeros on the left only.",
        ),
        Mistake(
            _layer(conv=lambda x, W, d: _conv(x, W.flip(2), d)),
            "탭이 바뀌었습니다. W의 첫 탭이 오래된 샘플에 곱해집니다.",
            "The taps changed places: the first of W belongs to the older sample.",
        ),
        Mistake(
            _layer(conv=lambda x, W, d: _conv(x, W, 1)),
            "팽창 계수 d를 쓰지 않았습니다.",
            "The dilation d is not used.",
        ),
        Mistake(
            _layer(conv=lambda x, W, d: F.conv1d(F.pad(x, (d, 0)), W)[:, : x.shape[1]]),
            "0은 d개 채웠지만 합성곱에 dilation=d가 빠졌습니다.",
            "There are d zeros, but the convolution lacks dilation=d.",
        ),
        Mistake(
            _layer(conv=lambda x, W, d: F.conv1d(F.pad(x, (2 * d, 0)), W, dilation=d)[:, : x.shape[1]]),
            "0을 너무 많이 채워 출력이 늦습니다. d개만 채웁니다.",
            "Too many zeros, so that the output is late: pad d of them.",
        ),
        Mistake(
            _layer(conv=lambda x, W, d: F.conv1d(torch.cat([x[:, -d:], x], 1), W, dilation=d)),
            "소리의 끝을 앞에 붙였습니다. 앞은 0입니다.",
            "The end of the sound stands before its beginning; there should be zeros.",
        ),
        Mistake(
            _layer(z=lambda g: g.chunk(2)[0].sigmoid() * g.chunk(2)[1].tanh()),
            "tanh와 σ가 바뀌었습니다. 앞의 G행이 tanh의 것입니다.",
            "Tanh and sigmoid changed places; the first G rows are those of tanh.",
        ),
        Mistake(
            _layer(z=lambda g: g[::2].tanh() * g[1::2].sigmoid()),
            "행을 번갈아 나누었습니다. 앞의 G행과 뒤의 G행으로 나눕니다.",
            "Rows were split alternately; split them into the first and the last G.",
        ),
        Mistake(
            _layer(z=lambda g: g.chunk(2)[0].tanh() + g.chunk(2)[1].sigmoid()),
            "tanh와 σ를 더했습니다. 곱하십시오.",
            "You added tanh and sigmoid; multiply them.",
        ),
        Mistake(
            _layer(z=lambda g: g.chunk(2)[0].tanh() * g.chunk(2)[1].tanh()),
            "두 곳에 tanh를 썼습니다. 뒤의 G행은 σ입니다.",
            "Both are tanh; the last G rows go through the sigmoid.",
        ),
        Mistake(
            _layer(z=lambda g: g.chunk(2)[0].sigmoid() * g.chunk(2)[1].sigmoid()),
            "두 곳에 σ를 썼습니다. 앞의 G행은 tanh입니다.",
            "Both are sigmoids; the first G rows go through the tanh.",
        ),
        Mistake(
            _layer(z=lambda g: g),
            "tanh와 σ를 취하지 않았습니다.",
            "Nothing goes through tanh and sigmoid.",
        ),
        Mistake(
            _outside,
            "게이트를 나온 것에 조건을 더했습니다. tanh와 σ의 안에 더합니다.",
            "The condition is added to what comes out of the gate; add it inside tanh and sigmoid.",
        ),
        Mistake(
            _layer(up=lambda y, T: y.repeat(1, T // y.shape[1])),
            "프레임 전체가 되풀이됩니다. 프레임 하나하나를 T / N번 되풀이합니다.",
            "The sequence of frames comes again and again; repeat each frame T / N times.",
        ),
        Mistake(
            _layer(up=_lines),
            "프레임 사이를 선으로 이었습니다. 되풀이하여 늘립니다.",
            "Frames were interpolated; upsample by repetition.",
        ),
        Mistake(
            _layer(up=lambda y, T: _cut_or_filled(y, T)),
            "프레임을 늘리지 않고 뒤를 0으로 채웠습니다. 프레임 하나하나를 T / N번 되풀이합니다.",
            "Frames are not upsampled but followed by zeros; repeat each frame T / N times.",
        ),
        Mistake(
            _layer(up=lambda y, T: y.mean(1, keepdim=True).expand(-1, T)),
            "프레임을 평균했습니다. 프레임마다 다른 조건을 씁니다.",
            "You took the mean of frames; each has a condition of its own.",
        ),
        Mistake(
            _layer(up=lambda y, T: y[:, :1].expand(-1, T)),
            "첫 프레임만 썼습니다.",
            "Only the first frame is used.",
        ),
        Mistake(
            _layer(up=lambda y, T: 0 * _held(y, T)),
            "조건이 들어가지 않았습니다.",
            "The condition is missing.",
        ),
        Mistake(
            _layer(up=lambda y, T: torch.cat([_held(y, T).chunk(2)[0], 0 * _held(y, T).chunk(2)[1]])),
            "조건이 tanh에만 들어갔습니다. σ에도 더합니다.",
            "The condition reaches the tanh only; add it inside the sigmoid, too.",
        ),
        Mistake(
            _layer(up=lambda y, T: torch.cat([0 * _held(y, T).chunk(2)[0], _held(y, T).chunk(2)[1]])),
            "조건이 σ에만 들어갔습니다. tanh에도 더합니다.",
            "The condition reaches the sigmoid only; add it inside the tanh, too.",
        ),
    ),
    hint=(
        "합성곱과 조건을 더한 다음 chunk(2)로 나눕니다.",
        "Add convolution and condition, then split with chunk(2).",
    ),
)  # fmt: skip


def check_layer(answer: Callable[[Tensor, Tensor, Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.6: a dilated causal convolution of two taps, its gates conditioned on frames.

    Args:
        answer: (x, frames, W, V, d), of shapes (R, T), (C, N), (2 G, R, 2), (2 G, C), and the dilation
            -> z, (G, T).  T is a multiple of N; the rows for tanh come first.

    Example:
        >>> check_layer(lambda x, frames, W, V, d: V @ frames)
        ✘ The shape of <lambda>(<2 × 6>, <3 × 3>, ...
    """
    return LAYER.check(answer)

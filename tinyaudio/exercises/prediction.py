"""Chapter 2, "One sample at a time": a causal layer of two taps trained by gradient descent."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _squares(error: Tensor) -> Tensor:
    return error.square().mean()


def _delays(*delays: int) -> Callable[[Tensor], Tensor]:
    """Delays x by each of these, (taps, T), zeros before it."""
    return lambda x: torch.stack([F.pad(x, (d, -d)) for d in delays])


_past = _delays(1, 2)


def _fit(
    x: Tensor,
    steps: int,
    lr: float,
    taps: Callable[[Tensor], Tensor] = _past,
    loss: Callable[[Tensor], Tensor] = _squares,
    kept: float = 0.0,
    bias: bool = False,
) -> Tensor:
    """Gradient descent; `kept` is the share of the gradient that stays for the next step."""
    inputs = taps(x)
    if bias:
        inputs = torch.cat([inputs, torch.ones(1, len(x))])
    weight, gradient = torch.zeros(len(inputs)), torch.zeros(len(inputs))
    for _ in range(steps):
        w = weight.clone().requires_grad_()
        (slope,) = torch.autograd.grad(loss(w @ inputs - x), w)
        gradient = kept * gradient + slope
        weight = weight - lr * gradient
    return weight[:2]


def _adam(x: Tensor, steps: int, lr: float) -> Tensor:
    inputs, weight = _past(x), torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr)
    for _ in range(steps):
        optimizer.zero_grad()
        _squares(weight @ inputs - x).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weight.detach()


def _wrapped(x: Tensor) -> Tensor:
    return torch.stack([x.roll(1), x.roll(2)])


def _held(x: Tensor) -> Tensor:
    return torch.stack([torch.cat([x[:1].expand(d), x[:-d]]) for d in (1, 2)])


def _signals(generator: Generator) -> list[Case]:
    """Two sines and an offset, over few samples, so that the beginning counts."""
    cases = []
    for T, steps, lr in ((24, 3, 0.1), (30, 8, 0.06)):
        a, b = (0.2 + torch.rand(2, generator=generator)).tolist()
        t = torch.arange(float(T))
        cases.append((0.4 + torch.sin(0.5 * t + a) + 0.4 * torch.cos(1.1 * t + b), steps, lr))
    return cases


FIT_LAYER = Exercise(
    right=_fit,
    cases=_signals,
    edges=[(torch.sin(0.5 * torch.arange(400.0)), 20, 0.2), (torch.ones(9), 0, 0.1)],
    tolerance=1e-3,
    mistakes=(
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, taps=_delays(0, 1)),
            "층이 맞혀야 할 샘플 x[t]를 봅니다. 입력을 한 칸 늦추십시오.",
            "The layer sees x[t], the sample that it is to predict: delay its input by one.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, taps=_delays(1, 0)),
            "층이 맞혀야 할 샘플 x[t]를 보고, 가중치의 순서도 바뀌었습니다. 입력을 한 칸 늦추십시오.",
            "The layer sees x[t], the sample that it is to predict, and the weights are in the wrong order.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, taps=_delays(2, 3)),
            "한 칸 더 늦었습니다. 층은 x[t-1]과 x[t-2]를 봅니다.",
            "Delayed by one too many: the layer sees x[t-1] and x[t-2].",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, taps=_delays(-1, -2)),
            "층이 미래의 샘플을 봅니다. 과거의 x[t-1]과 x[t-2]를 보아야 합니다.",
            "The layer looks ahead; it should see the past, x[t-1] and x[t-2].",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, kept=1.0),
            "기울기가 쌓입니다. 스텝마다 backward 전에 optimizer.zero_grad()를 부르십시오.",
            "The gradients add up: call optimizer.zero_grad() before backward, at every step.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, -lr),
            "손실이 커지는 쪽으로 갔습니다. 기울기를 더하지 말고 빼십시오.",
            "You climb: subtract the gradient, do not add it.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr).flip(0),
            "두 가중치의 순서가 바뀌었습니다. x[t-1]의 것이 먼저입니다. "
            "Conv1d의 가중치는 먼 과거부터 놓입니다.",
            "The two weights are in the wrong order: that of x[t-1] comes first. "
            "A Conv1d holds the far past first.",
        ),
        Mistake(
            lambda x, steps, lr: torch.zeros(2),
            "가중치가 전혀 움직이지 않았습니다. optimizer.step()을 부르십시오.",
            "The weights never moved: call optimizer.step().",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr * len(x)),
            "제곱 오차의 합을 썼습니다. 손실은 평균입니다.",
            "You took the sum of squared errors; the loss is their mean.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr / 2),
            "기울기가 절반입니다. 제곱의 미분에는 2가 곱해집니다.",
            "The gradient is half of what it should be: the derivative of a square has a factor of 2.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, 1, lr),
            "스텝을 하나만 실행했습니다. steps번 되풀이하십시오.",
            "Only one step was made; make as many as steps says.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps - 1, lr),
            "스텝이 하나 모자랍니다.",
            "One step too few.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps + 1, lr),
            "스텝을 하나 더 실행했습니다.",
            "One step too many.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, loss=lambda e: e.abs().mean()),
            "절댓값의 평균을 썼습니다. 손실은 제곱의 평균입니다.",
            "You took the mean of absolute errors; the loss is the mean of squares.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, loss=lambda e: _squares(e[2:])),
            "처음 두 샘플이 손실에서 빠졌습니다. 소리의 앞은 0이고, 평균은 모든 t에서 냅니다.",
            "The first two samples are not in the loss; zeros stand before the sound, and the mean is "
            "over all t.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, loss=lambda e: _squares(e[1:])),
            "첫 샘플이 손실에서 빠졌습니다. 평균은 모든 t에서 냅니다.",
            "The first sample is not in the loss; the mean is over all t.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, bias=True),
            "편향도 학습했습니다. bias=False로 두십시오.",
            "A bias was trained, too: set bias=False.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, taps=_wrapped),
            "소리의 끝이 처음으로 돌아왔습니다. 소리의 앞은 0입니다.",
            "The end of the sound came round to its beginning; before it there are zeros.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, taps=_held),
            "소리의 앞을 첫 샘플로 채웠습니다. 소리의 앞은 0입니다.",
            "The first sample was repeated before the sound; there are zeros.",
        ),
        Mistake(
            _adam,
            "Adam을 썼습니다. 보통의 경사 하강법인 torch.optim.SGD를 쓰십시오.",
            "You used Adam; use plain gradient descent, torch.optim.SGD.",
        ),
        Mistake(
            lambda x, steps, lr: _fit(x, steps, lr, kept=0.9),
            "모멘텀을 썼습니다. 여기서는 모멘텀이 없습니다.",
            "You used momentum; there is none here.",
        ),
    ),
    hint=(
        "앞을 채운 입력에 Conv1d를 쓰고, 2.4절의 학습 스텝을 되풀이하십시오.",
        "A Conv1d on an input padded in front, then the training step of section 2.4 again and again.",
    ),
)  # fmt: skip


def check_fit_layer(answer: Callable[[Tensor, int, float], Tensor]) -> CheckResult:
    """Exercise 2.5: a causal layer of two taps that learns to predict the next sample.

    Args:
        answer: (x, steps, lr), x of shape (T,) -> the weights (2,) of x[t-1] and x[t-2] after `steps`
            steps of gradient descent on the mean square error, from zero.

    Example:
        >>> check_fit_layer(lambda x, steps, lr: torch.zeros(2))
        ✘ The weights never moved...
    """
    return FIT_LAYER.check(answer)

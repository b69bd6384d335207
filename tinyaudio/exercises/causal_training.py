"""Chapter 4, "Dilated causal convolution": the layer, and one training step for it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Case, Exercise

Step = Callable[[Tensor, Tensor, int, Tensor, float], Any]


def _causal(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return F.conv1d(F.pad(x, ((w.shape[2] - 1) * d, 0)), w, b, dilation=d)


def _squares(y: Tensor, x: Tensor) -> Tensor:
    return (y[..., :-1] - x[..., 1:]).square().mean()


def _loss(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return _squares(_causal(w, b, d, x), x)


def _step(
    loss: Callable[[Tensor, Tensor, int, Tensor], Tensor] = _loss,
    kept: bool = False,
    up: bool = False,
    moved: tuple[bool, bool] = (True, True),
) -> Step:
    """A training step with another loss, with gradients kept, up the gradient, or of w or b only."""

    def step(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> Any:
        optimizer = torch.optim.SGD(
            [p for p, one in zip((w, b), moved, strict=True) if one], lr, maximize=up
        )
        if not kept:
            optimizer.zero_grad()
        found = loss(w, b, d, x)
        found.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return found.item()

    return step  # fmt: skip


_right = _step()


def _run_twice(step: Step) -> Callable[[Tensor, Tensor, int, Tensor, float], Tensor | None]:
    """Two steps from the same start: both losses, and what became of the parameters."""

    @wraps(step)
    def run(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> Tensor | None:
        w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
        losses = [step(w, b, d, x.clone(), lr) for _ in range(2)]
        if losses[0] is None:
            return None
        numbers = [as_tensor(one) for one in losses]
        if any(one is None or one.numel() != 1 for one in numbers):
            raise TypeError("the loss should be a single number")
        kept = [one.double().reshape(1) for one in numbers if one is not None]
        return torch.cat([*kept, w.detach().flatten(), b.detach()])

    return run


def _loss_afterwards(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
    _right(w, b, d, x, lr)
    return _loss(w, b, d, x).item()


def _returns_nothing_moved(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
    return _loss(w, b, d, x).item()


def _looking_ahead(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return _squares(F.conv1d(F.pad(x, (0, (w.shape[2] - 1) * d)), w, b, dilation=d), x)


def _two_sided(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    reach = (w.shape[2] - 1) * d
    both = F.pad(x, (reach // 2, reach - reach // 2))
    return _squares(F.conv1d(both, w, b, dilation=d), x)


def _unpadded(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    reach = (w.shape[2] - 1) * d
    return _squares(F.conv1d(x, w, b, dilation=d), x[..., reach:])


def _copying(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return (_causal(w, b, d, x) - x).square().mean()


def _backwards(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return (_causal(w, b, d, x)[..., 1:] - x[..., :-1]).square().mean()


def _wrapped(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return (_causal(w, b, d, x) - x.roll(-1, 2)).square().mean()


def _absolute(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
    return (_causal(w, b, d, x)[..., :-1] - x[..., 1:]).abs().mean()


def _signals(generator: Generator) -> list[Case]:
    cases = []
    for k, d in ((2, 3), (3, 2), (2, 4)):
        w, x = (torch.randn(1, 1, n, generator=generator) for n in (k, 12))
        cases.append((w, torch.tensor([0.3]), d, x + 0.5, 0.05))
    return cases


TRAINING_STEP = Exercise(
    right=_right,
    cases=_signals,
    run=_run_twice,
    edges=[(torch.zeros(1, 1, 1), torch.zeros(1), 1, torch.tensor([[[1.0, 2.0]]]), 0.1)],
    mistakes=(
        Mistake(
            _returns_nothing_moved,
            "손실은 맞지만 w와 b가 그대로입니다. backward 다음에, 기울기를 지우기 전에 step을 불러 w와 b "
            "자체를 고치십시오.",
            "The loss is right, but w and b stay as they were: call step after backward, before gradients are "
            "cleared, so that w and b themselves change.",
        ),
        Mistake(
            _step(moved=(True, False)),
            "b가 그대로입니다. 최적화기에 w와 b를 모두 주십시오.",
            "The bias b stays as it was: give both w and b to the optimizer.",
        ),
        Mistake(
            _step(moved=(False, True)),
            "w가 그대로입니다. 최적화기에 w와 b를 모두 주십시오.",
            "The filter w stays as it was: give both w and b to the optimizer.",
        ),
        Mistake(
            _step(kept=True),
            "첫 스텝은 맞지만 둘째 스텝에 앞의 기울기가 더해졌습니다. zero_grad를 부르십시오.",
            "The first step is right; the second has the first one's gradient added. Call zero_grad.",
        ),
        Mistake(
            _step(up=True),
            "기울기의 방향으로 올라갔습니다. 손실을 줄이려면 반대로 갑니다.",
            "You went up the gradient; to lower the loss, go the other way.",
        ),
        Mistake(
            _step(_copying),
            "y_t를 x_t와 견주었습니다. 답을 베끼는 것입니다. 정답은 x_{t+1}입니다.",
            "You compare y_t with x_t, which is copying the answer; the target is x_{t+1}.",
        ),
        Mistake(
            _step(_backwards),
            "반대로 밀었습니다. y_t의 정답은 x_{t-1}이 아니라 x_{t+1}입니다.",
            "Shifted the wrong way: the target of y_t is x_{t+1}, not x_{t-1}.",
        ),
        Mistake(
            _step(_wrapped),
            "마지막 y의 정답으로 첫 샘플을 썼습니다. 마지막 y에는 정답이 없으므로 뺍니다.",
            "The last y is compared with the first sample; it has no target, so leave it out.",
        ),
        Mistake(
            _step(_looking_ahead),
            "0을 오른쪽에 채웠습니다. 층이 미래를 봅니다.",
            "The zeros are on the right, so that the layer looks ahead.",
        ),
        Mistake(
            _step(_two_sided),
            "0을 양쪽에 채웠습니다. 층이 미래를 봅니다.",
            "There are zeros on both sides, so that the layer looks ahead.",
        ),
        Mistake(
            _step(_unpadded),
            "0을 채우지 않아 처음의 출력이 빠졌습니다. 왼쪽에 (k - 1) d개를 채우십시오.",
            "Nothing is padded, and the first outputs are missing: put (k - 1) d zeros on the left.",
        ),
        Mistake(
            lambda w, b, d, x, lr: _right(w, b, 1, x, lr),
            "팽창 계수 d를 쓰지 않았습니다.",
            "The dilation d is not used.",
        ),
        Mistake(
            _step(lambda w, b, d, x: _loss(w, 0 * b, d, x)),
            "b를 더하지 않았습니다.",
            "The bias b is not added.",
        ),
        Mistake(
            _step(lambda w, b, d, x: _loss(w.flip(2), b, d, x)),
            "탭을 뒤집었습니다. w의 맨 앞이 가장 오래된 샘플에 곱해집니다.",
            "The taps are the wrong way round: the first of w belongs to the oldest sample.",
        ),
        Mistake(
            _step(lambda w, b, d, x: _loss(w, b, d, x) * (x.shape[2] - 1)),
            "평균이 아니라 합을 냈습니다. 길이에 따라 스텝이 커집니다.",
            "That is the sum, not the mean: steps would grow with the length.",
        ),
        Mistake(
            _step(lambda w, b, d, x: _loss(w, b, d, x) * (x.shape[2] - 1) / x.shape[2]),
            "T로 나누었습니다. 견준 것은 T - 1개입니다.",
            "You divided by T; there are T - 1 comparisons.",
        ),
        Mistake(
            _step(_absolute),
            "절댓값의 평균입니다. 손실은 제곱의 평균입니다.",
            "That is the mean of absolute errors; the loss is the mean of squares.",
        ),
        Mistake(
            _loss_afterwards,
            "고친 뒤의 손실을 돌려주었습니다. 고치기 전의 것을 돌려주십시오.",
            "You returned the loss from after the step; return the one from before.",
        ),
        Mistake(
            lambda w, b, d, x, lr: _right(w, b, d, x, 1.0),
            "lr을 쓰지 않았습니다.",
            "The learning rate lr is not used.",
        ),
        Mistake(
            lambda w, b, d, x, lr: _right(w, b, d, x, lr / 2),
            "기울기가 절반입니다. 제곱의 미분에는 2가 곱해집니다.",
            "The step is half of what it should be: the derivative of a square has a factor of 2.",
        ),
    ),
    hint=(
        "층은 연습 4.2의 것입니다. 먼저 손실까지 쓰고 backward와 step을 더하십시오.",
        "The layer is that of exercise 4.2. Write the loss first, then add backward and step.",
    ),
)


def check_training_step(answer: Step) -> CheckResult:
    """Exercise 4.5: one step of gradient descent for a dilated causal layer of one channel.

    Args:
        answer: (w, b, d, x, lr), parameters (1, 1, k) and (1,), which it changes, the dilation, a signal
            (1, 1, T) and the learning rate -> the loss before the change.

    Example:
        >>> def no_update(w, b, d, x, lr):
        ...     y = F.conv1d(F.pad(x, ((w.shape[2] - 1) * d, 0)), w, b, dilation=d)
        ...     return (y[..., :-1] - x[..., 1:]).square().mean()
        >>> check_training_step(no_update)
        ✘ The loss is right, but w and b stay as they were...
    """
    return TRAINING_STEP.check(answer)

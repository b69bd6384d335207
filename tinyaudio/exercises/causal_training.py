"""Chapter 4, "Dilated causal convolution": the layer, and one training step for it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr

Step = Callable[[Tensor, Tensor, int, Tensor, float], Any]


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

    def causal(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
        return F.conv1d(F.pad(x, ((w.shape[2] - 1) * d, 0)), w, b, dilation=d)

    def squared_error(w: Tensor, b: Tensor, d: int, x: Tensor) -> Tensor:
        return (causal(w, b, d, x)[..., :-1] - x[..., 1:]).square().mean()

    def descend(
        loss: Tensor, w: Tensor, b: Tensor, lr: float, keep: bool = False, up: bool = False
    ) -> float:
        optimizer = torch.optim.SGD([w, b], lr, maximize=up)
        if not keep:
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.item()

    def right(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
        return descend(squared_error(w, b, d, x), w, b, lr)

    def copies(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
        return descend((causal(w, b, d, x) - x).square().mean(), w, b, lr)

    def backwards(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
        y = causal(w, b, d, x)
        return descend((y[..., 1:] - x[..., :-1]).square().mean(), w, b, lr)

    def looks_ahead(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
        y = F.conv1d(F.pad(x, (0, (w.shape[2] - 1) * d)), w, b, dilation=d)
        return descend((y[..., :-1] - x[..., 1:]).square().mean(), w, b, lr)

    def summed(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
        return descend(squared_error(w, b, d, x) * (x.shape[2] - 1), w, b, lr)

    def loss_afterwards(w: Tensor, b: Tensor, d: int, x: Tensor, lr: float) -> float:
        right(w, b, d, x, lr)
        return squared_error(w, b, d, x).item()

    mistakes = [
        Mistake(run_twice(step), message)
        for step, message in (
            (
                lambda w, b, d, x, lr: squared_error(w, b, d, x).item(),
                tr(
                    "손실은 맞지만 w와 b가 그대로입니다. backward 다음에 step을 부르십시오.",
                    "The loss is right, but w and b stay as they were: call step after backward.",
                ),
            ),
            (
                lambda w, b, d, x, lr: descend(squared_error(w, b, d, x), w, b, lr, keep=True),
                tr(
                    "첫 스텝은 맞지만 둘째 스텝에 앞의 기울기가 더해졌습니다. zero_grad를 부르십시오.",
                    "The first step is right; the second has the first one's gradient added. Call zero_grad.",
                ),
            ),
            (
                lambda w, b, d, x, lr: descend(squared_error(w, b, d, x), w, b, lr, up=True),
                tr(
                    "기울기의 방향으로 올라갔습니다. 손실을 줄이려면 반대로 갑니다.",
                    "You went up the gradient; to lower the loss, go the other way.",
                ),
            ),
            (
                copies,
                tr(
                    "y_t를 x_t와 견주었습니다. 답을 베끼는 것입니다. 정답은 x_{t+1}입니다.",
                    "You compare y_t with x_t, which is copying the answer; the target is x_{t+1}.",
                ),
            ),
            (
                backwards,
                tr(
                    "반대로 밀었습니다. y_t의 정답은 x_{t-1}이 아니라 x_{t+1}입니다.",
                    "Shifted the wrong way: the target of y_t is x_{t+1}, not x_{t-1}.",
                ),
            ),
            (
                looks_ahead,
                tr(
                    "0을 오른쪽에 채웠습니다. 층이 미래를 봅니다.",
                    "The zeros are on the right, so that the layer looks ahead.",
                ),
            ),
            (
                lambda w, b, d, x, lr: right(w, b, 1, x, lr),
                tr(
                    "팽창 계수 d를 쓰지 않았습니다.",
                    "The dilation d is not used.",
                ),
            ),
            (
                summed,
                tr(
                    "평균이 아니라 합을 냈습니다. 길이에 따라 스텝이 커집니다.",
                    "That is the sum, not the mean: steps would grow with the length.",
                ),
            ),
            (
                loss_afterwards,
                tr(
                    "고친 뒤의 손실을 돌려주었습니다. 고치기 전의 것을 돌려주십시오.",
                    "You returned the loss from after the step; return the one from before.",
                ),
            ),
        )
    ]
    g = torch.Generator().manual_seed(0)
    cases = [(k, d, torch.randn(1, 1, 12, generator=g), 0.05) for k, d in ((2, 3), (3, 2), (2, 4))]
    hint = tr(
        "층은 연습 4.2의 것입니다. 먼저 손실까지 쓰고 backward와 step을 더하십시오.",
        "The layer is that of exercise 4.2. Write the loss first, then add backward and step.",
    )
    return check_answer(run_twice(answer), run_twice(right), cases, mistakes, hint)


def run_twice(step: Step) -> Callable[[int, int, Tensor, float], Tensor | None]:
    """Two steps from the same start: both losses, and what became of the parameters."""

    @wraps(step)
    def run(k: int, d: int, x: Tensor, lr: float) -> Tensor | None:
        w = torch.linspace(-0.5, 0.8, k)[None, None].requires_grad_()
        b = torch.tensor([0.1], requires_grad=True)
        losses = [step(w, b, d, x, lr) for _ in range(2)]
        if losses[0] is None:
            return None
        with_numbers = [torch.as_tensor(one).detach().reshape(1) for one in losses]
        return torch.cat([*with_numbers, w.detach().flatten(), b.detach()])

    return run

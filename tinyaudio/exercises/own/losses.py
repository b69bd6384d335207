"""Losses that the reader writes: the right value, and a gradient to the right networks only.

Implements: `Wrong`, a typical mistake; `loss_value`, `gradients_stay`.
See:        `tinyaudio.exercises.own.system`, where they are used.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.compare import near
from tinyaudio.exercises.own.properties import all_move, gradient_of, shape_fault
from tinyaudio.language import tr


class Wrong(NamedTuple):
    """A typical mistake in a loss.

    Attributes:
        loss: The wrong loss.
        korean: The message in Korean.
        english: The message in English.
    """

    loss: Callable[..., Tensor]
    korean: str
    english: str


def loss_value(
    name: str,
    given: Callable[..., Any],
    right: Callable[..., Tensor],
    arguments: Sequence[Any],
    mistakes: Sequence[Wrong],
) -> CheckResult:
    """Whether a loss has the right value; if not, which mistake has that value.

    Args:
        name: Of the reader's function.
        given: The function.
        right: The right loss.
        arguments: Of both.
        mistakes: To be looked for.
    """
    value, wanted = given(*arguments), right(*arguments).detach()
    if fault := shape_fault(name, value, ()):
        return CheckResult(False, fault)
    if near(value.detach(), wanted):
        return CheckResult(True, tr(f"{name}의 값이 맞습니다.", f"{name} has the right value."))
    for one in mistakes:
        if near(value.detach(), one.loss(*arguments).detach()):
            return CheckResult(False, f"{name}: {tr(one.korean, one.english)}")
    return CheckResult(
        False,
        tr(
            f"{name}의 값이 {value.item():.4g}입니다. {wanted.item():.4g}이어야 합니다.",
            f"{name} is {value.item():.4g}; it should be {wanted.item():.4g}.",
        ),
    )


def gradients_stay(
    name: str, loss: Tensor, mine: nn.Module, other: nn.Module, right: Sequence[Tensor]
) -> CheckResult:
    """Whether a loss sends the right gradient to one network, and none to the other.

    Args:
        name: Of the reader's function.
        loss: Its value.
        mine: The network that the loss moves.
        other: The one that it must not reach.
        right: The gradients of the first one's parameters.
    """
    if not loss.requires_grad:
        return all_move(mine, loss, name)
    to_mine, to_other = (gradient_of(loss, [*net.parameters()]) for net in (mine, other))
    if any(bool(one.any()) for one in to_other):
        return CheckResult(
            False,
            tr(
                f"{name}의 기울기가 생성자에 닿습니다. 닿아서는 안 됩니다. 생성된 클립을 detach하십시오.",
                f"{name} sends a gradient into the generator, and must not: detach the generated clips.",
            ),
        )
    if not all(near(a, b) for a, b in zip(to_mine, right, strict=True)):
        return CheckResult(
            False,
            tr(
                f"{name}의 값은 맞지만 기울기가 다릅니다. 페널티의 기울기를 다시 미분하려면 create_graph=True가"
                " 있어야 합니다.",
                f"{name} has the right value and the wrong gradient: the penalty's gradient needs"
                " create_graph=True to be differentiated again.",
            ),
        )
    return CheckResult(
        True,
        tr(
            f"{name}의 기울기는 판정하는 신경망에만 닿고 생성자에는 닿지 않습니다.",
            f"{name} moves the network that scores, and not the generator.",
        ),
    )

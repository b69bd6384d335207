"""Which gradient an answer has: for exercises in which the gradient, not the value, is the point."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import Mistake
from tinyaudio.exercises.exercise import Answer
from tinyaudio.language import tr

_OTHER = Mistake(
    lambda *case: None,
    "값은 맞지만 기울기가 다릅니다. 무엇을 detach하는지 보십시오.",
    "The values are right, but the gradients are not: look at what is detached.",
)


def gradients(answer: Answer, inputs: Sequence[Tensor], *others: object) -> list[Tensor]:
    """The gradient of each input, of a fixed weighted sum of the answer's result; zeros where none arrives.

    Args:
        answer: A function of the inputs, then the others.
        inputs: Tensors, which are copied.
        others: Arguments without a gradient.

    Raises:
        TypeError: The result is no tensor.

    Example:
        >>> gradients(lambda x, y: (x * y.detach()).sum(), (torch.ones(2), torch.full((2,), 3.0)))
        [tensor([3., 3.]), tensor([0., 0.])]
    """
    leaves = [one.clone().requires_grad_() for one in inputs]
    value = answer(*leaves, *others)
    if not isinstance(value, Tensor):
        raise TypeError(
            tr(
                "결과가 텐서가 아니어서 기울기가 없습니다",
                "the result is no tensor, and has no gradient",
            )
        )
    if value.requires_grad:
        weights = 1 + torch.arange(value.numel()).view(value.shape) / 4
        (weights * value).sum().backward()  # type: ignore[no-untyped-call]
    return [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]


def flaw_of_gradient(
    answer: Answer,
    right: Answer,
    mistakes: Sequence[Mistake],
    inputs: Sequence[Tensor],
    *others: object,
) -> Mistake | None:
    """The mistake that has the answer's gradients; None if they are right.

    Args:
        answer: With right values.
        right: The solution.
        mistakes: With right values and wrong gradients.
        inputs: As for `gradients`.
        others: As for `gradients`.
    """
    given = gradients(answer, inputs, *others)

    def same(other: Answer) -> bool:
        pairs = zip(given, gradients(other, inputs, *others), strict=True)
        return all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in pairs)

    if same(right):
        return None
    return next((one for one in mistakes if same(one.answer)), _OTHER)

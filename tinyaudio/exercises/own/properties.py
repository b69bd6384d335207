"""Properties that a reader's network is tested for, whatever is inside it.

Implements: `randomized`, weights that hide nothing; `shape_fault`, `mixes_clips`, `unmoved`, `gradient_of`.
See:        `tinyaudio.exercises.own.system`, where they are used.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.language import tr


@torch.no_grad()
def randomized(net: nn.Module, seed: int = 0) -> nn.Module:
    """A network in evaluation mode with random weights everywhere: layers that begin at zero hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        noise = torch.randn(parameter.shape, generator=generator).to(parameter)
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 0
        if fan_in:
            parameter.copy_(1.5 * noise * fan_in**-0.5)
        else:
            parameter.add_(0.1 * noise)
    return net.eval()


def shape_fault(what: str, value: Any, shape: Sequence[int]) -> str | None:
    """That a result is no tensor of this shape, in words; None if it is."""
    if not isinstance(value, Tensor):
        kind = type(value).__name__
        return tr(f"{what}이(가) 텐서가 아니라 {kind}입니다.", f"{what} is a {kind}, not a tensor.")
    if tuple(value.shape) != tuple(shape):
        given, wanted = tuple(value.shape), tuple(shape)
        return tr(
            f"{what}의 모양이 {given}입니다. {wanted}이어야 합니다.",
            f"{what} is {given}; it should be {wanted}.",
        )
    if not bool(torch.isfinite(value).all()):
        return tr(
            f"{what}에 유한하지 않은 수가 있습니다.", f"{what} has numbers that are not finite."
        )
    return None


def shapes(faults: Sequence[str | None], words: str) -> CheckResult:
    """The result of a test of shapes: the first fault, or that there is none."""
    first = next((one for one in faults if one), None)
    right = tr(f"모양이 맞습니다: {words}.", f"The shapes are right: {words}.")
    return CheckResult(first is None, first or right)


@torch.no_grad()
def mixes_clips(net: Callable[..., Tensor], *inputs: Tensor) -> bool:
    """Whether the first clip's result changes with the other clips of its batch.

    Args:
        net: In training mode, where batch normalization shows.
        inputs: Of three clips or more.

    Example:
        >>> mixes_clips(lambda x: x - x.mean(0), torch.arange(4.0))
        True
    """
    few = [one[:2] for one in inputs]
    others = [torch.cat([one[:1], one[2:3]]) for one in inputs]
    a, b = net(*few)[0], net(*others)[0]
    return not torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def unmoved(net: nn.Module, loss: Tensor) -> list[str]:
    """The parameters that a loss sends no gradient to."""
    named = dict(net.named_parameters())
    found = gradient_of(loss, [*named.values()])
    return [name for name, one in zip(named, found, strict=True) if not one.any()]


def gradient_of(loss: Tensor, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The gradients of a loss, zeros where none arrives."""
    wanted = [one for one in tensors if one.requires_grad and loss.requires_grad]
    found: Sequence[Tensor | None] = ()
    if wanted:
        found = torch.autograd.grad(loss, wanted, allow_unused=True, retain_graph=True)
    arrived = {id(one): grad for one, grad in zip(wanted, found, strict=True)}
    return [
        torch.zeros_like(one) if (grad := arrived.get(id(one))) is None else grad for one in tensors
    ]


def all_move(net: nn.Module, loss: Tensor, name: str = "") -> CheckResult:
    """That every parameter gets a gradient.

    Args:
        net: Whose parameters.
        loss: The scalar that is differentiated.
        name: Of the reader's loss; "" if it is the package's.
    """
    frozen = [one for one, value in net.named_parameters() if not value.requires_grad]
    missing, empty = unmoved(net, loss), not [*net.parameters()]
    if empty:
        ko, en = "신경망에 가중치가 없습니다.", "The network has no weights."
    elif frozen:
        ko = f"학습되지 않게 고정된 가중치가 있습니다: {listed(frozen)}. requires_grad=False를 빼십시오."
        en = f"Frozen weights: {listed(frozen)}; leave requires_grad=False out."
    elif not loss.requires_grad:
        ko = "기울기가 끊겨 있습니다. detach나 no_grad를 빼십시오."
        en = "The gradient is cut off: leave detach or no_grad out."
    elif missing:
        ko = f"기울기를 받지 않는 가중치가 있습니다: {listed(missing)}. 결과가 이 층에 따라 변하지 않습니다."
        en = f"No gradient reaches {listed(missing)}: the result does not depend on them."
    else:
        ko, en = "모든 가중치가 기울기를 받습니다.", "Every weight gets a gradient."
    whose = f"{name}: " if name else ""
    return CheckResult(not (empty or missing), whose + tr(ko, en))


def listed(names: Sequence[str]) -> str:
    """The first three names.

    Example:
        >>> listed("abcd")
        'a, b, c, ...'
    """
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")

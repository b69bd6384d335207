"""Where two networks first differ, layer by layer.

Both get the same input, and hooks keep what goes into and comes out of every module.  Of two networks that
should compute the same, the first module whose input or output differs says where to look.

Implements: `first_difference`, `LayerDifference`.
See:        `tinyaudio.exercises.own.adapter`, which knows the modules that match.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.language import tr

TOLERANCE = 1e-4  # of a difference, relative to the largest value


@dataclass(frozen=True, eq=False)
class LayerDifference:
    """The first difference of two networks.

    Attributes:
        module: Name of the module in the first network; "" is the network itself.
        reference: Name of its counterpart.
        where: "input" or "output" of the module.
        given: What is there in the first network, its axes in the order of the second.
        wanted: What is there in the second.
        previous: The last module before it whose output agrees; "" if there is none.
    """

    module: str
    reference: str
    where: str
    given: Tensor
    wanted: Tensor
    previous: str

    @property
    def factor(self) -> float | None:
        """The number that the wanted values are multiplied by, if that is all."""
        if self.given.shape != self.wanted.shape:
            return None
        a, b = self.given.double(), self.wanted.double()
        factor = float((a * b).sum() / (b * b).sum().clamp_min(1e-30))
        return factor if abs(factor) > 1e-3 and near(a, factor * b) else None

    def __str__(self) -> str:
        ko, en = ("출력이 다릅니다.", "The output differs.")
        if self.module:
            ko = f"처음으로 다른 것은 {self.module}(책의 {self.reference})"
            ko += "에 들어가는 값입니다." if self.where == "input" else "에서 나오는 값입니다."
            en = "The first difference is what "
            en += "goes into" if self.where == "input" else "comes out of"
            en += f" {self.module} (the book's {self.reference})."
        if self.factor is not None:
            ko += f" 있어야 할 값의 {self.factor:.3g}배입니다."
            en += f" It is {self.factor:.3g} times what it should be."
        if self.previous:
            ko += f" {self.previous}의 출력까지는 같습니다."
            en += f" Up to the output of {self.previous}, all agree."
        return tr(ko, en)


@torch.no_grad()
def first_difference(
    net: nn.Module,
    reference: nn.Module,
    inputs: Sequence[Any],
    pairs: Mapping[str, str] | None = None,
    reference_inputs: Sequence[Any] | None = None,
) -> LayerDifference | None:
    """The first place where two networks differ, in the order in which the first one computes.

    Axes may stand in another order, as in (B, T, C) and (B, C, T).  What has another size, as before a
    padding is cut off, is not compared, except for the networks' outputs.

    Args:
        net: The network to judge.
        reference: One that is right, with the same weights.
        inputs: What both are called with.
        pairs: Names of modules of the first network and of the same in the second; by default the modules
            that hold parameters themselves, in the order of their calls.
        reference_inputs: What the second is called with, where that differs.

    Returns:
        The difference; None if inputs and outputs of all pairs, and the networks' outputs, agree.

    Example:
        >>> right = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
        >>> wrong = nn.Sequential(right[0], nn.Tanh(), right[2])
        >>> found = first_difference(wrong, right, [torch.tensor([[1.0, 2.0]])])
        >>> found.module, found.where, found.previous
        ('2', 'input', '0')
    """
    mine, result = record(net, inputs)
    theirs, wanted = record(reference, inputs if reference_inputs is None else reference_inputs)
    if pairs is None:
        ordered = (holders(net, mine), holders(reference, theirs))
        pairs = dict(zip(*ordered, strict=False))
    previous = ""
    for name, calls in mine.items():
        if name not in pairs or pairs[name] not in theirs:
            continue
        for where, a, b in zip(("input", "output"), calls, theirs[pairs[name]], strict=True):
            given = aligned(a, b)
            if given is not None and b is not None and not near(given, b):
                return LayerDifference(name, pairs[name], where, given, b, previous)
        if aligned(calls[1], theirs[pairs[name]][1]) is not None:
            previous = name
    given = aligned(result, wanted)
    assert wanted is not None and result is not None
    if given is None or not near(given, wanted):
        return LayerDifference(
            "", "", "output", result if given is None else given, wanted, previous
        )
    return None


Calls = dict[str, tuple[Tensor | None, Tensor | None]]


def record(net: nn.Module, inputs: Sequence[Any]) -> tuple[Calls, Tensor | None]:
    """What the first call of each module took and gave, in the order in which they began; and the result."""
    calls: Calls = {}

    def before(name: str, module: nn.Module, args: Any) -> None:
        calls.setdefault(name, (copied(args), None))

    def after(name: str, module: nn.Module, args: Any, output: Any) -> None:
        if calls[name][1] is None:
            calls[name] = (calls[name][0], copied(output))

    with ExitStack() as hooks:
        for name, module in net.named_modules():
            for handle in (
                module.register_forward_pre_hook(partial(before, name)),
                module.register_forward_hook(partial(after, name)),
            ):
                hooks.callback(handle.remove)
        result = net(*inputs)
    return calls, copied(result)


def copied(value: Any) -> Tensor | None:
    """The first tensor of a value, copied, since a later layer may write into it."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, tuple | list):
        return next((found for one in value if (found := copied(one)) is not None), None)
    return None


def holders(net: nn.Module, calls: Calls) -> list[str]:
    """The modules that hold parameters themselves, in the order of their calls."""
    modules = dict(net.named_modules())
    return [name for name in calls if [*modules[name].parameters(recurse=False)]]


def aligned(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """The first tensor with its axes in the order of the second, as near as can be; None if sizes differ.

    Example:
        >>> aligned(torch.zeros(1, 4, 3), torch.zeros(1, 3, 4)).shape
        torch.Size([1, 3, 4])
    """
    if a is None or b is None:
        return None
    if sorted(a.shape) != sorted(b.shape):
        return a.reshape(b.shape) if a.squeeze().shape == b.squeeze().shape else None
    orders = [one for one in permutations(range(a.ndim)) if a.permute(one).shape == b.shape]
    made = [a.permute(one) for one in orders]
    return min(made, key=lambda one: float((one.double() - b.double()).abs().max()))


def near(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors agree, relative to their largest value."""
    if a.shape != b.shape:
        return False
    a, b = a.detach().double(), b.detach().double()
    scale = float(b.abs().max()) if b.numel() else 0.0
    return torch.allclose(a, b, rtol=0, atol=TOLERANCE * max(scale, 1e-6))

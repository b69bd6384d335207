"""The adapter between the reader's network and the shipped one: which weight is which.

``weights(shipped, config)`` of the reader's file takes the shipped weights by their names and gives the
reader's.  It may reshape, transpose and cut them.  Given numbers instead of weights, it says where each goes;
so the way back, from a trained network of the reader's to the shipped class, needs no second adapter.

Implements: `shipped_weights`, `sources`, `adapter_fault`, `load_shipped`, `as_shipped`, `matched_modules`.
See:        `tinyaudio.exercises.own.compare`, which compares the modules that match.
"""

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.exercises.own.file import OwnFile, Unwritten
from tinyaudio.exercises.unwritten import is_stub
from tinyaudio.language import tr

Weights = dict[str, Tensor]
Shipped = TypeVar("Shipped", bound=nn.Module)


def shipped_weights(net: nn.Module) -> Weights:
    """What an adapter is given: the parameters and, of a `VectorQuantizer`, the codebook."""
    found = {name: value.detach() for name, value in net.named_parameters()}
    return found | {k: v for k, v in net.named_buffers() if k.split(".")[-1] == "codebook"}


def numbered(weights: Mapping[str, Tensor]) -> Weights:
    """Every weight replaced by its number, counted from 1 through all of them.

    Example:
        >>> numbered({"a": torch.zeros(2), "b": torch.zeros(1, 2)})
        {'a': tensor([1., 2.], dtype=torch.float64), 'b': tensor([[3., 4.]], dtype=torch.float64)}
    """
    found, first = {}, 1
    for name, value in weights.items():
        numbers = torch.arange(first, first + value.numel(), dtype=torch.float64)
        found[name] = numbers.view(value.shape)
        first += value.numel()
    return found


def sources(own: OwnFile, config: Any, shipped: nn.Module) -> Weights:
    """For every weight of the reader's, by name, the number of the shipped weight that it is.

    Raises:
        UserError: ``weights`` returns something else than a dictionary of tensors.
    """
    found = own.function("weights")(numbered(shipped_weights(shipped)), config)
    if found is ... or (found is None and is_stub(own.module.weights)):
        raise Unwritten("weights")
    wrong = "weights(shipped, config) returns"
    hint = "return a dictionary of names and tensors"
    if not isinstance(found, Mapping):
        raise UserError(f"{own.path}: {wrong} {type(found).__name__}; {hint}")
    for name, value in found.items():
        if not isinstance(value, Tensor):
            raise UserError(f"{own.path}: {wrong} {type(value).__name__} for {name}; {hint}")
    return dict(found)


def adapter_fault(net: nn.Module, found: Weights, shipped: nn.Module) -> str | None:
    """What is wrong with an adapter, in words; None if every weight of both networks has one place.

    Args:
        net: The reader's.
        found: From `sources`.
        shipped: The package's.
    """
    mine = dict(net.named_parameters())
    allowed = mine | dict(net.named_buffers())
    for name in [*mine, *found]:
        if name not in found:
            return tr(
                f"weights()의 결과에 신경망의 {name}이(가) 없습니다.",
                f"weights() leaves out {name} of your network.",
            )
        if name not in allowed:
            return tr(
                f"weights()가 준 {name}은(는) 신경망에 없는 이름입니다.",
                f"weights() gives {name}, which your network does not have.",
            )
        if found[name].shape != allowed[name].shape:
            given, wanted = tuple(found[name].shape), tuple(allowed[name].shape)
            return tr(
                f"{name}의 모양이 다릅니다. weights()는 {given}, 신경망은 {wanted}입니다.",
                f"{name} is {given} from weights(), but {wanted} in your network.",
            )
    used = torch.cat([one.flatten() for one in found.values()]).double()
    names = shipped_weights(shipped)
    n = sum(one.numel() for one in names.values())
    counts = torch.bincount(
        used[(used >= 1) & (used <= n) & (used % 1 == 0)].long(), minlength=n + 1
    )
    places = {name: counts[numbers.long()] for name, numbers in numbered(names).items()}
    for name, times in places.items():
        if bool((times == 0).any()):
            return tr(
                f"weights()가 저장된 가중치 {name}을(를) 다 쓰지 않습니다.",
                f"weights() does not use all of the shipped {name}.",
            )
    for name, times in places.items():
        if bool((times > 1).any()):
            return tr(
                f"weights()가 저장된 가중치 {name}의 수를 두 번 이상 씁니다.",
                f"weights() uses numbers of the shipped {name} more than once.",
            )
    if used.numel() > n:
        extra = next(k for k, v in found.items() if bool(((v < 1) | (v > n) | (v % 1 != 0)).any()))
        return tr(
            f"{extra}에는 저장된 가중치에 없는 수가 들어 있습니다. 그 가중치를 빼십시오(편향이면 bias=False).",
            f"{extra} holds numbers that are none of the shipped weights; leave it out (a bias: bias=False).",
        )
    return None


def load_shipped(net: nn.Module, own: OwnFile, config: Any, shipped: nn.Module) -> None:
    """Fill the reader's network with the shipped weights."""
    copies = {name: value.clone() for name, value in shipped_weights(shipped).items()}
    weights = own.function("weights")(copies, config)
    places = dict(net.named_parameters()) | dict(net.named_buffers())
    with torch.no_grad():
        for name, value in weights.items():
            places[name].copy_(value)


def as_shipped(net: nn.Module, own: OwnFile, config: Any, shipped: Shipped) -> Shipped:
    """A copy of the shipped network with the reader's weights: the same function, with all that ours can do."""
    made = copy.deepcopy(shipped)
    mine = dict(net.named_parameters()) | dict(net.named_buffers())
    names = shipped_weights(made)
    flat = torch.cat([one.flatten() for one in names.values()])
    for name, numbers in sources(own, config, shipped).items():
        flat[numbers.flatten().long() - 1] = mine[name].detach().flatten().to(flat)
    parts = flat.split([one.numel() for one in names.values()])
    with torch.no_grad():
        for old, new in zip(names.values(), parts, strict=True):
            old.copy_(new.view_as(old))
    return made.eval()


def matched_modules(net: nn.Module, found: Weights, shipped: nn.Module) -> dict[str, str]:
    """The reader's modules and those of the shipped network that have the same weights, all of them.

    Args:
        net: The reader's.
        found: From `sources`.
        shipped: The package's.
    """
    numbers = numbered(shipped_weights(shipped))
    theirs = {
        int(v.flatten()[0]): (name.rpartition(".")[0], v.numel()) for name, v in numbers.items()
    }
    pairs: dict[str, str] = {}
    for name, _ in net.named_modules():
        first = found.get(f"{name}.weight")
        module, size = theirs.get(int(first.min()), ("", 0)) if first is not None else ("", 0)
        if first is not None and size == first.numel() and name:
            pairs[name] = module
    return pairs

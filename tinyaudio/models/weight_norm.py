r"""Weight normalization: a direction and a length for each output channel, while a network is trained.

    w = g \frac{v}{\|v\|}

Gradient descent moves g and v.  When training is over, w is all that is needed: `folded` computes it once,
and the network is the same function with fewer parameters and less work.

Paper:      Salimans & Kingma, "Weight normalization: A simple reparameterization to accelerate training of
            deep neural networks", 2016 (arXiv:1602.07868), equation 2.
Implements: `weight_normalized`; `folded`, a copy of a network for generation; `count_folded`.
See:        `tinyaudio.models.hifigan`, `tinyaudio.models.univnet`, `tinyaudio.models.waveglow`.
"""

import copy
from typing import TypeVar

from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

Layer = TypeVar("Layer", bound=nn.Module)


def weight_normalized(layer: Layer) -> Layer:
    """The layer with g and v in place of its weight; as it was initialised.

    Args:
        layer: With a ``weight``, whose first axis has a length each.

    Example:
        >>> layer = weight_normalized(nn.Conv1d(3, 4, 5))
        >>> [tuple(p.shape) for p in layer.parametrizations.weight.parameters()]  # g and v
        [(4, 1, 1), (4, 3, 5)]
    """
    return weight_norm(layer)


def folded(net: Layer) -> Layer:
    """A copy of a network in evaluation mode, with w in place of g and v throughout.

    Args:
        net: Stays as it is.

    Example:
        >>> layer = folded(weight_normalized(nn.Conv1d(3, 4, 5)))
        >>> [name for name, _ in layer.named_parameters()]
        ['bias', 'weight']
    """
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if parametrize.is_parametrized(module, "weight"):
            weight = module.weight.detach()  # type: ignore[operator]
            # PyTorch's own removal would change the class, which the copy shares with the network.
            module.__class__ = type(module).__bases__[0]
            del module.parametrizations
            module.weight = nn.Parameter(weight)
    return net


def count_folded(net: nn.Module) -> int:
    """How many parameters a network has once it is folded: all but the lengths g.

    Example:
        >>> count_folded(weight_normalized(nn.Conv1d(3, 4, 5)))
        64
    """
    return sum(p.numel() for p in folded(net).parameters())

"""A singing network of a few weights, for the exercises of chapter 12, and its gradients by an answer."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import Mistake
from tinyaudio.exercises.exercise import Answer, Case

_OTHER = Mistake(
    lambda *case: None,
    "값은 맞지만 기울기가 다릅니다. 무엇을 detach하는지 보십시오.",
    "The value is right, but the gradients are not: look at what is detached.",
)


class SingingNetwork(nn.Module):
    """Recordings (B, 6) to latents (B, 3), and latents and voices (B, 2) to recordings; three singers.

    Args:
        seed: Of the weights.

    Example:
        >>> net = SingingNetwork(0)
        >>> z = net.encode(torch.ones(4, 6))
        >>> z.shape, net.decode(z, net.singers[[0, 1, 2, 0]]).shape
        (torch.Size([4, 3]), torch.Size([4, 6]))
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(seed)
        self.encoder = nn.Parameter(torch.randn(6, 3, generator=draws) / 2)
        self.decoder = nn.Parameter(torch.randn(5, 6, generator=draws))
        self.singers = nn.Parameter(torch.randn(3, 2, generator=draws))

    def encode(self, recordings: Tensor) -> Tensor:
        """The latents of recordings."""
        return torch.tanh(recordings @ self.encoder)

    def decode(self, latents: Tensor, voices: Tensor) -> Tensor:
        """Latents in the voices of singers, or of mixtures."""
        return torch.sin(torch.cat([latents, voices], dim=1) @ self.decoder)


def gradients_of(answer: Answer, case: Case) -> list[Tensor]:
    """The gradient of each of the network's weights, zeros where none arrives.

    Args:
        answer: A function of the case to a loss.
        case: A `SingingNetwork` and what else the answer is given; left as it is.

    Raises:
        TypeError: The loss is no tensor.
    """
    case = deepcopy(case)
    weights = list(case[0].parameters())
    loss = answer(*case)
    if not isinstance(loss, Tensor):
        raise TypeError("the loss is no tensor, and has no gradient")
    if not loss.requires_grad:
        return [torch.zeros_like(weight) for weight in weights]
    found = torch.autograd.grad(loss, weights, allow_unused=True)
    pairs = zip(weights, found, strict=True)
    return [torch.zeros_like(weight) if slope is None else slope for weight, slope in pairs]


def flaw_of_weights(
    answer: Answer, right: Answer, mistakes: Sequence[Mistake], case: Case
) -> Mistake | None:
    """The mistake whose gradients an answer with right values has; None if its gradients are right."""
    given = gradients_of(answer, case)

    def same(other: Answer) -> bool:
        pairs = zip(given, gradients_of(other, case), strict=True)
        return all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in pairs)

    if same(right):
        return None
    return next((one for one in mistakes if same(one.answer)), _OTHER)

"""Latents for generators that make a whole clip from a vector of random numbers.

Implements: `uniform_latents` and `normal_latents`, a vector for each seed.
See:        part 3, "Bottlenecks and critics".
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.samplers.request import check_seeds, make_generators


def uniform_latents(n_latents: int, seeds: Sequence[int]) -> Float[Tensor, "B D"]:
    """Latents uniform in [-1, 1], each a function of its seed alone.

    Args:
        n_latents: Length of a vector (D).
        seeds: One a clip.

    Raises:
        UserError: There is no seed, or one that torch's generators do not take.

    Example:
        >>> z = uniform_latents(100, seeds=[3, 4])
        >>> z.shape, torch.equal(z[1:], uniform_latents(100, seeds=[4]))
        (torch.Size([2, 100]), True)
    """
    check_seeds(seeds)
    return torch.stack([2 * torch.rand(n_latents, generator=g) - 1 for g in make_generators(seeds)])


def normal_latents(n_latents: int, seeds: Sequence[int]) -> Float[Tensor, "B D"]:
    """Latents from N(0, I), the prior of a VAE, each a function of its seed alone.

    Args:
        n_latents: Length of a vector (D).
        seeds: One a clip.

    Raises:
        UserError: There is no seed, or one that torch's generators do not take.

    Example:
        >>> z = normal_latents(2, seeds=[3, 4])
        >>> z.shape, torch.equal(z[1:], normal_latents(2, seeds=[4]))
        (torch.Size([2, 2]), True)
    """
    check_seeds(seeds)
    return torch.stack([torch.randn(n_latents, generator=g) for g in make_generators(seeds)])

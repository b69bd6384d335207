r"""Back-translation with mixed singers: a conversion has no reference, but its way back has one.

    u = \alpha v_{j'} + (1 - \alpha) v_{j''},   \alpha \sim U(0, 1),   j' \ne j''

    \tilde s = D(E(s), u),   L = loss of D(E(\tilde s), v_j) against s

A recording s of singer j is sung by a voice u between two singers, and that is converted back to singer j,
whose recording is known.  What is generated counts as data: no gradient passes it.  Every pair of singers
and every alpha is another voice, from which the encoder has to find the same latents.

Paper:      Nachmani & Wolf, "Unsupervised singing voice conversion", 2019 (arXiv:1904.06590), the second
            phase of training; Sennrich, Haddow & Birch, "Improving neural machine translation models with
            monolingual data", 2016, for back-translation; Zhang et al., "mixup: Beyond empirical risk
            minimization", 2018, for mixing.
Implements: `Mixtures`, `draw_mixtures`, `mix`, `backtranslation_loss`.
Differs:    every step generates its own batch with the network as it is, where the paper generates a set
            and learns from it for a while.
See:        the chapter on translation and singing.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.data.rng import Purpose, generator

Batch = dict[str, Tensor]


class Mixtures(NamedTuple):
    """Two singers a clip, and how much of each; on the CPU.

    Attributes:
        alpha: In [0, 1), the first one's share.
        first: Numbers of singers (j').
        second: Others (j'').
        seeds: For a sampler that draws.
    """

    alpha: Float[Tensor, " B"]
    first: Int[Tensor, " B"]
    second: Int[Tensor, " B"]
    seeds: list[int]


def draw_mixtures(n_singers: int, batch_size: int, seed: int, step: int) -> Mixtures:
    """Two different singers for each clip, and their shares; a function of its arguments alone.

    Args:
        n_singers: Two or more.
        batch_size: Clips.
        seed: Of the run.
        step: Of the training.

    Raises:
        ValueError: There are fewer than two singers.

    Example:
        >>> drawn = draw_mixtures(2, batch_size=3, seed=0, step=7)
        >>> (drawn.first + drawn.second).tolist()
        [1, 1, 1]
    """
    if n_singers < 2:
        raise ValueError(f"{n_singers} singers: a mixture needs two")
    draws = generator(seed, Purpose.BACKTRANSLATION, step)
    first = torch.from_numpy(draws.integers(n_singers, size=batch_size))
    # From 1 to n - 1 further on, around the circle: any other with the same probability.
    second = (first + torch.from_numpy(draws.integers(1, n_singers, size=batch_size))) % n_singers
    alpha = torch.from_numpy(draws.random(batch_size)).float()
    return Mixtures(alpha, first, second, draws.integers(2**31, size=batch_size).tolist())


def mix(singers: Float[Tensor, "k V"], mixtures: Mixtures) -> Float[Tensor, "B V"]:
    """The voices u on the segments between two singers' vectors each.

    Args:
        singers: All singers' vectors, on any device.
        mixtures: Whom to mix, and how.

    Example:
        >>> half = Mixtures(torch.tensor([0.25]), torch.tensor([0]), torch.tensor([1]), [0])
        >>> mix(torch.tensor([[0.0, 4.0], [8.0, 4.0]]), half)
        tensor([[6., 4.]])
    """
    first, second, alpha = (
        part.to(singers.device) for part in (mixtures.first, mixtures.second, mixtures.alpha)
    )
    return torch.lerp(singers[second], singers[first], alpha[:, None])


def backtranslation_loss(
    generate: Callable[[Batch, Tensor, list[int]], Batch],
    reconstruction_loss: Callable[[Batch, Batch], Tensor],
    singers: Float[Tensor, "k V"],
    batch: Batch,
    mixtures: Mixtures,
) -> Float[Tensor, ""]:
    r"""The loss L of a batch.

    Args:
        generate: A batch, voices u (B, V) and seeds to a batch of what they sing: \tilde s.
        reconstruction_loss: Of a batch to encode and one to be restored from it, which also says whose
            voice: that of D(E(\tilde s), v_j) against s.
        singers: All singers' vectors.
        batch: Recordings s, with their singers j.
        mixtures: From `draw_mixtures`.
    """
    with torch.no_grad():
        generated = generate(batch, mix(singers, mixtures), mixtures.seeds)
    return reconstruction_loss(generated, batch)

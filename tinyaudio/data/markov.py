r"""A source whose entropy is known, to measure models against.

    p(x_t | x_1, ..., x_{t-1}) = P[x_{t-1}, x_t]

The entropy of speech is unknown.  That of this source is known: on average no model needs fewer bits
a sample than its entropy rate, and a perfect one needs no more.

Paper:      Shannon, "A Mathematical Theory of Communication" (1948), sections 4 to 7.
See:        chapter 2, "One sample at a time".
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.errors import DataError


@dataclass(frozen=True)
class MarkovSource:
    """A first-order Markov chain: the probabilities of a value depend on the one before it.

    Attributes:
        transition: P; row i holds the probabilities of the value after value i and adds up to 1.

    Raises:
        DataError: A row has a negative number or does not add up to 1.

    Example:
        >>> coin = MarkovSource(torch.tensor([[0.9, 0.1], [0.1, 0.9]]))
        >>> round(coin.entropy_rate, 3)
        0.469
    """

    transition: Float[Tensor, "K K"]

    def __post_init__(self) -> None:
        P = self.transition.double()
        if not torch.isfinite(P).all() or P.min() < 0 or (P.sum(1) - 1).abs().max() > 1e-5:
            raise DataError("not a transition matrix; every row must be 0 or more and add up to 1")
        object.__setattr__(self, "transition", P / P.sum(1, keepdim=True))

    @property
    def stationary(self) -> Float[Tensor, " K"]:
        """The stationary distribution: pi = pi P."""
        K = len(self.transition)
        # K equations, one of them redundant, and one more: the probabilities add up to 1.
        equations = torch.cat([self.transition.T - torch.eye(K), torch.ones(1, K)]).double()
        right = torch.zeros(K + 1, 1, dtype=torch.float64)
        right[K] = 1
        return torch.linalg.lstsq(equations, right, driver="gelsd").solution[:, 0].clamp(min=0)

    @property
    def entropy_rate(self) -> float:
        r"""Fewest bits a sample that a model can need: -\sum_i \pi_i \sum_j P_ij \log_2 P_ij."""
        return -float(
            self.stationary @ torch.xlogy(self.transition, self.transition).sum(1)
        ) / math.log(2)

    def bits(self, codes: Int[Tensor, " T"]) -> float:
        r"""Bits a sample of a sequence under the source itself: -1/(T-1) \sum_{t>1} \log_2 P[x_{t-1}, x_t].

        Example:
            >>> coin = MarkovSource(torch.full((2, 2), 0.5))
            >>> coin.bits(torch.tensor([0, 1, 1, 0]))
            1.0
        """
        return -float(self.transition[codes[:-1], codes[1:]].log2().mean())

    def draw(self, n_samples: int, seed: int) -> Int[Tensor, " T"]:
        """A sequence whose first value has the stationary distribution.

        Args:
            n_samples: Its length.
            seed: Decides it.

        Returns:
            Values from 0 to K - 1.

        Example:
            >>> MarkovSource(torch.eye(3).roll(1, dims=1)).draw(5, seed=1).diff() % 3
            tensor([1, 1, 1, 1])
        """
        u = torch.rand(
            n_samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
        )
        rows = self.transition.cumsum(1)
        rows[:, -1] = 1  # despite rounding
        after = torch.searchsorted(rows, u.expand(len(rows), -1).contiguous(), right=True).tolist()
        value = int(torch.searchsorted(self.stationary.cumsum(0), u[0]).clamp(max=len(rows) - 1))
        values = [value]
        for t in range(1, n_samples):
            value = after[value][t]
            values.append(value)
        return torch.tensor(values)

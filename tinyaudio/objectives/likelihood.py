"""Likelihood of sample values: how many bits a model needs for each sample of a recording.

Implements: `bits_per_sample`, the mean of -log2 p(x_t | x_<t), and `likelihood`, the loss of every
            autoregressive model in the book.
See:        chapter 2, "One sample at a time", and chapter 3, "mu-law and the softmax".
"""

import math
from collections.abc import Callable

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent import mulaw


def bits_per_sample(logits: Float[Tensor, "B K T"], codes: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    r"""Average code length of a recording under a model, in bits.

    -\frac{1}{BT} \sum_{b,t} \log_2 p(x_{b,t} \mid x_{b,<t})

    A model that knows nothing needs log2(K) bits: 8 for 256 values.

    Args:
        logits: Unnormalised log-probabilities of the K values of every sample.
        codes: The values that were there, in [0, K - 1].

    Returns:
        Bits a sample, 0 or more.

    Example:
        >>> import torch
        >>> bits_per_sample(torch.zeros(1, 256, 10), torch.zeros(1, 10, dtype=torch.int64)).item()
        8.0
    """
    return F.cross_entropy(logits, codes) / math.log(2)


def likelihood(
    model: Callable[[Tensor], Tensor], n_levels: int = 256
) -> Callable[[dict[str, Tensor], int], tuple[Tensor, dict[str, Tensor]]]:
    """The loss of a model over mu-law codes.

    Args:
        model: Maps codes (B, T) to logits (B, n_levels, T), column t from codes before t only.
        n_levels: Number of mu-law levels.

    Returns:
        A loss for batches with a key ``audio``, float (B, 1, T) in [-1, 1]; in bits a sample.
    """

    def loss(batch: dict[str, Tensor], step: int) -> tuple[Tensor, dict[str, Tensor]]:
        codes = mulaw.encode(batch["audio"].squeeze(1), n_levels)  # (B, T)
        return bits_per_sample(model(codes), codes), {}

    return loss

"""Likelihood of sample values: how many bits a model needs for each sample of a recording.

Paper:      Jin et al., "FFTNet", 2018, and Valin & Skoglund, "LPCNet", 2019, for the noise-injected
            input of `corrupt_history`.
Implements: `bits_per_sample`, the mean of -log2 p(x_t | x_<t); `likelihood`, the loss of every
            autoregressive model in the book; `corrupt_history`, optional noise on its input.
Differs:    FFTNet's noise has one level; here each clip draws its own.
See:        chapter 2, "One sample at a time", and chapter 3, "mu-law and the softmax".
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent import mulaw


def bits_per_sample(
    logits: Float[Tensor, "B K T"],
    codes: Int[Tensor, "B T"],
    weights: Float[Tensor, "B T"] | None = None,
) -> Float[Tensor, ""]:
    r"""Average code length of a recording under a model, in bits.

    -\frac{1}{BT} \sum_{b,t} \log_2 p(x_{b,t} \mid x_{b,<t})

    A uniform predictor needs log2(K) bits: 8 for 256 values.

    Args:
        logits: Unnormalised log-probabilities of the K values of every sample.
        codes: The values of the recording, in [0, K - 1].
        weights: Of each sample in the average, 0 or more; None weighs all alike.

    Returns:
        Bits a sample, 0 or more.

    Example:
        >>> bits_per_sample(torch.zeros(1, 256, 10), torch.zeros(1, 10, dtype=torch.int64)).item()
        8.0
    """
    if weights is None:
        return F.cross_entropy(logits, codes) / math.log(2)
    nats = F.cross_entropy(logits, codes, reduction="none")  # (B, T)
    return (nats * weights).sum() / weights.sum() / math.log(2)


def corrupt_history(
    codes: Int[Tensor, "B T"], n_levels: int, noise: float | int
) -> Int[Tensor, "B T"]:
    r"""Add white noise to the codes that a model is conditioned on while it trains.

    c' = clamp(round(c + \sigma \epsilon)),   \epsilon_t \sim N(0, 1),   \sigma \sim U(0, noise) per clip

    In training the history is a recording's; in generation it is the model's own output, whose errors
    accumulate.  A model trained on noisy histories recovers from them.

    Args:
        codes: In [0, n_levels - 1].
        n_levels: Number of quantization levels.
        noise: Largest root mean square of the noise, in codes; 0 leaves the codes as they are.

    Returns:
        Codes in [0, n_levels - 1], drawn from torch's global generator on the codes' device.

    Example:
        >>> corrupt_history(torch.tensor([[0, 128, 255]]), 256, noise=0)
        tensor([[  0, 128, 255]])
    """
    if noise == 0:
        return codes
    rms = noise * torch.rand(len(codes), 1, device=codes.device)
    corrupted = codes + rms * torch.randn(codes.shape, device=codes.device)
    return corrupted.round().long().clamp(0, n_levels - 1)


def likelihood(
    model: Callable[[Tensor], Tensor], n_levels: int = 256, history_noise: float | int = 0.0
) -> Callable[[dict[str, Tensor], int], tuple[Tensor, dict[str, Tensor]]]:
    """The loss of a model over mu-law codes.

    Args:
        model: Maps codes (B, T) to logits (B, n_levels, T), column t from codes before t only.
        n_levels: Number of mu-law levels.
        history_noise: See `corrupt_history`; only the model's input is noisy, the target is clean.

    Returns:
        A loss for batches with a key ``audio``, float (B, 1, T) in [-1, 1]; in bits a sample.
    """

    def loss(batch: dict[str, Tensor], step: int) -> tuple[Tensor, dict[str, Tensor]]:
        codes = mulaw.encode(batch["audio"].squeeze(1), n_levels)  # (B, T)
        logits = model(corrupt_history(codes, n_levels, history_noise))
        return bits_per_sample(logits, codes), {}

    return loss

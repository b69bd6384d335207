r"""What trains an encoder, a codebook and a decoder together.

    L = -\ln p(x | z_q) + \| sg[z_e] - e \|^2 + \beta \| z_e - sg[e] \|^2    [van den Oord et al., eq. 3]

sg stops the gradient.  The first term trains the decoder and, straight through, the encoder; the second,
the codebook loss, moves codes to the encoder's outputs; the third, the commitment loss, keeps the outputs
near their codes.  Instead of the second term, the codes can follow a running average of the outputs.

Paper:      van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", 2017
            (arXiv:1711.00937), section 3.2 and appendix A.1.
Implements: `codebook_loss`, `commitment_loss`, `perplexity`; `vq_loss`, all of it for one network.
Differs:    a square here is a mean over channels; the paper's norm is their sum.  The start by k-means and
            the reset of dead codes are not in the paper; each can be left out.
See:        `tinyaudio.objectives.codebook` for how a codebook moves without gradients; part 3,
            "Bottlenecks and critics".
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.objectives.codebook import (
    DEAD,
    DECAY,
    Quantizer,
    code_counts,
    ema_update,
    kmeans,
    kmeans_start,
    reset_dead_codes,
)

__all__ = [
    "code_counts",
    "codebook_loss",
    "commitment_loss",
    "ema_update",
    "kmeans",
    "kmeans_start",
    "perplexity",
    "reset_dead_codes",
    "vq_loss",
]

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]
COMMITMENT = 0.25  # beta [section 3.2]; from 0.1 to 2.0 the paper's results do not change


def codebook_loss(
    latents: Float[Tensor, "B D N"], embeddings: Float[Tensor, "B D N"]
) -> Float[Tensor, ""]:
    r"""\| sg[z_e] - e \|^2, a mean over channels, frames and clips; its gradient goes to the codes alone.

    Args:
        latents: The encoder's (z_e).
        embeddings: Their codes' vectors, by ``lookup``, which lets a gradient through (e).

    Example:
        >>> codebook_loss(torch.zeros(1, 2, 3), torch.full((1, 2, 3), 2.0)).item()
        4.0
    """
    return (latents.detach() - embeddings).square().mean()


def commitment_loss(
    latents: Float[Tensor, "B D N"], embeddings: Float[Tensor, "B D N"]
) -> Float[Tensor, ""]:
    r"""\| z_e - sg[e] \|^2, a mean likewise; its gradient goes to the encoder alone.

    Example:
        >>> commitment_loss(torch.zeros(1, 2, 3), torch.full((1, 2, 3), 2.0)).item()
        4.0
    """
    return (latents - embeddings.detach()).square().mean()


def perplexity(counts: Float[Tensor, " K"]) -> Float[Tensor, ""]:
    r"""How many codes are in use: \exp(-\sum_k p_k \ln p_k), from 1 to K; its log2 is the entropy in bits.

    Args:
        counts: How often each code occurs, from `code_counts`, or a quantizer's running ``counts``.

    Example:
        >>> round(perplexity(torch.tensor([5.0, 5.0, 5.0, 5.0])).item(), 4)
        4.0
    """
    p = counts / counts.sum()
    return torch.special.entr(p).sum().exp()


def vq_loss(
    net: Callable[[Batch], tuple[Tensor, Tensor, Tensor]],
    quantizer: Quantizer,
    reconstruction_loss: Callable[[Tensor, Batch], Tensor],
    *,
    commitment: float | int = COMMITMENT,
    decay: float | int = DECAY,
    dead: float | int = DEAD,
    start: int | None = 0,
    seed: int = 0,
) -> Loss:
    """The loss L of a network with a codebook, which also moves the codebook while it trains.

    Args:
        net: A batch to what it reconstructs, the latents (B, D, N) before quantization, and their codes
            (B, N).
        quantizer: The network's.
        reconstruction_loss: Of what the network reconstructs and the batch; - ln p(x | z_q) up to a factor.
        commitment: beta.
        decay: gamma, of `ema_update`; of a learned codebook, the counts alone follow it.
        dead: See `reset_dead_codes`; 0 for no reset.
        start: The step at which `kmeans_start` places the codes, on the latents of its batch; None for never.
        seed: Of that start.

    Returns:
        A loss in the unit of `reconstruction_loss`; logs ``reconstruction``, ``commitment`` and ``codebook``
        (mean squares of a channel), ``perplexity`` of the step's codes, and ``dead``, codes that were reset.
        In evaluation nothing moves.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        if quantizer.training and step == start:
            with torch.no_grad():
                kmeans_start(quantizer, net(batch)[1], seed)
        output, latents, codes = net(batch)
        embeddings = quantizer.lookup(codes)
        terms = {
            "reconstruction": reconstruction_loss(output, batch),
            "commitment": commitment_loss(latents, embeddings),
            "codebook": codebook_loss(latents, embeddings),
        }
        total = terms["reconstruction"] + commitment * terms["commitment"]
        if quantizer.codebook.requires_grad:
            total = total + terms["codebook"]
        if not quantizer.training:
            return total, terms | {
                "perplexity": perplexity(code_counts(codes, len(quantizer.codebook)))
            }
        # The graph holds copies of the codes that were looked up: moving them changes no gradient.
        counts = ema_update(quantizer, latents, codes, decay)
        logs = terms | {"perplexity": perplexity(counts)}
        if dead:
            logs["dead"] = reset_dead_codes(quantizer, latents, codes, dead)
        return total, logs

    return loss

r"""What trains the codebooks of a residual quantizer: each learns from the residuals that reach its stage.

    r_1 = z_e,   r_{q+1} = r_q - e^{(q)}_{k_q}

A stage that learned from the latents themselves would learn the first stage's codes once more.

Paper:      Zeghidour, Luebs, Omran, Skoglund & Tagliasacchi, "SoundStream: an end-to-end neural audio codec",
            2021 (arXiv:2107.03312), section III-C: k-means to begin with, a running average, dead codes moved;
            quantizer dropout.
Implements: `residuals`; `residual_start`, `residual_update`, `residual_commitment`; `random_stages`.
See:        `tinyaudio.models.residual_vq` for the quantizer; `tinyaudio.objectives.codebook` for one stage.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.models.quantizer import VectorQuantizer
from tinyaudio.models.residual_vq import ResidualVectorQuantizer
from tinyaudio.objectives.codebook import (
    DEAD,
    DECAY,
    ema_update,
    kmeans_start,
    reset_dead_codes,
)
from tinyaudio.objectives.quantized import commitment_loss


def residuals(
    quantizer: ResidualVectorQuantizer,
    latents: Float[Tensor, "B D N"],
    codes: Int[Tensor, "B Q N"],
) -> Iterator[tuple[VectorQuantizer, Tensor, Tensor]]:
    """For each stage that has codes: it, its residual r_q (B, D, N), and its codes (B, N).

    Example:
        >>> quantizer, latents = ResidualVectorQuantizer(3, 8, 2), torch.randn(1, 2, 5)
        >>> codes = quantizer(latents, n_stages=2).codes
        >>> len([*residuals(quantizer, latents, codes)])
        2
    """
    residual = latents
    for q, stage in enumerate(quantizer.first(codes.shape[1])):
        vectors = stage.lookup(codes[:, q]).detach()  # before the stage moves
        yield stage, residual, codes[:, q]
        residual = residual - vectors


@torch.no_grad()
def residual_start(
    quantizer: ResidualVectorQuantizer,
    latents: Float[Tensor, "B D N"],
    seed: int = 0,
    *,
    first: int = 0,
) -> None:
    """Begin with k-means at every stage, on what the stages before it leave of these latents.

    Args:
        quantizer: Changed in place.
        latents: Of a step's batch; at least as many as a codebook has codes.
        seed: Decides which vectors the means begin at.
        first: Stages before it are left as they are, counted from 0: a codebook that is trained already
            can be the first stage.

    Raises:
        DataError: There are fewer latents than codes.
    """
    residual = latents
    for q, stage in enumerate(quantizer.first(None)):
        if q >= first:
            kmeans_start(stage, residual, seed + q)
        residual = residual - stage.lookup(stage.nearest(residual))


@torch.no_grad()
def residual_update(
    quantizer: ResidualVectorQuantizer,
    latents: Float[Tensor, "B D N"],
    codes: Int[Tensor, "B Q N"],
    *,
    decay: float | int = DECAY,
    dead: float | int = DEAD,
) -> None:
    """Move the codebooks of the stages that have codes towards their residuals, and dead codes onto them.

    Args:
        quantizer: Changed in place.
        latents: What was quantized.
        codes: What came of it.
        decay: gamma, of `tinyaudio.objectives.codebook.ema_update`.
        dead: See `tinyaudio.objectives.codebook.reset_dead_codes`; 0 for no reset.
    """
    for stage, residual, chosen in residuals(quantizer, latents, codes):
        ema_update(stage, residual, chosen, decay)
        if dead:
            reset_dead_codes(stage, residual, chosen, dead)


def residual_commitment(
    quantizer: ResidualVectorQuantizer,
    latents: Float[Tensor, "B D N"],
    codes: Int[Tensor, "B Q N"],
) -> Float[Tensor, ""]:
    """The commitment losses of the stages, summed; the gradient goes to the latents alone.

    Example:
        >>> quantizer = ResidualVectorQuantizer(2, 1, 2)
        >>> for stage in quantizer.stages: _ = stage.codebook.zero_()
        >>> codes = torch.zeros(1, 2, 3, dtype=torch.long)
        >>> residual_commitment(quantizer, torch.full((1, 2, 3), 2.0), codes).item()
        8.0
    """
    terms = [
        commitment_loss(residual, stage.lookup(chosen))
        for stage, residual, chosen in residuals(quantizer, latents, codes)
    ]
    return torch.stack(terms).sum()


def random_stages(n_stages: int, generator: torch.Generator) -> int:
    """How many stages a batch is quantized by, from 1 to all, each as probable: quantizer dropout.

    Example:
        >>> random_stages(1, torch.Generator().manual_seed(0))
        1
    """
    return int(torch.randint(1, n_stages + 1, (), generator=generator))

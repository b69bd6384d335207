r"""Residual vector quantization: each stage quantizes what the stages before it have left over.

    r_1 = z_e,   r_{q+1} = r_q - e^{(q)}_{k_q},   k_q = \arg\min_k \| r_q - e^{(q)}_k \|      [algorithm 1]

    z_q = \sum_q e^{(q)}_{k_q}

Q codebooks of K codes say as much as one of K^Q, and hold Q K vectors.  The first codes alone are a coarse
version of the same latents, so that one network serves many bit rates.

Paper:      Zeghidour, Luebs, Omran, Skoglund & Tagliasacchi, "SoundStream: an end-to-end neural audio codec",
            2021 (arXiv:2107.03312), section III-C.
Implements: `ResidualVectorQuantizer`, `ResidualQuantized`.
Differs:    how the codebooks learn is apart, as for `tinyaudio.models.quantizer`; the straight-through
            estimator is exact here, too.
See:        `tinyaudio.objectives.residual_codebook` for what trains them; the chapter "What came after".
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.models.quantizer import VectorQuantizer


class ResidualQuantized(NamedTuple):
    """Latents after a `ResidualVectorQuantizer`.

    Attributes:
        latents: (B, D, N), sums of one vector a stage; their gradient is that of the latents before.
        codes: (B, Q, N), which vectors, the first stage first.
    """

    latents: Tensor
    codes: Tensor


class ResidualVectorQuantizer(nn.Module):
    """Q codebooks in a row.

    Args:
        n_stages: Q.
        n_codes: Size of each codebook (K).
        n_channels: Of a latent vector (D).
        trainable: Whether gradients train the codebooks; see `VectorQuantizer`.

    Raises:
        ValueError: A size is below 1.

    Example:
        >>> quantizer = ResidualVectorQuantizer(n_stages=4, n_codes=256, n_channels=64)
        >>> quantized = quantizer(torch.randn(2, 64, 10))
        >>> quantized.latents.shape, quantized.codes.shape
        (torch.Size([2, 64, 10]), torch.Size([2, 4, 10]))
    """

    def __init__(
        self, n_stages: int, n_codes: int, n_channels: int, trainable: bool = False
    ) -> None:
        super().__init__()
        if n_stages < 1:
            raise ValueError(f"a residual quantizer of {n_stages} stages: 1 or more")
        self.stages = nn.ModuleList(
            VectorQuantizer(n_codes, n_channels, trainable) for _ in range(n_stages)
        )

    def encode(
        self, latents: Float[Tensor, "B D N"], n_stages: int | None = None
    ) -> Int[Tensor, "B Q N"]:
        """The codes of the first stages, of all by default.

        Raises:
            ValueError: There are not so many stages, or the latents do not have the codebooks' channels.
        """
        residual, codes = latents.detach(), []
        for stage in self.first(n_stages):
            codes.append(stage.nearest(residual))
            residual = residual - stage.lookup(codes[-1])
        return torch.stack(codes, dim=1)

    def decode(self, codes: Int[Tensor, "B Q N"]) -> Float[Tensor, "B D N"]:
        """The latents that codes stand for: the sum of one vector a stage.

        Args:
            codes: Of the first stages; their number may be smaller than that of the quantizer's.

        Raises:
            ValueError: There are not so many stages.
        """
        stages = self.first(codes.shape[1])
        vectors = [stage.lookup(codes[:, q]) for q, stage in enumerate(stages)]
        return torch.stack(vectors).sum(0)

    def forward(
        self, latents: Float[Tensor, "B D N"], n_stages: int | None = None
    ) -> ResidualQuantized:
        """Replace each latent vector by a sum of one vector of each stage.

        Args:
            latents: An encoder's output (z_e).
            n_stages: How many stages take part, from the first on; all by default.  A number drawn anew for
                each batch is SoundStream's quantizer dropout.

        Raises:
            ValueError: As for `encode`.
        """
        codes = self.encode(latents, n_stages)
        quantized = self.decode(codes).detach().to(latents.dtype)
        # Its value is the sum of codes, its gradient that of z_e, once for all stages.
        return ResidualQuantized(quantized + (latents - latents.detach()), codes)

    def bits_per_second(self, frames_per_second: float | int, n_stages: int | None = None) -> float:
        """What the codes cost if all are equally probable, in bit/s.

        Args:
            frames_per_second: Vectors a second, in Hz.
            n_stages: How many of the stages are sent; all by default.

        Example:
            >>> ResidualVectorQuantizer(8, 1_024, 16).bits_per_second(75)  # EnCodec at 24 kHz
            6000.0
        """
        stages = self.first(n_stages)
        return sum(frames_per_second * math.log2(len(stage.codebook)) for stage in stages)

    def first(self, n_stages: int | None) -> list[VectorQuantizer]:
        """The first stages.

        Raises:
            ValueError: There are not so many.
        """
        stages: list[VectorQuantizer] = list(self.stages)  # type: ignore[arg-type]
        if n_stages is None:
            return stages
        if not 1 <= n_stages <= len(stages):
            raise ValueError(f"{n_stages} stages: from 1 to {len(stages)}")
        return stages[:n_stages]

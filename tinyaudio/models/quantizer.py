r"""A codebook between an encoder and a decoder: each latent vector becomes the nearest of K vectors.

    z_q = e_k,   k = \arg\min_j \| z_e - e_j \|    [van den Oord et al. 2017, eqs. 1 and 2]

The argmin has no gradient, so that the decoder's gradient is passed on to the encoder as it is: the
straight-through estimator.  How the codebook itself learns is a matter of the loss.

Paper:      van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", 2017
            (arXiv:1711.00937), section 3.
Implements: `VectorQuantizer`, `Quantized`.
Differs:    the straight-through estimator is exact: the latents that the decoder gets are the codebook's
            to the last bit, and the gradient is the identity.
See:        `tinyaudio.objectives.quantized` for what trains a codebook.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

MAX_SCORES = 2**22  # codes times vectors that are compared at once: 16 MB


class Quantized(NamedTuple):
    """Latents after a `VectorQuantizer`.

    Attributes:
        latents: (B, D, N), vectors of the codebook; their gradient is that of the latents before.
        codes: (B, N), which vectors.
    """

    latents: Tensor
    codes: Tensor


class VectorQuantizer(nn.Module):
    """K vectors of D channels.

    The codebook is a parameter if gradients train it, and a buffer if a moving average does; `counts`
    and `sums` are that average's memory.  All three are in the state that training resumes from.

    Args:
        n_codes: Size of the codebook (K).
        n_channels: Of a latent vector (D).
        trainable: Whether the codebook is trained by gradients, rather than by
            `tinyaudio.objectives.quantized.ema_update`.

    Attributes:
        codebook: (K, D).
        counts: (K,), a running average of how many latents a step have each code.
        sums: (K, D), a running average of the sum of these latents.

    Raises:
        ValueError: A size is below 1.

    Example:
        >>> quantizer = VectorQuantizer(512, 64)
        >>> quantized = quantizer(torch.randn(2, 64, 10))
        >>> quantized.latents.shape, quantized.codes.shape
        (torch.Size([2, 64, 10]), torch.Size([2, 10]))
    """

    codebook: Tensor
    counts: Tensor
    sums: Tensor

    def __init__(self, n_codes: int, n_channels: int, trainable: bool = False) -> None:
        super().__init__()
        if n_codes < 1 or n_channels < 1:
            raise ValueError(
                f"a codebook of {n_codes} codes of {n_channels} channels: 1 or more of each"
            )
        codebook = torch.empty(n_codes, n_channels).uniform_(-1 / n_codes, 1 / n_codes)
        if trainable:
            self.codebook = nn.Parameter(codebook)
        else:
            self.register_buffer("codebook", codebook)
        # As if each code had been given one latent, itself: the average begins at the codebook.
        self.register_buffer("counts", torch.ones(n_codes))
        self.register_buffer("sums", codebook.detach().clone())

    @torch.no_grad()
    def nearest(self, latents: Float[Tensor, "B D N"]) -> Int[Tensor, "B N"]:
        r"""The codes of the nearest vectors, compared in float32.

        \arg\min_k \|z - e_k\|^2 = \arg\max_k (z^T e_k - \|e_k\|^2 / 2)

        Of equally near ones, the first.  Memory does not grow with the length of the latents.

        Raises:
            ValueError: The latents do not have the codebook's channels.
        """
        n_codes, n_channels = self.codebook.shape
        if latents.ndim != 3 or latents.shape[1] != n_channels:
            raise ValueError(
                f"latents of shape {tuple(latents.shape)}: this codebook takes (B, {n_channels}, N)"
            )
        with torch.autocast(latents.device.type, enabled=False):
            codebook = self.codebook.float()
            # Distances do not change with the origin; near the codebook, rounding errors are small.
            origin = codebook.mean(0)
            centred = codebook - origin
            half_squares = centred.square().sum(1) / 2
            vectors = latents.float().mT.flatten(0, 1) - origin
            chunks = vectors.split(max(1, MAX_SCORES // n_codes))
            scores = (torch.addmm(-half_squares, chunk, centred.T) for chunk in chunks)
            codes = torch.cat([score.argmax(1) for score in scores])
        return codes.view(len(latents), -1)

    def lookup(self, codes: Int[Tensor, "B N"]) -> Float[Tensor, "B D N"]:
        """The vectors of these codes; their gradient goes to the codebook, if it is learned.

        Args:
            codes: In [0, K - 1].

        Example:
            >>> quantizer = VectorQuantizer(4, 2)
            >>> codes = torch.tensor([[3, 0]])
            >>> torch.equal(quantizer.lookup(codes)[0].mT, quantizer.codebook[[3, 0]])
            True
        """
        return nn.functional.embedding(codes, self.codebook).mT

    def forward(self, latents: Float[Tensor, "B D N"]) -> Quantized:
        """Replace each latent vector by the nearest of the codebook.

        Args:
            latents: An encoder's output (z_e).

        Raises:
            ValueError: The latents do not have the codebook's channels.
        """
        codes = self.nearest(latents)
        quantized = self.lookup(codes).detach().to(latents.dtype)
        # z_q = sg[e] + z_e - sg[z_e]: its value is e, its gradient that of z_e.
        return Quantized(quantized + (latents - latents.detach()), codes)

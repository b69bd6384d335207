"""Codes of several stages as one sequence of tokens, for a network that predicts the next one.

    a frame's codes in the order of the stages, then the next frame's:   k_1, K + k_2, 2 K + k_3, k_1', ...

A token says its stage and its code: there are Q K of them.  Each is predicted from all before it, so that no
independence is assumed; the price is that a second of sound has Q times as many tokens as frames.

Paper:      Copet et al., "Simple and controllable music generation", 2023 (arXiv:2306.05284), section 2.2, the
            flattening pattern.
Implements: `flatten_codes` and its inverse, `unflatten_codes`.
Differs:    tokens of different stages are different numbers.
See:        `tinyaudio.models.residual_vq` for the codes; the chapter "What came after".
"""

import torch
from jaxtyping import Int
from torch import Tensor

from tinyaudio.models.codes import check_codes


def flatten_codes(codes: Int[Tensor, "B Q N"], n_codes: int) -> Int[Tensor, "B T"]:
    """The tokens of codes, T = Q N of them.

    Args:
        codes: In [0, n_codes - 1].
        n_codes: Size of each codebook (K).

    Raises:
        UserError: A code is out of range.

    Example:
        >>> flatten_codes(torch.tensor([[[3, 1], [0, 2]]]), n_codes=4)
        tensor([[3, 4, 1, 6]])
    """
    check_codes(codes, n_codes)
    offsets = n_codes * torch.arange(codes.shape[1], device=codes.device)
    return (codes + offsets[:, None]).mT.flatten(1)


def unflatten_codes(
    tokens: Int[Tensor, "B T"], n_stages: int, n_codes: int
) -> Int[Tensor, "B Q N"]:
    """The codes of tokens; a last frame that is not complete is left out.

    Args:
        tokens: As `flatten_codes` makes them, or as a network drew them: of a token in another stage's place
            only the code counts.
        n_stages: Q.
        n_codes: Size of each codebook (K).

    Raises:
        UserError: A token is out of range.

    Example:
        >>> unflatten_codes(torch.tensor([[3, 4, 1, 6, 2]]), n_stages=2, n_codes=4)
        tensor([[[3, 1],
                 [0, 2]]])
    """
    check_codes(tokens, n_stages * n_codes)
    whole = tokens[:, : tokens.shape[1] // n_stages * n_stages]
    return (whole % n_codes).unflatten(1, (-1, n_stages)).mT

r"""The distance of two sounds' spectrograms at several resolutions, as Parallel WaveGAN and UnivNet define it.

    d = \frac{1}{M} \sum_m (\|S_m - \hat S_m\|_F / \|S_m\|_F + \mathrm{mean} |\ln S_m - \ln \hat S_m|)

The first term, spectral convergence, weighs what is loud; the second what is quiet.

Paper:      Yamamoto, Song & Kim, "Parallel WaveGAN", ICASSP 2020 (arXiv:1910.11480), equations 4 to 6; Jang et
            al., "UnivNet", Interspeech 2021 (arXiv:2106.07889), equations 1 to 3.
Implements: `multi_resolution_distance`.
Differs:    from `tinyaudio.objectives.spectral`, which trains the frame-rate vocoder: there, a fourth window,
            hops of a quarter, a log-mel term and other weights.
See:        `tinyaudio.represent.resolution`, `tinyaudio.recipes.univnet`.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.represent.resolution import RESOLUTIONS, magnitude_at

FLOOR = 1e-7**0.5  # of magnitudes, as in the public code, whose floor is that of their squares


def multi_resolution_distance(
    generated: Float[Tensor, "B 1 T"],
    real: Float[Tensor, "B 1 T"],
    resolutions: Sequence[Sequence[int]] = RESOLUTIONS,
) -> Float[Tensor, ""]:
    r"""The distance d.

    Args:
        generated: In [-1, 1].
        real: What it should be; S.
        resolutions: See `tinyaudio.represent.resolution`.

    Returns:
        0 for the same sound or its negative; where the real batch is silent, the first term counts as
        if it were not, so that d stays finite.

    Example:
        >>> clip = torch.randn(1, 1, 4_096, generator=torch.Generator().manual_seed(0))
        >>> round(multi_resolution_distance(0.5 * clip, clip).item(), 3)  # 1/2 and ln 2
        1.193
    """
    terms = []
    for resolution in resolutions:
        made, wanted = (magnitude_at(x, resolution).clamp(min=FLOOR) for x in (generated, real))
        # Of silence, at the floor throughout, the norm is that of the floor.
        convergence = (wanted - made).norm() / wanted.norm()
        terms.append(convergence + (wanted.log() - made.log()).abs().mean())
    return torch.stack(terms).mean()

r"""A mixture of logistics over integer levels: a distribution that a 16-bit sample can afford.

    p(i) = \sum_m \pi_m (F_m(i + 1/2) - F_m(i - 1/2)),   F_m(c) = \sigma((c - \mu_m) / s_m)

A softmax over 65,536 values needs as many outputs and learns each alone; ten bells need thirty, and
know that neighbours are alike.  The lowest and the highest level own all that lies beyond them.

Paper:      Salimans et al., "PixelCNN++", 2017, section 2.1; for sound van den Oord et al., "Parallel
            WaveNet", 2018.
Implements: `log_probability`, `bits_per_sample`, `draw`, `likelihood`.
Differs:    the difference of two sigmoids is computed as a product, which needs no approximation
            for narrow or distant bells.  The ends are told by their level, not by an amplitude: with
            the threshold of common code, 0.999, 16-bit probabilities can add up to 3.9.
See:        chapter 3, "mu-law and the softmax".
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent import linear

NARROWEST = (
    -3.0
)  # log of the least scale, in levels: 1/20, within which one level has all of a bell


def _bells(
    parameters: Float[Tensor, "B three_M *T"], n_levels: int
) -> tuple[Float[Tensor, "B M *T"], Float[Tensor, "B M *T"], Float[Tensor, "B M *T"]]:
    """Logits of the weights, and means and log scales in levels, of which silence is n_levels / 2."""
    weights, means, log_scales = parameters.chunk(3, dim=1)
    half = n_levels / 2
    return weights, (means + 1) * half, (log_scales + math.log(half)).clamp(min=NARROWEST)


def log_probability(
    parameters: Float[Tensor, "B three_M *T"], codes: Int[Tensor, "B *T"], n_levels: int
) -> Float[Tensor, "B *T"]:
    r"""Log of the probability of every code, in nats.

    \sigma(b) - \sigma(a) = \sigma(b)\, \sigma(-a)\, (1 - e^{a - b})

    Args:
        parameters: M logits of the weights, then M means and M log scales in units of amplitude.
        codes: In [0, n_levels - 1]; code c stands for the amplitude 2 c / n_levels - 1.
        n_levels: 256 and 65,536 are usual.

    Returns:
        0 or less; its exponential adds up to 1 over all levels.

    Example:
        >>> narrow_and_in_the_middle = torch.tensor([[0.0, 0.0, -20.0]])
        >>> log_probability(narrow_and_in_the_middle, torch.tensor([128]), 256).exp().item()
        0.999...
    """
    weights, mean, log_scale = _bells(parameters, n_levels)
    code = codes[:, None]
    # In levels, not amplitudes: c - mean is exact where it is small, however many levels there are.
    centred, inverse_scale = code - mean, torch.exp(-log_scale)
    a = (centred - 0.5) * inverse_scale
    b = (centred + 0.5) * inverse_scale
    below, above = F.logsigmoid(b), F.logsigmoid(-a)  # log F(c + 1/2), log (1 - F(c - 1/2))
    # log(1 - e^(a-b)), b - a = 1 / s; for wide bells its series, since 1 - e^(a-b) would round to 0.
    narrow = torch.log(-torch.expm1(-inverse_scale.clamp(min=1e-3)))
    wide = -log_scale - inverse_scale / 2
    inner = below + above + torch.where(inverse_scale > 1e-3, narrow, wide)
    bell = torch.where(code == 0, below, torch.where(code == n_levels - 1, above, inner))
    return torch.logsumexp(F.log_softmax(weights, dim=1) + bell, dim=1)


def bits_per_sample(
    parameters: Float[Tensor, "B three_M T"], codes: Int[Tensor, "B T"], n_levels: int
) -> Float[Tensor, ""]:
    """Average code length of a recording, in bits; see `tinyaudio.objectives.likelihood`.

    Args:
        parameters: See `log_probability`.
        codes: The values that were there.
        n_levels: Number of values; log2 of it is what a model that knows nothing needs.

    Returns:
        Bits a sample, 0 or more.

    Example:
        >>> wide = torch.tensor([[0.0, 0.0, 0.0]]).reshape(1, 3, 1)  # one bell over everything
        >>> bits_per_sample(wide, torch.tensor([[32_768]]), 65_536).item()
        17.0
    """
    return -log_probability(parameters, codes, n_levels).mean() / math.log(2)


def draw(
    parameters: Float[Tensor, "B three_M"],
    generators: Sequence[torch.Generator],
    temperature: float | Sequence[float] = 1.0,
    n_levels: int = 65_536,
) -> Int[Tensor, " B"]:
    r"""Draw one code for each row: choose a bell, then a place under it, then the nearest level.

    c = \mu_m + \tau s_m (\log u - \log(1 - u)),   u uniform in (0, 1)

    Args:
        parameters: See `log_probability`; the same floor bounds the scales.
        generators: One a row, on the CPU, so that a row does not depend on its neighbours.
        temperature: 1 is the model's own distribution.  Else the logits of the weights are divided
            by it and the scales multiplied; at 0 the heaviest bell's mean always wins.
        n_levels: Number of values.

    Returns:
        A code in [0, n_levels - 1] for each row.

    Example:
        >>> draw(torch.tensor([[0.0, 0.5, -20.0]]), [torch.Generator().manual_seed(0)]).item()
        49152
    """
    weights, means, log_scales = (part.double() for part in _bells(parameters, n_levels))
    M = weights.shape[1]
    u = torch.stack([torch.rand(M + 1, generator=g, dtype=torch.float64) for g in generators])
    u = u.to(parameters.device).clamp(min=torch.finfo(torch.float64).tiny)
    heat = torch.as_tensor(temperature, dtype=torch.float64, device=u.device).reshape(-1, 1)
    # Gumbel's trick, as for a softmax: weights + heat * gumbel is still right at temperature 0.
    bell = (weights - heat * torch.log(-torch.log(u[:, :M]))).argmax(1, keepdim=True)
    logistic = torch.log(u[:, M:]) - torch.log1p(-u[:, M:])
    place = means.gather(1, bell) + heat * log_scales.gather(1, bell).exp() * logistic
    return place.squeeze(1).round().clamp(0, n_levels - 1).long()


def likelihood(
    model: Callable[[Tensor], Tensor], bits: int = 16
) -> Callable[[dict[str, Tensor], int], tuple[Tensor, dict[str, Tensor]]]:
    """The loss of a model over evenly spaced levels.

    Args:
        model: Maps codes (B, T) to parameters (B, 3 M, T), column t from codes before t only.
        bits: Of every sample; 2^bits levels.

    Returns:
        A loss for batches with a key ``audio``, float (B, 1, T) in [-1, 1]; in bits a sample.
    """

    def loss(batch: dict[str, Tensor], step: int) -> tuple[Tensor, dict[str, Tensor]]:
        codes = linear.encode(batch["audio"].squeeze(1), bits) + 2 ** (bits - 1)  # from 0 up
        return bits_per_sample(model(codes), codes, 2**bits), {}

    return loss

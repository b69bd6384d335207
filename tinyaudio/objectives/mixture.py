r"""A mixture of logistics over integer levels: a distribution that a 16-bit sample can afford.

    p(i) = \sum_m \pi_m (F_m(i + 1/2) - F_m(i - 1/2)),   F_m(c) = \sigma((c - \mu_m) / s_m)

A softmax over 65,536 values needs as many outputs and learns each alone; ten mixture components need
thirty, and give neighbouring levels similar probabilities.  The lowest and the highest level have all the
probability beyond them.

Paper:      Salimans et al., "PixelCNN++", 2017, section 2.1; for sound van den Oord et al., "Parallel
            WaveNet", 2018.
Implements: `log_probability`, `bits_per_sample`, `draw`, `likelihood`.
Differs:    the difference of two sigmoids is computed as a product, which needs no approximation
            for narrow or distant components.  The ends are recognised by their level, not by an
            amplitude: with the threshold of common code, 0.999, 16-bit probabilities add up to as much as 3.9.
See:        chapter 3, "mu-law and the softmax".
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent import linear

MIN_LOG_SCALE = -3.0  # in levels: at a scale of 1/20 one level has all of a component


def _components(
    parameters: Float[Tensor, "B three_M *T"], n_levels: int
) -> tuple[Float[Tensor, "B M *T"], Float[Tensor, "B M *T"], Float[Tensor, "B M *T"]]:
    """Logits of the weights, and means and log scales in levels; silence is level n_levels / 2."""
    weights, means, log_scales = parameters.chunk(3, dim=1)
    half = n_levels / 2
    return weights, (means + 1) * half, (log_scales + math.log(half)).clamp(min=MIN_LOG_SCALE)


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
        0 or less; the probabilities of all levels add up to 1.

    Example:
        >>> narrow_and_in_the_middle = torch.tensor([[0.0, 0.0, -20.0]])
        >>> log_probability(narrow_and_in_the_middle, torch.tensor([128]), 256).exp().item()
        0.999...
    """
    weights, mean, log_scale = _components(parameters, n_levels)
    code = codes[:, None]
    # In levels, not amplitudes: c - mean is exact where it is small, however many levels there are.
    centred, inverse_scale = code - mean, torch.exp(-log_scale)
    a = (centred - 0.5) * inverse_scale
    b = (centred + 0.5) * inverse_scale
    below, above = F.logsigmoid(b), F.logsigmoid(-a)  # log F(c + 1/2), log (1 - F(c - 1/2))
    # log(1 - e^(a-b)), b - a = 1 / s; for wide components its series, since 1 - e^(a-b) would round to 0.
    narrow = torch.log(-torch.expm1(-inverse_scale.clamp(min=1e-3)))
    wide = -log_scale - inverse_scale / 2
    inner = below + above + torch.where(inverse_scale > 1e-3, narrow, wide)
    component = torch.where(code == 0, below, torch.where(code == n_levels - 1, above, inner))
    return torch.logsumexp(F.log_softmax(weights, dim=1) + component, dim=1)


def bits_per_sample(
    parameters: Float[Tensor, "B three_M T"], codes: Int[Tensor, "B T"], n_levels: int
) -> Float[Tensor, ""]:
    """Average code length of a recording, in bits; see `tinyaudio.objectives.likelihood`.

    Args:
        parameters: See `log_probability`.
        codes: The values of the recording.
        n_levels: Number of levels; a uniform predictor needs log2 of it.

    Returns:
        Bits a sample, 0 or more.

    Example:
        >>> wide = torch.tensor([[0.0, 0.0, 0.0]]).reshape(1, 3, 1)  # one component over everything
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
    r"""Sample one code for each row: choose a component, draw from it, round to the nearest level.

    c = \mu_m + \tau s_m (\log u - \log(1 - u)),   u uniform in (0, 1)

    Args:
        parameters: See `log_probability`; the same floor bounds the scales.
        generators: One a row, on the CPU, so that a row does not depend on its neighbours.
        temperature: 1 is the model's own distribution.  Else the logits of the weights are divided
            by it and the scales multiplied; 0 gives the mean of the component of greatest weight.
        n_levels: Number of levels.

    Returns:
        A code in [0, n_levels - 1] for each row.

    Example:
        >>> draw(torch.tensor([[0.0, 0.5, -20.0]]), [torch.Generator().manual_seed(0)]).item()
        49152
    """
    weights, means, log_scales = (one.double() for one in _components(parameters, n_levels))
    M = weights.shape[1]
    u = torch.stack([torch.rand(M + 1, generator=g, dtype=torch.float64) for g in generators])
    u = u.to(parameters.device).clamp(min=torch.finfo(torch.float64).tiny)
    tau = torch.as_tensor(temperature, dtype=torch.float64, device=u.device).reshape(-1, 1)
    # The Gumbel-max trick, as for a softmax: weights + tau * gumbel is still right at temperature 0.
    component = (weights - tau * torch.log(-torch.log(u[:, :M]))).argmax(1, keepdim=True)
    logistic = torch.log(u[:, M:]) - torch.log1p(-u[:, M:])
    value = means.gather(1, component) + tau * log_scales.gather(1, component).exp() * logistic
    return value.squeeze(1).round().clamp(0, n_levels - 1).long()


def likelihood(
    model: Callable[[Tensor], Tensor], bits: int = 16
) -> Callable[[dict[str, Tensor], int], tuple[Tensor, dict[str, Tensor]]]:
    """The loss of a model over uniform quantization levels.

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

r"""How loud the high band of a sound probably is, from its low band: a linear prediction, frame by frame.

    \hat L_n = W [l_n; 1],   W = (R + \lambda I)^{-1} P,   R = E[l l^T],   P = E[l L^T]

l are the logarithms of the levels in 24 bands of equal width of the low-rate sound, L those in 12 bands above
it.  R and P are means over training crops, and W follows from them in closed form.  Levels are the deviations
of white noise of that density.  The mean of a logarithm is not the logarithm of the mean power:

    \log \sqrt{E[e^{2 L}]} = \hat L + s^2      if L is normal around its prediction with variance s^2

Paper:      Hoerl & Kennard, "Ridge regression", 1970, for the regression.  Its use here is ours.
Implements: `HighBandRidge`; `band_levels`, the levels themselves.
See:        `tinyaudio.models.whitened_residual`, which divides by what this predicts;
            chapter 21, "NU-Wave: up to 48 kHz".
"""

import math
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, distributed, nn
from torch.nn import functional as F

from tinyaudio.represent.spectrum import stft

N_FFT, HOP_LENGTH = 512, 128  # at the low rate: 32 and 8 ms at 16 kHz
MARGIN = 3  # frames at either end of a crop, whose windows see its edges
N_LOW, N_HIGH = 24, 12
LEAST = math.log(1e-6)  # of a level: -120 dBFS
MOST_OVER_LOW = math.log(
    10.0
)  # a high band is at most 20 dB louder than the low one, so silence stays silent
RIDGE = 1e-3  # lambda, over the mean of squared inputs
TYPICAL, SPREAD = -7.0, 2.0  # log-levels of speech, and of the noise between words


def band_levels(
    audio: Float[Tensor, "B 1 T"],
    n_fft: int,
    hop_length: int,
    n_bands: int,
    lowest: float | int = 0,
) -> Float[Tensor, "B n_bands N"]:
    """Logarithms of the levels in bands of equal width, in frames centred on samples 0, hop_length, ...

    Args:
        audio: One channel.
        n_fft: Length of a frame.
        hop_length: From frame to frame.
        n_bands: How many.
        lowest: Where the first one begins, as a share of half the sample rate; the last one ends there.

    Example:
        >>> noise = torch.randn(1, 1, 51_200, generator=torch.Generator().manual_seed(0)) / 10
        >>> band_levels(noise, 512, 128, 2).exp().mean(dim=2)
        tensor([[0.0996, 0.0996]])
    """
    power = stft(audio[:, 0], n_fft, hop_length).abs().square() / (0.375 * n_fft)  # sum of w^2
    n_bins = power.shape[1]
    first = lowest * (n_bins - 1)
    edges = [round(first + i * (n_bins - first) / n_bands) for i in range(n_bands + 1)]
    means = [power[:, a:b].mean(dim=1) for a, b in pairwise(edges)]
    return 0.5 * (torch.stack(means, dim=1) + math.exp(2 * LEAST)).log()


class HighBandRidge(nn.Module):
    """Low-rate sound to log-levels of its high band, once it has seen some of both.

    Args:
        ratio: The high rate over the low one.

    Attributes:
        weights: W.
        variance: s^2 of each high band.

    Example:
        >>> ridge = HighBandRidge(3)
        >>> ridge(torch.zeros(2, 1, 1_280)).shape  # 11 frames
        torch.Size([2, 12, 11])
    """

    weights: Tensor
    variance: Tensor
    inner: Tensor
    cross: Tensor
    squares: Tensor

    def __init__(self, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        self.register_buffer("weights", torch.zeros(N_LOW + 1, N_HIGH))
        self.register_buffer("variance", torch.zeros(N_HIGH))
        # running means: R, P, and of the squares of L
        self.register_buffer("inner", torch.zeros(N_LOW + 1, N_LOW + 1))
        self.register_buffer("cross", torch.zeros(N_LOW + 1, N_HIGH))
        self.register_buffer("squares", torch.zeros(N_HIGH))

    def forward(self, low: Float[Tensor, "B 1 t"]) -> Float[Tensor, "B 12 N"]:
        """Log-levels of the high band in power, frame n centred on low-rate sample 128 n."""
        inputs = self.inputs(low)
        levels = TYPICAL + SPREAD * (inputs @ self.weights) + self.variance
        # of white noise in the low band, of that power
        loudest = 0.5 * (2 * self.levels(inputs)).exp().mean(dim=2).log() + MOST_OVER_LOW
        return torch.minimum(levels, loudest[:, :, None]).transpose(1, 2)

    @torch.no_grad()
    def update(
        self, low: Float[Tensor, "B 1 t"], high: Float[Tensor, "B 1 T"], n_seen: int
    ) -> None:
        """Take a batch into the means, but for its edges, and solve again.

        Args:
            low: The low-rate sound.
            high: What the high band really is: the sound without its low band, T = ratio t.
            n_seen: Batches that came before.
        """
        inner = slice(MARGIN, -MARGIN)
        x = self.inputs(low)[:, inner].flatten(0, 1)
        measured = band_levels(
            high, N_FFT * self.ratio, HOP_LENGTH * self.ratio, N_HIGH, 1 / self.ratio
        )
        y = ((measured - TYPICAL) / SPREAD).transpose(1, 2)[:, inner].flatten(0, 1)
        share = 1 / (n_seen + 1)
        # Sums of squares in all their digits.
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            means = [x.T @ x / len(x), x.T @ y / len(x), y.square().mean(dim=0)]
        if distributed.is_initialized():  # all processes solve for the sound of all
            for mean in means:
                distributed.all_reduce(mean.div_(distributed.get_world_size()))
        for running, mean in zip((self.inner, self.cross, self.squares), means, strict=True):
            running.lerp_(mean, share)
        R = self.inner.double()
        ridge = RIDGE * R.diagonal().mean() * torch.eye(len(R)).to(R)
        W = torch.linalg.solve(R + ridge, self.cross.double())
        self.weights.copy_(W)
        # E[(L - W^T l)^2]
        rest = self.squares - (W * (2 * self.cross - R @ W)).sum(dim=0)
        self.variance.copy_(SPREAD**2 * rest.clamp(min=0))

    def scale(self, levels: Float[Tensor, "B 12 N"]) -> Float[Tensor, "B 1 N"]:
        """Root mean square of the high band whose log-levels these are."""
        power = (2 * levels).exp().mean(dim=1, keepdim=True)
        return ((1 - 1 / self.ratio) * power).sqrt()

    def inputs(self, low: Float[Tensor, "B 1 t"]) -> Float[Tensor, "B N 25"]:
        """Log-levels of the low band, centred, and a 1."""
        levels = band_levels(low, N_FFT, HOP_LENGTH, N_LOW).transpose(1, 2)
        return F.pad((levels - TYPICAL) / SPREAD, (0, 1), value=1.0)

    def levels(self, inputs: Float[Tensor, "B N 25"]) -> Float[Tensor, "B N 24"]:
        """Log-levels from `inputs`."""
        return TYPICAL + SPREAD * inputs[:, :, :-1]

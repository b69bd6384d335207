r"""The multi-period discriminator: a waveform folded into rows of a period, so that periods become columns.

    x \in R^T  \to  X \in R^{T / p \times p},   X[i, j] = x[i p + j]

Convolutions of kernel (k, 1) then run along each column: they see every p-th sample, and no other.  Periods
that are prime overlap least.  What a discriminator returns is its feature maps, the last of which is its
scores: near 1 where it takes a sound for real, near 0 where it does not.

Paper:      Kong, Kim & Bae, "HiFi-GAN", NeurIPS 2020 (arXiv:2010.05646), section 2.3.
Implements: `PeriodDiscriminator`; `MultiPeriodDiscriminator`, one for each period; `feature_maps`, shared with
            all discriminators of vocoders.
See:        `tinyaudio.models.hifigan_discriminators`, `tinyaudio.models.univnet_discriminators`.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.models.weight_norm import weight_normalized

KERNEL, STRIDE = 5, 3  # of all layers; the last one before the scores does not stride
PERIODS = (2, 3, 5, 7, 11)


def feature_maps(
    x: Float[Tensor, "B C *shape"], layers: nn.ModuleList, slope: float
) -> list[Tensor]:
    """What each layer makes of the one before, the last without an activation: the scores.

    Args:
        x: The sound, as the layers take it.
        layers: Convolutions.
        slope: Of the leaky ReLUs between them.
    """
    maps = []
    for layer in layers[:-1]:
        x = F.leaky_relu(layer(x), slope)
        maps.append(x)
    return [*maps, layers[-1](x)]


class PeriodDiscriminator(nn.Module):
    """Scores of a waveform by one period.

    Args:
        period: In samples.
        channels: Of the layers; all but the last stride by 3.
        slope: Of the leaky ReLUs.

    Example:
        >>> import torch
        >>> maps = PeriodDiscriminator(2, (4, 8), slope=0.1)(torch.zeros(1, 1, 60))
        >>> [tuple(one.shape) for one in maps]  # 30 rows of 2
        [(1, 4, 10, 2), (1, 8, 10, 2), (1, 1, 10, 2)]
    """

    def __init__(self, period: int, channels: Sequence[int], slope: float) -> None:
        super().__init__()
        self.period, self.slope = period, slope
        widths = [1, *channels]
        self.layers = nn.ModuleList()
        for i, (c, d) in enumerate(pairwise(widths), start=1):
            stride = STRIDE if i < len(channels) else 1
            conv = nn.Conv2d(c, d, (KERNEL, 1), (stride, 1), padding=(KERNEL // 2, 0))
            self.layers.append(weight_normalized(conv))
        scores = nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0))
        self.layers.append(weight_normalized(scores))

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> list[Tensor]:
        """Feature maps of a waveform of more than a period; the last is the scores."""
        padded = F.pad(audio, (0, -audio.shape[2] % self.period), mode="reflect")
        rows = padded.unflatten(2, (-1, self.period))  # (B, 1, T / p, p)
        return feature_maps(rows, self.layers, self.slope)


class MultiPeriodDiscriminator(nn.Module):
    """A `PeriodDiscriminator` for each period.

    Args:
        channels: Of each one's layers.
        slope: Of the leaky ReLUs.
        periods: In samples.
    """

    def __init__(
        self, channels: Sequence[int], slope: float, periods: Sequence[int] = PERIODS
    ) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(
            PeriodDiscriminator(period, channels, slope) for period in periods
        )

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> list[list[Tensor]]:
        """The feature maps of each."""
        return [discriminator(audio) for discriminator in self.discriminators]

r"""HiFi-GAN's discriminators: of a waveform by its periods, and of a waveform at three rates.

The multi-scale discriminator, of MelGAN, takes the waveform as it is, and averaged over 2 and over 4 samples.
Layers with many groups keep its long kernels cheap.  At the full rate spectral normalization takes the place of
weight normalization.

Paper:      Kong, Kim & Bae, "HiFi-GAN", NeurIPS 2020 (arXiv:2010.05646), section 2.3; Kumar et al., "MelGAN:
            Generative adversarial networks for conditional waveform synthesis", 2019 (arXiv:1910.06711), for
            the multi-scale one; Miyato et al., "Spectral normalization for generative adversarial networks",
            2018 (arXiv:1802.05957).
Implements: `HiFiGANDiscriminators`, of `ScaleDiscriminator` and `MultiPeriodDiscriminator`, in the sizes of the
            authors' public code.
See:        `tinyaudio.models.period_discriminator`, `tinyaudio.objectives.vocoder_gan`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from tinyaudio.errors import UserError
from tinyaudio.models.period_discriminator import PERIODS, MultiPeriodDiscriminator, feature_maps
from tinyaudio.models.weight_norm import weight_normalized

SLOPE = 0.1  # of the leaky ReLUs
SCALE_KERNELS = (15, 41, 41, 41, 41, 41, 5)
SCALE_STRIDES = (1, 2, 2, 4, 4, 1, 1)
POOL, POOL_STRIDE = 4, 2


@dataclass(frozen=True)
class HiFiGANDiscriminatorsConfig:
    """Sizes of the discriminators.

    Attributes:
        periods: Of the multi-period discriminator, in samples.
        period_channels: Of its layers.
        n_scales: Of the multi-scale discriminator, each at half the rate of the one before.
        scale_channels: Of its seven layers.
        scale_groups: Of these layers; they divide the channels.
    """

    periods: Sequence[int] = PERIODS
    period_channels: Sequence[int] = (32, 128, 512, 1024, 1024)
    n_scales: int = 3
    scale_channels: Sequence[int] = (128, 128, 256, 512, 1024, 1024, 1024)
    scale_groups: Sequence[int] = (1, 4, 16, 16, 16, 16, 1)

    def __post_init__(self) -> None:
        for name in ("periods", "period_channels", "scale_channels", "scale_groups"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
        n_layers = len(SCALE_KERNELS)
        if not len(self.scale_channels) == len(self.scale_groups) == n_layers:
            raise UserError(f"scale_channels and scale_groups: give {n_layers} of each")

    @classmethod
    def tiny(cls) -> "HiFiGANDiscriminatorsConfig":
        """Three periods and two rates; 0.1 million parameters."""
        channels, groups = (4, 4, 8, 16, 32, 32, 32), (1, 1, 1, 4, 4, 4, 1)
        return cls((2, 3, 5), (8, 16, 32, 32), 2, channels, groups)

    @classmethod
    def paper(cls) -> "HiFiGANDiscriminatorsConfig":
        """The public code's: 41 million parameters by period, 30 million by scale."""
        return cls()


class ScaleDiscriminator(nn.Module):
    """Scores of a waveform at one rate.

    Args:
        config: Of its layers.
        spectral: Spectral normalization instead of weight normalization.

    Example:
        >>> import torch
        >>> net = ScaleDiscriminator(HiFiGANDiscriminatorsConfig.tiny(), spectral=False)
        >>> [tuple(one.shape) for one in net(torch.zeros(1, 1, 640))][-2:]  # strides of 64 in all
        [(1, 32, 10), (1, 1, 10)]
    """

    def __init__(self, config: HiFiGANDiscriminatorsConfig, spectral: bool) -> None:
        super().__init__()
        normalized = spectral_norm if spectral else weight_normalized
        self.layers = nn.ModuleList()
        sizes = zip(SCALE_KERNELS, SCALE_STRIDES, config.scale_groups, strict=True)
        widths = pairwise([1, *config.scale_channels])
        for (c, d), (kernel, stride, groups) in zip(widths, sizes, strict=True):
            conv = nn.Conv1d(c, d, kernel, stride, padding=kernel // 2, groups=groups)
            self.layers.append(normalized(conv))
        self.layers.append(normalized(nn.Conv1d(config.scale_channels[-1], 1, 3, padding=1)))

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> list[Tensor]:
        """Feature maps of a waveform; the last is the scores."""
        return feature_maps(audio, self.layers, SLOPE)


class HiFiGANDiscriminators(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "gan"]
):
    """All discriminators of a waveform: one a period, one a scale.

    Example:
        >>> import torch
        >>> net = HiFiGANDiscriminators(HiFiGANDiscriminatorsConfig.tiny())
        >>> len(net(torch.zeros(1, 1, 640)))
        5
    """

    def __init__(self, config: HiFiGANDiscriminatorsConfig) -> None:
        super().__init__()
        self.config = config
        self.period = MultiPeriodDiscriminator(config.period_channels, SLOPE, config.periods)
        self.scale = nn.ModuleList(
            ScaleDiscriminator(config, spectral=i == 0) for i in range(config.n_scales)
        )

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> list[list[Tensor]]:
        """The feature maps of each discriminator; the last map of each is its scores."""
        maps = self.period(audio)
        for i, discriminator in enumerate(self.scale):
            if i:
                audio = F.avg_pool1d(audio, POOL, POOL_STRIDE, padding=POOL // 2)
            maps.append(discriminator(audio))
        return maps

r"""UnivNet's discriminators: of spectrograms at several resolutions, and of a waveform by its periods.

A discriminator that sees a magnitude spectrogram notices what is missing or smeared in it, and one resolution
alone would leave the others to chance.  The multi-period discriminator is HiFi-GAN's with other channels.

Paper:      Jang et al., "UnivNet", Interspeech 2021 (arXiv:2106.07889), section 2.2, table 1.
Implements: `UnivNetDiscriminators`, of `SpectrogramDiscriminator` and `MultiPeriodDiscriminator`.
See:        `tinyaudio.models.period_discriminator`, `tinyaudio.objectives.vocoder_gan`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.models.period_discriminator import PERIODS, MultiPeriodDiscriminator, feature_maps
from tinyaudio.models.weight_norm import weight_normalized
from tinyaudio.represent.resolution import (
    RESOLUTIONS,
    SHORT_RESOLUTIONS,
    check_resolutions,
    magnitude_at,
)

SLOPE = 0.2  # of the leaky ReLUs
N_STRIDED = 3  # layers that halve the number of frames


@dataclass(frozen=True)
class UnivNetDiscriminatorsConfig:
    """Sizes of the discriminators.

    Attributes:
        resolutions: Of the spectrograms: (n_fft, hop_length, window_length) of each.
        spectrogram_channels: Of the layers that see them.
        periods: Of the multi-period discriminator, in samples.
        period_channels: Of its layers.
    """

    resolutions: Sequence[Sequence[int]] = RESOLUTIONS
    spectrogram_channels: int = 32
    periods: Sequence[int] = PERIODS
    period_channels: Sequence[int] = (64, 128, 256, 512, 1024)

    def __post_init__(self) -> None:
        for name in ("periods", "period_channels"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
        object.__setattr__(self, "resolutions", check_resolutions(self.resolutions))

    @classmethod
    def tiny(cls) -> "UnivNetDiscriminatorsConfig":
        """Resolutions for 8 kHz, and two periods; ten thousand parameters."""
        return cls(SHORT_RESOLUTIONS, 3, (2, 5), (8, 16, 32))

    @classmethod
    def paper(cls) -> "UnivNetDiscriminatorsConfig":
        """The paper's resolutions and periods."""
        return cls()


class SpectrogramDiscriminator(nn.Module):
    """Scores of a waveform by its spectrogram at one resolution.

    Args:
        resolution: Its n_fft, hop_length and window_length, in samples.
        channels: Of all layers but the scores.

    Example:
        >>> import torch
        >>> net = SpectrogramDiscriminator((512, 50, 240), channels=4)
        >>> [tuple(one.shape) for one in net(torch.zeros(1, 1, 2_000))][:2]
        [(1, 4, 257, 41), (1, 4, 257, 21)]
    """

    def __init__(self, resolution: Sequence[int], channels: int) -> None:
        super().__init__()
        self.resolution = tuple(resolution)

        def conv(c: int, d: int, width: int, stride: int = 1) -> nn.Conv2d:
            """Over 3 bins and `width` frames."""
            padding = (1, width // 2)
            return weight_normalized(nn.Conv2d(c, d, (3, width), (1, stride), padding))

        self.layers = nn.ModuleList([conv(1, channels, 9)])
        self.layers.extend(conv(channels, channels, 9, stride=2) for _ in range(N_STRIDED))
        self.layers.extend([conv(channels, channels, 3), conv(channels, 1, 3)])

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> list[Tensor]:
        """Feature maps of the spectrogram; the last is the scores."""
        return feature_maps(magnitude_at(audio, self.resolution)[:, None], self.layers, SLOPE)


class UnivNetDiscriminators(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "gan"]
):
    """All discriminators of a waveform: one a resolution, one a period.

    Example:
        >>> import torch
        >>> net = UnivNetDiscriminators(UnivNetDiscriminatorsConfig.tiny())
        >>> len(net(torch.zeros(1, 1, 640)))
        5
    """

    def __init__(self, config: UnivNetDiscriminatorsConfig) -> None:
        super().__init__()
        self.config = config
        self.spectrogram = nn.ModuleList(
            SpectrogramDiscriminator(resolution, config.spectrogram_channels)
            for resolution in config.resolutions
        )
        self.period = MultiPeriodDiscriminator(config.period_channels, SLOPE, config.periods)

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> list[list[Tensor]]:
        """The feature maps of each discriminator; the last map of each is its scores."""
        return [*(one(audio) for one in self.spectrogram), *self.period(audio)]

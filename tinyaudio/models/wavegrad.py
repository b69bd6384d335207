r"""WaveGrad: the noise in a waveform, predicted on the way up from mel frames to samples.

    frames ---- conv ---- up, 5 ---- up, 5 ---- up, 3 ---- up, 2 ---- up, 2 ---- conv ---- noise
                            |          |          |          |          |
                          FiLM       FiLM       FiLM       FiLM       FiLM   <---- noise level
                            |          |          |          |          |
                          down, 5 -- down, 3 -- down, 2 -- down, 2 ---- conv ---- noisy waveform

The noisy waveform is downsampled block by block.  At each rate a FiLM module (feature-wise linear
modulation) makes of it a scale and a shift for what comes up from the frames:

    h \leftarrow \gamma(x_t, \sqrt{\bar\alpha}) \odot h + \xi(x_t, \sqrt{\bar\alpha})   [section 2.3]

Most of the work is done at low rates; and the network is given the noise level itself, which is a real
number, so that one training serves schedules of any length.

Paper:      Chen, Zhang, Zen, Weiss, Norouzi & Chan, "WaveGrad: Estimating gradients for waveform
            generation", ICLR 2021 (arXiv:2009.00713), section 2.3, figures 2 to 4.
Implements: `WaveGrad`, of the parts in `tinyaudio.models.wavegrad_blocks`.
Differs:    from the public package ``wavegrad`` 0.1.5 (LMNT), whose 15,920,993 parameters these are, one to
            one, in the encoding of the noise level, which has no scale there: of 128 channels, the vectors of
            0.9 and 1.0 have a length of 8 and are 0.2 apart.  Here the level is multiplied by 5,000 first, as
            in I. Vovk's public code; ``level_scale=1`` is LMNT's.
See:        `tinyaudio.models.diffwave`; the chapter "Diffusion vocoders".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.models.wavegrad_blocks import DBlock, FiLM, UBlock, conv1d


@dataclass(frozen=True)
class WaveGradConfig:
    """Size of a `WaveGrad`.

    Attributes:
        n_mels: Mel bands of a frame.
        frame_channels: Of the convolution over frames.
        factors: Of the upsampling blocks, from frames to samples; their product is the hop of the frames.
        up_channels: Of each of these blocks.
        down_channels: Of the convolution over samples, then of each downsampling block.
        n_short: How many of the upsampling blocks, from the frames on, have the dilations 1, 2, 1, 2 and
            not 1, 2, 4, 8.
        level_scale: What the noise level is multiplied by before its sines are taken.
    """

    n_mels: int = 128
    frame_channels: int = 768
    factors: Sequence[int] = (5, 5, 3, 2, 2)
    up_channels: Sequence[int] = (512, 512, 256, 128, 128)
    down_channels: Sequence[int] = (32, 128, 128, 256, 512)
    n_short: int = 2
    level_scale: float = 5_000.0

    def __post_init__(self) -> None:
        for name in ("factors", "up_channels", "down_channels"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
        if not len(self.factors) == len(self.up_channels) == len(self.down_channels):
            raise UserError("factors, up_channels and down_channels: give as many of each")
        if any(channels % 2 for channels in self.down_channels):
            raise UserError(
                f"down_channels {self.down_channels}: must be even, for sine and cosine"
            )

    @classmethod
    def tiny(cls) -> "WaveGradConfig":
        """Frames of 64 samples with 80 bands; 0.3 million parameters, small enough for one CPU core."""
        return cls(80, 96, (4, 4, 2, 2), (64, 64, 32, 24), (8, 16, 32, 64))

    @classmethod
    def paper(cls) -> "WaveGradConfig":
        """The base network of section 2.3: frames of 300 samples with 128 bands; 15.9 million parameters."""
        return cls()

    @property
    def hop_length(self) -> int:
        """Samples a mel frame."""
        return math.prod(self.factors)


TAGS = ["audio", "diffusion", "vocoder"]


class WaveGrad(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Noisy waveform, noise level and mel frames to the noise.

    Example:
        >>> import torch
        >>> net = WaveGrad(WaveGradConfig.tiny())
        >>> net(torch.zeros(2, 1, 640), torch.tensor([0.1, 0.9]), torch.zeros(2, 80, 10)).shape
        torch.Size([2, 1, 640])
    """

    def __init__(self, config: WaveGradConfig) -> None:
        super().__init__()
        self.config = config
        up, down = config.up_channels, config.down_channels
        factors = config.factors
        # Going down, the factors come from the end, and the first one is never needed.
        self.down = nn.ModuleList([conv1d(1, down[0], 5)])
        for (c, d), factor in zip(pairwise(down), reversed(factors[1:]), strict=True):
            self.down.append(DBlock(c, d, factor))
        self.film = nn.ModuleList(FiLM(c, d) for c, d in zip(down, reversed(up), strict=True))
        self.up = nn.ModuleList()
        for i, (c, d) in enumerate(pairwise([config.frame_channels, *up])):
            dilations = (1, 2, 1, 2) if i < config.n_short else (1, 2, 4, 8)
            self.up.append(UBlock(c, d, factors[i], dilations))
        self.frames = conv1d(config.n_mels, config.frame_channels)
        self.output = conv1d(up[-1], 1)

    def forward(
        self,
        x: Float[Tensor, "B 1 T"],
        level: Float[Tensor, " B"],
        mel: Float[Tensor, "B M N"],
    ) -> Float[Tensor, "B 1 T"]:
        """Predict the noise.

        Args:
            x: Noisy clips, T = N hop_length.
            level: The square root of alpha-bar of each, from 0, all noise, to 1, none.
            mel: Frame n begins with sample n hop_length.

        Raises:
            UserError: The frames have another number of bands, or are not as many as the samples need.
        """
        hop = self.config.hop_length
        if mel.shape[1] != self.config.n_mels:
            raise UserError(
                f"a spectrogram of {mel.shape[1]} bands: this network takes {self.config.n_mels} mel bands"
            )
        if x.shape[2] != mel.shape[2] * hop:
            raise UserError(
                f"{mel.shape[2]} frames of {hop} samples for a clip of {x.shape[2]} samples; cut one"
                " to the length of the other"
            )
        scaled, modulations = self.config.level_scale * level.to(x), []
        for layer, film in zip(self.down, self.film, strict=True):
            x = layer(x)
            modulations.append(film(x, scaled))
        h = self.frames(mel)
        for block, (shift, scale) in zip(self.up, reversed(modulations), strict=True):
            h = block(h, shift, scale)
        noise: Tensor = self.output(h)
        return noise

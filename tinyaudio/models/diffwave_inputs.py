r"""What conditions the layers of a DiffWave: the diffusion step, and mel frames at the sample rate.

    e(t) = [\sin(10^{4 j / 63} t), \cos(10^{4 j / 63} t)],   j = 0, ..., 63   [section 3.1]

Paper:      Kong, Ping, Huang, Zhao & Catanzaro, "DiffWave: A versatile diffusion model for audio
            synthesis", ICLR 2021 (arXiv:2009.09761), sections 3.1 and 3.2, figure 2.
Implements: `StepEmbedding`, `MelUpsampler`.
Differs:    a step between two whole ones is interpolated for each clip of a batch; the public package
            ``diffwave`` 0.1.7 can do so for a batch of one.
See:        `tinyaudio.models.diffwave`.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

N_FREQUENCIES, EMBEDDING_CHANNELS = 64, 512


class StepEmbedding(nn.Module):
    """The diffusion step as 512 numbers, through two linear layers.

    Example:
        >>> StepEmbedding()(torch.tensor([0.0, 3.5])).shape
        torch.Size([2, 512])
    """

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        octaves = torch.arange(N_FREQUENCIES) * 4.0 / (N_FREQUENCIES - 1)
        self.register_buffer("frequencies", 10.0**octaves, persistent=False)
        self.hidden = nn.Linear(2 * N_FREQUENCIES, EMBEDDING_CHANNELS)
        self.output = nn.Linear(EMBEDDING_CHANNELS, EMBEDDING_CHANNELS)

    def forward(self, t: Float[Tensor, " B"]) -> Float[Tensor, "B E"]:
        """Embed a step for each clip, counted from 0.

        Between two whole steps their encodings are interpolated.  The formula itself would tell a network
        nothing there: half a step turns its fastest sine 800 times.
        """
        below = t.floor()
        encoding = torch.lerp(self.encode(below), self.encode(below + 1), (t - below)[:, None])
        return F.silu(self.output(F.silu(self.hidden(encoding))))

    def encode(self, t: Float[Tensor, " B"]) -> Float[Tensor, "B 2*64"]:
        """Sines and cosines of whole steps, e(t)."""
        phase = t[:, None] * self.frequencies
        return torch.cat([phase.sin(), phase.cos()], dim=1)


class MelUpsampler(nn.Sequential):
    """Mel frames to the sample rate by transposed convolutions over bands and time, of a single channel.

    Args:
        strides: Over time, of each convolution.

    Example:
        >>> MelUpsampler((16, 16))(torch.zeros(2, 80, 3)).shape
        torch.Size([2, 80, 768])
    """

    def __init__(self, strides: Sequence[int]) -> None:
        # A filter of 3 bands and two strides of time; the padding makes N frames exactly N strides.
        super().__init__(
            *(
                nn.ConvTranspose2d(1, 1, (3, 2 * s), stride=(1, s), padding=(1, s // 2))
                for s in strides
            )
        )

    def forward(self, mel: Float[Tensor, "B M N"]) -> Float[Tensor, "B M T"]:
        """Upsample all bands."""
        x = mel[:, None]
        for convolution in self:
            x = F.leaky_relu(convolution(x), 0.4)
        return x[:, 0]

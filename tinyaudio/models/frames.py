r"""What a network does with frames before it is told them: think about them, and make them samples.

A mel frame shows a pitch as a pattern of stripes, not as a number.  Layers that run at the frames' rate,
hundreds of times more rarely than those that run at every sample, can afford to read it.

Paper:      Valin & Skoglund, "LPCNet: Improving neural speech synthesis through linear prediction",
            2019, split their network alike: a part runs at the rate of frames, a part at every sample.
Implements: `FrameLayer`, a residual layer at the frames' rate; `Upsampler`, a transposed convolution
            whose weights sum to one at every sample.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class FrameLayer(nn.Module):
    r"""Looks at each frame and its two neighbours, and adds what it finds.

    y = x + W_2\, \mathrm{relu}(W_1 * \mathrm{relu}(x))

    W_2 begins at zero: a network with such layers begins as the one without.

    Args:
        channels: Width of a frame.

    Example:
        >>> FrameLayer(64)(torch.zeros(1, 64, 10)).shape
        torch.Size([1, 64, 10])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.look = nn.Conv1d(channels, channels, 3, padding=1, padding_mode="replicate")
        self.add = nn.Conv1d(channels, channels, 1)
        nn.init.zeros_(self.add.weight)
        nn.init.zeros_(self.add.bias)  # type: ignore[arg-type]

    def forward(self, x: Float[Tensor, "B C N"]) -> Float[Tensor, "B C N"]:
        """As many frames as there were, the outermost repeated outwards."""
        found: Tensor = self.add(F.relu(self.look(F.relu(x))))
        return x + found


class Upsampler(nn.Module):
    r"""From frames to samples by learned weights of three frames, exactly as long as they say.

    y[n h + p] = a_p[0]\, f[n-1] + a_p[1]\, f[n] + a_p[2]\, f[n+1],   \sum_k a_p[k] = 1

    This is a transposed convolution with stride h and 3 h taps.  Because the weights of every
    sample sum to one, whatever training does, a constant stays that constant; because the first and
    last frames are repeated outwards, it does so up to the edges.  Zeros there, as usual
    elsewhere, make the first samples faint.  It starts as linear interpolation.

    Args:
        hop_length: Samples a frame (h).

    Example:
        >>> upsample = Upsampler(4)
        >>> upsample(torch.tensor([[[0.0], [1.0]]])).flatten().tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0]
    """

    TAPS = 3

    def __init__(self, hop_length: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        p = torch.arange(hop_length) / hop_length  # where between frames n and n + 1
        self.weight = nn.Parameter(torch.stack([torch.zeros(hop_length), 1 - p, p], dim=1))

    def forward(self, frames: Float[Tensor, "B N C"]) -> Float[Tensor, "B N*{self.hop_length} C"]:
        """Upsample a whole sequence."""
        before_and_after = torch.cat([frames[:, :1], frames, frames[:, -1:]], dim=1)
        windows = before_and_after.unfold(1, self.TAPS, 1)  # (B, N, C, 3)
        samples = self.sum_to_one(self.weight) @ windows.transpose(2, 3)  # (B, N, hop, C)
        return samples.flatten(1, 2)

    def step(self, window: Float[Tensor, "B 3 C"], phase: int) -> Float[Tensor, "B C"]:
        """One sample, ``phase`` samples after the middle one of three frames."""
        return self.sum_to_one(self.weight[phase]) @ window

    @classmethod
    def sum_to_one(cls, weight: Float[Tensor, "*hop 3"]) -> Float[Tensor, "*hop 3"]:
        """Move weights by as little as makes them sum to one over the three frames."""
        return weight + (1 - weight.sum(-1, keepdim=True)) / cls.TAPS

    @staticmethod
    def window(frames: Float[Tensor, "B N C"], n: int) -> Float[Tensor, "B 3 C"]:
        """Frame n and its neighbours, the outermost repeated."""
        last = frames.shape[1] - 1
        return frames[:, [max(n - 1, 0), n, min(n + 1, last)]]

r"""From the frame rate to the sample rate by a learned transposed convolution.

    y[n h + p] = a_p[0]\, c[n-1] + a_p[1]\, c[n] + a_p[2]\, c[n+1],   \sum_k a_p[k] = 1

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, section 2.5.
Implements: `Upsampler`.
Differs:    the paper leaves the size of the transposed convolution open; its weights are constrained
            to sum to one at every sample, and the same weights serve every channel.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Upsampler(nn.Module):
    r"""A transposed convolution with stride h and 3 h taps, shared by all channels.

    The weights of every sample sum to one, so a constant stays that constant; the first and last
    frames are repeated outwards, so it does so up to the edges (zero padding would fade them).  It is
    initialised as linear interpolation.

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
        p = torch.arange(hop_length) / hop_length  # position between frames n and n + 1
        self.weight = nn.Parameter(torch.stack([torch.zeros(hop_length), 1 - p, p], dim=1))

    def forward(self, frames: Float[Tensor, "B N C"]) -> Float[Tensor, "B N*{self.hop_length} C"]:
        """Upsample a whole sequence."""
        padded = torch.cat([frames[:, :1], frames, frames[:, -1:]], dim=1)
        windows = padded.unfold(1, self.TAPS, 1)  # (B, N, C, 3)
        samples = self.sum_to_one(self.weight) @ windows.transpose(2, 3)  # (B, N, hop, C)
        return samples.flatten(1, 2)

    def step(self, window: Float[Tensor, "B 3 C"], offset: int) -> Float[Tensor, "B C"]:
        """The sample ``offset`` samples after the middle one of three frames, 0 to hop_length - 1."""
        return self.sum_to_one(self.weight[offset]) @ window

    @classmethod
    def sum_to_one(cls, weight: Float[Tensor, "*hop 3"]) -> Float[Tensor, "*hop 3"]:
        """Project weights onto those that sum to one over the three frames."""
        return weight + (1 - weight.sum(-1, keepdim=True)) / cls.TAPS

    @staticmethod
    def window(frames: Float[Tensor, "B N C"], n: int) -> Float[Tensor, "B 3 C"]:
        """Frame n and its neighbours; the first and last frames are repeated outwards."""
        last = frames.shape[1] - 1
        return frames[:, [max(n - 1, 0), n, min(n + 1, last)]]
